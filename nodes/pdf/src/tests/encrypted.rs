//! Encrypted documents: every handler, every spelling of a password.

use super::signing::options;
use super::validators;
use crate::testing::documents::{encrypt_in_trailer, form, plain, qpdf};
use crate::testing::material::{ana, bruno, now};
use crate::{Error, SignOptions, Visible, sign};

/// Every way that `qpdf` encrypts.
const WAYS: [&[&str]; 5] =
    [&["40"], &["128", "--use-aes=n"], &["128", "--use-aes=y"], &["128", "--force-V4"], &["256"]];

fn encrypted(input: &[u8], user: &str, owner: &str, way: &[&str]) -> Vec<u8> {
    let mut arguments = vec!["--allow-weak-crypto", "--encrypt", user, owner];
    arguments.extend(way);
    if owner.is_empty() && way[0] == "256" {
        arguments.push("--allow-insecure");
    }
    arguments.push("--");
    qpdf(input, &arguments)
}

/// Signs twice and has the result judged with the password `judge`.
#[track_caller]
fn signs(input: &[u8], password: Option<&str>, judge: Option<&str>) {
    let shown = SignOptions { visible: Some(Visible::default()), ..options(password) };
    let first = sign(input, ana(), &shown, now()).unwrap().pdf;
    assert!(first.starts_with(input));
    let second = sign(&first, bruno(), &options(password), now()).unwrap().pdf;
    validators::pdfsig(&second, 2, judge);
    validators::qpdf(&second, judge);
}

#[test]
fn user_owner_and_empty_passwords_open() {
    for way in WAYS {
        println!("{way:?}");
        let file = encrypted(&form(), "user", "owner", way);
        for password in ["user", "owner"] {
            signs(&file, Some(password), Some(password));
        }
        assert_eq!(sign(&file, ana(), &options(Some("wrong")), now()).unwrap_err(), Error::WrongPassword);
        assert_eq!(sign(&file, ana(), &options(None), now()).unwrap_err(), Error::Encrypted);
        // Without a user password it opens, whatever password is given.
        let open = encrypted(&plain(), "", "owner", way);
        signs(&open, None, None);
        signs(&open, Some("owner"), None);
        signs(&open, Some("anything"), None);
    }
}

/// Up to 128 bits the letters count in PDFDocEncoding, with 256 in UTF-8.
#[test]
fn accented_passwords_open() {
    for way in WAYS {
        println!("{way:?}");
        for (user, owner) in [("ação", "Überöwner"), ("naïve €", "owner")] {
            let file = encrypted(&plain(), user, owner, way);
            // pdfsig takes the bytes it is given, so it is asked with the password's encoding only where that is UTF-8.
            for password in [user, owner] {
                let first = sign(&file, ana(), &options(Some(password)), now()).unwrap().pdf;
                let second = sign(&first, bruno(), &options(Some(password)), now()).unwrap().pdf;
                validators::qpdf(&second, Some(password));
                if way[0] == "256" {
                    validators::pdfsig(&second, 2, Some(password));
                }
            }
            assert_eq!(sign(&file, ana(), &options(Some("acao")), now()).unwrap_err(), Error::WrongPassword);
        }
    }
}

/// With 256 bits, different spellings of the same letters are the same password (SASLprep, RFC 4013).
#[test]
fn composed_and_decomposed_letters_are_the_same_password() {
    let file = encrypted(&plain(), "caf\u{e9}", "owner", &["256"]);
    signs(&file, Some("cafe\u{301}"), Some("caf\u{e9}"));
}

#[test]
fn encrypt_written_into_the_trailer() {
    for way in WAYS {
        println!("{way:?}");
        let file = encrypt_in_trailer(&encrypted(&form(), "user", "owner", way));
        signs(&file, Some("user"), Some("user"));
        signs(&file, Some("owner"), Some("owner"));
        assert_eq!(sign(&file, ana(), &options(Some("wrong")), now()).unwrap_err(), Error::WrongPassword);
        assert_eq!(sign(&file, ana(), &options(None), now()).unwrap_err(), Error::Encrypted);
        let signed = sign(&file, ana(), &options(Some("user")), now()).unwrap().pdf;
        let update = &signed[file.len()..];
        assert!(crate::read::find(update, b"/Encrypt <<").is_some(), "the update repeats it as it was");
    }
    let open = encrypt_in_trailer(&encrypted(&plain(), "", "owner", &["128", "--use-aes=y"]));
    signs(&open, None, None);
}

#[test]
fn metadata_left_in_the_clear_stays_so() {
    let file = qpdf(&plain(), &["--encrypt", "user", "owner", "128", "--use-aes=y", "--cleartext-metadata", "--"]);
    signs(&file, Some("user"), Some("user"));
}
