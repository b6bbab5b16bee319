//! The API as programs see it: a real server's router on a fresh SQLite database.

#![expect(clippy::unwrap_used, reason = "a test that can't go on shall stop")]

mod access;
mod certificates;
mod compressed;
mod flows;
mod lists;
mod openapi;
mod sign_in;
mod signatures;
mod support;
mod webhook_edges;
mod webhooks;
