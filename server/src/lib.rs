//! The `fluxo` server.

pub mod auth;
pub mod blobs;
pub mod engine;
pub mod http;
pub mod schedule;
pub mod script;
pub mod store;
pub mod vault;
pub mod world;
