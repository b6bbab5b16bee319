//! Any bytes as a PDF: reading, and signing whatever can be signed. The library's own check judges the
//! result; here its error is a fault, because it means that a broken file was written.
#![no_main]

mod common;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pdf::{Error, Identity, VerifyOptions, Visible};

static IDENTITY: LazyLock<Identity> = LazyLock::new(common::identity);

fuzz_target!(|data: &[u8]| {
    let _ = pdf::info(data, None, &common::limits());
    let mut options = common::options();
    options.visible = (data.len() % 2 == 1).then(Visible::default);
    let signed = match pdf::sign(data, &*IDENTITY, &options, common::now()) {
        Ok(signed) => signed.pdf,
        Err(Error::CheckFailed { check }) if check != "reading it back" => panic!("the check failed: {check}"),
        Err(_) => return,
    };
    assert!(signed.starts_with(data));
    let verify = VerifyOptions { limits: common::limits(), ..VerifyOptions::at(common::now()) };
    // The result may be larger than the limits allow.
    let _ = pdf::verify(&signed, &verify);
});
