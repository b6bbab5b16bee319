//! Attacks on signed files, judged by us and by pyHanko. What pyHanko rejects, we reject; what neither
//! has a reason to reject, we accept.

pub mod made;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::signing::options;
use crate::testing::documents::{form, plain};
use crate::testing::material::{ana, bruno, material, now};
use crate::{Certify, Integrity, Report, Severity, SignOptions, Status, VerifyOptions, sign, verify};

/// What we have to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Must {
    Accept,
    Reject,
    /// As pyHanko does.
    Follow,
}

/// pyHanko's word on each signature of a file, by field. Absent if it could not read the file.
type Verdicts = BTreeMap<String, bool>;

fn python() -> std::path::PathBuf {
    let program = std::env::var("FLUXO_TEST_PYHANKO").unwrap_or_else(|_| "pyhanko".into());
    Path::new(&program).with_file_name("python")
}

fn script(arguments: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/attacks/judge.py");
    // Without "safe path" the script's own folder would come first among the modules.
    let output = Command::new(python()).args(["-P", script]).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("pyHanko did not start: {error}. Run `cargo xtask setup`."));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn pyhanko(files: &[&str]) -> Vec<Option<Verdicts>> {
    let said = script(&[&["judge"], files].concat());
    let lines = said.lines().map(|line| {
        let verdict: serde_json::Value = serde_json::from_str(line).unwrap();
        if verdict.get("error").is_some() {
            return None;
        }
        let signatures = verdict["signatures"].as_array().unwrap().iter();
        Some(signatures.map(|s| (s["field"].as_str().unwrap().to_owned(), s["ok"].as_bool().unwrap())).collect())
    });
    lines.collect()
}

/// Our word, leaving out who signed and when.
fn ours(pdf: &[u8]) -> Option<(Report, Verdicts)> {
    const ABOUT_SIGNERS: [&str; 8] = [
        "pdf_signer_expired",
        "pdf_signer_not_yet_valid",
        "pdf_signed_outside_validity",
        "pdf_signer_untrusted",
        "pdf_signer_weak_key",
        "pdf_signer_weak_certificate",
        "pdf_signer_key_usage",
        "pdf_weak_digest",
    ];
    let options = VerifyOptions { require_trust: false, ..VerifyOptions::at(now()) };
    let report = verify(pdf, &options).ok()?;
    let verdicts = report.signatures.iter().map(|signature| {
        let harmless = |code| ABOUT_SIGNERS.contains(&code);
        let sound = signature.findings.iter().all(|f| f.severity == Severity::Info || harmless(f.code));
        let ok = sound && signature.integrity == Integrity::Intact;
        (signature.field.clone().unwrap_or_else(|| "?".into()), ok)
    });
    let mut all = Verdicts::new();
    for (field, ok) in verdicts {
        // Two signatures in one field: the worse counts.
        all.entry(field).and_modify(|before| *before &= ok).or_insert(ok);
    }
    Some((report, all))
}

/// Prints a table of both verdicts and fails where they must not differ.
fn compare(rows: &[(String, Vec<u8>, Must)]) {
    let files: Vec<_> = rows.iter().map(|(_, pdf, _)| material().file(pdf)).collect();
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let theirs = pyhanko(&names);
    assert_eq!(theirs.len(), rows.len());
    let mut wrong = Vec::new();
    println!("{:70} {:9} {:9} changes", "attack", "pyHanko", "we");
    for ((name, pdf, must), theirs) in rows.iter().zip(&theirs) {
        let ours = ours(pdf);
        let rejected = |verdicts: Option<&Verdicts>| verdicts.is_none_or(|v| v.is_empty() || v.values().any(|ok| !ok));
        let word = |rejected: bool| if rejected { "rejects" } else { "accepts" };
        let (they, we) = (rejected(theirs.as_ref()), rejected(ours.as_ref().map(|(_, verdicts)| verdicts)));
        let reasons = ours.iter().flat_map(|(report, _)| &report.signatures).flat_map(|s| &s.other_changes);
        let reasons: Vec<&str> = reasons.map(String::as_str).take(2).collect();
        println!("{name:70} {:9} {:9} {}", word(they), word(we), reasons.join("; "));
        let fields_follow = match (theirs, &ours) {
            (Some(theirs), Some((_, ours))) => {
                theirs.iter().all(|(field, ok)| *ok || !ours.get(field).copied().unwrap_or(false))
            }
            _ => true,
        };
        let right = match must {
            Must::Accept => !we && !they,
            Must::Reject => we,
            Must::Follow => we == they,
        };
        if !right || !fields_follow || (they && !we) {
            let codes = ours.iter().flat_map(|(r, _)| &r.signatures).flat_map(|s| &s.findings).map(|f| f.code);
            wrong.push(format!("{name}: pyHanko {}, we {}: {:?}", word(they), word(we), codes.collect::<Vec<_>>()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_its_attack_files() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/attacks/files");
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "pdf") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            rows.push((name, std::fs::read(&path).unwrap(), Must::Follow));
        }
    }
    assert!(rows.len() > 15);
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    compare(&rows);
}

/// Signed files to attack.
fn bases() -> Vec<(&'static str, Vec<u8>)> {
    let certified = |certification| {
        let options = SignOptions { certification, field: "Certification".into(), ..options(None) };
        sign(&form(), ana(), &options, now()).unwrap().pdf
    };
    let locked = SignOptions { field: "Approval".into(), ..options(None) };
    let once = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    vec![
        ("twice", sign(&once, bruno(), &options(None), now()).unwrap().pdf),
        ("once", once),
        ("form", sign(&form(), ana(), &options(None), now()).unwrap().pdf),
        ("locked", sign(&form(), ana(), &locked, now()).unwrap().pdf),
        ("P=1", certified(Certify::NoChanges)),
        ("P=2", certified(Certify::FormsAndSigning)),
        ("P=3", certified(Certify::FormsSigningAndComments)),
    ]
}

/// Files that pyHanko's own library tampers with, in ways from harmless to evil.
#[test]
fn pyhanko_needs_cargo_xtask_setup_and_tampers() {
    let mut rows = Vec::new();
    for (base, pdf) in bases() {
        let folder = material().scratch();
        std::fs::create_dir(&folder).unwrap();
        script(&["tamper", material().file(&pdf).to_str().unwrap(), folder.to_str().unwrap()]);
        rows.push((format!("{base}: nothing"), pdf, Must::Accept));
        let mut made: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        made.sort();
        assert!(made.len() > 17, "{made:?}");
        for path in made {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let must = match name {
                "security_store" | "info" | "metadata" | "orphan" | "empty_signature_field" => Must::Accept,
                // pyHanko does not judge comments; we say that there are some.
                _ => Must::Follow,
            };
            rows.push((format!("{base}: {name}"), std::fs::read(&path).unwrap(), must));
        }
    }
    compare(&rows);
}

/// Shadow attacks, incremental saving, forged and wrapped signatures, games with objects and tables.
#[test]
fn pyhanko_needs_cargo_xtask_setup_and_known_attacks() {
    compare(&made::all());
}

/// pyHanko refuses to compare such forms; there are some in the wild, and nothing was changed in them.
#[test]
fn two_fields_of_one_name_may_be_signed_again() {
    let again = sign(&made::form_with_twins(), bruno(), &options(None), now()).unwrap().pdf;
    let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
    assert_eq!(verify(&again, &options).unwrap().status, Status::Valid);
}

/// The same attacks without any other program: none is valid.
#[test]
fn no_known_attack_is_valid() {
    let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
    for (name, pdf, must) in made::all() {
        let status = verify(&pdf, &options).map(|report| report.status);
        match must {
            Must::Accept => assert_eq!(status, Ok(Status::Valid), "{name}"),
            _ => assert_ne!(status, Ok(Status::Valid), "{name}"),
        }
    }
}
