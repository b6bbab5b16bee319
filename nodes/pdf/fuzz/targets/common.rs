//! What the targets share.

use pdf::{Identity, Limits, SignOptions};

/// Small limits, so that what is large is refused and not slow.
pub fn limits() -> Limits {
    Limits { pdf_bytes: 4 << 20, stream_bytes: 4 << 20, ..Limits::default() }
}

/// A P-256 key that exists for this only.
#[allow(dead_code, reason = "not every target signs")]
pub fn identity() -> Identity {
    Identity::from_pkcs12(include_bytes!("../key.p12"), "fuzz").expect("the key opens")
}

#[allow(dead_code, reason = "not every target signs")]
pub fn options() -> SignOptions {
    SignOptions { allow_expired: true, limits: limits(), ..SignOptions::default() }
}

pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_795_000_000).expect("a time")
}
