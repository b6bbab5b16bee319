//! What lists need of a document.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outlines")]
pub struct Model {
    /// The flow's for its draft, the version's for a version.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub flow_id: String,
    pub nodes: i64,
    /// JSON: list of texts.
    pub kinds: String,
    /// JSON: list of ids.
    pub credentials: String,
}

impl ActiveModelBehavior for ActiveModel {}
