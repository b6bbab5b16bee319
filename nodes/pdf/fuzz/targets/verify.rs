//! Any bytes as a signed PDF.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::VerifyOptions;

fuzz_target!(|data: &[u8]| {
    let options = VerifyOptions { limits: common::limits(), ..VerifyOptions::at(common::now()) };
    if let Ok(report) = pdf::verify(data, &options) {
        for signature in &report.signatures {
            let _ = pdf::signed_revision(data, signature);
        }
    }
    let _ = pdf::Prepared::reopen(data.to_vec(), None, &common::limits());
});
