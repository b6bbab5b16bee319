//! A Job on the cluster that was or is to be made.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub run_id: String,
    pub step: i64,
    pub part: i64,
    pub attempt: i64,
    pub epoch: i64,
    pub state: String,
    pub spec_hash: String,
    pub token_hash: Option<String>,
    pub uid: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    pub log_cursor: Option<String>,
    pub outcome: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
