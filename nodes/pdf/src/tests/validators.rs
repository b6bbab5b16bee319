//! The judges: other people's programs.

use crate::testing::material::{material, run, text};

/// `pdfsig` finds `count` signatures, all valid, and the last one over the whole file.
#[track_caller]
pub fn pdfsig(pdf: &[u8], count: usize, password: Option<&str>) {
    let file = material().file(pdf);
    let mut arguments = vec!["-nocert"];
    for option in ["-upw", "-opw"] {
        if let Some(password) = password {
            arguments.extend([option, password]);
        }
    }
    arguments.push(text(&file));
    let said = run("pdfsig", &arguments);
    assert_eq!(said.matches("Signature Validation: Signature is Valid.").count(), count, "{said}");
    let last = said.rsplit("Signature #").find(|part| part.contains("Signed Ranges")).unwrap_or_default();
    assert!(last.contains("Total document signed"), "{said}");
}

/// `qpdf --check` has nothing to complain about.
#[track_caller]
pub fn qpdf(pdf: &[u8], password: Option<&str>) {
    let file = material().file(pdf);
    let password = format!("--password={}", password.unwrap_or_default());
    run("qpdf", &["--check", &password, text(&file)]);
}

/// pyHanko calls every signature valid, trusting the root of these tests.
#[track_caller]
pub fn pyhanko(pdf: &[u8], password: Option<&str>) -> String {
    let program = std::env::var("FLUXO_TEST_PYHANKO").unwrap_or_else(|_| "pyhanko".into());
    let (file, root) = (material().file(pdf), material().path("root.pem"));
    let mut arguments =
        vec!["sign", "validate", "--pretty-print", "--no-revocation-check", "--trust", &root, "--trust-replace"];
    // Two of the structures are errors to pyHanko's strict reader, which is not what is judged here.
    arguments.push("--no-strict-syntax");
    if let Some(password) = password {
        arguments.extend(["--password", password]);
    }
    arguments.push(text(&file));
    let said = run(&program, &arguments);
    assert!(!said.contains("INVALID") && said.contains("VALID"), "{said}");
    said
}
