use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Rust files of the crates whose errors reach a caller, without tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && !name.starts_with("test") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or("").to_owned());
        }
    }
}

/// The codes that a source makes errors with: a literal that is the first text in the arguments of what makes them.
fn codes(source: &str, all: &mut BTreeSet<String>) {
    const MAKERS: [&str; 12] = [
        "NodeError::new(",
        "RunError::new(",
        "ApiError::new(",
        "ApiError::bad_request(",
        "ApiError::unprocessable(",
        "Self::new(",
        "Self::bad_request(",
        "Self::unprocessable(",
        "Finding::error(",
        "finding(",
        "refusal(",
        "failed(",
    ];
    let quoted = |text: &str| {
        let (before, rest) = text.split_once('"')?;
        // Not beyond this call's own arguments.
        if before.contains([';', '{']) {
            return None;
        }
        Some(rest.split_once('"')?.0.to_owned())
    };
    let after = |maker: &str| source.match_indices(maker).map(|(at, _)| at + maker.len()).collect::<Vec<_>>();
    let mut found: Vec<String> = MAKERS.iter().flat_map(|m| after(m)).filter_map(|at| quoted(&source[at..])).collect();
    // Tables from a variant or a status to its code: `Self::Empty => "pdf_empty"`, `(StatusCode::CONFLICT, "refused")`.
    for line in source.lines().filter(|line| line.trim_start().starts_with("Self::") || line.contains("StatusCode::")) {
        found.extend(
            line.split_once("=> \"")
                .or(line.split_once(", \""))
                .and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned())),
        );
    }
    // Only what has the form of a code: several words.
    let is_code = |text: &String| {
        text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    all.extend(found.into_iter().filter(is_code));
}

#[test]
fn every_code_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for folder in ["server/src", "nodes/src", "nodes/pdf/src", "flow/src/check"] {
        sources(&root.join(folder), &mut files);
    }
    let mut used = BTreeSet::new();
    files.iter().for_each(|source| codes(source, &mut used));
    assert!(used.len() > 80, "{used:?}");
    let entries = ERRORS.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    let explained: BTreeSet<String> = entries.map(|(code, _)| code.to_owned()).collect();
    let missing: Vec<&String> = used.difference(&explained).collect();
    assert!(missing.is_empty(), "docs/errors.md does not explain: {missing:?}");
    let all = files.concat();
    let stale: Vec<&String> = explained.iter().filter(|code| !all.contains(&format!("\"{code}\""))).collect();
    assert!(stale.is_empty(), "docs/errors.md explains what does not exist: {stale:?}");
}

#[test]
fn the_page_has_a_place_for_each_code() {
    let html = errors_html();
    assert!(html.starts_with("<h1>") && html.ends_with("</ul>"), "{html}");
    assert!(html.contains("<li id=\"conflict\"><code>conflict</code>: "), "{html}");
    assert_eq!(html.matches("<li id=").count(), ERRORS.lines().filter(|l| l.starts_with("- `")).count());
}
