//! The check of finished files, on files that were damaged on purpose: each of its parts finds what it is there for.

use super::attacks::made::{locked, object, update, with_box};
use super::signing::options;
use crate::field;
use crate::read::{Limits, Pdf, find};
use crate::sign::{Before, EARLIER_SIGNATURES};
use crate::testing::documents::{assemble, form, pages, plain, qpdf};
use crate::testing::material::{ana, bruno, now};
use crate::{Certify, Error, SignOptions, sign};

/// How the output is taken to have come about.
enum As<'n> {
    /// By an update that is no signature.
    Update,
    /// By a signature in the field of this name.
    Signed(&'n str),
    /// The same, where the signature itself is not there yet.
    Waiting(&'n str),
}

/// What the check says about `output`, which is said to be made of `input`.
fn said(input: &[u8], output: &[u8], how: &As<'_>) -> Result<(), &'static str> {
    let pdf = Pdf::outline(input, None, &Limits::default()).unwrap();
    let checked = Before::new(&pdf, output, field::all(&pdf), pdf.pages(), None, Limits::default());
    let mut output = output.to_vec();
    let checked = checked.and_then(|before| match how {
        As::Update => before.unsigned(&mut output),
        As::Signed(name) => before.signed(&mut output, name),
        As::Waiting(name) => before.waiting(&mut output, name),
    });
    checked.map_err(|error| match error {
        Error::CheckFailed { check } => check,
        other => panic!("{other}"),
    })
}

fn signed(input: &[u8]) -> Vec<u8> {
    sign(input, ana(), &options(None), now()).unwrap().pdf
}

/// The line on the first page, in as many letters as before.
fn other_text(file: &[u8]) -> (usize, String) {
    (6, object(file, 6).replace("(Page 1)", "(Page 9)"))
}

#[test]
fn the_beginning() {
    let mut output = signed(&plain());
    output[100] ^= 1;
    assert_eq!(said(&plain(), &output, &As::Signed("Signature1")), Err("the input is the beginning of the output"));
}

#[test]
fn reading_back() {
    let locked = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    let pdf = Pdf::outline(&locked, Some("user"), &Limits::default()).unwrap();
    let before = Before::new(&pdf, &locked, Vec::new(), pdf.pages(), None, Limits::default()).unwrap();
    let error = before.unsigned(&mut locked.clone()).unwrap_err();
    assert_eq!(error, Error::CheckFailed { check: "reading it back" });
}

#[test]
fn the_table() {
    let output = [&signed(&plain())[..], b"startxref\n3\n%%EOF\n"].concat();
    assert_eq!(said(&plain(), &output, &As::Signed("Signature1")), Err("cross-reference table"));
}

#[test]
fn the_pages() {
    let fewer = object(&plain(), 2).replace("5 0 R 7 0 R", "5 0 R").replace("/Count 2", "/Count 1");
    assert_eq!(said(&plain(), &update(&plain(), &[(2, fewer)]), &As::Update), Err("pages"));
}

#[test]
fn earlier_fields_and_signatures() {
    let gone = object(&form(), 1).replace("[7 0 R 8 0 R", "[8 0 R");
    let check = "earlier fields and signatures";
    assert_eq!(said(&form(), &update(&form(), &[(1, gone)]), &As::Update), Err(check));
    // A signature that is another: its reason is.
    let input = sign(&form(), ana(), &SignOptions { field: "Approval".into(), ..options(None) }, now()).unwrap().pdf;
    let number = object(&input, 8).split("/V ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let other = object(&input, number).replace("Recife", "Olinda");
    assert_ne!(other, object(&input, number));
    assert_eq!(said(&input, &update(&input, &[(number, other)]), &As::Update), Err(check));
}

#[test]
fn the_signature_itself() {
    let name = "Signature1";
    let good = signed(&plain());
    assert_eq!(said(&plain(), &good, &As::Signed(name)), Ok(()));
    assert_eq!(said(&plain(), &good, &As::Signed("Signature2")), Err("signature field"));
    // The place of signing is covered.
    let mut altered = good.clone();
    let at = plain().len() + find(&good[plain().len()..], b"(Recife").unwrap();
    altered[at + 1] = b'r';
    assert_eq!(said(&plain(), &altered, &As::Signed(name)), Err("digest and signature"));
    let longer = update(&good, &[(50, "<</Nobody (knows)>>".into())]);
    for how in [As::Signed(name), As::Waiting(name)] {
        assert_eq!(said(&plain(), &longer, &how), Err("the whole file is covered"));
    }
}

#[test]
fn earlier_signatures_must_allow_it() {
    let broken = Err(EARLIER_SIGNATURES);
    let input = signed(&plain());
    let harmless = |file: &[u8]| update(file, &[(59, "<</Nobody (knows)>>".into())]);
    let evil = |file: &[u8]| update(file, &[other_text(file)]);
    assert_eq!(said(&input, &harmless(&input), &As::Update), Ok(()));
    // The same length and the same dictionary: only the content is another.
    assert_eq!(said(&input, &evil(&input), &As::Update), broken);
    // It is the earlier ones that are asked: without one, this is nobody's business.
    assert_eq!(said(&plain(), &evil(&plain()), &As::Update), Ok(()));
    // What was broken before is nobody's fault now.
    let before = evil(&input);
    assert_eq!(said(&before, &evil(&before), &As::Update), Ok(()));
    // Of two, the later one still holds.
    let twice = sign(&before, bruno(), &options(None), now()).unwrap().pdf;
    assert_eq!(said(&twice, &harmless(&twice), &As::Update), Ok(()));
    assert_eq!(said(&twice, &evil(&twice), &As::Update), broken);
}

/// Streams so large that reading in place leaves them out.
#[test]
fn large_streams_are_compared_where_they_are() {
    let mut objects = pages(1, "", "");
    objects.push(format!("<</Length {}>>\nstream\n{}\nendstream", 20 << 20, "x".repeat(20 << 20)));
    let input = signed(&assemble(&objects));
    assert_eq!(said(&input, &update(&input, &[(59, "<<>>".into())]), &As::Update), Ok(()));
    let replaced = update(&input, &[(7, object(&input, 6))]);
    assert_eq!(said(&input, &replaced, &As::Update), Err(EARLIER_SIGNATURES));
}

/// Certifications and locks of earlier signatures bind our own changes, too.
#[test]
fn what_earlier_signatures_forbid() {
    let broken = Err(EARLIER_SIGNATURES);
    let certify = SignOptions { certification: Certify::FormsAndSigning, ..options(None) };
    let certified = sign(&plain(), ana(), &certify, now()).unwrap().pdf;
    assert_eq!(said(&certified, &with_box(&certified), &As::Update), broken);
    let ordinary = signed(&plain());
    assert_eq!(said(&ordinary, &with_box(&ordinary), &As::Update), Ok(()));

    let fill = |file: &[u8]| update(file, &[(7, object(file, 7).replace("(Recife)", "(Olinda)"))]);
    let city = sign(&form(), ana(), &SignOptions { field: "Approval".into(), ..options(None) }, now()).unwrap().pdf;
    assert_eq!(said(&city, &fill(&city), &As::Update), broken);
    for (level, allowed) in [("1", broken), ("2", Ok(()))] {
        let file = locked(level);
        assert_eq!(said(&file, &fill(&file), &As::Update), allowed, "{level}");
    }
}
