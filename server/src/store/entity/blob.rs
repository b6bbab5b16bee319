//! A file in the blob store.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub run_id: Option<String>,
    pub file_name: String,
    pub mime: String,
    pub size: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
