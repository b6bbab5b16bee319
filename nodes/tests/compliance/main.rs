//! What every node kind must hold to ([`suite`]), what each one does ([`kinds`]), and its reference page ([`pages`]).
#![expect(clippy::unwrap_used, reason = "a panic is the message of a test")]

mod kinds;
mod pages;
mod suite;
