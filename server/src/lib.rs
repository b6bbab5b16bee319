//! The `fluxo` server.

pub mod engine;
pub mod http;
pub mod store;
pub mod vault;
