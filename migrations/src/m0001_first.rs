//! Flows and their versions, triggers, runs and steps, credentials, access, blobs, settings.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, binary, boolean, text, text_null};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in flows().into_iter().chain(runs()).chain(access()).chain(others()) {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

const INDEXES: [&str; 15] = [
    "CREATE INDEX flows_updated ON flows (updated_at, id)",
    "CREATE UNIQUE INDEX versions_number ON versions (flow_id, number)",
    "CREATE INDEX webhooks_flow ON webhooks (flow_id)",
    "CREATE INDEX schedules_flow ON schedules (flow_id)",
    "CREATE INDEX schedules_next ON schedules (next_at) WHERE next_at IS NOT NULL",
    // The list of a flow's runs, newest first. The list of all runs goes by the primary key.
    "CREATE INDEX runs_flow ON runs (flow_id, id)",
    // Few rows at any time: what the queue, the leases and the waits look at.
    "CREATE INDEX runs_open ON runs (id) WHERE finished_at IS NULL",
    "CREATE INDEX runs_wake ON runs (wake_at) WHERE wake_at IS NOT NULL AND finished_at IS NULL",
    // What people look for among the many that went well.
    "CREATE INDEX runs_bad ON runs (id) WHERE status IN ('failed', 'cancelled')",
    "CREATE INDEX idempotency_expires ON idempotency (expires_at)",
    "CREATE UNIQUE INDEX users_email ON users (email)",
    "CREATE INDEX sessions_user ON sessions (user_id)",
    "CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash)",
    "CREATE INDEX blobs_run ON blobs (run_id)",
    "CREATE INDEX credentials_name ON credentials (name)",
];

fn flows() -> [TableCreateStatement; 4] {
    [
        Table::create()
            .table("flows")
            .col(key("id"))
            .col(text("name"))
            .col(text("description"))
            .col(big_integer("revision"))
            .col(text_null("published_id"))
            .col(big_integer_null("published_number"))
            .col(big_integer_null("published_revision"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(text("updated_by"))
            .col(text("draft"))
            .to_owned(),
        Table::create()
            .table("versions")
            .col(key("id"))
            .col(text("flow_id"))
            .col(big_integer("number"))
            .col(text("name"))
            .col(big_integer("created_at"))
            .col(text("created_by"))
            .col(text("document"))
            .foreign_key(&mut of_flow("versions"))
            .to_owned(),
        Table::create()
            .table("webhooks")
            .col(text("method"))
            .col(text("normalised"))
            .col(text("path"))
            .col(text("flow_id"))
            .col(text("node"))
            .primary_key(Index::create().col("method").col("normalised"))
            .foreign_key(&mut of_flow("webhooks"))
            .to_owned(),
        Table::create()
            .table("schedules")
            .col(key("id"))
            .col(text("flow_id"))
            .col(text("node"))
            .col(text("spec"))
            .col(big_integer_null("next_at"))
            .col(big_integer_null("last_at"))
            .foreign_key(&mut of_flow("schedules"))
            .to_owned(),
    ]
}

fn runs() -> [TableCreateStatement; 4] {
    [
        // What is long comes last, so that lists need not read over it.
        Table::create()
            .table("runs")
            .col(key("id"))
            .col(text("flow_id"))
            .col(text("flow_name"))
            .col(text_null("version_id"))
            .col(big_integer_null("version_number"))
            .col(text("trigger_kind"))
            .col(text("trigger_node"))
            .col(text("status"))
            .col(big_integer("epoch"))
            .col(text_null("owner"))
            .col(big_integer_null("lease_until"))
            .col(big_integer_null("wake_at"))
            .col(big_integer("created_at"))
            .col(big_integer_null("started_at"))
            .col(big_integer_null("finished_at"))
            .col(big_integer("steps"))
            .col(text_null("retry_of"))
            .col(text_null("until_node"))
            .col(text_null("error"))
            .col(text_null("answer"))
            .col(text_null("state"))
            .col(text_null("document"))
            .to_owned(),
        Table::create()
            .table("steps")
            .col(text("run_id"))
            .col(big_integer("seq"))
            .col(text("node"))
            .col(big_integer("run_index"))
            .col(big_integer("attempt"))
            .col(text("status"))
            .col(big_integer("started_at"))
            .col(big_integer_null("finished_at"))
            .col(text("inputs"))
            .col(text("outputs"))
            .col(text_null("error"))
            .col(text_null("waiting"))
            .col(boolean("pinned"))
            .col(text_null("data"))
            .primary_key(Index::create().col("run_id").col("seq"))
            .to_owned(),
        Table::create()
            .table("ticks")
            .col(text("schedule_id"))
            .col(big_integer("at"))
            .col(text_null("run_id"))
            .primary_key(Index::create().col("schedule_id").col("at"))
            .to_owned(),
        Table::create()
            .table("idempotency")
            .col(text("flow_id"))
            .col(text("key"))
            .col(text("run_id"))
            .col(big_integer("expires_at"))
            .primary_key(Index::create().col("flow_id").col("key"))
            .to_owned(),
    ]
}

fn access() -> [TableCreateStatement; 4] {
    [
        Table::create()
            .table("users")
            .col(key("id"))
            .col(text("email"))
            .col(text("name"))
            .col(text("password_hash"))
            .col(text("role"))
            .col(boolean("disabled"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_seen_at"))
            .to_owned(),
        Table::create()
            .table("sessions")
            .col(key("id"))
            .col(text("user_id"))
            .col(big_integer("generation"))
            .col(big_integer("created_at"))
            .col(big_integer("rotated_at"))
            .col(big_integer("expires_at"))
            .col(big_integer_null("revoked_at"))
            .foreign_key(
                ForeignKey::create().from("sessions", "user_id").to("users", "id").on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned(),
        Table::create()
            .table("api_keys")
            .col(key("id"))
            .col(text("name"))
            .col(text("role"))
            .col(text("prefix"))
            .col(text("hash"))
            .col(text("created_by"))
            .col(big_integer("created_at"))
            .col(big_integer_null("last_used_at"))
            .col(big_integer_null("expires_at"))
            .to_owned(),
        Table::create()
            .table("attempts")
            .col(key("subject"))
            .col(big_integer("failures"))
            .col(big_integer("since"))
            .col(big_integer("last_at"))
            .to_owned(),
    ]
}

fn others() -> [TableCreateStatement; 4] {
    [
        Table::create()
            .table("credentials")
            .col(key("id"))
            .col(text("name"))
            .col(text("kind"))
            .col(text("summary"))
            .col(text("key_id"))
            .col(binary("sealed"))
            .col(big_integer("created_at"))
            .col(big_integer("updated_at"))
            .col(text("updated_by"))
            .to_owned(),
        Table::create()
            .table("blobs")
            .col(key("id"))
            .col(text_null("run_id"))
            .col(text("file_name"))
            .col(text("mime"))
            .col(big_integer("size"))
            .col(big_integer("created_at"))
            .to_owned(),
        Table::create().table("settings").col(key("key")).col(text("value")).to_owned(),
        Table::create().table("counters").col(key("name")).col(big_integer("value")).to_owned(),
    ]
}

fn key(name: &'static str) -> ColumnDef {
    text(name).primary_key().take()
}

fn of_flow(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "flow_id").to("flows", "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}
