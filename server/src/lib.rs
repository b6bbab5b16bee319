//! The `fluxo` server.

pub mod engine;
pub mod http;
pub mod script;
pub mod store;
pub mod vault;
