//! A flow with its draft.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "flows")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub description: String,
    pub revision: i64,
    pub published_id: Option<String>,
    pub published_number: Option<i64>,
    pub published_revision: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
    pub draft: String,
}

impl ActiveModelBehavior for ActiveModel {}
