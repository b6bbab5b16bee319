//! What lists need of a flow's document without reading it, and what each save changed.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Of a draft by its flow's id, of a version by its own.
        let outlines = Table::create()
            .table("outlines")
            .col(text("id").primary_key().take())
            .col(text("flow_id"))
            .col(big_integer("nodes"))
            .col(text("kinds"))
            .col(text("credentials"))
            .foreign_key(&mut of_flow("outlines"))
            .to_owned();
        let saves = Table::create()
            .table("saves")
            .col(text("flow_id"))
            .col(big_integer("revision"))
            .col(text("changes"))
            .primary_key(Index::create().col("flow_id").col("revision"))
            .foreign_key(&mut of_flow("saves"))
            .to_owned();
        for table in [outlines, saves] {
            manager.create_table(table).await?;
        }
        let index = "CREATE INDEX outlines_flow ON outlines (flow_id)";
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }
}

fn of_flow(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "flow_id").to("flows", "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
