//! What goes when a run goes: files that no other run names, and its idempotency key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::text;

const INDEXES: [&str; 2] =
    ["CREATE INDEX blob_uses_blob ON blob_uses (blob_id)", "CREATE INDEX idempotency_run ON idempotency (run_id)"];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("blob_uses")
            .col(text("run_id"))
            .col(text("blob_id"))
            .primary_key(Index::create().col("run_id").col("blob_id"))
            .to_owned();
        manager.create_table(table).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}
