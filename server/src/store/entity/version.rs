//! An immutable saved state of a flow.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "versions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub flow_id: String,
    pub number: i64,
    pub name: String,
    pub created_at: i64,
    pub created_by: String,
    pub document: String,
}

impl ActiveModelBehavior for ActiveModel {}
