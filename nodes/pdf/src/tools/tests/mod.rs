//! The tools, judged by other programs: `qpdf`, poppler's `pdftotext` and `pdftoppm`, `mutool`.

pub mod bind;
pub mod fill;
mod stamp;
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

/// A page as width, height and whether each pixel is dark.
pub fn pixels(pdf: &[u8], page: usize) -> (usize, usize, Vec<bool>) {
    pixels_at(pdf, page, "72")
}

fn pixels_at(pdf: &[u8], page: usize, resolution: &str) -> (usize, usize, Vec<bool>) {
    let (file, out) = (material().file(pdf), material().scratch());
    let page = page.to_string();
    let arguments =
        ["-r", resolution, "-gray", "-cropbox", "-f", &page, "-l", &page, "-singlefile", path(&file), path(&out)];
    run("pdftoppm", &arguments);
    let picture = std::fs::read(format!("{}.pgm", path(&out))).unwrap();
    // `P5`, width and height, the largest value, then the pixels.
    let header: Vec<&[u8]> = picture.splitn(4, |byte| *byte == b'\n').collect();
    let size = std::str::from_utf8(header[1]).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    (width.parse().unwrap(), height.parse().unwrap(), header[3].iter().map(|value| *value < 128).collect())
}

/// The texts of the QR codes that are seen on a page.
pub fn qr_codes(pdf: &[u8], page: usize) -> Vec<String> {
    let (width, height, dark) = pixels_at(pdf, page, "200");
    let shade = |x: usize, y: usize| if dark[y * width + x] { 0 } else { 255 };
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, shade);
    picture.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
}
