//! The time that a signer claims against the one that a time-stamp proves.

use jiff::{SignedDuration, Timestamp};

use super::formats::with;
use super::levels::{ROOM, stamp};
use super::signing::options;
use crate::cms::{Request, assemble, attributes};
use crate::testing::authority::{authority, now};
use crate::testing::documents::plain;
use crate::{Certified, Format, Policy, RawSigner, SignOptions, SignatureReport, VerifyOptions, prepare, sign, verify};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn verified(pdf: &[u8]) -> SignatureReport {
    let later = Timestamp::now() + HOUR * 2;
    let options = VerifyOptions { roots: vec![authority().der("root")], ..VerifyOptions::at(later) };
    verify(pdf, &options).unwrap().signatures.remove(0)
}

fn is_told(pdf: &[u8], code: &str) -> bool {
    let report = verified(pdf);
    assert!(report.proven_time.is_some(), "{report:#?}");
    assert_eq!(report.status, crate::Status::Valid, "{report:#?}");
    report.findings.iter().any(|finding| finding.code == code)
}

/// Eva's signature that claims to be of the time `claimed`, stamped now.
fn claiming(claimed: Timestamp, format: Format) -> Vec<u8> {
    let eva = authority().identity_with_chain("eva");
    let options = SignOptions { room: ROOM, format, ..options(None) };
    let prepared = prepare(&plain(), &Certified::of(&eva), &options, claimed).unwrap();
    let signature = eva.sign(prepared.to_sign()).unwrap();
    prepared.finish(&signature, Some(&stamp(&[&signature]))).unwrap().pdf
}

#[test]
fn a_claim_after_the_proof_is_told() {
    for format in [Format::Pades, Format::Adobe] {
        let late = claiming(now() + HOUR, format);
        assert!(is_told(&late, "pdf_time_contradicted"), "{format:?}");
        assert!(!is_told(&claiming(now(), format), "pdf_time_contradicted"), "{format:?}");
        // Clocks differ, and who stamps later proves less, but contradicts nothing.
        assert!(
            !is_told(&claiming(now() + SignedDuration::from_mins(5), format), "pdf_time_contradicted"),
            "{format:?}"
        );
    }
}

/// `pdf`, a signed file, with Eva's stamped signature put into it that has a signing-time inside, or names a policy.
pub fn by_eva(pdf: Vec<u8>, signing_time: Option<Timestamp>, policy: Policy) -> Vec<u8> {
    let eva = authority().identity_with_chain("eva");
    let certified = Certified::of(&eva);
    with(pdf, |covered| {
        let attributes = attributes(&certified, &Request { content: &[covered], signing_time, policy });
        let signature = eva.sign(&attributes).unwrap();
        assemble(&certified, &attributes, &signature, Some(&stamp(&[&signature]))).unwrap()
    })
}

/// A signed file with room for a time-stamp.
pub fn roomy() -> Vec<u8> {
    sign(&plain(), &authority().identity_with_chain("eva"), &SignOptions { room: ROOM, ..options(None) }, now())
        .unwrap()
        .pdf
}

#[test]
fn a_claim_inside_the_signature_counts_too() {
    assert!(is_told(&by_eva(roomy(), Some(now() + HOUR), Policy::None), "pdf_time_contradicted"));
    assert!(!is_told(&by_eva(roomy(), Some(now()), Policy::None), "pdf_time_contradicted"));
}
