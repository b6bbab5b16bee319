//! The tables as SeaORM sees them: one file each. What the rest of the server sees are the rows of [`super`].

pub mod api_key;
pub mod attempt;
pub mod blob;
pub mod blob_use;
pub mod credential;
pub mod flow;
pub mod idempotency;
pub mod job;
pub mod job_file;
pub mod job_log;
pub mod outline;
pub mod run;
pub mod save;
pub mod schedule;
pub mod session;
pub mod setting;
pub mod step;
pub mod user;
pub mod version;
pub mod webhook;
