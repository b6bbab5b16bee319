//! A step of a run.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "steps")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub node: String,
    pub run_index: i64,
    pub attempt: i64,
    pub status: String,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    pub inputs: String,
    pub outputs: String,
    pub error: Option<String>,
    pub waiting: Option<String>,
    pub pinned: bool,
    pub data: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
