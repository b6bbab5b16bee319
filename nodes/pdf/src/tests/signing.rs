//! Signing every kind of file, once and twice.

use lopdf::Object;

use super::validators;
use crate::read::Pdf;
use crate::testing::documents::{all_kinds, assemble, form, form_with, pages, plain};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::{Certify, Format, Identity, Integrity, Limits, Secret, SignOptions, Status, VerifyOptions, sign, verify};

pub fn options(password: Option<&str>) -> SignOptions {
    SignOptions {
        reason: "Aprovação do contrato".into(),
        location: "Recife (PE)".into(),
        contact: "ana@example.org".into(),
        pdf_password: password.map(|p| Secret(p.into())),
        ..SignOptions::default()
    }
}

fn trusting(password: Option<&str>) -> VerifyOptions {
    VerifyOptions {
        roots: vec![material().der("root")],
        password: password.map(|p| Secret(p.into())),
        ..VerifyOptions::at(now())
    }
}

#[test]
fn every_kind_of_file_is_signed_and_signed_again() {
    for (kind, input, password) in all_kinds() {
        let first = sign(&input, ana(), &options(password), now()).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!(first.field, "Signature1", "{kind}");
        assert!(first.pdf.starts_with(&input), "{kind}");
        let report = verify(&first.pdf, &trusting(password)).unwrap();
        assert_eq!(report.status, Status::Valid, "{kind}: {report:#?}");
        println!("{kind}");
        validators::pdfsig(&first.pdf, 1, password);

        let second = sign(&first.pdf, bruno(), &options(password), now()).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!(second.field, "Signature2", "{kind}");
        validators::pdfsig(&second.pdf, 2, password);
        let report = verify(&second.pdf, &trusting(password)).unwrap();
        assert!(report.signatures.iter().all(|s| s.integrity == Integrity::Intact), "{kind}: {report:#?}");
        let repaired_by_others = ["hybrid", "bytes before the header", "stale entry"];
        if !repaired_by_others.contains(&kind) {
            validators::qpdf(&second.pdf, password);
        }
    }
}

#[test]
fn every_key_signs() {
    for name in ["ana", "bruno", "carla", "davi", "company", "alone"] {
        let identity = Identity::from_pkcs12(&material().pkcs12(name, &[]), PASSWORD).unwrap();
        let signed = sign(&plain(), &identity, &options(None), now()).unwrap();
        validators::pdfsig(&signed.pdf, 1, None);
    }
}

#[test]
fn trailer_keys_stay_and_the_second_half_of_the_id_is_new() {
    let input = plain();
    let signed = sign(&input, ana(), &options(None), now()).unwrap().pdf;
    let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
    let trailer = &pdf.document.trailer;
    assert_eq!(trailer.get(b"Fluxo").unwrap().as_str().unwrap(), b"kept");
    assert_eq!(trailer.get(b"Info").unwrap().as_reference().unwrap(), (3, 0));
    let id = trailer.get(b"ID").unwrap().as_array().unwrap();
    assert_eq!(id[0].as_str().unwrap()[..4], [0x00, 0x11, 0x22, 0x33]);
    assert_ne!(id[0], id[1]);
}

/// lopdf files the old catalog under its own number, where it hides the one with the signature field.
#[test]
fn a_stale_entry_does_not_bring_back_an_old_catalog() {
    let input = crate::testing::documents::stale_entry();
    let pdf = Pdf::load(&input, None, &Limits::default()).unwrap();
    assert!(pdf.catalog().unwrap().has(b"Lang"));
    let signed = sign(&input, ana(), &options(None), now()).unwrap().pdf;
    let again = Pdf::load(&signed, None, &Limits::default()).unwrap();
    assert!(again.catalog().unwrap().has(b"Lang") && again.catalog().unwrap().has(b"AcroForm"));
}

#[test]
fn a_repaired_file_is_readable_without_repair() {
    let input = crate::testing::documents::lost_table();
    let signed = sign(&input, ana(), &options(None), now()).unwrap();
    assert_eq!(signed.warnings.iter().map(|w| w.code()).collect::<Vec<_>>(), ["pdf_repaired"]);
    assert!(!Pdf::load(&signed.pdf, None, &Limits::default()).unwrap().rebuilt);
    validators::qpdf(&signed.pdf, None);
}

#[test]
fn the_signature_dictionary_says_what_was_asked() {
    let signed = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    let report = verify(&signed, &trusting(None)).unwrap();
    let signature = &report.signatures[0];
    assert_eq!(signature.sub_filter, "ETSI.CAdES.detached");
    assert_eq!(signature.name.as_deref(), Some("Ana Conceição"));
    assert_eq!(signature.reason.as_deref(), Some("Aprovação do contrato"));
    assert_eq!(signature.location.as_deref(), Some("Recife (PE)"));
    assert_eq!(signature.contact.as_deref(), Some("ana@example.org"));
    assert_eq!(signature.claimed_time.unwrap().as_second(), now().as_second());
    assert_eq!(signature.signer.as_ref().unwrap().cpf.as_deref(), Some("12345678909"));
    assert_eq!(signature.anchor.as_deref(), Some("Raiz de Teste"));
}

/// EN 319 142-1: PAdES has no signing-time attribute; the older format has.
#[test]
fn formats_differ_in_the_signing_time() {
    for (format, name, has_time) in
        [(Format::Pades, "ETSI.CAdES.detached", false), (Format::Adobe, "adbe.pkcs7.detached", true)]
    {
        let signed = sign(&plain(), ana(), &SignOptions { format, ..options(None) }, now()).unwrap().pdf;
        let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
        let field = crate::field::all(&pdf).remove(0).value.unwrap();
        assert_eq!(pdf.name(&field, b"SubFilter").as_deref(), Some(name));
        let contents = field.get(b"Contents").unwrap().as_str().unwrap();
        let data = crate::cms::SignedData::parse(contents).unwrap();
        assert_eq!(data.attribute(crate::asn1::oid::SIGNING_TIME).is_some(), has_time);
        validators::pdfsig(&signed, 1, None);
    }
}

#[test]
fn a_time_zone_moves_the_clock_and_not_the_time() {
    let at: jiff::Timestamp = "2026-11-23T17:05:09Z".parse().unwrap();
    let options = SignOptions { time_zone: "America/Sao_Paulo".into(), allow_expired: true, ..options(None) };
    let signed = sign(&plain(), ana(), &options, at).unwrap();
    assert!(crate::read::find(&signed.pdf, b"(D:20261123140509-03'00')").is_some());
    let report = verify(&signed.pdf, &trusting(None)).unwrap();
    assert_eq!(report.signatures[0].claimed_time, Some(at));
}

#[test]
fn an_existing_field_is_filled() {
    for name in ["Approval", "Board.Chair"] {
        let signed = sign(&form(), ana(), &SignOptions { field: name.into(), ..options(None) }, now()).unwrap();
        assert_eq!(signed.field, name);
        validators::pdfsig(&signed.pdf, 1, None);
        let report = verify(&signed.pdf, &trusting(None)).unwrap();
        assert_eq!((report.signatures[0].field.as_deref(), report.empty_fields.len()), (Some(name), 1));
    }
}

/// A field's lock has to be repeated in the signature.
#[test]
fn a_lock_is_copied_into_the_signature() {
    let options = SignOptions { field: "Approval".into(), ..options(None) };
    let signed = sign(&form(), ana(), &options, now()).unwrap().pdf;
    let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
    let fields = crate::field::all(&pdf);
    assert_eq!(crate::field::locked_by(&pdf, &fields, "City").as_deref(), Some("Ana Conceição"));
    assert_eq!(crate::field::locked_by(&pdf, &fields, "Signature1"), None);
}

/// What a lock says about the whole document goes into the signature with it, and into a certification that would
/// allow more.
#[test]
fn the_level_of_a_lock_is_honoured() {
    let input = form_with("/Action/Include /Fields [(State)] /P 2");
    for (certification, certified) in [
        (Certify::None, None),
        (Certify::NoChanges, Some(1)),
        (Certify::FormsAndSigning, Some(2)),
        (Certify::FormsSigningAndComments, Some(2)),
    ] {
        let options = SignOptions { field: "Approval".into(), certification, ..options(None) };
        let signed = sign(&input, ana(), &options, now()).unwrap().pdf;
        let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
        let field = crate::field::all(&pdf).into_iter().find(|field| field.name == "Approval").unwrap();
        let value = field.value.unwrap();
        assert_eq!(crate::field::certification_level(&pdf, &value), certified, "{certification:?}");
        // Without the field, by the signature alone.
        assert_eq!(crate::field::restriction(&pdf, &value, None), Some(certified.unwrap_or(2)));
        validators::pyhanko(&signed, None);
    }
}

#[test]
fn a_new_field_gets_the_name_that_was_asked_for() {
    let signed = sign(&form(), ana(), &SignOptions { field: "Diretora – São".into(), ..options(None) }, now()).unwrap();
    let report = verify(&signed.pdf, &trusting(None)).unwrap();
    assert_eq!(report.signatures[0].field.as_deref(), Some("Diretora – São"));
}

#[test]
fn certification_levels_are_set_and_respected() {
    for (level, number) in
        [(Certify::NoChanges, 1), (Certify::FormsAndSigning, 2), (Certify::FormsSigningAndComments, 3)]
    {
        for in_permissions in [false, true] {
            let options =
                SignOptions { certification: level, certification_in_permissions: in_permissions, ..options(None) };
            let signed = sign(&plain(), ana(), &options, now()).unwrap().pdf;
            validators::pdfsig(&signed, 1, None);
            let report = verify(&signed, &trusting(None)).unwrap();
            assert_eq!((report.certification, report.signatures[0].certification), (Some(number), Some(number)));
            let perms = crate::read::find(&signed, b"/Perms").is_some();
            assert_eq!(perms, in_permissions);
            let second = sign(&signed, bruno(), &super::signing::options(None), now());
            assert_eq!(second.is_ok(), number > 1);
        }
    }
}

#[test]
fn warnings_do_not_stop_signing() {
    let company = Identity::from_pkcs12(&material().pkcs12("company", &[]), PASSWORD).unwrap();
    let signed = sign(&plain(), &company, &options(None), now()).unwrap();
    assert_eq!(signed.warnings.iter().map(|w| w.code()).collect::<Vec<_>>(), ["pdf_seal_certificate"]);

    let rights = assemble(&pages(1, "", "/Perms <</UR3 <</Type/Sig>>>>"));
    let signed = sign(&rights, ana(), &options(None), now()).unwrap();
    assert_eq!(signed.warnings.iter().map(|w| w.code()).collect::<Vec<_>>(), ["pdf_usage_rights"]);
}

#[test]
fn the_same_input_gives_the_same_output() {
    let sign = || sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    assert_eq!(sign(), sign());
}

/// What was appended holds nothing but what the signature needs.
#[test]
fn only_what_is_needed_changes() {
    let input = plain();
    let before = Pdf::load(&input, None, &Limits::default()).unwrap();
    let signed = sign(&input, ana(), &options(None), now()).unwrap().pdf;
    let after = Pdf::load(&signed, None, &Limits::default()).unwrap();
    let changed: Vec<u32> = before
        .document
        .objects
        .iter()
        .filter(|(id, object)| after.document.objects.get(id) != Some(object))
        .map(|(id, _)| id.0)
        .collect();
    // The catalog (a form) and the first page (a widget).
    assert_eq!(changed, [1, 5]);
    let new: Vec<_> = after.document.objects.keys().filter(|id| !before.document.objects.contains_key(id)).collect();
    // The signature, the field, its empty appearance, and the form.
    assert_eq!(new.len(), 4);
    assert!(matches!(after.document.objects.get(&(1, 0)), Some(Object::Dictionary(d)) if d.has(b"AcroForm")));
}

/// A page that is repeated with its annotation must not change otherwise, or validators that compare
/// revisions reject the signature before.
#[test]
fn numbers_stay_as_they_were_spelled() {
    let boxes = "/CropBox [41.759995 41.759995 438.23999 636.23999] /BleedBox [0 0 595.27563 841.88977]";
    let plain = assemble(&pages(1, boxes, ""));
    let packed = crate::testing::documents::qpdf(&plain, &["--object-streams=generate"]);
    for input in [plain, packed] {
        let first = sign(&input, ana(), &options(None), now()).unwrap().pdf;
        let second = sign(&first, bruno(), &options(None), now()).unwrap().pdf;
        for number in ["41.759995", "438.23999", "636.23999", "595.27563", "841.88977"] {
            let written = |part: &[u8]| crate::read::find(part, number.as_bytes()).is_some();
            assert!(written(&first[input.len()..]) && written(&second[first.len()..]), "{number}");
        }
    }
}
