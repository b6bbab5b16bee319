//! Merging and splitting.

use super::{objects, picture, sound, words};
use crate::testing::documents::{all_kinds, assemble, form, pages, plain, qpdf};
use crate::testing::material::{ana, material, now, run, text};
use crate::tools::{MergeOptions, MergeSource, SignedPages, Split, SplitOptions, Splitter, ToolWarning, merge};
use crate::{Error, Page, Place, Secret, SignOptions, Visible, info, sign};

/// Three pages with outline, links, named places, a layer that is off and an attachment.
pub fn book() -> Vec<u8> {
    let mut objects = pages(
        3,
        "",
        "/Outlines 11 0 R /Names <</Dests 15 0 R /EmbeddedFiles 17 0 R>> /OCProperties 19 0 R /Lang (pt-BR)",
    );
    // Page 1: a link to page 3, one to a name on page 2, one to the web, and a hidden layer.
    objects[4] = "<</Type/Page /Parent 2 0 R /Resources <</Font <</F1 4 0 R>> /Properties <</L 20 0 R>>>> /Contents 6 0 R \
        /Annots [<</Type/Annot/Subtype/Link/Border [0 0 0]/Rect [0 0 9 9]/Dest [9 0 R /Fit]>> 16 0 R <</Type/Annot/Subtype/Link/Border [0 0 0]/Rect [30 0 39 9]/A <</S/URI/URI (https://example.org)>>>>]>>".into();
    let content = "BT /F1 24 Tf 72 720 Td (Page 1) Tj ET /OC /L BDC BT /F1 24 Tf 72 500 Td (Hidden) Tj ET EMC";
    objects[5] = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    objects.extend([
        "<</Type/Outlines /First 12 0 R /Last 14 0 R /Count 3>>".to_owned(),
        "<</Title (One) /Parent 11 0 R /Next 13 0 R /Dest [5 0 R /Fit]>>".into(),
        "<</Title (Two) /Parent 11 0 R /Prev 12 0 R /Next 14 0 R /A <</S/GoTo /D (second)>>>>".into(),
        "<</Title (Three) /Parent 11 0 R /Prev 13 0 R /Dest [9 0 R /XYZ 0 800 0]>>".into(),
        "<</Names [(second) <</D [7 0 R /Fit]>>]>>".into(),
        "<</Type/Annot/Subtype/Link/Border [0 0 0]/Rect [10 0 19 9] /P 5 0 R /A <</S/GoTo/D (second)>>>>".into(),
        "<</Names [(a.txt) 18 0 R]>>".into(),
        "<</Type/Filespec /F (a.txt) /EF <</F 21 0 R>>>>".into(),
        "<</OCGs [20 0 R] /D <</BaseState/OFF /Order [20 0 R]>>>>".into(),
        "<</Type/OCG /Name (Layer)>>".into(),
        "<</Type/EmbeddedFile /Length 5>>\nstream\nhello\nendstream".into(),
    ]);
    assemble(&objects)
}

fn source(bytes: &[u8]) -> MergeSource<'_> {
    MergeSource { bytes, ..MergeSource::default() }
}

fn merged(sources: &[MergeSource<'_>]) -> Vec<u8> {
    let bound = merge(sources, &MergeOptions::default()).unwrap();
    sound(&bound.pdf);
    bound.pdf
}

/// The outline as `mutool` shows it.
fn outline(pdf: &[u8]) -> Vec<String> {
    let file = material().file(pdf);
    let shown = run("mutool", &["show", text(&file), "outline"]);
    shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn files_of_every_structure_become_one() {
    let kinds = all_kinds();
    let sources: Vec<MergeSource<'_>> = kinds
        .iter()
        .map(|(_, bytes, password)| MergeSource {
            bytes,
            password: password.map(|p| Secret(p.to_owned())),
            ..MergeSource::default()
        })
        .collect();
    let bound = merge(&sources, &MergeOptions::default()).unwrap();
    sound(&bound.pdf);
    let expected: Vec<String> = kinds
        .iter()
        .flat_map(|(name, bytes, password)| {
            let count = info(bytes, *password, &Default::default()).unwrap().pages.unwrap();
            (1..=count).map(move |n| if *name == "form" { format!("Page {n} Recife") } else { format!("Page {n}") })
        })
        .collect();
    let found: Vec<String> = words(&bound.pdf).iter().map(|w| w.replace(" Recife", "")).collect();
    let expected: Vec<String> = expected.iter().map(|w| w.replace(" Recife", "")).collect();
    assert_eq!((found, bound.pages), (expected.clone(), expected.len()));
    assert!(bound.warnings.contains(&ToolWarning::ProtectionRemoved));
    assert!(bound.warnings.contains(&ToolWarning::Repaired));
}

#[test]
fn pages_look_as_they_did() {
    let turned = assemble(&pages(2, "/Rotate 90 /CropBox [50 50 400 500]", ""));
    let both = merged(&[source(&book()), source(&turned)]);
    assert_eq!(picture(&both, 1), picture(&book(), 1));
    assert_eq!(picture(&both, 4), picture(&turned, 1));
    assert_eq!(picture(&both, 5), picture(&turned, 2));
}

#[test]
fn outlines_links_layers_and_attachments_survive() {
    let (book, plain) = (book(), plain());
    let both = merged(&[
        MergeSource { title: "Plain".into(), ..source(&plain) },
        MergeSource { title: "Livro nº 2".into(), ..source(&book) },
    ]);
    let shown = outline(&both);
    let expected = ["Plain", "Livro nº 2", "One", "Two", "Three"];
    let pages = [1, 3, 3, 4, 5];
    assert_eq!(shown.len(), 5, "{shown:?}");
    for ((line, title), page) in shown.iter().zip(expected).zip(pages) {
        assert!(
            line.contains(title) && line.contains(&format!("#page={page}")),
            "{line} is not {title} on page {page}"
        );
    }
    assert_eq!(words(&both)[2], "Page 1", "the layer stays off");
    let file = material().file(&both);
    assert!(run("qpdf", &["--list-attachments", text(&file)]).contains("a.txt"));
    let kept = objects(&both);
    assert_eq!(kept.matches("\"/Link\"").count(), 3, "{kept}");
    assert!(kept.contains("https://example.org"));
}

#[test]
fn fields_of_the_same_name_are_kept_apart() {
    let form = form();
    let both = merged(&[source(&form), source(&form)]);
    let fields = info(&both, None, &Default::default()).unwrap().fields;
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["City", "Approval", "Board.Chair", "City_2", "Approval_2", "Board_2.Chair"]);
    // They can still be signed.
    let options = SignOptions { field: "Approval_2".into(), ..SignOptions::default() };
    crate::tests::validators::pdfsig(&sign(&both, ana(), &options, now()).unwrap().pdf, 1, None);
}

#[test]
fn a_signed_file_is_refused_or_becomes_a_picture() {
    let options = SignOptions {
        visible: Some(Visible { page: Page::First, place: Place::default(), ..Visible::default() }),
        ..SignOptions::default()
    };
    let signed = sign(&plain(), ana(), &options, now()).unwrap().pdf;
    let error = merge(&[source(&signed)], &MergeOptions::default()).unwrap_err();
    assert_eq!(error.code(), "pdf_signed");
    assert!(error.to_string().contains("Ana Conceição"));
    let options = MergeOptions { signed: SignedPages::Drop, ..MergeOptions::default() };
    let bound = merge(&[source(&signed)], &options).unwrap();
    sound(&bound.pdf);
    assert_eq!(bound.warnings, [ToolWarning::SignaturesRemoved { signers: "Ana Conceição".into() }]);
    assert_eq!(picture(&bound.pdf, 1), picture(&signed, 1), "it looks the same");
    assert_eq!(info(&bound.pdf, None, &Default::default()).unwrap().fields, []);
    assert!(!objects(&bound.pdf).contains("ByteRange"));
}

#[test]
fn chosen_pages_and_pages_twice() {
    let (book, form) = (book(), form());
    let chosen = merged(&[
        MergeSource { pages: "3,1,3".into(), ..source(&book) },
        MergeSource { pages: "1,1".into(), ..source(&form) },
    ]);
    assert_eq!(words(&chosen)[..3], ["Page 3", "Page 1", "Page 3"]);
    // What leads to page 2 is gone.
    let titles = outline(&chosen).join("\n");
    assert!(titles.contains("One") && titles.contains("Three") && !titles.contains("Two"), "{titles}");
    assert_eq!(info(&chosen, None, &Default::default()).unwrap().fields.len(), 3);
}

fn split(bytes: &[u8], split: Split) -> Vec<Vec<u8>> {
    let splitter = Splitter::new(bytes, &SplitOptions { split, ..SplitOptions::default() }).unwrap();
    let parts: Vec<_> = (0..splitter.parts().len()).map(|at| splitter.part(at).unwrap().pdf).collect();
    parts.iter().for_each(|part| sound(part));
    parts
}

#[test]
fn parts_have_what_belongs_to_their_pages() {
    let book = book();
    let parts = split(&book, Split::EachPage);
    assert_eq!(parts.iter().map(|part| words(part)).collect::<Vec<_>>(), [["Page 1"], ["Page 2"], ["Page 3"]]);
    for (at, part) in parts.iter().enumerate() {
        assert_eq!(picture(part, 1), picture(&book, at + 1));
        assert_eq!(outline(part).len(), 1);
    }
    // Links to other parts are gone, the one to the web is not.
    assert_eq!(objects(&parts[0]).matches("\"/Link\"").count(), 1);
    // The other pages' content is not in there.
    assert!(!objects(&parts[1]).contains("/OCG\"") || parts[1].len() < book.len());
    let parts = split(&book, Split::Every(2));
    assert_eq!(parts.iter().map(|part| words(part).len()).collect::<Vec<_>>(), [2, 1]);
    let parts = split(&book, Split::Ranges("2-3, 1".into()));
    assert_eq!(parts.iter().map(|part| words(part).join(" ")).collect::<Vec<_>>(), ["Page 2 Page 3", "Page 1"]);
    assert_eq!(words(&split(&book, Split::Pages("-1,1".into()))[0]), ["Page 3", "Page 1"]);
}

#[test]
fn large_files_get_a_tree_of_pages() {
    let many = assemble(&pages(200, "", ""));
    let all = merged(&[source(&many)]);
    assert_eq!(words(&all).len(), 200);
    let parts = Splitter::new(&many, &SplitOptions::default()).unwrap();
    let part = parts.part(150).unwrap().pdf;
    assert_eq!(words(&part), ["Page 151"]);
    assert!(part.len() < 2_000, "one page of 200 has {} bytes", part.len());
}

#[test]
fn what_cannot_be_merged_or_split() {
    let check = |bytes: &[u8], code: &str| {
        assert_eq!(merge(&[source(bytes)], &MergeOptions::default()).unwrap_err().code(), code);
        let split = Splitter::new(bytes, &SplitOptions::default()).and_then(|splitter| splitter.part(0));
        assert_eq!(split.unwrap_err().code(), code);
    };
    check(b"", "pdf_empty");
    check(b"hello", "pdf_not_a_pdf");
    check(&plain()[..200], "pdf_damaged");
    let locked = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    check(&locked, "pdf_encrypted");
    let wrong = MergeSource { password: Some(Secret("no".into())), ..source(&locked) };
    assert_eq!(merge(&[wrong], &MergeOptions::default()).unwrap_err(), Error::WrongPassword);
    assert_eq!(merge(&[], &MergeOptions::default()).unwrap_err().code(), "pdf_nothing_to_merge");
    let beyond = MergeSource { pages: "9".into(), ..source(b"") };
    let file = plain();
    let beyond = MergeSource { bytes: &file, ..beyond };
    assert_eq!(merge(&[beyond], &MergeOptions::default()).unwrap_err().code(), "pdf_page_beyond");
    let small = MergeOptions { bytes: 100, ..MergeOptions::default() };
    assert_eq!(merge(&[source(&file)], &small).unwrap_err().code(), "pdf_result_too_large");
}

#[test]
fn what_a_merged_file_loses_is_told() {
    let tagged = assemble(&pages(1, "", "/StructTreeRoot 7 0 R /AcroForm <</Fields [] /XFA []>>"));
    let bound = merge(&[source(&tagged)], &MergeOptions::default()).unwrap();
    assert_eq!(bound.warnings, [ToolWarning::TagsRemoved, ToolWarning::XfaRemoved]);
    let archive = crate::testing::archive::pdf_a(2, "B");
    let bound = merge(&[source(&archive)], &MergeOptions::default()).unwrap();
    assert_eq!(bound.warnings, [ToolWarning::PdfaLost]);
}
