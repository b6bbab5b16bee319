//! The judges: other people's programs.

use std::path::PathBuf;

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
    // It knows no document time stamps; what follows the last signature may only be proofs and one of these.
    let last = said.rsplit("Signature #").find(|part| part.contains("Signed Ranges")).unwrap_or_default();
    let proven = crate::read::find(pdf, b"/Type /DSS").is_some();
    assert!(last.contains("Total document signed") || proven, "{said}");
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

/// `openssl cms -verify` accepts the signature over what `/ByteRange` covers.
#[track_caller]
pub fn openssl(pdf: &[u8]) {
    let (covered, cms) = parts(pdf);
    let (covered, cms, root) = (material().file(&covered), material().file(&cms), material().path("root.pem"));
    let what = ["-inform", "DER", "-in", text(&cms), "-content", text(&covered), "-CAfile", &root];
    let how = ["-binary", "-purpose", "any", "-out", "/dev/null"];
    run("openssl", &[&["cms", "-verify"], &what[..], &how].concat());
}

/// What `/ByteRange` of the last signature covers, and what stands in its hole.
fn parts(pdf: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = String::from_utf8_lossy(pdf);
    let range = text.rsplit("/ByteRange [").next().unwrap();
    let numbers: Vec<usize> = range.split(']').next().unwrap().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let hole = std::str::from_utf8(&pdf[numbers[1] + 1..numbers[2] - 1]).unwrap();
    let cms = (0..hole.len() / 2).map(|at| u8::from_str_radix(&hole[2 * at..2 * at + 2], 16).unwrap()).collect();
    ([&pdf[..numbers[1]], &pdf[numbers[2]..numbers[2] + numbers[3]]].concat(), cms)
}

/// A CMS as `openssl` reads it.
pub fn cms_text(contents: &[u8]) -> String {
    let der = crate::asn1::Tlv::parse_prefix(contents).unwrap().raw;
    let file = material().file(der);
    run("openssl", &["asn1parse", "-inform", "DER", "-in", text(&file)])
}

/// pyHanko, validating as AdES prescribes, accepts the first signature at `level` (`t`, `lt`, `lta`)
/// with nothing from outside the file but the root.
#[track_caller]
pub fn ades(pdf: &[u8], level: &str, password: Option<&str>) {
    let program = std::env::var("FLUXO_TEST_PYHANKO").unwrap_or_else(|_| "pyhanko".into());
    let python = std::path::Path::new(&program).with_file_name("python");
    let (script, file) = (material().file(include_bytes!("ades.py")), material().file(pdf));
    let root = crate::testing::authority::authority().path("root.pem");
    let said = run(text(&python), &[text(&script), text(&file), &root, level, password.unwrap_or_default()]);
    assert!(said.lines().any(|line| line == "PASSED"), "{said}");
}

/// What the EU's DSS says about one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DssSignature {
    /// Which of the files, by its place in the list.
    pub file: usize,
    /// Such as `PAdES-BASELINE-B`.
    pub level: String,
    /// `TOTAL_PASSED`, `INDETERMINATE` or `TOTAL_FAILED`.
    pub indication: String,
    /// Why it is not passed, such as `NO_CERTIFICATE_CHAIN_FOUND`; otherwise empty.
    pub sub_indication: String,
    pub messages: String,
    /// The fields that DSS takes the signature to lock, such as `INCLUDE [City]`; empty for none.
    pub lock: String,
}

/// Whether revocation has to be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocation {
    /// By what is in the file, as DSS's own policy asks.
    Proven,
    /// Not: authorities of tests publish no lists.
    NotAsked,
}

/// Policies of ICP-Brasil, which DSS compares with what signatures say about them.
pub const POLICIES: [(&str, &[u8]); 2] = [
    ("2.16.76.1.7.1.11.1.3", include_bytes!("policies/PA_PAdES_AD_RB_v1_3.der")),
    ("2.16.76.1.7.1.12.1.3", include_bytes!("policies/PA_PAdES_AD_RT_v1_3.der")),
];

/// The EU's DSS about all signatures of `pdfs`, trusting `roots` (DER): one process for all files.
///
/// None where there is no Java; `cargo xtask setup` then says that it left DSS out.
pub fn dss(pdfs: &[&[u8]], roots: &[Vec<u8>], revocation: Revocation) -> Option<Vec<DssSignature>> {
    dss_with(pdfs, roots, revocation, None)
}

/// The same for PDFs that one password opens.
pub fn dss_with(
    pdfs: &[&[u8]],
    roots: &[Vec<u8>],
    revocation: Revocation,
    password: Option<&str>,
) -> Option<Vec<DssSignature>> {
    let mode = if revocation == Revocation::Proven { "with" } else { "without" };
    let mut arguments = vec![mode.to_owned()];
    arguments.extend(password.map(|password| format!("{password}@password")));
    arguments.extend(POLICIES.map(|(oid, policy)| format!("{oid}@{}", text(&material().file(policy)))));
    arguments.extend(roots.iter().map(|root| text(&material().file(root)).to_owned()));
    arguments.push("--".to_owned());
    let files: Vec<_> = pdfs.iter().map(|pdf| material().file(pdf)).collect();
    arguments.extend(files.iter().map(|file| text(file).to_owned()));
    let said = java("Dss", &arguments)?;
    let line = |line: &str| {
        let parts: Vec<&str> = line.split('\t').collect();
        let [file, level, indication, sub_indication, messages, lock] = parts[..] else { panic!("{said}") };
        DssSignature {
            file: files.iter().position(|path| text(path) == file).unwrap(),
            level: level.to_owned(),
            indication: indication.to_owned(),
            sub_indication: sub_indication.to_owned(),
            messages: messages.to_owned(),
            lock: lock.to_owned(),
        }
    };
    Some(said.lines().map(line).collect())
}

/// What veraPDF says about each file: the standard it claims, such as `2b`, and the clauses that it breaks.
///
/// None where there is no Java.
pub fn verapdf(pdfs: &[&[u8]]) -> Option<Vec<(String, String)>> {
    let files: Vec<_> = pdfs.iter().map(|pdf| text(&material().file(pdf)).to_owned()).collect();
    let said = java("VeraPdf", &files)?;
    let answers = said.lines().map(|line| {
        let parts: Vec<&str> = line.split('\t').collect();
        let [_, flavour, compliant, clauses] = parts[..] else { panic!("{said}") };
        assert_eq!(compliant == "true", clauses.is_empty(), "{said}");
        (flavour.to_owned(), clauses.to_owned())
    });
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.len(), files.len(), "{said}");
    Some(answers)
}

/// Runs one of the judges that `cargo xtask setup` built.
pub fn java(name: &str, arguments: &[String]) -> Option<String> {
    let Some(folder) = std::env::var_os("FLUXO_TEST_PDF_VALIDATORS").map(PathBuf::from) else {
        println!("{name} is not asked: FLUXO_TEST_PDF_VALIDATORS is not set. `cargo xtask with cargo test` sets it.");
        return None;
    };
    let path = |part: &str| text(&folder.join(part)).to_owned();
    let classes = [path("classes"), path("lib/*")].join(if cfg!(windows) { ";" } else { ":" });
    let mut all = vec!["-cp", &classes, name];
    all.extend(arguments.iter().map(String::as_str));
    Some(run("java", &all))
}
