//! When the certificate of a credential ends, so that those that end soon are found without opening any.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Empty for what was stored before; the housekeeping reads those certificates once.
        let column = Table::alter().table("credentials").add_column(big_integer_null("expires_at")).to_owned();
        manager.alter_table(column).await?;
        let index = "CREATE INDEX credentials_expiry ON credentials (expires_at, id) WHERE expires_at IS NOT NULL";
        manager.get_connection().execute_unprepared(index).await.map(drop)
    }
}
