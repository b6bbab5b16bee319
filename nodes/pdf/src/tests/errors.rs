//! Each error has a test: its code, and a sentence in both languages.

use super::attacks::made::locked;
use super::signing::options;
use crate::testing::documents::{assemble, form, form_with, lost_table, pages, plain, qpdf};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::{
    Certify, Error, Identity, Lang, Limits, Page, Place, RawSigner, Reserve, Secret, SignOptions, SignatureAlgorithm,
    StampOptions, Visible, prepare_time_stamp, sign,
};

#[track_caller]
fn check(input: &[u8], options: &SignOptions, code: &str) -> Error {
    let error = sign(input, ana(), options, now()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    for lang in [Lang::En, Lang::PtBr] {
        let message = error.message(lang);
        assert!(message.ends_with('.') && message.matches(". ").count() >= 1, "two sentences: {message}");
    }
    assert_ne!(error.message(Lang::En), error.message(Lang::PtBr));
    error
}

#[test]
fn what_is_no_pdf() {
    check(b"", &options(None), "pdf_empty");
    check(b"PK\x03\x04 a zip", &options(None), "pdf_not_a_pdf");
    check(&[b' '; 5000], &options(None), "pdf_not_a_pdf");
    check(b"%PDF-1.7\nand nothing else", &options(None), "pdf_damaged");
    check(&plain()[..200], &options(None), "pdf_damaged");
    let small = SignOptions { limits: Limits { pdf_bytes: 500, ..Limits::default() }, ..options(None) };
    check(&plain(), &small, "pdf_too_large");
    check(&assemble(&pages(0, "", "")), &options(None), "pdf_no_pages");
}

#[test]
fn a_stream_that_unpacks_too_far() {
    let packed = qpdf(&plain(), &["--object-streams=generate"]);
    let tight = SignOptions { limits: Limits { stream_bytes: 16, ..Limits::default() }, ..options(None) };
    check(&packed, &tight, "pdf_expands_too_far");
}

#[test]
fn passwords() {
    let locked = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    check(&locked, &options(None), "pdf_encrypted");
    check(&locked, &options(Some("")), "pdf_encrypted");
    check(&locked, &options(Some("wrong")), "pdf_wrong_password");
    let handler = String::from_utf8_lossy(&locked).find("/Filter /Standard").unwrap();
    let mut other = locked.clone();
    other[handler + 9..handler + 17].copy_from_slice(b"Acme.Sec");
    check(&other, &options(Some("user")), "pdf_unsupported_encryption");
}

#[test]
fn forms_that_cannot_be_signed() {
    let dynamic = assemble(&pages(1, "", "/NeedsRendering true /AcroForm <</Fields [] /XFA []>>"));
    check(&dynamic, &options(None), "pdf_dynamic_form");
}

#[test]
fn a_damaged_file_with_signatures() {
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let at = signed.len() - 20;
    let broken = [&signed[..at], b"\nstartxref\n3\n%%EOF\n"].concat();
    check(&broken, &options(None), "pdf_damaged_signed");
    let stamp = StampOptions { pdf_password: None, room: 8192, limits: Limits::default() };
    assert_eq!(prepare_time_stamp(&broken, &stamp).unwrap_err(), Error::DamagedSigned);
    // Without signatures it is repaired.
    sign(&lost_table(), ana(), &options(None), now()).unwrap();
}

#[test]
fn what_earlier_signers_forbid() {
    let certified =
        |certification| sign(&form(), bruno(), &SignOptions { certification, ..options(None) }, now()).unwrap().pdf;
    let error = check(&certified(Certify::NoChanges), &options(None), "pdf_locked");
    assert!(error.message(Lang::En).starts_with("Bruno Lima allowed no more changes"));
    check(&locked("1"), &options(None), "pdf_locked");
    check(&locked("1"), &SignOptions { field: "Board.Chair".into(), ..options(None) }, "pdf_locked");
    check(&locked("9"), &options(None), "pdf_locked");
    let certify = SignOptions { certification: Certify::FormsAndSigning, ..options(None) };
    check(&certified(Certify::FormsAndSigning), &certify, "pdf_already_certified");
    let signed = sign(&plain(), bruno(), &options(None), now()).unwrap().pdf;
    check(&signed, &certify, "pdf_certify_after_signature");
}

/// Where somebody limited the changes, a new box would break that signature; what cannot be seen, and fields that are
/// there, are signed.
#[test]
fn boxes_after_a_certification() {
    let certified =
        |certification| sign(&form(), bruno(), &SignOptions { certification, ..options(None) }, now()).unwrap().pdf;
    let limited =
        [certified(Certify::FormsAndSigning), certified(Certify::FormsSigningAndComments), locked("2"), locked("3")];
    let visible = SignOptions { visible: Some(Visible::default()), ..options(None) };
    let reserve = |place| SignOptions {
        reserve: vec![Reserve { name: "Later".into(), place, ..Reserve::default() }],
        ..options(None)
    };
    for file in limited {
        check(&file, &visible, "pdf_visible_after_certification");
        check(&file, &SignOptions { field: "New".into(), ..visible.clone() }, "pdf_visible_after_certification");
        check(&file, &reserve(Some((Page::Last, Place::default()))), "pdf_visible_after_certification");
        for allowed in [options(None), reserve(None), SignOptions { field: "Board.Chair".into(), ..visible.clone() }] {
            let signed = sign(&file, ana(), &allowed, now()).unwrap();
            assert_eq!(signed.warnings, []);
            super::validators::pyhanko(&signed.pdf, None);
        }
    }
    // An ordinary signature limits nothing.
    let signed = sign(&form(), bruno(), &options(None), now()).unwrap().pdf;
    for allowed in [visible, reserve(Some((Page::Last, Place::default())))] {
        super::validators::pyhanko(&sign(&signed, ana(), &allowed, now()).unwrap().pdf, None);
    }
}

#[test]
fn fields() {
    let field = |name: &str| SignOptions { field: name.into(), ..options(None) };
    check(&form(), &field("City"), "pdf_field_not_signature");
    check(&form(), &field("Board"), "pdf_field_name");
    check(&form(), &field("new.field"), "pdf_field_name");
    check(&form(), &field(&"x".repeat(200)), "pdf_field_name");
    let signed = sign(&form(), bruno(), &field("Approval"), now()).unwrap().pdf;
    check(&signed, &field("Approval"), "pdf_field_signed");
    let signed = sign(&form_with("/Action/All"), bruno(), &field("Approval"), now()).unwrap().pdf;
    let error = check(&signed, &field("Board.Chair"), "pdf_field_locked");
    assert!(error.message(Lang::PtBr).starts_with("Bruno Lima bloqueou o campo"));
    // Nor is a field reserved that could not be signed.
    let reserve = vec![Reserve { name: "Later".into(), ..Reserve::default() }];
    let lock_others = form_with("/Action/Exclude /Fields [(Board)]");
    let signed = sign(&lock_others, bruno(), &field("Approval"), now()).unwrap().pdf;
    check(&signed, &SignOptions { reserve, ..field("Board.Chair") }, "pdf_field_locked");
}

#[test]
fn places_that_are_not_there() {
    let visible =
        |page, place| SignOptions { visible: Some(Visible { page, place, ..Visible::default() }), ..options(None) };
    for page in [0, 3, -3, i64::MAX, i64::MIN] {
        check(&plain(), &visible(Page::Number(page), Place::default()), "pdf_page_not_found");
    }
    for (left, top, width, height) in [
        (-5.0, 0.0, 50.0, 20.0),
        (200.0, 10.0, 50.0, 20.0),
        (10.0, 290.0, 50.0, 20.0),
        (10.0, 10.0, 0.0, 20.0),
        (f64::NAN, 10.0, 50.0, 20.0),
        (10.0, 10.0, f64::INFINITY, 20.0),
    ] {
        check(&plain(), &visible(Page::First, Place::Rectangle { left, top, width, height }), "pdf_outside_page");
    }
    check(&plain(), &SignOptions { time_zone: "Mars/Olympus".into(), ..options(None) }, "pdf_unknown_time_zone");
}

#[test]
fn certificates() {
    let check = |name: &str, code: &str| {
        let identity = Identity::from_pkcs12(&material().pkcs12(name, &[]), PASSWORD).unwrap();
        assert_eq!(sign(&plain(), &identity, &options(None), now()).unwrap_err().code(), code);
    };
    check("encipher", "pdf_certificate_key_usage");
    check("sha1", "pdf_weak_certificate");
    let hours = |n: i64| now() + jiff::SignedDuration::from_hours(n);
    let error = sign(&plain(), ana(), &options(None), hours(24 * 60)).unwrap_err();
    assert_eq!(error.code(), "pdf_certificate_expired");
    assert!(error.message(Lang::PtBr).starts_with("O certificado de Ana Conceição venceu em "));
    let error = sign(&plain(), ana(), &options(None), hours(-24)).unwrap_err();
    assert_eq!(error.code(), "pdf_certificate_not_yet_valid");
}

/// A signer whose device fails, or returns nonsense: neither leads to a file.
#[test]
fn a_signer_that_fails() {
    struct Broken(Result<Vec<u8>, Error>);
    impl RawSigner for Broken {
        fn certificate(&self) -> &[u8] {
            ana().certificate()
        }
        fn chain(&self) -> &[Vec<u8>] {
            &[]
        }
        fn algorithm(&self) -> SignatureAlgorithm {
            SignatureAlgorithm::RsaSha256
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Error> {
            self.0.clone()
        }
    }
    let failing = Broken(Err(Error::SigningFailed { reason: "the token was removed".into() }));
    assert_eq!(sign(&plain(), &failing, &options(None), now()).unwrap_err().code(), "pdf_signing_failed");
    for nonsense in [vec![], vec![1; 256]] {
        let error = sign(&plain(), &Broken(Ok(nonsense)), &options(None), now()).unwrap_err();
        assert_eq!(error.code(), "pdf_check_failed");
    }
    let error = sign(&plain(), &Broken(Ok(vec![1; 100_000])), &options(None), now()).unwrap_err();
    assert_eq!(error.code(), "pdf_signature_no_room");
}

#[test]
fn secrets_do_not_show() {
    let options = SignOptions { pdf_password: Some(Secret("hunter2".into())), ..options(None) };
    assert!(!format!("{options:?}").contains("hunter2"));
}
