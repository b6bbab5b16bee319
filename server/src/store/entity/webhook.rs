//! A method and path that a published flow answers under.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhooks")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub normalised: String,
    pub path: String,
    pub flow_id: String,
    pub node: String,
}

impl ActiveModelBehavior for ActiveModel {}
