//! PDFs as other programs write them: typst, mutool, poppler with cairo, qpdf; and signed by pyHanko.

use std::path::PathBuf;

use super::documents::{form, pages, plain, qpdf};
use super::material::{PASSWORD, material, run, text};

/// A file with a word about it, and the password that opens it.
pub type Produced = (String, Vec<u8>, Option<&'static str>);

/// Python of the environment that `cargo xtask setup` makes for pyHanko and typst.
fn python() -> PathBuf {
    PathBuf::from(pyhanko()).with_file_name("python")
}

fn pyhanko() -> String {
    std::env::var("FLUXO_TEST_PYHANKO").unwrap_or_else(|_| "pyhanko".into())
}

/// A contract of two pages with outline, formula, table and link, in one of typst's standards, such as `a-2b`.
pub fn typst(standard: &str) -> Vec<u8> {
    const SCRIPT: &str =
        "import sys, typst\ntypst.compile(sys.argv[1], output=sys.argv[2], pdf_standards=[sys.argv[3]])";
    // Its compiler takes the file's folder for the project, and the kind of output from the name.
    let folder = material().scratch();
    std::fs::create_dir(&folder).unwrap();
    let (source, out) = (folder.join("contract.typ"), folder.join("contract.pdf"));
    std::fs::write(&source, include_str!("contract.typ")).unwrap();
    run(text(&python()), &["-c", SCRIPT, text(&source), text(&out), standard]);
    std::fs::read(out).unwrap()
}

/// The versions and standards that typst writes.
pub const TYPST: [&str; 10] = ["1.4", "1.7", "2.0", "a-1a", "a-1b", "a-2b", "a-2u", "a-3b", "a-4", "ua-1"];

/// What a program makes of a file: `arguments` with `IN` and `OUT` put in.
fn through(program: &str, input: &[u8], arguments: &[&str]) -> Vec<u8> {
    let (from, to) = (material().file(input), material().scratch().with_extension("pdf"));
    let place = |argument: &&str| match *argument {
        "IN" => text(&from).to_owned(),
        "OUT" => text(&to).to_owned(),
        other => other.to_owned(),
    };
    let arguments: Vec<String> = arguments.iter().map(place).collect();
    run(program, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    std::fs::read(to).unwrap()
}

/// Signed by pyHanko with Bruno's certificate; `more` are its options.
pub fn signed_by_pyhanko(input: &[u8], field: &str, more: &[&str]) -> Vec<u8> {
    let (file, password) = (material().file(&material().pkcs12("bruno", &[])), material().file(PASSWORD.as_bytes()));
    let start = ["sign", "addsig", "--field", field];
    let end = ["pkcs12", "--passfile", text(&password), "IN", "OUT", text(&file)];
    through(&pyhanko(), input, &[&start[..], more, &end].concat())
}

/// Files of every program, unsigned.
pub fn all() -> Vec<Produced> {
    let mut all: Vec<Produced> = Vec::new();
    for standard in TYPST {
        all.push((format!("typst {standard}"), typst(standard), None));
    }
    let rich = typst("1.7");
    for (name, arguments) in [
        ("mutool clean", &["clean", "-gggg", "-z", "IN", "OUT"][..]),
        ("mutool linearized", &["clean", "-l", "IN", "OUT"]),
        ("mutool without compression", &["clean", "-d", "-a", "IN", "OUT"]),
        ("mutool merge", &["merge", "-o", "OUT", "IN", "IN"]),
        ("mutool convert", &["convert", "-F", "pdf", "-o", "OUT", "IN"]),
    ] {
        for (of, input) in [("a form", &form()), ("a contract", &rich)] {
            all.push((format!("{name} of {of}"), through("mutool", input, arguments), None));
        }
    }
    for method in ["rc4-40", "rc4-128", "aes-128", "aes-256"] {
        let arguments = ["clean", "-E", method, "-U", "user", "-O", "owner", "IN", "OUT"];
        all.push((format!("mutool {method}"), through("mutool", &rich, &arguments), Some("user")));
    }
    all.push(("cairo".into(), through("pdftocairo", &rich, &["-pdf", "IN", "OUT"]), None));
    all.push(("poppler's unite".into(), through("pdfunite", &rich, &["IN", "IN", "OUT"]), None));
    let encrypted = |more: &[&str]| {
        let start = ["--allow-weak-crypto", "--encrypt", "user", "owner"];
        qpdf(&rich, &[&start[..], more, &["--"]].concat())
    };
    for (name, more) in [
        ("128, V4", &["128", "--force-V4"][..]),
        ("128, metadata in the clear", &["128", "--use-aes=y", "--cleartext-metadata"]),
        ("256, R5", &["256", "--force-R5"]),
        ("256, metadata in the clear", &["256", "--cleartext-metadata"]),
        ("256, nothing allowed", &["256", "--print=none", "--modify=none", "--extract=n"]),
    ] {
        all.push((format!("qpdf {name}"), encrypted(more), Some("owner")));
    }
    all.push(("qpdf QDF".into(), qpdf(&rich, &["--qdf"]), None));
    all.push(("qpdf normalised".into(), qpdf(&rich, &["--normalize-content=y", "--coalesce-contents"]), None));
    all.push(("plain".into(), plain(), None));
    let many = super::documents::assemble(&pages(300, "", ""));
    all.push(("300 pages in object streams".into(), qpdf(&many, &["--object-streams=generate"]), None));
    all
}
