//! Storage on both databases, one file per subject.

mod access;
mod commits;
mod faults;
mod flows;
mod queue;
mod reading;
mod schema;
