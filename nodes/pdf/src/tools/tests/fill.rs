//! Filling in forms, as poppler and mutool see it; `qpdf` shows what is stored.

use std::collections::BTreeMap;

use super::{objects, picture, sound, words};
use crate::testing::documents::{assemble, form, pages, qpdf};
use crate::testing::material::{ana, now};
use crate::tests::validators;
use crate::tools::{FillOptions, OnSigned, ToolWarning, Value, fill, text};
use crate::{Certify, Secret, SignOptions, info, sign};

/// Every kind of field.
pub fn every_kind() -> Vec<u8> {
    let fields: Vec<String> = (7..=16).map(|n| format!("{n} 0 R")).collect();
    let annots = fields.iter().filter(|f| *f != "11 0 R").cloned().chain(["17 0 R".into(), "18 0 R".into()]);
    let mut objects = pages(
        1,
        &format!("/Annots [{}]", annots.collect::<Vec<_>>().join(" ")),
        &format!("/AcroForm <</Fields [{}] /DA (/Helv 0 Tf 0 g) /DR <</Font <</Helv 4 0 R>>>>>>", fields.join(" ")),
    );
    let widget =
        |rect: &str, entries: &str| format!("<</Type/Annot /Subtype/Widget /F 4 /P 5 0 R /Rect [{rect}] {entries}>>");
    let states = |on: &str| format!("/AP <</N <</{on} 19 0 R /Off 20 0 R>>>> /AS/Off");
    objects.extend([
        widget("72 600 300 620", "/FT/Tx /T (Name) /MaxLen 20 /Q 1 /DA (/Helv 11 Tf 1 0 0 rg)"),
        widget("72 520 300 590", "/FT/Tx /T (Notes) /Ff 4096 /MK <</BC [0] /BG [0.9]>>"),
        widget("72 490 300 510", "/FT/Tx /T (CPF) /Ff 16777216 /MaxLen 11"),
        widget("72 460 90 478", &format!("/FT/Btn /T (Agree) {}", states("Sim"))),
        "<</FT/Btn /Ff 32768 /T (Pay) /V/Off /Kids [17 0 R 18 0 R]>>".into(),
        widget("72 400 300 420", "/FT/Ch /Ff 131072 /T (State) /Opt [[(PE) (Pernambuco)] [(BA) (Bahia)]]"),
        widget("72 320 300 390", "/FT/Ch /Ff 2097152 /T (Langs) /Opt [(English) (Portugu\\352s) (Fran\\347ais)]"),
        widget("72 290 90 308", "/FT/Btn /T (Bare)"),
        widget("320 290 400 308", "/FT/Btn /Ff 65536 /T (Push)"),
        widget("320 600 500 620", "/FT/Tx /T (Sum) /AA <</C <</S/JavaScript/JS (event.value = 1;)>>>>"),
        widget("72 430 90 448", &format!("/Parent 11 0 R {}", states("card"))),
        widget("120 430 138 448", &format!("/Parent 11 0 R {}", states("pix"))),
        "<</Type/XObject /Subtype/Form /BBox [0 0 18 18] /Length 13>>\nstream\n4 4 10 10 re f\nendstream"
            .replace("13", "14"),
        "<</Type/XObject /Subtype/Form /BBox [0 0 18 18] /Length 0>>\nstream\n\nendstream".into(),
    ]);
    assemble(&objects)
}

fn values(list: &[(&str, Value)]) -> BTreeMap<String, Value> {
    list.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text_value(text: &str) -> Value {
    Value::Text(text.into())
}

fn all_values() -> FillOptions {
    FillOptions {
        values: values(&[
            ("Name", text_value("Ana Conceição")),
            ("Notes", text_value("First line that is long enough to need a second one below it\nÚltima")),
            ("CPF", text_value("12345678909")),
            ("Agree", Value::YesOrNo(true)),
            ("Pay", text_value("pix")),
            ("State", text_value("Bahia")),
            ("Langs", Value::Several(vec!["Français".into(), "English".into()])),
            ("Bare", Value::YesOrNo(true)),
            ("Sum", text_value("10")),
        ]),
        ..FillOptions::default()
    }
}

#[test]
fn every_kind_of_field() {
    let input = every_kind();
    let filled = fill(&input, &all_values()).unwrap();
    assert_eq!(filled.warnings, []);
    assert!(filled.pdf.starts_with(&input));
    sound(&filled.pdf);
    let seen = words(&filled.pdf).join(" ");
    for part in ["Ana Conceição", "First line that is long", "Última", "Bahia", "Français", "10"] {
        assert!(seen.contains(part), "{part} not in {seen}");
    }
    // One letter a cell.
    assert!(seen.contains("1 2 3") && seen.contains("7 8 9 0 9"), "{seen}");
    let stored = objects(&filled.pdf);
    for part in [
        "\"/V\": \"/Sim\"",
        "\"/AS\": \"/Sim\"",
        "\"/V\": \"/pix\"",
        "\"/AS\": \"/pix\"",
        "\"/V\": \"/Yes\"",
        "\"/V\": \"u:BA\"",
    ] {
        assert!(stored.contains(part), "{part} not in {stored}");
    }
    assert_ne!(picture(&filled.pdf, 1), picture(&input, 1));
    // Again, with other values: the old ones are gone from sight.
    let again = FillOptions {
        values: values(&[("Name", text_value("Bruno")), ("Agree", text_value("não")), ("Langs", text_value(""))]),
        ..FillOptions::default()
    };
    let again = fill(&filled.pdf, &again).unwrap().pdf;
    sound(&again);
    let seen = words(&again).join(" ");
    assert!(seen.contains("Bruno") && !seen.contains("Ana"), "{seen}");
}

#[test]
fn flattened_pages_look_the_same_and_have_no_form() {
    let filled = fill(&every_kind(), &all_values()).unwrap().pdf;
    let flat = fill(&every_kind(), &FillOptions { flatten: true, ..all_values() }).unwrap().pdf;
    sound(&flat);
    assert_eq!(picture(&flat, 1), picture(&filled, 1));
    assert_eq!(info(&flat, None, &Default::default()).unwrap().fields, []);
    assert!(text(&flat, &Default::default()).unwrap().whole().contains("Ana Conceição"));
}

#[test]
fn encrypted_forms_are_filled() {
    for arguments in [&["--encrypt", "user", "owner", "256", "--"][..], &["--object-streams=generate"][..]] {
        let input = qpdf(&every_kind(), arguments);
        let password = (arguments[0] == "--encrypt").then(|| Secret("user".into()));
        let filled = fill(&input, &FillOptions { password: password.clone(), ..all_values() }).unwrap().pdf;
        let options = crate::tools::TextOptions { password, ..Default::default() };
        assert!(text(&filled, &options).unwrap().whole().contains("Ana Conceição"));
    }
}

#[test]
fn values_that_do_not_fit() {
    let check = |name: &str, value: Value, code: &str, part: &str| {
        let options = FillOptions { values: values(&[(name, value)]), ..FillOptions::default() };
        let error = fill(&every_kind(), &options).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(error.to_string().contains(part), "{error}");
    };
    check("Name", text_value("a name that is longer than twenty"), "pdf_field_value", "at most 20");
    check("Name", Value::Several(vec![]), "pdf_field_value", "a text");
    check("State", text_value("Acre"), "pdf_field_value", "Pernambuco, Bahia");
    check("Langs", text_value("Deutsch"), "pdf_field_value", "English");
    check("Pay", text_value("cash"), "pdf_field_value", "card, pix");
    check("Agree", text_value("perhaps"), "pdf_field_value", "yes or no");
    check("Push", text_value("x"), "pdf_field_kind", "Push");
    check("Nome", text_value("x"), "pdf_field_missing", "Name, Notes");
    let options =
        FillOptions { values: values(&[("Nome", text_value("x"))]), allow_unknown: true, ..FillOptions::default() };
    let filled = fill(&every_kind(), &options).unwrap();
    let expected = [ToolWarning::UnknownFields { names: "Nome".into() }, ToolWarning::ScriptsNotRun];
    assert_eq!(filled.warnings, expected);
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_signatures_hold_when_a_form_is_filled_afterwards() {
    let certify =
        |certification, field: &str| SignOptions { certification, field: field.into(), ..SignOptions::default() };
    let city = FillOptions { values: values(&[("City", text_value("Olinda"))]), ..FillOptions::default() };
    // Certified with forms allowed: every signature holds.
    let signed = sign(&form(), ana(), &certify(Certify::FormsAndSigning, ""), now()).unwrap().pdf;
    let filled = fill(&signed, &city).unwrap().pdf;
    validators::pyhanko(&filled, None);
    validators::qpdf(&filled, None);
    assert!(words(&filled).join(" ").contains("Olinda"));
    // Certified against any change.
    let signed = sign(&form(), ana(), &certify(Certify::NoChanges, ""), now()).unwrap().pdf;
    let error = fill(&signed, &city).unwrap_err();
    assert!(error.code() == "pdf_change_locked" && error.to_string().contains("Ana Conceição"), "{error}");
    // The field `Approval` locks the city when it is signed.
    let signed = sign(&form(), ana(), &certify(Certify::None, "Approval"), now()).unwrap().pdf;
    assert_eq!(fill(&signed, &city).unwrap_err().code(), "pdf_field_locked");
    // Flattening breaks signatures.
    let signed = sign(&form(), ana(), &SignOptions::default(), now()).unwrap().pdf;
    let flat = FillOptions { flatten: true, ..city.clone() };
    assert_eq!(fill(&signed, &flat).unwrap_err().code(), "pdf_signed");
    let flat = fill(&signed, &FillOptions { signed: OnSigned::Break, ..flat }).unwrap();
    assert_eq!(flat.warnings, [ToolWarning::SignaturesBroken { signers: "Ana Conceição".into() }]);
}

#[test]
fn what_cannot_be_filled() {
    let check = |bytes: &[u8], code: &str| assert_eq!(fill(bytes, &all_values()).unwrap_err().code(), code);
    check(b"", "pdf_empty");
    check(b"hello", "pdf_not_a_pdf");
    check(&assemble(&pages(1, "", "")), "pdf_field_missing");
    check(&qpdf(&every_kind(), &["--encrypt", "user", "owner", "256", "--"]), "pdf_encrypted");
}
