//! Kinds of signature that other programs write, with the SignedData by `openssl`.

use super::signing::options;
use crate::algorithm::Digest;
use crate::read::find;
use crate::testing::documents::{all_kinds, plain};
use crate::testing::material::{ana, bruno, material, now, run};
use crate::{Changes, Policy, Report, Secret, SignOptions, Status, VerifyOptions, sign, verify};

/// A signed file whose signature claims to be of another kind, of the same length.
pub fn claiming(sub_filter: &str, filter: &str) -> Vec<u8> {
    let mut pdf = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    for (from, to) in [("/ETSI.CAdES.detached", sub_filter), ("/Adobe.PPKLite", filter)] {
        let at = find(&pdf, from.as_bytes()).unwrap();
        pdf[at..at + from.len()].copy_from_slice(format!("{to:<width$}", width = from.len()).as_bytes());
    }
    pdf
}

/// Puts the SignedData that `make` makes of the covered bytes into the file.
pub fn with(mut pdf: Vec<u8>, make: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let start = find(&pdf, b"/Contents <").unwrap() + 10;
    let end = start + pdf[start..].iter().position(|b| *b == b'>').unwrap() + 1;
    let cms = make(&[&pdf[..start], &pdf[end..]].concat());
    let hex: String = cms.iter().map(|b| format!("{b:02x}")).collect();
    let room = end - start - 2;
    pdf[start + 1..end - 1].copy_from_slice(format!("{hex:0<room$}").as_bytes());
    pdf
}

fn openssl(content: &[u8], more: &[&str]) -> Vec<u8> {
    openssl_by("bruno", content, more)
}

/// A SignedData over `content` by the certificate `name`.
pub fn openssl_by(name: &str, content: &[u8], more: &[&str]) -> Vec<u8> {
    let (content, made) = (material().file(content), material().scratch());
    let (pem, key) = (material().path(&format!("{name}.pem")), material().path(&format!("{name}.key")));
    let above = material().path("authority.pem");
    let mut arguments = vec!["cms", "-sign", "-binary", "-in", content.to_str().unwrap(), "-outform", "DER"];
    arguments.extend(["-signer", &pem, "-inkey", &key, "-certfile", &above, "-out", made.to_str().unwrap()]);
    arguments.extend(more);
    run("openssl", &arguments);
    std::fs::read(made).unwrap()
}

#[track_caller]
pub fn check(pdf: &[u8], status: Status, code: &str) -> Report {
    let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
    let report = verify(pdf, &options).unwrap();
    assert_eq!(report.status, status, "{report:#?}");
    let codes: Vec<_> = report.signatures.iter().flat_map(|s| &s.findings).map(|f| f.code).collect();
    assert!(code.is_empty() || codes.contains(&code), "no {code} in {codes:?}");
    report
}

#[test]
fn icp_brasil_s_own_kind() {
    let pdf = with(claiming("/PBAD.PAdES", "/PBAD_PAdES"), |covered| openssl(covered, &["-cades"]));
    let report = check(&pdf, Status::Valid, "");
    let signature = &report.signatures[0];
    assert_eq!((signature.level, signature.sub_filter.as_str()), (None, "PBAD.PAdES"));
    // It is no baseline signature, and is told by its policy.
    let strict = SignOptions { policy: Policy::AdRbStrict, ..options(None) };
    let signature = &check(&sign(&plain(), ana(), &strict, now()).unwrap().pdf, Status::Valid, "").signatures[0];
    let policy = signature.policy.as_ref().and_then(|policy| policy.name.as_deref());
    assert_eq!((signature.level, policy), (None, Some("AD-RB 1.3")));
}

/// The certificate's hash is not in the signature: intact, but no PAdES.
#[test]
fn the_older_kind_of_adobe() {
    let pdf = with(claiming("/adbe.pkcs7.detached", "/Adobe.PPKLite"), |covered| openssl(covered, &[]));
    let report = check(&pdf, Status::Valid, "");
    assert_eq!(report.signatures[0].level, None);
    let pdf = with(claiming("/ETSI.CAdES.detached", "/Adobe.PPKLite"), |covered| openssl(covered, &[]));
    let report = check(&pdf, Status::Valid, "pdf_not_pades");
    assert_eq!(report.signatures[0].level, None);
    // openssl's signatures have a signing time inside.
    check(&pdf, Status::Valid, "pdf_signing_time_inside");
}

/// The oldest kind signs a SHA-1 digest: intact, and not to be relied on.
#[test]
fn the_kind_that_signs_a_digest() {
    let make = |covered: &[u8]| openssl(&Digest::Sha1.of(&[covered]), &["-nodetach"]);
    let pdf = with(claiming("/adbe.pkcs7.sha1", "/Adobe.PPKLite"), make);
    let report = check(&pdf, Status::Indeterminate, "pdf_weak_digest");
    assert_eq!(report.signatures[0].integrity, crate::Integrity::Intact);
    let other = |_: &[u8]| openssl(&Digest::Sha1.of(&[b"something else"]), &["-nodetach"]);
    check(&with(claiming("/adbe.pkcs7.sha1", "/Adobe.PPKLite"), other), Status::Invalid, "pdf_signature_altered");
    // Content inside a detached signature would be signed instead of the file.
    let inside = |covered: &[u8]| openssl(covered, &["-nodetach", "-cades"]);
    let pdf = claiming("/ETSI.CAdES.detached", "/Adobe.PPKLite");
    let small = with(pdf, |covered| inside(&covered[..100]));
    check(&small, Status::Invalid, "pdf_signature_unreadable");
}

#[test]
fn unknown_kinds_are_told() {
    for kind in ["/adbe.x509.rsa_sha1", "/ACME", "/"] {
        let pdf = with(claiming(kind, "/Adobe.PPKLite"), |covered| openssl(covered, &["-cades"]));
        let report = check(&pdf, Status::Indeterminate, "pdf_signature_unknown_kind");
        assert_eq!(report.signatures.len(), 1, "{kind}");
    }
}

/// Files of every structure, encrypted ones too: the second signature leaves the first valid, and content
/// that comes later does not.
#[test]
fn every_kind_of_file_signed_twice() {
    for (kind, pdf, password) in all_kinds() {
        let first = sign(&pdf, ana(), &options(password), now()).unwrap().pdf;
        let second = sign(&first, bruno(), &options(password), now()).unwrap().pdf;
        let options = VerifyOptions {
            roots: vec![material().der("root")],
            password: password.map(|p| Secret(p.into())),
            ..VerifyOptions::at(now())
        };
        let report = verify(&second, &options).unwrap();
        assert_eq!(report.status, Status::Valid, "{kind}: {report:#?}");
        assert_eq!(report.signatures[0].changes, Some(Changes::FormsAndSignatures), "{kind}");
        assert_eq!(report.signatures[1].changes, Some(Changes::None), "{kind}");
    }
}

/// Every PDF below the folder that `FLUXO_TEST_PDFS` names, signed twice: nothing that happens by itself
/// may count as a change.
#[test]
fn a_folder_of_files_signed_twice() {
    let Ok(folder) = std::env::var("FLUXO_TEST_PDFS") else { return };
    let mut folders = vec![std::path::PathBuf::from(folder)];
    let (mut signed, mut wrong) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "pdf") {
                let pdf = std::fs::read(&path).unwrap();
                let Ok(first) = sign(&pdf, ana(), &options(None), now()) else { continue };
                let Ok(second) = sign(&first.pdf, bruno(), &options(None), now()) else { continue };
                signed += 1;
                let options = VerifyOptions { roots: vec![material().der("root")], ..VerifyOptions::at(now()) };
                let report = verify(&second.pdf, &options).unwrap();
                let ours = [&first.field, &second.field];
                for one in report.signatures.iter().filter(|s| s.field.as_ref().is_some_and(|f| ours.contains(&f))) {
                    if one.status != Status::Valid {
                        let codes: Vec<_> = one.findings.iter().map(|f| f.code).collect();
                        wrong.push(format!("{}: {:?} {codes:?}", path.display(), one.other_changes));
                    }
                }
            }
        }
    }
    println!("{signed} files signed twice");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
