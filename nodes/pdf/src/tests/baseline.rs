//! The level that is told is the one that the EU's DSS tells.

use jiff::{SignedDuration, Timestamp};

use super::levels::{archived, ask, collect, proven, stamped};
use super::signing::options;
use super::times::{by_eva, roomy};
use super::validators::{Revocation, dss};
use crate::read::find;
use crate::testing::authority::{authority, now};
use crate::testing::documents::plain;
use crate::{Format, Level, Limits, Policy, SignOptions, VerifyOptions, add_proofs, sign, verify};

fn level(pdf: &[u8]) -> Option<Level> {
    let later = Timestamp::now() + SignedDuration::from_secs(2);
    let options = VerifyOptions { roots: vec![authority().der("root")], ..VerifyOptions::at(later) };
    let signature = verify(pdf, &options).unwrap().signatures.remove(0);
    assert_eq!(signature.integrity, crate::Integrity::Intact, "{signature:#?}");
    signature.level
}

/// Ours and DSS's word about the first signature of each file.
fn check(cases: &[(&str, Vec<u8>, Option<Level>)]) {
    for (name, pdf, expected) in cases {
        assert_eq!(level(pdf), *expected, "{name}");
    }
    let files: Vec<&[u8]> = cases.iter().map(|(_, pdf, _)| pdf.as_slice()).collect();
    let Some(found) = dss(&files, &[authority().der("root")], Revocation::NotAsked) else { return };
    for (at, (name, _, expected)) in cases.iter().enumerate() {
        let said = &found.iter().find(|signature| signature.file == at).unwrap().level;
        let said = said.strip_prefix("PAdES-BASELINE-");
        let expected = expected.map(|level| serde_json::to_value(level).unwrap().as_str().unwrap()[2..].to_owned());
        assert_eq!(said, expected.as_deref(), "{name}: {found:#?}");
    }
}

/// A key of the signature's dictionary becomes another one, of the same length; then Eva signs.
fn renamed(from: &str, to: &str) -> Vec<u8> {
    let mut pdf = roomy();
    let at = find(&pdf, from.as_bytes()).unwrap();
    pdf[at..at + from.len()].copy_from_slice(to.as_bytes());
    by_eva(pdf, None, Policy::None)
}

#[test]
fn what_is_no_baseline_signature_has_no_level() {
    let eva = authority().identity_with_chain("eva");
    let of = |options: &SignOptions| sign(&plain(), &eva, options, now()).unwrap().pdf;
    let quiet = SignOptions { reason: String::new(), policy: Policy::AdRb, ..options(None) };
    check(&[
        ("plain", of(&options(None)), Some(Level::Basic)),
        ("a policy", of(&quiet), Some(Level::Basic)),
        ("stamped", by_eva(roomy(), None, Policy::None), Some(Level::Time)),
        ("a signing time inside", by_eva(roomy(), Some(now()), Policy::None), None),
        ("a reason beside a policy", by_eva(roomy(), None, Policy::AdRb), None),
        ("no time in the dictionary", renamed("/M (D:", "/X (D:"), None),
        ("Adobe's own kind", of(&SignOptions { format: Format::Adobe, ..options(None) }), None),
    ]);
    // DSS does not look for this one, which the standard forbids.
    assert_eq!(level(&renamed("/Name ", "/Cert ")), None);
}

/// B-LT needs proofs for the authority that stamped as for the signer.
#[test]
fn the_authority_for_time_is_proven_too() {
    let signed = stamped(&plain(), &authority().identity_with_chain("eva"), &options(None));
    let proofs = collect(&signed.contents, ask).unwrap();
    assert_eq!((proofs.ocsp.len(), proofs.crls.len()), (2, 1), "Eva, the clock, and their authority");
    let without = |left_out: usize| {
        let mut proofs = proofs.clone();
        proofs.ocsp.remove(left_out);
        add_proofs(&signed.pdf, &proofs, &[&signed.contents], None, &Limits::default()).unwrap()
    };
    let complete = proven(&signed, None);
    check(&[
        ("without the first", without(0), Some(Level::Time)),
        ("without the second", without(1), Some(Level::Time)),
        ("incomplete in the archive", archived(&without(1), None), Some(Level::Time)),
        ("complete", complete.clone(), Some(Level::LongTerm)),
        ("archived", archived(&complete, None), Some(Level::Archive)),
    ]);
}

/// The same when only a document time-stamp proves the time, before there are proofs.
#[test]
fn the_authority_of_a_document_time_stamp_is_proven_too() {
    let signed = sign(&plain(), &authority().identity_with_chain("eva"), &options(None), now()).unwrap();
    let timed = archived(&signed.pdf, None);
    let proofs = collect(&signed.contents, ask).unwrap();
    assert_eq!((proofs.ocsp.len(), proofs.crls.len()), (1, 1), "Eva and her authority");
    let add = |proofs| add_proofs(&timed, proofs, &[&signed.contents], None, &Limits::default()).unwrap();
    assert_eq!(level(&timed), Some(Level::Time));
    assert_eq!(level(&add(&proofs)), Some(Level::Time));
    let pdf = crate::read::Pdf::load(&timed, None, &Limits::default()).unwrap();
    let fields = crate::field::all(&pdf);
    let stamp = fields.iter().filter_map(|field| field.value.as_ref()).next_back().unwrap();
    let contents = pdf.get(stamp, b"Contents").and_then(|contents| contents.as_str().ok()).unwrap();
    let mut both = collect(contents, ask).unwrap();
    both.ocsp.extend(proofs.ocsp.iter().cloned());
    assert_eq!(level(&add(&both)), Some(Level::LongTerm));
}

/// What another program may have left out.
#[test]
fn a_policy_that_demands_a_time_stamp() {
    use crate::cms::{Request, assemble, attributes};
    use crate::{Certified, RawSigner};
    let eva = authority().identity_with_chain("eva");
    let certified = Certified::of(&eva);
    let bare = super::formats::with(roomy(), |covered| {
        let request = Request { content: &[covered], signing_time: None, policy: Policy::AdRt };
        let attributes = attributes(&certified, &request);
        assemble(&certified, &attributes, &eva.sign(&attributes).unwrap(), None).unwrap()
    });
    let codes = |pdf: &[u8]| {
        let later = Timestamp::now() + SignedDuration::from_secs(2);
        let options = VerifyOptions { roots: vec![authority().der("root")], ..VerifyOptions::at(later) };
        let report = verify(pdf, &options).unwrap();
        let codes: Vec<_> = report.signatures[0].findings.iter().map(|finding| finding.code).collect();
        (report.status, codes.contains(&"pdf_policy_without_time_stamp"))
    };
    assert_eq!(codes(&bare), (crate::Status::Indeterminate, true));
    assert_eq!(codes(&by_eva(roomy(), None, Policy::AdRt)), (crate::Status::Valid, false));
    assert_eq!(codes(&by_eva(roomy(), None, Policy::AdRb)), (crate::Status::Valid, false));
}
