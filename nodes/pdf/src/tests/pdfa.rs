//! A PDF/A file stays one when it is signed (ISO 19005), as veraPDF finds.

use super::signing::options;
use super::validators::verapdf;
use crate::testing::archive::pdf_a;
use crate::testing::material::{ana, bruno, now};
use crate::{Certify, SignOptions, Visible, sign};

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

/// The judge can say no: a font that is not embedded.
#[test]
fn verapdf_finds_what_is_broken() {
    let broken = String::from_utf8_lossy(&crate::testing::documents::plain()).into_owned().into_bytes();
    let Some(found) = verapdf(&[&broken]) else { return };
    assert!(!found[0].1.is_empty(), "{found:?}");
}
