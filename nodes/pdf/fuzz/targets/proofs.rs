//! Any bytes as what authorities answer: revocation lists, OCSP answers and certificates, for a signature that names where
//! they are. The bytes are answers one after the other, each with its length in front.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::{Collector, VerifyOptions};

const SIGNED: &[u8] = include_bytes!("../fixtures/stamped.pdf");
const CONTENTS: &[u8] = include_bytes!("../fixtures/stamped.cms");

fuzz_target!(|data: &[u8]| {
    let answers = answers(data);
    let mut left = answers.iter();
    let mut collector = Collector::new(&[CONTENTS], common::signed_at());
    while let Ok(Some(fetch)) = collector.next_fetch() {
        let answer = left.next().copied().filter(|answer| answer.len() <= fetch.limit);
        let answer = answer.ok_or_else(|| "HTTP 404".to_owned());
        if collector.answer(answer).is_err() {
            break;
        }
    }
    let proofs = collector.proofs();
    pdf::add_proofs(SIGNED, &proofs, &[CONTENTS], None, &common::limits()).expect("proofs can be added");
    let owned: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
    for answer in &answers {
        let _ = pdf::certificates_in(answer);
    }
    let options = VerifyOptions {
        require_trust: false,
        require_revocation: true,
        crls: owned.clone(),
        ocsps: owned.clone(),
        certificates: owned,
        limits: common::limits(),
        ..VerifyOptions::at(common::signed_at())
    };
    pdf::verify(SIGNED, &options).expect("the file can be read");
});

fn answers(mut data: &[u8]) -> Vec<&[u8]> {
    let mut answers = Vec::new();
    while let Some((length, rest)) = data.split_at_checked(2).filter(|_| answers.len() < 16) {
        let length = usize::from(u16::from_be_bytes([length[0], length[1]])).min(rest.len());
        let (answer, rest) = rest.split_at(length);
        answers.push(answer);
        data = rest;
    }
    answers
}
