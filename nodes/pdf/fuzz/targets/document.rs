//! Any bytes as a PDF: reading, and signing whatever can be signed. The library's own check judges the
//! result; here its error is a fault, because it means that a broken file was written.
#![no_main]

mod common;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pdf::{Certified, Error, Identity, Prepared, Proofs, RawSigner, StampOptions, VerifyOptions, Visible};

/// Parts of the check that may fail without a fault of ours: what was made is larger than the limits, or the file is put
/// together so that whatever comes after a signature is judged as a change.
const MAY_FAIL: [&str; 2] = ["reading it back", "earlier signatures allow the change"];

static IDENTITY: LazyLock<Identity> = LazyLock::new(common::identity);

fuzz_target!(|data: &[u8]| {
    let _ = pdf::info(data, None, &common::limits());
    let mut options = common::options();
    options.visible = (data.len() % 2 == 1).then(Visible::default);
    // In two steps, through the file that waits.
    if data.len() % 3 == 0
        && let Ok(prepared) = pdf::prepare(data, &Certified::of(&*IDENTITY), &options, common::now())
        && let Ok(waiting) = prepared.into_file()
    {
        let _ = Prepared::reopen(waiting, None, &common::limits());
    }
    let signed = match pdf::sign(data, &*IDENTITY, &options, common::now()) {
        Ok(signed) => signed.pdf,
        Err(Error::CheckFailed { check }) if !MAY_FAIL.contains(&check) => panic!("the check failed: {check}"),
        Err(_) => return,
    };
    assert!(signed.starts_with(data));
    let verify = VerifyOptions { limits: common::limits(), ..VerifyOptions::at(common::now()) };
    // Proofs and a time stamp go on top of it.
    if data.len() % 4 == 0 {
        let proofs = Proofs { certificates: vec![IDENTITY.certificate().to_vec()], ..Proofs::default() };
        let proven = pdf::add_proofs(&signed, &proofs, &[b"contents"], None, &common::limits());
        if let Err(Error::CheckFailed { check }) = proven {
            assert!(MAY_FAIL.contains(&check), "the check failed: {check}");
        }
        let stamp = StampOptions { pdf_password: None, room: 64, limits: common::limits() };
        let _ = pdf::prepare_time_stamp(&signed, &stamp);
    }
    // The result may be larger than the limits allow.
    let _ = pdf::verify(&signed, &verify);
});
