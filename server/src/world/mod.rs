//! The world as nodes see it: HTTP that reaches only where it may, files of allowed folders, blobs of a run, the clock.

mod address;
mod body;
mod client;
mod clock;
mod depot;
mod fault;
mod files;
mod folder;
mod glob;
mod http;

pub use address::{AllowList, AllowListError, Networks, NetworksError};
pub use client::{HttpClient, HttpOptions};
pub use clock::SystemClock;
pub use depot::{ByteStream, Depot, RunBlobs};
pub use files::FileAccess;

#[cfg(test)]
mod tests;
