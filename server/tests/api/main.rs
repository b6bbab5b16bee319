//! The API as programs see it: a real server's router on a fresh SQLite database.

mod access;
mod flows;
mod openapi;
mod sign_in;
mod support;
mod webhooks;
