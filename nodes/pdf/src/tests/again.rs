//! Who has signed a document already, as it is now.

use std::collections::BTreeMap;

use super::attacks::made::update;
use super::levels::{archived, proven, stamped};
use super::signing::options;
use crate::testing::authority::{self, authority};
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{ana, bruno, now};
use crate::tools::{FillOptions, Value, fill};
use crate::{Certified, Limits, RawSigner, Secret, SignOptions, prepare, sign, signed_by};

fn field(pdf: &[u8], signer: &dyn RawSigner) -> Option<String> {
    signed_by(pdf, signer.certificate(), None, &Limits::default()).unwrap()
}

fn signed(pdf: &[u8], signer: &dyn RawSigner) -> Vec<u8> {
    sign(pdf, signer, &options(None), now()).unwrap().pdf
}

#[test]
fn signatures_are_known_by_their_certificate() {
    for (kind, pdf, password) in all_kinds() {
        let secret = password.map(|password| Secret(password.into()));
        let field = |pdf: &[u8], signer: &dyn RawSigner| {
            signed_by(pdf, signer.certificate(), secret.as_ref(), &Limits::default()).unwrap()
        };
        assert_eq!(field(&pdf, ana()), None, "{kind}");
        let once = sign(&pdf, ana(), &options(password), now()).unwrap();
        assert_eq!((field(&once.pdf, ana()), field(&once.pdf, bruno())), (Some(once.field.clone()), None), "{kind}");
        let twice = sign(&once.pdf, bruno(), &options(password), now()).unwrap();
        assert_eq!((field(&twice.pdf, ana()), field(&twice.pdf, bruno())), (Some(once.field), Some(twice.field)));
    }
}

/// Signatures of others, proofs and time stamps leave the document what it was; a value, a page or a comment does not.
#[test]
fn what_was_changed_since_counts() {
    let mine = signed(&form(), ana());
    let city = BTreeMap::from([("City".to_owned(), Value::Text("Olinda".into()))]);
    let filled = fill(&mine, &FillOptions { values: city, ..FillOptions::default() }).unwrap().pdf;
    assert_eq!(field(&filled, ana()), None);
    let again = signed(&filled, ana());
    assert_eq!(field(&again, ana()).as_deref(), Some("Signature2"));
    let content = "<</Length 9>>\nstream\n% nothing\nendstream";
    assert_eq!(field(&update(&mine, &[(6, content.into())]), ana()), None);
    assert!(field(&[&mine[..], b"\n"].concat(), ana()).is_some());

    let eva = authority().identity("eva");
    let stamped = stamped(&plain(), &eva, &options(None));
    let archive = archived(&proven(&stamped, None), None);
    assert_eq!(field(&archive, &eva).as_deref(), Some(stamped.field.as_str()));
    // The time stamp's own certificate has signed nothing.
    let clock = authority().der("clock");
    assert_eq!(signed_by(&archive, &clock, None, &Limits::default()), Ok(None));
    let other = sign(&archive, bruno(), &options(None), authority::now()).unwrap().pdf;
    assert_eq!(field(&other, &eva).as_deref(), Some(stamped.field.as_str()));
}

#[test]
fn what_does_not_hold_is_no_signature() {
    let mine = signed(&plain(), ana());
    let mut forged = mine.clone();
    let at = crate::read::find(&forged, b"(Page 1)").unwrap();
    forged[at + 6] = b'7';
    assert_eq!(field(&forged, ana()), None);
    let waiting = prepare(&plain(), &Certified::of(ana()), &SignOptions::default(), now()).unwrap();
    assert_eq!(field(&waiting.into_file().unwrap(), ana()), None);
    assert_eq!(signed_by(b"hello", b"", None, &Limits::default()).unwrap_err().code(), "pdf_not_a_pdf");
}

#[test]
fn the_error_says_where() {
    let error = crate::Error::AlreadySigned { name: "Ana".into(), field: "Signature1".into() };
    super::levels::check(&error, "pdf_already_signed");
    assert!(error.to_string().contains("Signature1"));
}
