//! Files with many signatures and many revisions: bounded work, and never a wrong "valid".

use std::time::{Duration, Instant};

use super::attacks::made::{object, update};
use super::signing::options;
use crate::sign::EARLIER_SIGNATURES;
use crate::testing::documents::plain;
use crate::testing::material::{bruno, material, now};
use crate::{Error, Limits, Status, VerifyOptions, sign, verify};

fn trusting(limits: Limits) -> VerifyOptions {
    VerifyOptions { roots: vec![material().der("root")], limits, ..VerifyOptions::at(now()) }
}

fn signed(times: usize) -> Vec<u8> {
    let mut pdf = plain();
    for _ in 0..times {
        pdf = sign(&pdf, bruno(), &options(None), now()).unwrap().pdf;
    }
    pdf
}

#[test]
fn many_signatures_are_all_checked() {
    let pdf = signed(25);
    let report = verify(&pdf, &trusting(Limits::default())).unwrap();
    assert_eq!((report.signatures.len(), report.status), (25, Status::Valid));
    assert_eq!(report.signatures[0].changed_fields.len(), 24);

    // More than the limits let through: nobody is called valid because of it.
    let few = Limits { revisions: 10, ..Limits::default() };
    let report = verify(&pdf, &trusting(few)).unwrap();
    assert_eq!(report.status, Status::Indeterminate);
    assert!(report.findings.iter().any(|f| f.code == "pdf_too_many_revisions"), "{report:#?}");
    let last = report.signatures.last().unwrap();
    assert_eq!(last.status, Status::Valid, "it covers the whole file");
    let few = Limits { signatures: 10, ..Limits::default() };
    let report = verify(&pdf, &trusting(few)).unwrap();
    assert_eq!((report.signatures.len(), report.status), (10, Status::Indeterminate));
    assert!(report.findings.iter().any(|f| f.code == "pdf_too_many_signatures"), "{report:#?}");
}

/// Thousands of ends of file, each of which could be a revision.
#[test]
fn thousands_of_ends() {
    let mut pdf = signed(2);
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let table: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
    for _ in 0..20_000 {
        pdf.extend_from_slice(format!("startxref\n{table}\n%%EOF\n").as_bytes());
    }
    let start = Instant::now();
    let report = verify(&pdf, &trusting(Limits::default())).unwrap();
    assert_ne!(report.status, Status::Valid);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// Thousands of signatures of the same bytes.
#[test]
fn thousands_of_copies() {
    let pdf = signed(1);
    let text = String::from_utf8_lossy(&pdf).into_owned();
    let at = text.find("/ByteRange").unwrap();
    let start = text[..at].rfind(" obj").unwrap() + 4;
    let dictionary = text[start..].split("endobj").next().unwrap();
    let table: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
    let mut many = pdf.clone();
    let mut entries = String::new();
    let count = 300;
    for number in 0..count {
        entries += &format!("{:010} 00000 n \n", many.len());
        // Each with contents of its own, which cannot fit the file.
        let copy = dictionary.replacen("/Contents <3082", &format!("/Contents <{number:04x}"), 1);
        many.extend_from_slice(format!("{} 0 obj{copy}endobj\n", 1000 + number).as_bytes());
    }
    let xref = many.len();
    many.extend_from_slice(
        format!(
            "xref\n1000 {count}\n{entries}trailer\n<</Size 9000 /Root 1 0 R /Prev {table}>>\nstartxref\n{xref}\n%%EOF\n"
        )
        .as_bytes(),
    );
    let start = Instant::now();
    let report = verify(&many, &trusting(Limits::default())).unwrap();
    assert_eq!(report.status, Status::Invalid);
    assert!(report.signatures.len() > 250);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

/// A long name of a parent stands in the full name of each of its kids.
#[test]
fn long_names_cost_little() {
    use crate::testing::documents::{assemble, pages};
    let kids: Vec<String> = (0..2000).map(|n| format!("{} 0 R", 8 + n)).collect();
    let mut objects = pages(1, "", "/AcroForm <</Fields [7 0 R] /SigFlags 3>>");
    objects.push(format!("<</FT/Tx /T ({}) /Kids [{}]>>", "n".repeat(1 << 20), kids.join(" ")));
    objects.extend((0..2000).map(|n| format!("<</T (kid{n}) /Parent 7 0 R>>")));
    let file = assemble(&objects);
    let start = Instant::now();
    let once = sign(&file, bruno(), &options(None), now()).unwrap().pdf;
    // Its form is none that can be compared, so nothing may come after the first signature.
    let error = sign(&once, bruno(), &options(None), now()).unwrap_err();
    assert_eq!(error, Error::CheckFailed { check: EARLIER_SIGNATURES });
    let more = update(&once, &[(1, object(&once, 1))]);
    assert_eq!(verify(&more, &trusting(Limits::default())).unwrap().status, Status::Invalid);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(150))]

    /// Whatever byte of an update is changed: nothing breaks off, and what the update's own signature
    /// covers is never valid with it.
    #[test]
    fn no_changed_byte_of_an_update_is_called_valid(place in 0.0..1.0_f64, bit in 0..8_u8) {
        use std::sync::OnceLock;
        static FILE: OnceLock<(usize, Vec<u8>)> = OnceLock::new();
        let (start, file) = FILE.get_or_init(|| {
            let first = signed(1);
            let second = sign(&first, bruno(), &options(None), now()).unwrap().pdf;
            (first.len(), second)
        });
        let hole = start + crate::read::find(&file[*start..], b"/Contents <").unwrap() + 10;
        let end = hole + file[hole..].iter().position(|b| *b == b'>').unwrap() + 1;
        // The signature's own place is not covered.
        let covered = file.len() - start - (end - hole);
        let at = start + (covered as f64 * place) as usize;
        let at = if at < hole { at } else { at + (end - hole) };
        let mut changed = file.clone();
        changed[at] ^= 1 << bit;
        if let Ok(report) = verify(&changed, &trusting(Limits::default())) {
            proptest::prop_assert_ne!(report.status, Status::Valid, "byte {}", at);
        }
    }
}
