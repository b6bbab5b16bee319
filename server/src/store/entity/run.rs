//! A run.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub flow_id: String,
    pub flow_name: String,
    pub version_id: Option<String>,
    pub version_number: Option<i64>,
    pub trigger_kind: String,
    pub trigger_node: String,
    pub status: String,
    pub epoch: i64,
    pub owner: Option<String>,
    pub lease_until: Option<i64>,
    pub wake_at: Option<i64>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub steps: i64,
    pub retry_of: Option<String>,
    pub until_node: Option<String>,
    pub error: Option<String>,
    pub answer: Option<String>,
    pub state: Option<String>,
    pub document: Option<String>,
    pub job: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
