//! Any bytes as a signed PDF.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::VerifyOptions;

fuzz_target!(|data: &[u8]| {
    let options = VerifyOptions { limits: common::limits(), ..VerifyOptions::at(common::now()) };
    let _ = pdf::verify(data, &options);
});
