//! Holds the crate graph of ARCHITECTURE.md: who may depend on whom, and what must not be reached at all.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().unwrap().to_owned();
            let ordinary = |d: &&Value| d["kind"].is_null();
            let needs = package["dependencies"].as_array().unwrap().iter().filter(ordinary);
            (name, needs.map(|d| d["name"].as_str().unwrap().to_owned()).collect())
        })
        .collect()
}

#[test]
fn arrows_point_down() {
    let graph = dependencies();
    let ours: BTreeSet<String> = graph.keys().cloned().collect();
    let allowed: [(&str, &[&str]); 6] = [
        ("flow", &[]),
        ("nodes", &["flow"]),
        ("app", &["flow"]),
        ("migrations", &[]),
        ("server", &["flow", "nodes", "app", "migrations"]),
        ("xtask", &[]),
    ];
    assert_eq!(ours, allowed.iter().map(|(name, _)| name.to_string()).collect(), "a crate has no rule yet");
    for (name, may) in allowed {
        let used: BTreeSet<&str> = graph[name].intersection(&ours).map(String::as_str).collect();
        let may: BTreeSet<&str> = may.iter().copied().collect();
        assert!(used.is_subset(&may), "{name} depends on {used:?}, and may on {may:?} only");
    }
}

#[test]
fn the_lower_floors_know_no_server() {
    let graph = dependencies();
    for name in ["flow", "nodes", "app"] {
        for banned in ["axum", "sea-orm", "sqlx", "reqwest", "kube", "rquickjs"] {
            assert!(!graph[name].contains(banned), "{name} must not depend on {banned}");
        }
    }
    for banned in ["tokio", "leptos", "chrono", "jiff", "rand"] {
        assert!(!graph["flow"].contains(banned), "flow is pure data and functions; {banned} is neither");
    }
}
