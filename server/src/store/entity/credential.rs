//! An encrypted credential.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credentials")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub kind: String,
    pub summary: String,
    pub key_id: String,
    pub sealed: Vec<u8>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
    pub expires_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
