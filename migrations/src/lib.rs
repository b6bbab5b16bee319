//! The schema of the database, step by step; the same on SQLite and PostgreSQL.
//!
//! Ids are UUIDv7 as text, times are milliseconds UTC as 64-bit integers, JSON is text: one type per meaning on both
//! databases. A migration that was released is never changed; what comes later is a new one.

mod m0001_first;
mod m0002_run_ends;
mod m0003_outlines;
mod m0004_session_origin;
mod m0005_run_on_cluster;
mod m0006_jobs;
mod m0007_certificates;

use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_first::Migration),
            Box::new(m0002_run_ends::Migration),
            Box::new(m0003_outlines::Migration),
            Box::new(m0004_session_origin::Migration),
            Box::new(m0005_run_on_cluster::Migration),
            Box::new(m0006_jobs::Migration),
            Box::new(m0007_certificates::Migration),
        ]
    }
}
