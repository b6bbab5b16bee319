//! Reading text, beside what `pdftotext` reads.

use super::words;
use crate::testing::documents::{all_kinds, assemble, pages, plain, qpdf};
use crate::testing::material::{ana, now};
use crate::tools::{Order, Text, TextOptions, ToolWarning, text};
use crate::{Limits, Page, Place, Secret, SignOptions, Visible, sign};

fn read(pdf: &[u8]) -> Text {
    text(pdf, &TextOptions::default()).unwrap()
}

/// A page with this content; Helvetica is `/F1`.
fn page(content: &str) -> Vec<u8> {
    let mut objects = pages(1, "", "");
    objects[3] = "<</Type/Font /Subtype/Type1 /BaseFont/Helvetica /Encoding/WinAnsiEncoding>>".into();
    objects[5] = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    assemble(&objects)
}

#[track_caller]
fn check(content: &str, reading: &str, position: &str) {
    let pdf = page(content);
    assert_eq!(read(&pdf).whole(), reading);
    let options = TextOptions { order: Order::Position, ..TextOptions::default() };
    assert_eq!(text(&pdf, &options).unwrap().whole(), position);
}

#[test]
fn files_of_every_structure() {
    for (kind, bytes, password) in all_kinds() {
        let options = TextOptions { password: password.map(|p| Secret(p.to_owned())), ..TextOptions::default() };
        let found = text(&bytes, &options).unwrap();
        assert!(found.pages[0].text.starts_with("Page 1"), "{kind}: {found:?}");
        assert_eq!(found.pages.len(), found.of);
    }
}

#[test]
fn accents_spaces_and_lines() {
    check(
        "BT /F1 12 Tf 72 700 Td (A\\347\\343o n\\272 1) Tj 0 -14 Td (caf\\351) Tj ET",
        "Ação nº 1\ncafé",
        "Ação nº 1\ncafé",
    );
    // A gap is a space, kerning is not; a large gap begins a paragraph.
    check(
        "BT /F1 12 Tf 72 700 Td [(To) 30 (tal) -400 (due)] TJ 0 -60 Td (Next) Tj ET",
        "Total due\n\nNext",
        "Total due\n\nNext",
    );
    // Filled, then outlined: one text.
    check("BT /F1 12 Tf 2 Tr 72 700 Td (Once) Tj ET", "Once", "Once");
    // Invisible text is what a scanner's reader found.
    check("BT /F1 12 Tf 3 Tr 72 700 Td (Scanned) Tj ET", "Scanned", "Scanned");
    check("/Span <</ActualText (fine)>> BDC BT /F1 12 Tf 72 700 Td (f) Tj (ine) Tj ET EMC", "fine", "fine");
}

#[test]
fn columns_stay_apart_and_tables_keep_their_rows() {
    let columns = "BT /F1 10 Tf 1 0 0 1 72 700 Tm (left one) Tj 1 0 0 1 72 688 Tm (left two) Tj \
        1 0 0 1 320 700 Tm (right one) Tj 1 0 0 1 320 688 Tm (right two) Tj ET";
    let options = TextOptions { order: Order::Position, ..TextOptions::default() };
    let pdf = page(columns);
    assert_eq!(read(&pdf).whole(), "left one\nleft two\nright one\nright two");
    let rows = text(&pdf, &options).unwrap().whole();
    let rows: Vec<Vec<&str>> =
        rows.lines().map(|row| row.split("   ").map(str::trim).filter(|c| !c.is_empty()).collect()).collect();
    assert_eq!(rows, [["left one", "right one"], ["left two", "right two"]]);
}

#[test]
fn fonts_cut_to_their_letters_are_read() {
    let options = SignOptions {
        visible: Some(Visible { page: Page::First, place: Place::default(), ..Visible::default() }),
        reason: "Aprovação – “ok”".into(),
        ..SignOptions::default()
    };
    let signed = sign(&plain(), ana(), &options, now()).unwrap().pdf;
    for pdf in [signed.clone(), qpdf(&signed, &["--object-streams=generate"])] {
        let found = read(&pdf).pages[0].text.clone();
        for part in ["Page 1", "Ana Conceição", "Aprovação – “ok”"] {
            assert!(found.contains(part), "{part} not in {found}");
            assert!(words(&pdf)[0].contains(part));
        }
    }
}

#[test]
fn chosen_pages_and_limits() {
    let many = assemble(&pages(5, "", ""));
    let options = TextOptions { pages: "5,1-2".into(), ..TextOptions::default() };
    let found = text(&many, &options).unwrap();
    let found: Vec<(usize, &str)> = found.pages.iter().map(|page| (page.number, page.text.as_str())).collect();
    assert_eq!(found, [(5, "Page 5"), (1, "Page 1"), (2, "Page 2")]);
    let short = TextOptions { letters: 8, ..TextOptions::default() };
    let found = text(&many, &short).unwrap();
    assert_eq!((found.whole().as_str(), &found.warnings[..]), ("Page 1\n\nPa", &[ToolWarning::TextCut][..]));
    let beyond = TextOptions { pages: "6".into(), ..TextOptions::default() };
    assert_eq!(text(&many, &beyond).unwrap_err().code(), "pdf_page_beyond");
}

/// Numbers of glyphs without a word what they stand for.
#[test]
fn letters_without_a_meaning_are_counted() {
    let mut objects = pages(1, "", "");
    objects[3] =
        "<</Type/Font /Subtype/Type3 /FontBBox [0 0 9 9] /FontMatrix [0.1 0 0 0.1 0 0] /FirstChar 200 /LastChar 201 \
        /Widths [9 9] /Encoding <</Differences [200 /g1 /g2]>> /CharProcs <</g1 7 0 R /g2 7 0 R>>>>"
            .into();
    let content = "BT /F1 12 Tf 72 700 Td (\\310\\311) Tj ET";
    objects[5] = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    objects.push("<</Length 20>>\nstream\n9 0 d0 0 0 5 5 re f  \nendstream".into());
    assert_eq!(read(&assemble(&objects)).warnings, [ToolWarning::UnknownLetters { count: 2 }]);
}

#[test]
fn what_unpacks_without_end_is_refused() {
    // 64 MB of spaces in some kilobytes, where the limit is 1 MB.
    let mut stream = lopdf::Stream::new(lopdf::Dictionary::new(), vec![b' '; 64 << 20]);
    stream.compress().unwrap();
    let mut file = plain();
    let at = crate::read::find(&file, b"6 0 obj").unwrap();
    file.truncate(at);
    file.extend_from_slice(
        format!("6 0 obj\n<</Length {} /Filter/FlateDecode>>\nstream\n", stream.content.len()).as_bytes(),
    );
    file.extend_from_slice(&stream.content);
    file.extend_from_slice(b"\nendstream\nendobj\ntrailer\n<</Root 1 0 R>>\n");
    let limits = Limits { stream_bytes: 1 << 20, ..Limits::default() };
    let error = text(&file, &TextOptions { limits, ..TextOptions::default() }).unwrap_err();
    assert_eq!(error.code(), "pdf_expands_too_far");
}

#[test]
fn forms_that_draw_each_other_end() {
    // Nine levels that draw the next one ten times each: a thousand million letters.
    let mut objects = pages(1, "", "");
    objects[4] = "<</Type/Page /Parent 2 0 R /Resources <</XObject <</X 7 0 R>>>> /Contents 6 0 R>>".into();
    objects[5] = "<</Length 4>>\nstream\n/X Do\nendstream".into();
    for level in 0..9 {
        let (content, resources) = match level {
            8 => ("BT /F1 9 Tf (a) Tj ET".to_owned(), "<</Font <</F1 4 0 R>>>>".to_owned()),
            _ => ("/X Do ".repeat(10), format!("<</XObject <</X {} 0 R>>>>", 8 + level)),
        };
        objects.push(format!(
            "<</Type/XObject /Subtype/Form /BBox [0 0 9 9] /Resources {resources} /Length {}>>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    let options = TextOptions { work: 32 << 20, ..TextOptions::default() };
    let found = text(&assemble(&objects), &options).unwrap();
    assert_eq!((found.warnings, found.pages[0].text.as_str()), (vec![ToolWarning::TextCut], "a"));
}

#[test]
fn what_cannot_be_read() {
    let check = |bytes: &[u8], code: &str| assert_eq!(text(bytes, &TextOptions::default()).unwrap_err().code(), code);
    check(b"", "pdf_empty");
    check(b"hello", "pdf_not_a_pdf");
    check(&qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]), "pdf_encrypted");
    let wrong = TextOptions { password: Some(Secret("no".into())), ..TextOptions::default() };
    let locked = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    assert_eq!(text(&locked, &wrong).unwrap_err().code(), "pdf_wrong_password");
}
