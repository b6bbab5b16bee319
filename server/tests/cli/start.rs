//! What can't be started says why, and what to do.

use std::net::TcpListener;
use std::path::Path;

use crate::support::{Server, free_port, refused, run, said};

#[track_caller]
fn check(data: &Path, words: &[&str], parts: &[&str]) {
    let listen = format!("127.0.0.1:{}", free_port());
    let mut all = vec!["serve"];
    all.extend(words);
    if !words.contains(&"--listen") {
        all.extend(["--listen", &listen]);
    }
    let sentence = refused(&run(data, &all, ""));
    for part in parts {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}

#[test]
fn a_database_file_that_cant_be_written() {
    let folder = tempfile::tempdir().unwrap();
    // As root, permissions hold nobody back; a folder can't be written as a file by anybody.
    std::fs::create_dir(folder.path().join("fluxo.db")).unwrap();
    check(folder.path(), &[], &["The database can't be written", "fluxo.db", "Check the permissions"]);
}

#[test]
fn a_data_folder_that_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    check(&folder.path().join("file/data"), &[], &["The data folder", "Choose another one with --data"]);
}

#[test]
fn a_second_server_on_the_same_file() {
    let server = Server::start(&[]);
    check(&server.data, &[], &["Another Fluxo server uses the database", "another data folder"]);
}

#[test]
fn a_port_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    check(folder.path(), &["--listen", &address], &[&address, "Choose another one with --listen"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_wrong_key() {
    let folder = tempfile::tempdir().unwrap();
    said(&run(folder.path(), &["key", "add", "first"], ""));
    check(folder.path(), &["--key", &"01".repeat(32)], &["FLUXO_KEY does not open", "Put the former key back"]);
    check(folder.path(), &["--key", "short"], &["The key in FLUXO_KEY is not usable", "openssl rand"]);
    check(folder.path(), &["--key-file", "/nowhere/key"], &["/nowhere/key", "Check that it exists"]);
}

#[test]
fn settings_that_mean_nothing() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["--timezone", "Mars/Base"], &["'Mars/Base' is not known"]);
    check(folder.path(), &["--http-allow", "10.0.0.0/99"], &["10.0.0.0/99", "Correct FLUXO_HTTP_ALLOW"]);
    check(folder.path(), &["--trusted-proxies", "proxy"], &["“proxy”", "Correct FLUXO_TRUSTED_PROXIES"]);
    check(folder.path(), &["--signature-roots", "/nowhere.pem"], &["/nowhere.pem", "Correct its path"]);
    check(folder.path(), &["--database-url", "mysql://h/d"], &["sqlite:// or postgres://"]);
}
