//! What fuzzing starts from, and what it once found (`nodes/pdf/fuzz`), as ordinary tests.

use std::path::{Path, PathBuf};

use lopdf::Object;

use super::signing::options;
use crate::read::Pdf;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{PASSWORD, ana, bruno, material, now};
use crate::{Error, Format, Identity, Limits, RawSigner, SignOptions, VerifyOptions, Visible, info, sign, verify};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target)
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder(target)).unwrap() {
        let path = entry.unwrap().path();
        found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    assert!(!found.is_empty(), "{target} has seeds");
    found
}

#[test]
fn documents_are_signed_right_or_refused() {
    for target in ["document", "verify"] {
        for (name, bytes) in seeds(target) {
            println!("{name}");
            let _ = info(&bytes, None, &Limits::default());
            let options = SignOptions { visible: Some(Visible::default()), ..options(None) };
            match sign(&bytes, bruno(), &options, now()) {
                Ok(signed) => assert!(verify(&signed.pdf, &VerifyOptions::at(now())).is_ok()),
                Err(error) => assert!(!matches!(error, Error::CheckFailed { .. }), "{error}"),
            }
            let _ = verify(&bytes, &VerifyOptions::at(now()));
        }
    }
}

#[test]
fn certificate_files_open_or_are_refused() {
    let mut opened = 0;
    for (name, bytes) in seeds("certificate_file") {
        println!("{name}");
        for password in [PASSWORD, ""] {
            if let Ok(identity) = Identity::from_pkcs12(&bytes, password) {
                identity.sign(b"message").unwrap();
                opened += 1;
            }
        }
    }
    assert!(opened > 0);
}

#[test]
#[ignore = "writes nodes/pdf/fuzz/seeds anew"]
fn write_seeds() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        std::fs::create_dir_all(folder(target)).unwrap();
        std::fs::write(folder(target).join(name), bytes).unwrap();
    };
    for (kind, bytes, password) in all_kinds() {
        if password.is_none() {
            write("document", kind, &bytes);
        }
    }
    let signed = sign(&plain(), bruno(), &options(None), now()).unwrap().pdf;
    write("verify", "signed", &signed);
    write("verify", "signed twice", &sign(&signed, ana(), &options(None), now()).unwrap().pdf);
    let field = SignOptions { field: "Approval".into(), ..options(None) };
    write("verify", "lock", &sign(&form(), bruno(), &field, now()).unwrap().pdf);
    for (at, format) in [Format::Pades, Format::Adobe].into_iter().enumerate() {
        let signed = sign(&plain(), ana(), &SignOptions { format, ..options(None) }, now()).unwrap().pdf;
        let pdf = Pdf::load(&signed, None, &Limits::default()).unwrap();
        let value = crate::field::all(&pdf).remove(0).value.unwrap();
        let contents = value.get(b"Contents").and_then(Object::as_str).unwrap();
        let der = crate::asn1::to_der(contents).unwrap();
        write("signature", &format!("{format:?}"), &[&[at as u8], &der[..]].concat());
    }
    let ways: [(&str, &[&str]); 5] = [
        ("aes", &[]),
        ("legacy", &["-legacy"]),
        ("no mac", &["-nomac"]),
        ("open", &["-nomac", "-keypbe", "NONE", "-certpbe", "NONE"]),
        ("3des", &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]),
    ];
    for (name, way) in ways {
        let file = material().pkcs12("bruno", way);
        write("certificate_file", name, &file);
        let ber = super::certificates::to_ber(crate::asn1::Tlv::parse(&file).unwrap());
        write("certificate_file", &format!("{name} ber"), &ber);
    }
}
