//! The engine on a real database: what a run means, what is written when, and what a stop leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that can't go on shall stop")]

mod crash;
mod durable;
mod errors;
mod events;
mod owners;
mod running;
mod schedules;
mod waiting;
mod world;
