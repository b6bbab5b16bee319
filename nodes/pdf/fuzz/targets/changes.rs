//! Any bytes as what was appended to a signed PDF.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::{RawSigner, Status, VerifyOptions};

const SIGNED: &[u8] = include_bytes!("../fixtures/signed.pdf");

fuzz_target!(|data: &[u8]| {
    let file = [SIGNED, data].concat();
    let options =
        VerifyOptions { require_trust: false, limits: common::limits(), ..VerifyOptions::at(common::signed_at()) };
    let Ok(report) = pdf::verify(&file, &options) else { return };
    let identity = common::identity();
    let mine = pdf::signed_by(&file, identity.certificate(), None, &common::limits());
    if report.status == Status::Valid && report.signatures.len() == 1 && !data.is_empty() {
        // Where it is valid, it says that there is more, or there is nothing but white space.
        let signature = &report.signatures[0];
        let white = data.iter().all(|byte| b" \t\r\n\0\x0c".contains(byte));
        assert!(signature.content_after != white, "content after it is not told");
        assert!(mine.is_ok());
    }
});
