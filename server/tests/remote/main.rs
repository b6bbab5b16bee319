//! Runs on the cluster, without a cluster: `fluxo run-job` works as a plain process beside the server, by real HTTP, on
//! SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test that can't go on shall stop")]

mod kills;
mod launcher;
mod posts;
mod runs;
mod support;
mod tokens;
