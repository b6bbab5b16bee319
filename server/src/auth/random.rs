//! Random bytes from the operating system.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Unpredictable bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // AWS-LC's generator has no error once the process runs; it aborts rather than give weak bytes.
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// 32 random bytes as 43 letters, digits, `-` and `_`.
pub(crate) fn token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>())
}
