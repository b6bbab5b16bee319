//! A PDF/A file stays one when it is signed (ISO 19005), as veraPDF finds.

use super::signing::options;
use super::validators::verapdf;
use crate::testing::archive::pdf_a;
use crate::testing::authority::authority;
use crate::testing::material::{ana, bruno, now};
use crate::testing::pictures::{jpeg, png_with_transparency};
use crate::{Certify, Corner, Page, Place, Policy, Reserve, SignOptions, Visible, sign};

#[test]
fn a_signed_pdf_a_file_is_as_conformant_as_before() {
    let levels = [(1, "B"), (2, "B"), (2, "U"), (3, "B")];
    let mut files = Vec::new();
    let mut names = Vec::new();
    for (part, conformance) in levels {
        let input = pdf_a(part, conformance);
        let show = SignOptions { visible: Some(Visible::default()), ..options(None) };
        let certify = SignOptions { certification: Certify::FormsAndSigning, ..options(None) };
        let visible = sign(&input, ana(), &show, now()).unwrap().pdf;
        let twice = sign(&visible, bruno(), &show, now()).unwrap().pdf;
        let invisible = sign(&input, ana(), &options(None), now()).unwrap().pdf;
        let certified = sign(&input, ana(), &certify, now()).unwrap().pdf;
        for (name, file) in [
            ("as it was", input),
            ("visible", visible),
            ("twice", twice),
            ("invisible", invisible),
            ("certified", certified),
        ] {
            names.push((format!("{part}{}", conformance.to_lowercase()), name));
            files.push(file);
        }
    }
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let Some(found) = verapdf(&all) else { return };
    for ((level, name), (claimed, broken)) in names.iter().zip(found) {
        assert_eq!((claimed.as_str(), broken.as_str()), (level.as_str(), ""), "{level} {name}");
    }
}

/// Text, picture and QR code, reserved fields, proofs and a document time stamp: everything that signing can add.
#[test]
fn a_pdf_a_file_with_everything_is_as_conformant_as_before() {
    use super::levels::{archived, proven, stamped};
    let eva = authority().identity("eva");
    let mut files = Vec::new();
    let mut names = Vec::new();
    for (part, conformance) in [(1, "B"), (2, "B"), (2, "U"), (3, "B")] {
        let input = pdf_a(part, conformance);
        for (picture, name) in [(png_with_transparency(), "PNG"), (jpeg(), "JPEG")] {
            let visible = Visible {
                text: "Assinado por {name}\n{date}\n{reason}".into(),
                picture: Some(picture),
                qr: "https://example.org/v/{serial}".into(),
                ..Visible::default()
            };
            let reserve =
                Reserve { name: "Later".into(), place: Some((Page::First, Place::default())), ..Reserve::default() };
            let place = Place::Corner { corner: Corner::TopRight, width: 90.0, height: 40.0 };
            let visible = Some(Visible { place, ..visible });
            let options = SignOptions { visible, reserve: vec![reserve], ..options(None) };
            let signed = stamped(&input, &eva, &options);
            let long_term = proven(&signed, None);
            let archive = archived(&long_term, None);
            let certify =
                SignOptions { certification: Certify::FormsAndSigning, policy: Policy::AdRb, ..options.clone() };
            let certified = archived(&proven(&stamped(&input, &eva, &certify), None), None);
            // Whoever signs on top draws into the reserved field.
            let later = SignOptions { field: "Later".into(), reserve: Vec::new(), ..options };
            let twice = archived(&proven(&stamped(&certified, &eva, &later), None), None);
            let steps = [
                ("B-T", signed.pdf),
                ("B-LT", long_term),
                ("B-LTA", archive),
                ("certified", certified),
                ("twice", twice),
            ];
            for (step, file) in steps {
                names.push((format!("{part}{}", conformance.to_lowercase()), format!("{name} {step}")));
                files.push(file);
            }
        }
    }
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let Some(found) = verapdf(&all) else { return };
    for ((level, name), (claimed, broken)) in names.iter().zip(found) {
        assert_eq!((claimed.as_str(), broken.as_str()), (level.as_str(), ""), "{level} {name}");
    }
}

/// Files of a real program, with fonts, tables and a structure for screen readers.
#[test]
fn typst_needs_cargo_xtask_setup_and_its_archives_stay_archives() {
    let standards = ["a-1a", "a-1b", "a-2b", "a-2u", "a-3b", "a-4"];
    let show = SignOptions { visible: Some(Visible::default()), ..options(None) };
    let mut files = Vec::new();
    for standard in standards {
        let input = crate::testing::producers::typst(standard);
        let signed = sign(&input, ana(), &show, now()).unwrap().pdf;
        files.extend([input, signed]);
    }
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let Some(found) = verapdf(&all) else { return };
    for (standard, pair) in standards.iter().zip(found.chunks(2)) {
        assert_eq!((pair[0].0.as_str(), pair[0].1.as_str()), (standard.trim_start_matches("a-"), ""), "{standard}");
        assert_eq!(pair[1], pair[0], "{standard}");
    }
}

/// The judge can say no: a font that is not embedded.
#[test]
fn verapdf_finds_what_is_broken() {
    let broken = String::from_utf8_lossy(&crate::testing::documents::plain()).into_owned().into_bytes();
    let Some(found) = verapdf(&[&broken]) else { return };
    assert!(!found[0].1.is_empty(), "{found:?}");
}
