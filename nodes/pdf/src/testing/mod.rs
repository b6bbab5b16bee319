//! Certificates and documents for tests, also for those of other crates.

pub mod archive;
pub mod authority;
pub mod documents;
pub mod material;
pub mod pictures;
pub mod pki;
pub mod producers;
pub mod resign;
