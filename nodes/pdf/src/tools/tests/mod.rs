//! The tools, judged by other programs: `qpdf`, poppler's `pdftotext` and `pdftoppm`, `mutool`.

mod bind;
mod text;

use crate::testing::material::{material, run, text as path};

/// `qpdf --check` and `mutool` find nothing wrong.
#[track_caller]
pub fn sound(pdf: &[u8]) {
    let file = material().file(pdf);
    let said = run("qpdf", &["--check", path(&file)]);
    assert!(!said.contains("WARNING"), "{said}");
    let said = run("mutool", &["draw", "-q", "-r", "20", "-F", "pgm", "-o", "/dev/null", path(&file)]);
    // What this build of mutool says about every file, and nothing else.
    let said: String = said.lines().filter(|line| !line.contains("ICC support is not available")).collect();
    assert_eq!(said.trim(), "");
}

/// What `pdftotext` reads, page by page.
pub fn words(pdf: &[u8]) -> Vec<String> {
    let file = material().file(pdf);
    let all = run("pdftotext", &["-q", path(&file), "-"]);
    all.split('\u{c}')
        .map(|page| page.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|p| !p.is_empty())
        .collect()
}

/// What a page looks like, as a digest that can be compared.
pub fn picture(pdf: &[u8], page: usize) -> String {
    let (file, out) = (material().file(pdf), material().scratch());
    let page = page.to_string();
    run("pdftoppm", &["-r", "50", "-f", &page, "-l", &page, "-singlefile", path(&file), path(&out)]);
    let picture = std::fs::read(format!("{}.ppm", path(&out))).unwrap();
    crate::algorithm::Digest::Sha256.of(&[&picture]).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Objects as `qpdf` shows them, all in one text.
pub fn objects(pdf: &[u8]) -> String {
    let file = material().file(pdf);
    run("qpdf", &["--json", "--json-key=qpdf", path(&file)])
}
