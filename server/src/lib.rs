//! The `fluxo` server.

pub mod engine;
pub mod http;
