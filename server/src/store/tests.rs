//! Storage on both databases, one file per subject.

mod access;
mod commits;
mod credentials;
mod faults;
mod flows;
mod queue;
mod reading;
mod schema;
