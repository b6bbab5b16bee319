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

/// When the files in `fixtures` were signed, which is when their certificates are valid.
#[allow(dead_code, reason = "not every target uses the fixtures")]
pub fn signed_at() -> jiff::Timestamp {
    include_str!("../fixtures/signed_at").trim().parse().expect("a time")
}

#[allow(dead_code, reason = "not every target signs")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_795_000_000).expect("a time")
}
