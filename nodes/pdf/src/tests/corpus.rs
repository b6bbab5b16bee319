//! A corpus made by the tests, and all PDFs below the folder that `FLUXO_TEST_PDFS` names. What
//! `cargo xtask pdf-corpus` does in depth, in small: each file is refused with a reason, or signed
//! twice and called valid by `pdfsig`.

use std::path::{Path, PathBuf};

use super::signing::options;
use super::validators;
use crate::sign::EARLIER_SIGNATURES;
use crate::testing::archive::pdf_a;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{ana, bruno, material, now, run, text};
use crate::testing::producers;
use crate::{Certify, Error, Integrity, Limits, Secret, SignOptions, VerifyOptions, Visible, info, sign, verify};

/// Whether the file was signed twice; the error if it was refused.
fn signs(input: &[u8], password: Option<&str>) -> Result<(), Error> {
    let names = |pdf: &[u8]| -> Vec<String> {
        let found = info(pdf, password, &Limits::default()).unwrap();
        found.fields.into_iter().map(|field| field.name).collect()
    };
    let verify_options = VerifyOptions {
        password: password.map(|p| Secret(p.into())),
        require_trust: false,
        ..VerifyOptions::at(now())
    };
    let before = verify(input, &verify_options)?;
    let first = sign(input, ana(), &options(password), now())?.pdf;
    assert!(first.starts_with(input));
    let second =
        match sign(&first, bruno(), &SignOptions { visible: Some(Visible::default()), ..options(password) }, now()) {
            // Pages smaller than the box, and boxes that are not numbers; certified files, which take no new box.
            Err(Error::OutsidePage | Error::VisibleAfterCertification { .. }) => {
                sign(&first, bruno(), &options(password), now())?.pdf
            }
            other => other?.pdf,
        };
    assert!(second.starts_with(&first));
    let (old, new) = (names(input), names(&second));
    assert!(old.iter().all(|name| new.contains(name)), "{old:?} {new:?}");
    let after = verify(&second, &verify_options).unwrap();
    let added: Vec<_> = after.signatures.iter().filter(|s| s.integrity == Integrity::Intact).collect();
    let stood = before.signatures.iter().filter(|s| s.integrity == Integrity::Intact).count();
    assert_eq!(added.len(), stood + 2, "{after:#?}");
    if before.signatures.is_empty() {
        validators::pdfsig(&second, 2, password);
    }
    Ok(())
}

#[test]
fn signed_certified_and_archived_files_are_signed_again() {
    let certify = |level| SignOptions { certification: level, ..options(None) };
    let mut files = vec![sign(&form(), ana(), &options(None), now()).unwrap().pdf];
    for level in [Certify::FormsAndSigning, Certify::FormsSigningAndComments] {
        files.push(sign(&form(), ana(), &certify(level), now()).unwrap().pdf);
    }
    files.extend([(1, "B"), (2, "B"), (2, "U"), (3, "B")].map(|(part, level)| pdf_a(part, level)));
    for file in files {
        signs(&file, None).unwrap();
    }
    let locked = sign(&form(), ana(), &certify(Certify::NoChanges), now()).unwrap().pdf;
    assert!(matches!(signs(&locked, None), Err(Error::Locked { .. })));
}

/// A page as `mutool` draws it.
fn drawn(pdf: &[u8], password: Option<&str>) -> Vec<u8> {
    let (file, out) = (material().file(pdf), material().scratch());
    let (password, pages) = (password.unwrap_or_default(), "1-3");
    let how = ["draw", "-q", "-r", "40", "-F", "pam", "-p", password, "-o", text(&out), text(&file), pages];
    run("mutool", &how);
    std::fs::read(out).unwrap()
}

/// Everything that `cargo xtask pdf-corpus` looks at: signed twice, the input is the beginning, fields and signatures stand,
/// pages look as before, and `pdfsig`, `qpdf` and pyHanko agree.
fn in_depth(name: &str, input: &[u8], password: Option<&str>) {
    println!("{name}");
    signs(input, password).unwrap_or_else(|error| panic!("{name}: {error}"));
    let first = sign(input, ana(), &options(password), now()).unwrap().pdf;
    assert_eq!(drawn(&first, password), drawn(input, password), "{name} looks different");
    let second = sign(&first, bruno(), &options(password), now()).unwrap().pdf;
    validators::qpdf(&second, password);
    // pyHanko does not know the encryption that Acrobat 9 had before the standard, and decrypts metadata that is in the
    // clear, in the input too.
    if !name.contains("R5") && !name.contains("metadata in the clear") {
        validators::pyhanko(&second, password);
    }
}

#[test]
fn pyhanko_and_typst_need_cargo_xtask_setup_and_files_of_other_programs_are_signed() {
    for (name, file, password) in producers::all() {
        in_depth(&name, &file, password);
    }
}

/// Signed by another program before: its signatures stay what they were.
#[test]
fn pyhanko_and_typst_need_cargo_xtask_setup_and_signatures_of_others_stand() {
    let ours = |file: &[u8], name: &str| {
        sign(file, ana(), &options(None), now()).unwrap_or_else(|e| panic!("{name}: {e}")).pdf
    };
    let visible = "1/72,300,300,360/Seen";
    for (of, input) in
        [("a form", form()), ("a contract", producers::typst("a-2b")), ("streams", producers::typst("2.0"))]
    {
        for (how, field, more) in [
            ("adbe.pkcs7", "Other", &[][..]),
            ("PAdES", "Other", &["--use-pades"]),
            ("certified", "Other", &["--use-pades", "--certify"]),
            ("visible", visible, &["--use-pades"]),
        ] {
            let name = format!("{of}, {how}");
            println!("{name}");
            let theirs = producers::signed_by_pyhanko(&input, field, more);
            validators::pdfsig(&theirs, 1, None);
            let both = ours(&theirs, &name);
            assert!(both.starts_with(&theirs));
            validators::pdfsig(&both, 2, None);
            validators::pyhanko(&both, None);
            let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
            let report = verify(&both, &options).unwrap();
            assert_eq!((report.status, report.signatures.len()), (crate::Status::Valid, 2), "{name}: {report:#?}");
            // And the other way round.
            let after = producers::signed_by_pyhanko(&ours(&input, &name), field, &more[..more.len().min(1)]);
            let report = verify(&after, &options).unwrap();
            assert_eq!((report.status, report.signatures.len()), (crate::Status::Valid, 2), "{name}: {report:#?}");
        }
    }
}

/// What transport and bad programs do to files: each is repaired and signed, or refused as damaged.
#[test]
fn damaged_files_are_repaired_or_refused() {
    let replaced = |pdf: &[u8], from: &str, to: &str| {
        let at = crate::read::find(pdf, from.as_bytes()).unwrap();
        [&pdf[..at], to.as_bytes(), &pdf[at + from.len()..]].concat()
    };
    let (mut repaired, mut refused) = (0, 0);
    for (kind, good, password) in all_kinds() {
        let mut files = vec![
            ("a byte more in front", [b"%PDF-1.7\n", &good[1..]].concat()),
            ("line ends changed", String::from_utf8_lossy(&good).replace('\n', "\r\n").into_bytes()),
            ("zeros at the end", [&good[..], &[0; 700]].concat()),
            ("no startxref", replaced(&good, "startxref", "startxrex")),
        ];
        for part in 1..8 {
            files.push(("cut", good[..good.len() * part / 8].to_vec()));
        }
        for (damage, file) in files {
            println!("{kind}, {damage}, {}", file.len());
            match signs(&file, password) {
                Ok(()) => repaired += 1,
                // The form names fields that are cut off. Whatever comes after the first signature is judged as a change.
                Err(Error::CheckFailed { check: EARLIER_SIGNATURES }) if damage == "cut" => refused += 1,
                Err(Error::CheckFailed { check }) => panic!("{check}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(repaired > 20 && refused > 20, "{repaired} repaired, {refused} refused");
}

#[test]
fn pdfs_of_a_folder_that_fluxo_test_pdfs_names() {
    let Some(folder) = std::env::var_os("FLUXO_TEST_PDFS") else {
        println!("FLUXO_TEST_PDFS is not set.");
        // Then the files of these tests do, so that this way stays tried.
        return assert!(signs(&plain(), None).is_ok());
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    assert!(!files.is_empty(), "there are PDFs below {}", folder.display());
    let mut refused = std::collections::BTreeMap::<&str, usize>::new();
    for file in &files {
        println!("{}", file.display());
        match signs(&std::fs::read(file).unwrap(), None) {
            Ok(()) => {}
            Err(Error::CheckFailed { check }) => panic!("{}: {check}", file.display()),
            Err(error) => *refused.entry(error.code()).or_default() += 1,
        }
    }
    println!("{} files, refused: {refused:?}", files.len());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf")) {
            files.push(path);
        }
    }
}
