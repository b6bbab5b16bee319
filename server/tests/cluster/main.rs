//! Jobs on a cluster that is in memory: what is made, found again, told, and accepted once, whatever goes wrong.

mod failures;
mod fake;
mod faults;
mod life;
mod real;
mod world;
