//! The reference pages under `docs/nodes/` are those that the descriptions make, and their examples are true.

use std::path::Path;

use nodes::Registry;
use nodes::reference::{examples, pages};
use nodes::testing::{Bench, fields, outcome};

#[test]
fn reference_pages_are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/nodes");
    let update = std::env::var_os("FLUXO_UPDATE").is_some();
    let pages = pages();
    if update {
        std::fs::create_dir_all(&folder).unwrap();
    }
    for (name, text) in &pages {
        let path = folder.join(name);
        if update {
            std::fs::write(&path, text).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            stored == *text,
            "docs/nodes/{name} is not what the nodes say. Run: FLUXO_UPDATE=1 cargo test -p nodes reference"
        );
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if pages.iter().any(|(known, _)| *known == name) {
            continue;
        }
        assert!(update, "docs/nodes/{name} belongs to no node. Run: FLUXO_UPDATE=1 cargo test -p nodes reference");
        std::fs::remove_file(entry.path()).unwrap();
    }
}

#[tokio::test]
async fn reference_examples_are_true() {
    for description in Registry::standard().descriptions() {
        let kind = &description.kind;
        let example = examples::of(kind).unwrap_or_else(|| panic!("{kind} has no example"));
        let misfits = nodes::schema::check(&description.parameters, &example.parameters);
        assert_eq!(misfits, [], "{kind}");
        if example.outputs.is_empty() {
            continue;
        }
        let bench = Bench::new(kind).parameters(example.parameters).inputs(example.inputs.into_iter().map(Some));
        let output = outcome(bench.run().await);
        for (port, items) in example.outputs {
            assert_eq!(fields(&output, port), items, "{kind} {port}");
        }
    }
}
