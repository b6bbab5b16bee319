//! Where a session was started, so that people recognise theirs.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time.
        for column in ["address", "agent"] {
            let table = Table::alter().table("sessions").add_column(text(column).default("")).to_owned();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
