//! server

pub mod engine;
