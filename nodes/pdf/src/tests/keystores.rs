//! Certificate files as other programs write them: Firefox's NSS, BouncyCastle and Java itself.

use std::path::Path;

use super::validators::java;
use crate::testing::material::{PASSWORD, material, run, text};
use crate::{Error, Identity, RawSigner};

/// The file opens, signs, and a wrong password and damage are told apart.
#[track_caller]
fn opens(path: &Path, password: &str) {
    let file = std::fs::read(path).unwrap();
    let identity = Identity::from_pkcs12(&file, password).unwrap();
    assert_eq!(identity.summary().name, "Ana Conceição");
    assert_eq!(identity.chain().first(), Some(&material().der("authority")));
    identity.sign(b"message").unwrap();
    assert_eq!(Identity::from_pkcs12(&file, "errada").unwrap_err(), Error::WrongCertificatePassword);
    let cut = Identity::from_pkcs12(&file[..file.len() * 2 / 3], password).unwrap_err();
    assert_eq!(cut, Error::CertificateFileDamaged);
}

/// `pk12util` writes what Firefox and Thunderbird export.
#[test]
fn files_of_nss_open() {
    let ways: [&[&str]; 5] = [
        &[],
        &[
            "-c",
            "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC",
            "-C",
            "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC",
        ],
        &["-c", "AES-128-CBC", "-C", "AES-128-CBC"],
        &["-c", "AES-256-CBC", "-C", "AES-256-CBC", "-M", "SHA-256"],
        &["-c", "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", "-C", "none"],
    ];
    let database = material().scratch();
    std::fs::create_dir_all(&database).unwrap();
    let database = format!("sql:{}", text(&database));
    run("certutil", &["-N", "-d", &database, "--empty-password"]);
    let input = material().file(&material().pkcs12("ana", &["-name", "ana"]));
    run("pk12util", &["-i", text(&input), "-d", &database, "-W", PASSWORD, "-K", ""]);
    for password in [PASSWORD, "çãé ü"] {
        for way in ways {
            println!("{way:?} {password}");
            let out = material().scratch();
            let mut arguments = vec!["-o", text(&out), "-n", "ana", "-d", &database, "-W", password, "-K", ""];
            arguments.extend(way);
            run("pk12util", &arguments);
            opens(&out, password);
        }
    }
}

#[test]
fn files_of_java_and_bouncycastle_open() {
    let kinds = [
        ("BC", "PKCS12"),
        ("BC", "PKCS12-DEF"),
        ("BC", "PKCS12-3DES-3DES"),
        ("BC", "PKCS12-3DES-40RC2"),
        ("BC", "PKCS12-AES256-AES128"),
        ("SunJSSE", "PKCS12"),
    ];
    let input = material().file(&material().pkcs12("ana", &[]));
    // Java itself takes no letters with accents.
    for (password, kinds) in [(PASSWORD, &kinds[..]), ("ação", &kinds[..5])] {
        let mut arguments = vec![text(&input).to_owned(), PASSWORD.to_owned(), password.to_owned()];
        let files: Vec<_> = kinds.iter().map(|_| material().scratch()).collect();
        for ((provider, kind), file) in kinds.iter().zip(&files) {
            arguments.extend([(*provider).to_owned(), (*kind).to_owned(), text(file).to_owned()]);
        }
        if java("Pfx", &arguments).is_none() {
            return;
        }
        let mut indefinite = 0;
        for (kind, file) in kinds.iter().zip(&files) {
            println!("{kind:?} {password}");
            indefinite += usize::from(std::fs::read(file).unwrap()[1] == 0x80);
            opens(file, password);
        }
        assert!(indefinite > 0, "BouncyCastle writes indefinite lengths");
    }
}
