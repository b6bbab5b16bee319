//! Findings that take a signature or a change made for them.

use super::attacks::made::{object, update, with_box};
use super::formats::{check, claiming, openssl_by, with};
use super::signing::options;
use crate::read::find;
use crate::testing::documents::{form, plain};
use crate::testing::material::{ana, material, now};
use crate::{Certify, SignOptions, Status, VerifyOptions, sign, verify};

const PADES: &str = "/ETSI.CAdES.detached";
const ADOBE: &str = "/Adobe.PPKLite";

/// A file with a SignedData made for it.
pub fn made(make: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    with(claiming(PADES, ADOBE), make)
}

#[test]
fn a_signature_of_another_key() {
    let forged = made(|covered| {
        let mut cms = openssl_by("bruno", covered, &["-cades"]);
        // The end of the number that the signature ends with.
        *cms.last_mut().unwrap() ^= 1;
        cms
    });
    check(&forged, Status::Invalid, "pdf_signature_forged");
}

#[test]
fn a_signature_without_its_certificate() {
    let bare = made(|covered| openssl_by("bruno", covered, &["-cades", "-nocerts"]));
    check(&bare, Status::Invalid, "pdf_signature_no_certificate");
}

/// The same key and serial number in another certificate: what an attacker with an authority of his own would show.
#[test]
fn a_signature_with_a_certificate_put_in_its_place() {
    let swapped = made(|covered| {
        let mut cms = openssl_by("bruno", covered, &["-cades"]);
        let certificate = material().der("bruno");
        let end = find(&cms, &certificate).unwrap() + certificate.len();
        cms[end - 1] ^= 1;
        cms
    });
    check(&swapped, Status::Invalid, "pdf_signature_other_certificate");
}

#[test]
fn an_algorithm_that_is_not_known() {
    let unknown = made(|covered| openssl_by("bruno", covered, &["-md", "sha224"]));
    check(&unknown, Status::Indeterminate, "pdf_signature_unknown_algorithm");
}

/// The signature holds, but what it covers was never a whole file.
#[test]
fn a_part_of_the_file() {
    let mut pdf = claiming(PADES, ADOBE);
    let at = find(&pdf, b"/ByteRange [").unwrap() + b"/ByteRange [".len();
    let end = at + pdf[at..].iter().position(|b| *b == b']').unwrap();
    let numbers: Vec<usize> =
        String::from_utf8_lossy(&pdf[at..end]).split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [_, first, second, length] = numbers[..] else { panic!() };
    let text = format!("0 {first} {second} {}", length - 30);
    pdf[at..end].copy_from_slice(format!("{text:<width$}", width = end - at).as_bytes());
    let covered = pdf.len() - 30;
    let hole = second - first;
    let partial = with(pdf, |all| openssl_by("bruno", &all[..covered - hole], &["-cades"]));
    check(&partial, Status::Invalid, "pdf_signature_partial");
}

#[test]
fn certificates_that_should_not_have_signed() {
    for (name, code) in [
        ("encipher", "pdf_signer_key_usage"),
        ("small", "pdf_signer_weak_key"),
        ("sha1", "pdf_signer_weak_certificate"),
    ] {
        let pdf = made(|covered| openssl_by(name, covered, &["-cades"]));
        check(&pdf, Status::Indeterminate, code);
    }
}

#[test]
fn a_box_over_what_was_certified() {
    let certify = SignOptions { certification: Certify::FormsAndSigning, ..options(None) };
    let certified = sign(&plain(), ana(), &certify, now()).unwrap().pdf;
    check(&with_box(&certified), Status::Invalid, "pdf_certification_broken");
}

#[test]
fn a_comment_that_the_certification_allows() {
    let certify = SignOptions { certification: Certify::FormsSigningAndComments, ..options(None) };
    let certified = sign(&plain(), ana(), &certify, now()).unwrap().pdf;
    let page = object(&certified, 5);
    let page = match page.contains("/Annots [") {
        true => page.replacen("/Annots [", "/Annots [50 0 R ", 1),
        false => page.replacen("<<", "<</Annots [50 0 R] ", 1),
    };
    let note = "<</Type/Annot /Subtype/Text /Rect [10 10 30 30] /Contents (Agreed?) /F 4>>";
    let commented = update(&certified, &[(5, page), (50, note.into())]);
    check(&commented, Status::Indeterminate, "pdf_comments_added");
}

#[test]
fn a_value_that_the_signature_locked() {
    // Signing `Approval` locks the city.
    let signed = sign(&form(), ana(), &SignOptions { field: "Approval".into(), ..options(None) }, now()).unwrap().pdf;
    let moved = update(&signed, &[(7, object(&signed, 7).replace("(Recife)", "(Olinda)"))]);
    check(&moved, Status::Invalid, "pdf_locked_field_changed");
}

#[test]
fn a_seal_and_a_repaired_file() {
    let sealed = made(|covered| openssl_by("company", covered, &["-cades"]));
    check(&sealed, Status::Valid, "pdf_seal_certificate");
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let broken = [&signed[..signed.len() - 20], b"\nstartxref\n3\n%%EOF\n"].concat();
    let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
    let report = verify(&broken, &options).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code == "pdf_repaired"), "{report:#?}");
    assert_ne!(report.status, Status::Valid);
}
