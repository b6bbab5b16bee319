//! Jobs on the cluster: what was to be made before it is made, the files that came back, and the log lines that are kept.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, text, text_null};

const INDEXES: [&str; 4] = [
    // One Job for each try of a part of a step, whoever wants to make it.
    "CREATE UNIQUE INDEX jobs_try ON jobs (run_id, step, part, attempt)",
    // Few rows at any time: what the sweep looks at.
    "CREATE INDEX jobs_open ON jobs (name) WHERE state = 'open'",
    "CREATE INDEX jobs_token ON jobs (token_hash) WHERE state = 'open'",
    "CREATE INDEX job_files_run ON job_files (run_id)",
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `step` 0 is the run as a whole.
        let jobs = Table::create()
            .table("jobs")
            .col(text("name").primary_key().take())
            .col(text("run_id"))
            .col(big_integer("step"))
            .col(big_integer("part"))
            .col(big_integer("attempt"))
            .col(big_integer("epoch"))
            .col(text("state"))
            .col(text("spec_hash"))
            .col(text_null("token_hash"))
            .col(text_null("uid"))
            .col(big_integer("created_at"))
            .col(big_integer_null("ended_at"))
            .col(text_null("log_cursor"))
            .col(text_null("outcome"))
            .to_owned();
        let files = Table::create()
            .table("job_files")
            .col(text("job"))
            .col(text("path"))
            .col(text("run_id"))
            .col(text("blob_id"))
            .primary_key(Index::create().col("job").col("path"))
            .to_owned();
        // `number`: microseconds since 1970, as events are numbered.
        let logs = Table::create()
            .table("job_logs")
            .col(text("run_id"))
            .col(big_integer("number"))
            .col(big_integer("step"))
            .col(text("node"))
            .col(text("lines"))
            .primary_key(Index::create().col("run_id").col("number"))
            .to_owned();
        for table in [jobs, files, logs] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}
