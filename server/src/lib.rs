//! The `fluxo` server.

pub mod auth;
pub mod blobs;
pub mod certificates;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod credentials;
pub mod engine;
pub mod flows;
pub mod http;
pub mod job;
pub mod run_jobs;
pub mod run_world;
pub mod schedule;
pub mod script;
pub mod store;
pub mod vault;
pub mod world;

/// A request's many small pieces are made on one thread and often freed on another, where the system's allocator spends a
/// fifth of the time. Here, not in `main`, so that what `examples/` measures as a yardstick has it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
