//! What a save changed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saves")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub flow_id: String,
    /// That the save made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    /// JSON: [`flow::Changes`].
    pub changes: String,
}

impl ActiveModelBehavior for ActiveModel {}
