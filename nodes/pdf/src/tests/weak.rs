//! Signatures and time-stamps with broken hashes, or with algorithms that contradict each other.

use super::findings::made;
use super::formats::{check, openssl_by, with};
use super::levels::{ROOM, stamp};
use super::signing::options;
use crate::asn1::{Tlv, oid};
use crate::testing::authority::{self, authority};
use crate::testing::documents::plain;
use crate::testing::material::material;
use crate::testing::resign::signed_data;
use crate::{
    Certified, Level, Limits, RawSigner, Report, SignOptions, StampOptions, Status, VerifyOptions, prepare,
    prepare_time_stamp, verify,
};

/// The content is hashed with SHA-256, and what the key signed with something else.
fn resigned(by: &str, hash: &str, oid: &[u8]) -> Vec<u8> {
    made(|covered| {
        let cms = openssl_by(by, covered, &["-cades", "-md", "sha256"]);
        signed_data(&cms, &material().path(&format!("{by}.key")), hash, oid)
    })
}

#[test]
fn the_hash_that_the_key_signed_counts() {
    for (by, oid, algorithm) in
        [("ana", oid::RSA_SHA1, "RSA 2048 with SHA-1"), ("bruno", oid::ECDSA_SHA1, "EC P-256 with SHA-1")]
    {
        let report = check(&resigned(by, "sha1", oid), Status::Indeterminate, "pdf_weak_digest");
        let signature = &report.signatures[0];
        assert_eq!(signature.algorithm.as_deref(), Some(algorithm));
        assert_eq!(signature.digest.as_deref(), Some("SHA-256"));
        assert_eq!(signature.integrity, crate::Integrity::Intact);
    }
}

/// Both hashes are good, but the standard wants one (RFC 8933).
#[test]
fn two_hashes_in_one_signature() {
    let differing = resigned("bruno", "sha512", oid::ECDSA_SHA512);
    let report = check(&differing, Status::Indeterminate, "pdf_signature_hashes_differ");
    assert_eq!(report.signatures[0].algorithm.as_deref(), Some("EC P-256 with SHA-512"));
    let codes: Vec<_> = report.signatures[0].findings.iter().map(|finding| finding.code).collect();
    assert!(!codes.contains(&"pdf_weak_digest"), "{codes:?}");
    // The same way of making it, with the hash that belongs there.
    check(&resigned("bruno", "sha256", oid::ECDSA_SHA256), Status::Valid, "");
}

fn report(pdf: &[u8]) -> Report {
    let options = VerifyOptions { roots: vec![authority().der("root")], ..VerifyOptions::at(authority::now()) };
    verify(pdf, &options).unwrap()
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.signatures.iter().flat_map(|signature| &signature.findings).map(|finding| finding.code).collect()
}

/// Eva's signature with the time-stamp that `change` makes of a good one.
fn stamped(change: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let eva = authority().identity_with_chain("eva");
    let options = SignOptions { room: ROOM, ..options(None) };
    let prepared = prepare(&plain(), &Certified::of(&eva), &options, authority::now()).unwrap();
    let signature = eva.sign(prepared.to_sign()).unwrap();
    prepared.finish(&signature, Some(&change(&stamp(&[&signature])))).unwrap().pdf
}

#[test]
fn a_weak_time_stamp_proves_no_time() {
    let key = authority().path("clock.key");
    let good = report(&stamped(<[u8]>::to_vec));
    assert_eq!((good.status, good.signatures[0].level), (Status::Valid, Some(Level::Time)));
    assert!(good.signatures[0].proven_time.is_some());
    let sha1 = |token: &[u8]| signed_data(token, &key, "sha1", oid::RSA_SHA1);
    let differing = |token: &[u8]| signed_data(token, &key, "sha512", &[oid::RSA_SHA2_ARC, &[0x0d]].concat());
    for weak in [stamped(sha1), stamped(differing)] {
        let report = report(&weak);
        let signature = &report.signatures[0];
        assert!(codes(&report).contains(&"pdf_time_stamp_weak"), "{:?}", codes(&report));
        assert!(codes(&report).contains(&"pdf_time_not_proven"), "{:?}", codes(&report));
        assert_eq!((signature.proven_time, signature.level), (None, Some(Level::Basic)));
        assert_eq!(signature.time_stamps[0].integrity, crate::Integrity::Intact);
    }
}

/// Nor does one over the whole document.
#[test]
fn a_weak_document_time_stamp_proves_no_time() {
    let signed =
        crate::sign(&plain(), &authority().identity_with_chain("eva"), &options(None), authority::now()).unwrap();
    let prepared =
        prepare_time_stamp(&signed.pdf, &StampOptions { pdf_password: None, room: ROOM, limits: Limits::default() })
            .unwrap();
    let token = stamp(&prepared.to_stamp());
    let weak = signed_data(&token, &authority().path("clock.key"), "sha1", oid::RSA_SHA1);
    let stamped = prepared.finish(&token).unwrap().pdf;
    assert!(report(&stamped).signatures[0].proven_time.is_some());
    let (first, second) = stamped.split_at(signed.pdf.len());
    let changed = [first, &with(second.to_vec(), |_| weak)].concat();
    let report = report(&changed);
    assert_eq!((report.signatures[0].proven_time, report.signatures[1].proven_time), (None, None));
    assert_eq!(report.status, Status::Indeterminate);
    assert!(codes(&report).contains(&"pdf_weak_digest"), "{:?}", codes(&report));
}

/// An authority that signs like that is not taken when signing either.
#[test]
fn a_weak_answer_is_no_time_stamp() {
    use crate::StampRequest;
    let request = StampRequest::new(&[b"x"], [7; 8], "").unwrap();
    let answer = authority().time_stamp(&request.bytes());
    assert!(request.token(&answer, &[]).is_ok());
    let mut parts = Tlv::parse(&answer).unwrap().children();
    let (status, token) = (parts.one().unwrap(), parts.one().unwrap());
    let weak = signed_data(token.raw, &authority().path("clock.key"), "sha1", oid::RSA_SHA1);
    let answer = crate::asn1::sequence(&[status.raw, &weak]);
    super::levels::check(&request.token(&answer, &[]).unwrap_err(), "pdf_tsa_broken");
}
