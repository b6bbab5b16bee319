//! Which crate may know which: the order in which the house stands.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::sh;

/// A crate, the crates of the workspace that it may depend on, and outside crates that it must never know.
const RULES: [(&str, &[&str], &[&str]); 7] = [
    ("flow", &[], &["tokio", "sea-orm", "leptos", "web-sys", "axum", "reqwest", "jiff"]),
    ("nodes", &["flow", "pdf"], &["sea-orm", "leptos", "axum", "reqwest"]),
    ("pdf", &[], &["tokio", "sea-orm", "leptos", "axum", "reqwest"]),
    ("app", &["flow"], &["tokio", "sea-orm", "axum", "reqwest"]),
    ("migrations", &[], &["leptos", "axum", "tokio"]),
    ("server", &["flow", "nodes", "app", "migrations"], &[]),
    ("xtask", &[], &["leptos", "sea-orm", "axum", "tokio"]),
];

#[test]
fn crates_know_only_what_they_may() {
    let metadata = sh::output(sh::cargo().args(["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let metadata = serde_json::from_str::<Value>(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names = packages.iter().map(|package| package["name"].as_str().unwrap()).collect::<BTreeSet<_>>();
    assert_eq!(names, RULES.iter().map(|(name, ..)| *name).collect(), "every crate has a rule");

    for (name, inside, never) in RULES {
        let package = packages.iter().find(|package| package["name"] == name).unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if dependency["kind"] == "dev" {
                continue;
            }
            assert!(!names.contains(used) || inside.contains(&used), "{name} must not depend on {used}");
            assert!(!never.contains(&used), "{name} must not depend on {used}");
        }
    }
}
