//! Fields reserved for later signers, and locks.

use std::collections::BTreeMap;

use super::signing::options;
use super::validators::{pdfsig, pyhanko, qpdf};
use crate::testing::documents::{form, plain};
use crate::testing::material::{ana, bruno, now};
use crate::tools::{FillOptions, Value, fill};
use crate::{Certify, Corner, Lock, Page, Place, Reserve, SignOptions, Visible, info, sign};

fn reserve(name: &str, place: Option<(Page, Place)>) -> Reserve {
    Reserve { name: name.into(), place, lock: Lock::None }
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_reserved_fields_are_signed_after_a_certification() {
    let place = Place::Corner { corner: Corner::BottomLeft, width: 60.0, height: 20.0 };
    let first = SignOptions {
        certification: Certify::FormsAndSigning,
        reserve: vec![reserve("Buyer", Some((Page::Last, place))), reserve("Witness", None)],
        ..options(None)
    };
    let signed = sign(&plain(), ana(), &first, now()).unwrap();
    assert_eq!(signed.warnings, []);
    let names: Vec<(String, bool)> =
        info(&signed.pdf, None, &Default::default()).unwrap().fields.into_iter().map(|f| (f.name, f.signed)).collect();
    assert_eq!(names, [("Signature1".into(), true), ("Buyer".into(), false), ("Witness".into(), false)]);
    let mut pdf = signed.pdf;
    for field in ["Buyer", "Witness"] {
        // Visible where the field has a place: no warning, for no new field is added.
        let later = SignOptions { field: field.into(), visible: Some(Visible::default()), ..options(None) };
        let signed = sign(&pdf, bruno(), &later, now()).unwrap();
        assert_eq!(signed.warnings, []);
        pdf = signed.pdf;
    }
    pdfsig(&pdf, 3, None);
    qpdf(&pdf, None);
    pyhanko(&pdf, None);
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_locks_hold() {
    let city = || FillOptions {
        values: BTreeMap::from([("City".to_owned(), Value::Text("Olinda".into()))]),
        ..FillOptions::default()
    };
    for (lock, locked) in [
        (Lock::All, true),
        (Lock::Only(vec!["City".into()]), true),
        (Lock::AllBut(vec!["City".into()]), false),
        (Lock::None, false),
    ] {
        let signed = sign(&form(), ana(), &SignOptions { lock: lock.clone(), ..options(None) }, now()).unwrap().pdf;
        pyhanko(&signed, None);
        let filled = fill(&signed, &city());
        assert_eq!(filled.as_ref().err().map(|e| e.code()), locked.then_some("pdf_field_locked"), "{lock:?}");
        if let Ok(filled) = filled {
            pyhanko(&filled.pdf, None);
        }
    }
    // What a reserved field locks is locked when it is signed.
    let mut chair = reserve("Director", None);
    chair.lock = Lock::Only(vec!["City".into()]);
    let first = sign(&form(), ana(), &SignOptions { reserve: vec![chair], ..options(None) }, now()).unwrap().pdf;
    let filled = fill(&first, &city()).unwrap().pdf;
    let second = SignOptions { field: "Director".into(), ..options(None) };
    let second = sign(&filled, bruno(), &second, now()).unwrap().pdf;
    assert_eq!(fill(&second, &city()).unwrap_err().code(), "pdf_field_locked");
    pyhanko(&second, None);
}

#[test]
fn names_that_are_taken() {
    let check = |input: &[u8], names: &[&str]| {
        let reserve = names.iter().map(|name| reserve(name, None)).collect();
        let error = sign(input, ana(), &SignOptions { reserve, ..options(None) }, now()).unwrap_err();
        assert_eq!(error.code(), "pdf_field_name", "{names:?}");
    };
    check(&plain(), &["A", "A"]);
    check(&plain(), &["Signature1"]);
    check(&plain(), &[""]);
    check(&plain(), &["A.B"]);
    check(&form(), &["City"]);
    check(&form(), &["Board"]);
    let outside = Place::Rectangle { left: 500.0, top: 0.0, width: 10.0, height: 10.0 };
    let reserve = vec![reserve("A", Some((Page::First, outside)))];
    let error = sign(&plain(), ana(), &SignOptions { reserve, ..options(None) }, now()).unwrap_err();
    assert_eq!(error.code(), "pdf_outside_page");
}
