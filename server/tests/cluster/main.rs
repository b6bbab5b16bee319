//! Jobs on a cluster that is in memory: what is made, found again, told, and accepted once, whatever goes wrong.

#![expect(clippy::unwrap_used, reason = "a test that can't go on shall stop")]

mod failures;
mod fake;
mod faults;
mod life;
mod world;
