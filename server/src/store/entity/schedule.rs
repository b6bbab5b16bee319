//! A schedule of a published flow.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "schedules")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub flow_id: String,
    pub node: String,
    pub spec: String,
    pub next_at: Option<i64>,
    pub last_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
