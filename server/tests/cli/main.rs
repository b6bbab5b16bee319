//! The program itself: its commands beside a running server, bad input at its start, slow clients, a full disk.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that can't go on shall stop")]

mod beside;
mod doctor;
mod full;
mod selftest;
mod slow;
mod start;
mod support;
