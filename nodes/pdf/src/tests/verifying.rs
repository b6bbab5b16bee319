//! What verification says of files that were changed, forged or badly made.

use super::certificates::to_ber;
use super::signing::options;
use crate::read::find;
use crate::testing::documents::{plain, qpdf};
use crate::testing::material::{ana, bruno, material, now};
use crate::{
    Changes, Coverage, Integrity, Lang, Report, SignOptions, Status, VerifyOptions, sign, signed_revision, verify,
};

fn signed() -> Vec<u8> {
    sign(&plain(), ana(), &options(None), now()).unwrap().pdf
}

fn trusting() -> VerifyOptions {
    VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) }
}

#[track_caller]
fn check(pdf: &[u8], options: &VerifyOptions, status: Status, code: &str) -> Report {
    let report = verify(pdf, options).unwrap();
    assert_eq!(report.status, status, "{report:#?}");
    let codes: Vec<_> =
        report.signatures.iter().flat_map(|s| &s.findings).chain(&report.findings).map(|f| f.code).collect();
    assert!(codes.contains(&code), "no {code} in {codes:?}");
    report
}

/// Replaces the first `from` by `to`, of the same length.
fn swap(pdf: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = find(pdf, from).unwrap();
    let mut changed = pdf.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[test]
fn an_untouched_file_is_valid() {
    let report = check(&signed(), &trusting(), Status::Valid, "pdf_time_not_proven");
    assert_eq!(report.signatures[0].coverage, Coverage::WholeFile);
    assert!(!report.unsigned_changes && !report.signatures[0].content_after);
    assert_eq!(report.signatures[0].trusted, Some(true));
}

#[test]
fn a_file_without_signatures_is_unsigned() {
    let report = verify(&plain(), &trusting()).unwrap();
    assert_eq!((report.status, report.unsigned_changes, report.pages), (Status::Unsigned, true, 2));
}

#[test]
fn a_changed_letter_breaks_it() {
    let changed = swap(&signed(), b"(Page 1)", b"(Page 7)");
    let report = check(&changed, &trusting(), Status::Invalid, "pdf_signature_altered");
    assert_eq!(report.signatures[0].integrity, Integrity::Broken);
}

#[test]
fn content_after_it_makes_it_invalid() {
    let with_comment = [&signed()[..], b"% and another thing\n"].concat();
    let report = check(&with_comment, &trusting(), Status::Invalid, "pdf_changed_after_signing");
    assert!(report.unsigned_changes && report.signatures[0].content_after);
    assert_eq!(report.signatures[0].integrity, Integrity::Intact);
    assert_eq!(report.signatures[0].coverage, Coverage::WholeRevision);

    let shadow = shadow_page(&signed());
    let report = check(&shadow, &trusting(), Status::Invalid, "pdf_changed_after_signing");
    let signature = &report.signatures[0];
    assert_eq!((signature.coverage, signature.changes), (Coverage::WholeRevision, Some(Changes::Other)));
    assert_eq!(signature.other_changes, ["object 6 0 5 0 R/Contents"]);
    assert_eq!(signed_revision(&shadow, signature), Some(&signed()[..signature.covered_bytes]));
}

#[test]
fn white_space_after_it_is_no_content() {
    let report = verify(&[&signed()[..], b"\r\n\n"].concat(), &trusting()).unwrap();
    assert_eq!((report.status, report.signatures[0].content_after), (Status::Valid, false));
}

/// Replaces a page's content in an update.
fn shadow_page(signed: &[u8]) -> Vec<u8> {
    let mut out = signed.to_vec();
    let object = out.len();
    let content = "BT /F1 24 Tf 72 720 Td (I owe you nothing) Tj ET";
    out.extend_from_slice(
        format!("6 0 obj\n<</Length {}>>\nstream\n{content}\nendstream\nendobj\n", content.len()).as_bytes(),
    );
    let start = out.len();
    let previous =
        String::from_utf8_lossy(signed).rsplit("startxref\n").next().unwrap().lines().next().unwrap().to_owned();
    out.extend_from_slice(
        format!("xref\n6 1\n{object:010} 00000 n \ntrailer\n<</Size 20 /Root 1 0 R /Prev {previous}>>\nstartxref\n{start}\n%%EOF\n")
            .as_bytes(),
    );
    out
}

#[test]
fn a_second_signature_leaves_the_first_valid() {
    let second = sign(&signed(), bruno(), &options(None), now()).unwrap().pdf;
    let report = check(&second, &trusting(), Status::Valid, "pdf_extended_after_signing");
    let [first, last] = &report.signatures[..] else { panic!("{report:#?}") };
    assert_eq!((first.coverage, first.changes), (Coverage::WholeRevision, Some(Changes::FormsAndSignatures)));
    assert_eq!(first.changed_fields, ["Signature2"]);
    assert_eq!((last.coverage, last.changes), (Coverage::WholeFile, Some(Changes::None)));
    assert_eq!(signed_revision(&second, last), Some(&second[..]));
    assert!(!report.unsigned_changes);
}

#[test]
fn ranges_with_other_holes_are_refused() {
    let signed = signed();
    let at = find(&signed, b"/ByteRange [0 ").unwrap() + b"/ByteRange [".len();
    let end = at + signed[at..].iter().position(|b| *b == b']').unwrap();
    let numbers: Vec<usize> =
        String::from_utf8_lossy(&signed[at..end]).split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [_, first, second, length] = numbers[..] else { panic!() };
    for range in [
        [1, first, second, length],
        [0, first - 10, second, length],
        [0, first, second + 1, length - 1],
        [0, first, second, length + 1],
        [0, second, first, length],
        [0, 0, 0, 0],
    ] {
        let text = range.map(|n| n.to_string()).join(" ");
        let mut changed = signed.clone();
        changed[at..end].copy_from_slice(format!("{text:<width$}", width = end - at).as_bytes());
        check(&changed, &trusting(), Status::Invalid, "pdf_signature_range");
    }
    // One byte less is covered: the rest is there, but it is not signed.
    let text = format!("0 {first} {second} {}", length - 1);
    let mut changed = signed.clone();
    changed[at..end].copy_from_slice(format!("{text:<width$}", width = end - at).as_bytes());
    check(&changed, &trusting(), Status::Invalid, "pdf_signature_altered");
}

/// The signature of one file put into another.
#[test]
fn a_signature_of_something_else_is_refused() {
    let other = sign(&swap(&plain(), b"(Page 1)", b"(Page 9)"), ana(), &options(None), now()).unwrap().pdf;
    let signed = signed();
    let contents = |pdf: &[u8]| {
        let start = find(pdf, b"/Contents <").unwrap() + 11;
        start..start + pdf[start..].iter().position(|b| *b == b'>').unwrap()
    };
    let (here, there) = (contents(&signed), contents(&other));
    assert_eq!(here.len(), there.len());
    let mut forged = signed.clone();
    forged[here].copy_from_slice(&other[there]);
    check(&forged, &trusting(), Status::Invalid, "pdf_signature_altered");
}

/// Every byte of the SignedData that is changed is noticed.
#[test]
fn a_changed_signature_value_is_refused() {
    let signed = signed();
    let start = find(&signed, b"/Contents <").unwrap() + 11;
    let length = {
        let hex: String = String::from_utf8_lossy(&signed[start + 4..start + 8]).into_owned();
        usize::from_str_radix(&hex, 16).unwrap() + 4
    };
    let mut unnoticed = Vec::new();
    for byte in (0..length).step_by(7) {
        let mut changed = signed.clone();
        let digit = &mut changed[start + byte * 2 + 1];
        *digit = if *digit == b'0' { b'1' } else { b'0' };
        let report = verify(&changed, &trusting()).unwrap();
        if report.status == Status::Valid {
            unnoticed.push(byte);
        }
    }
    // Only the certificates of the authorities may change without breaking anything: they are not signed, and a
    // damaged one merely does not help.
    let certificates = [material().der("authority"), material().der("root"), material().der("ana")].concat().len();
    assert!(unnoticed.len() <= certificates / 7 + 8, "{} changes went unnoticed", unnoticed.len());
    let report = verify(&signed, &trusting()).unwrap();
    assert_eq!(report.status, Status::Valid);
}

#[test]
fn trust_is_asked_for() {
    let nobody = VerifyOptions::at(now());
    check(&signed(), &nobody, Status::Indeterminate, "pdf_trust_not_checked");
    check(&signed(), &VerifyOptions { require_trust: false, ..nobody.clone() }, Status::Valid, "pdf_trust_ignored");
    let stranger = VerifyOptions { roots: vec![material().der("alone")], ..nobody };
    let report = check(&signed(), &stranger, Status::Indeterminate, "pdf_signer_untrusted");
    assert_eq!(report.signatures[0].trusted, Some(false));
}

#[test]
fn a_self_signed_certificate_can_be_a_root() {
    let alone =
        crate::Identity::from_pkcs12(&material().pkcs12("alone", &[]), crate::testing::material::PASSWORD).unwrap();
    let signed = sign(&plain(), &alone, &options(None), now()).unwrap().pdf;
    let options = VerifyOptions { roots: vec![material().der("alone")], ..VerifyOptions::at(now()) };
    let report = verify(&signed, &options).unwrap();
    assert_eq!((report.status, report.signatures[0].anchor.as_deref()), (Status::Valid, Some("Alone")));
}

/// A certificate for web servers is nobody's signature.
#[test]
fn a_certificate_for_another_purpose_is_not_trusted() {
    let server =
        crate::Identity::from_pkcs12(&material().pkcs12("server", &[]), crate::testing::material::PASSWORD).unwrap();
    let signed = sign(&plain(), &server, &options(None), now()).unwrap().pdf;
    check(&signed, &trusting(), Status::Indeterminate, "pdf_signer_untrusted");
}

#[test]
fn time_matters() {
    let year = jiff::SignedDuration::from_hours(24 * 366);
    let later = VerifyOptions { now: now() + year, ..trusting() };
    check(&signed(), &later, Status::Indeterminate, "pdf_signer_expired");
    let earlier = VerifyOptions { now: now() - year, ..trusting() };
    check(&signed(), &earlier, Status::Indeterminate, "pdf_signer_not_yet_valid");
    let options = SignOptions { allow_expired: true, ..options(None) };
    let long_ago = sign(&plain(), ana(), &options, now() - year).unwrap();
    assert_eq!(long_ago.warnings[0].code(), "pdf_signed_outside_validity");
    check(&long_ago.pdf, &trusting(), Status::Indeterminate, "pdf_signed_outside_validity");
}

#[test]
fn an_unknown_kind_is_never_silently_ignored() {
    let unknown = swap(&signed(), b"/ETSI.CAdES.detached", b"/ACME.CAdES.detached");
    check(&unknown, &trusting(), Status::Indeterminate, "pdf_signature_unknown_kind");
}

#[test]
fn a_signature_that_no_field_leads_to_is_reported() {
    // Without its form, the signature dictionary is still there.
    let hidden = swap(&signed(), b"/AcroForm", b"/AcroGone");
    let report = check(&hidden, &trusting(), Status::Invalid, "pdf_signature_outside_form");
    assert_eq!(report.signatures[0].field, None);
}

/// A file that was written anew by another program keeps no valid signature.
#[test]
fn rewriting_breaks_it() {
    let report = verify(&qpdf(&signed(), &["--object-streams=generate"]), &trusting()).unwrap();
    assert_eq!(report.status, Status::Invalid);
}

#[test]
fn findings_speak_both_languages() {
    let options = VerifyOptions { lang: Lang::PtBr, ..trusting() };
    let report = verify(&swap(&signed(), b"(Page 1)", b"(Page 7)"), &options).unwrap();
    assert_eq!(report.signatures[0].findings[0].message, "O conteúdo assinado foi alterado depois da assinatura.");
}

#[test]
fn the_report_serializes() {
    let report = serde_json::to_value(verify(&signed(), &trusting()).unwrap()).unwrap();
    assert_eq!(report["status"], "valid");
    assert_eq!(report["signatures"][0]["coverage"], "whole_file");
    assert_eq!(report["signatures"][0]["signer"]["cpf"], "12345678909");
}

/// A signature made by `openssl`, turned into BER, as some devices write it.
#[test]
fn a_signature_of_another_program_is_understood() {
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let start = find(&signed, b"/Contents <").unwrap() + 10;
    let end = start + signed[start..].iter().position(|b| *b == b'>').unwrap() + 1;
    let covered = [&signed[..start], &signed[end..]].concat();
    let (content, made) = (material().file(&covered), material().scratch());
    crate::testing::material::run(
        "openssl",
        &[
            "cms",
            "-sign",
            "-binary",
            "-cades",
            "-in",
            content.to_str().unwrap(),
            "-outform",
            "DER",
            "-signer",
            &material().path("bruno.pem"),
            "-inkey",
            &material().path("bruno.key"),
            "-certfile",
            &material().path("authority.pem"),
            "-out",
            made.to_str().unwrap(),
        ],
    );
    let der = std::fs::read(made).unwrap();
    let cms = to_ber(crate::asn1::Tlv::parse(&der).unwrap());
    let mut replaced = signed.clone();
    for (at, byte) in cms.iter().chain(std::iter::repeat(&0)).take((end - start - 2) / 2).enumerate() {
        replaced[start + 1 + at * 2..start + 3 + at * 2].copy_from_slice(format!("{byte:02X}").as_bytes());
    }
    let report = verify(&replaced, &trusting()).unwrap();
    assert_eq!(report.status, Status::Valid, "{report:#?}");
    assert_eq!(report.signatures[0].signer.as_ref().unwrap().name, "Bruno Lima");
}
