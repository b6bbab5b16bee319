//! Any bytes as a PKCS#12 file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pdf::{Identity, RawSigner};

fuzz_target!(|data: &[u8]| {
    for password in ["segredo", ""] {
        if let Ok(identity) = Identity::from_pkcs12(data, password) {
            let _ = (identity.summary(), identity.chain().len());
            identity.sign(b"message").expect("a key that was accepted signs");
        }
    }
});
