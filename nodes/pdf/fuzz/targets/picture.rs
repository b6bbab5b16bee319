//! Any bytes as a picture in a signature.
#![no_main]

mod common;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pdf::{Error, Identity, Visible};

static IDENTITY: LazyLock<Identity> = LazyLock::new(common::identity);
const PLAIN: &[u8] = include_bytes!("../seeds/document/plain-table");

fuzz_target!(|data: &[u8]| {
    let visible = Visible { picture: Some(data.to_vec()), ..Visible::default() };
    let options = pdf::SignOptions { visible: Some(visible), ..common::options() };
    match pdf::sign(PLAIN, &*IDENTITY, &options, common::now()) {
        Err(Error::CheckFailed { check }) => panic!("the check failed: {check}"),
        Ok(_) | Err(_) => {}
    }
});
