//! `fluxo doctor` finds what is wrong and changes nothing.

use std::path::Path;

use serde_json::json;

use crate::support::{PASSWORD, Server, run, said};

/// The lines that begin with this name.
#[track_caller]
fn line(data: &Path, words: &[&str], name: &str) -> String {
    let output = run(data, &[&["doctor", "--listen", "127.0.0.1:0"], words].concat(), "");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = report.lines().find(|line| line[6..].starts_with(&format!("{name}: ")));
    let found =
        found.unwrap_or_else(|| panic!("{name}: {report} {}", String::from_utf8_lossy(&output.stderr))).to_owned();
    assert!(!found.starts_with("WRONG") || output.status.code() == Some(1), "{report}");
    found
}

#[test]
fn it_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert!(line(&data, &[], "data folder").contains("is not there yet"));
    assert!(line(&data, &[], "database").contains("none yet"));
    std::fs::create_dir(&data).unwrap();
    assert!(line(&data, &[], "database").contains("none yet"));
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
}

#[test]
fn each_setting_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = |words: &[&str], name: &str, part: &str| {
        let found = line(folder.path(), words, name);
        assert!(found.starts_with("WRONG ") && found.contains(part), "{found}");
    };
    wrong(&["--timezone", "Mars/Base"], "time zone", "America/Sao_Paulo");
    wrong(&["--http-allow", "10.0.0.0/99"], "addresses for flows", "FLUXO_HTTP_ALLOW");
    wrong(&["--trusted-proxies", "proxy.local"], "trusted proxies", "FLUXO_TRUSTED_PROXIES");
    wrong(&["--signature-roots", "/nowhere.pem"], "signature roots", "can't be read");
    wrong(&["--public-url", "fluxo.example.com"], "public address", "https://fluxo.example.com");
    wrong(&["--public-url", "https://example.com/fluxo"], "public address", "Write https://example.com in");
    wrong(&["--files", "/nowhere/at/all"], "folders for file nodes", "Make it, or correct --files");
    assert!(line(folder.path(), &[], "Code node").starts_with("ok    "));
    assert!(line(folder.path(), &[], "disk").contains("GiB free") || line(folder.path(), &[], "disk").contains("MiB"));
}

#[test]
fn the_stored_data_is_looked_at_beside_a_server() {
    let server = Server::start(&[]);
    let data = &server.data;
    let users = line(data, &[], "users");
    assert!(users.starts_with("WRONG ") && users.contains("fluxo user add"), "{users}");
    said(&run(data, &["user", "add", "ed@example.com", "--role", "editor"], PASSWORD));
    assert!(line(data, &[], "users").starts_with("WRONG "), "an editor is no owner");
    said(&run(data, &["user", "add", "ana@example.com"], PASSWORD));
    assert_eq!(line(data, &[], "users"), "ok    users: 2, 1 of them owners");
    let secret = json!({"name": "bank", "kind": "http_bearer", "secret": {"token": "t0ken"}}).to_string();
    server.call("POST", "/api/v1/credentials", &server.key(), &secret).expect(201);
    assert_eq!(line(data, &[], "key"), "ok    key: opens the 1 stored credentials");
    let other = line(data, &["--key", &"01".repeat(32)], "key");
    assert!(other.starts_with("WRONG ") && other.contains("does not open the stored credentials"), "{other}");
}
