//! Attacks from the literature, made by hand: "1 Trillion Dollar Refund" (2018: universal forgery,
//! incremental saving, wrapping), "Shadow Attacks" (2021: hide, replace, hide and replace), "Attacks on
//! PDF Certification" (2021: evil annotation, sneaky signature), and games with tables.

use super::super::signing::options;
use super::Must;
use crate::read::find;
use crate::testing::documents::{assemble, form_with, pages, plain};
use crate::testing::material::{ana, now};
use crate::{Certify, Reserve, SignOptions, Visible, sign};

type Row = (String, Vec<u8>, Must);

const EVIL: &str = "BT /F1 24 Tf 72 720 Td (I owe you nothing) Tj ET";

fn signed(input: &[u8]) -> Vec<u8> {
    sign(input, ana(), &options(None), now()).unwrap().pdf
}

/// The last `startxref` of a file.
fn table_of(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&pdf[pdf.len() - 60..]).into_owned();
    text.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap()
}

fn size_of(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf).into_owned();
    text.rsplit("/Size ").next().unwrap().split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

fn stream(content: &str) -> String {
    format!("<</Length {}>>\nstream\n{content}\nendstream", content.len())
}

/// An update with these objects, as a well-behaved program appends it.
pub fn update(pdf: &[u8], objects: &[(usize, String)]) -> Vec<u8> {
    let mut out = pdf.to_vec();
    let mut table = String::from("xref\n");
    for (number, object) in objects {
        table += &format!("{number} 1\n{:010} 00000 n \n", out.len());
        out.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    finish(out, &table, pdf, "/Root 1 0 R")
}

fn finish(mut out: Vec<u8>, table: &str, before: &[u8], root: &str) -> Vec<u8> {
    let start = out.len();
    let (previous, size) = (table_of(before), size_of(before).max(60));
    out.extend_from_slice(
        format!("{table}trailer\n<</Size {size} {root} /Prev {previous}>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

fn swap(pdf: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = find(pdf, from.as_bytes()).unwrap();
    let mut changed = pdf.to_vec();
    changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    changed
}

/// The object of a signed file as it is written last.
pub fn object(pdf: &[u8], number: usize) -> String {
    let text = String::from_utf8_lossy(pdf).into_owned();
    let body = text.rsplit(&format!("\n{number} 0 obj\n")).next().unwrap();
    body.split("\nendobj").next().unwrap().to_owned()
}

pub fn all() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut add = |name: &str, pdf: Vec<u8>, must| rows.push((name.to_owned(), pdf, must));
    let file = signed(&plain());
    add("untouched", file.clone(), Must::Accept);
    let harmless = update(&file, &[(50, "<</Nobody (knows)>>".into())]);
    add("update: an object that nobody uses", harmless, Must::Accept);

    let catalog = |more: &str| format!("<</Metadata 51 0 R {more} {}", object(&file, 1).trim_start_matches("<<"));
    let xmp = |content: &str| stream(content).replacen("<<", "<</Type/Metadata /Subtype/XML ", 1);
    let fine = update(&file, &[(1, catalog("")), (51, xmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"))]);
    add("update: metadata", fine, Must::Accept);
    add("update: metadata that is none", update(&file, &[(1, catalog("")), (51, xmp(EVIL))]), Must::Reject);

    // Incremental saving.
    add("incremental saving: content", update(&file, &[(6, stream(EVIL))]), Must::Reject);
    let no_table = [&file[..], format!("6 0 obj\n{}\nendobj\n", stream(EVIL)).as_bytes()].concat();
    add("incremental saving: without table and trailer", no_table, Must::Reject);
    let no_table =
        [&file[..], format!("6 0 obj\n{}\nendobj\ntrailer\n<</Root 1 0 R>>\n", stream(EVIL)).as_bytes()].concat();
    add("incremental saving: without table", no_table, Must::Reject);
    let old_table = format!("6 0 obj\n{}\nendobj\nstartxref\n{}\n%%EOF\n", stream(EVIL), table_of(&file));
    add("incremental saving: back to the old table", [&file[..], old_table.as_bytes()].concat(), Must::Reject);
    add("incremental saving: only a comment", [&file[..], b"% 6 0 R is something else\n"].concat(), Must::Reject);

    // Universal forgery: a signature that says nothing.
    for (name, from, to) in [
        ("no range", "/ByteRange", "/ByteGone."),
        ("no contents", "/Contents <", "/Content_ <"),
        ("null range", "/ByteRange [0 ", "/ByteRange null"),
    ] {
        let at = find(&file, from.as_bytes());
        if at.is_some() && from.len() == to.len() {
            add(&format!("universal forgery: {name}"), swap(&file, from, to), Must::Reject);
        }
    }
    let at = find(&file, b"/Contents <").unwrap() + 11;
    let mut zeros = file.clone();
    let end = at + zeros[at..].iter().position(|b| *b == b'>').unwrap();
    zeros[at..end].fill(b'0');
    add("universal forgery: contents of zeros", zeros, Must::Reject);

    let twin = form_with_twins();
    let fields = |more: &str| object(&twin, 1).replacen("[7 0 R 8 0 R", &format!("[7 0 R 8 0 R {more}"), 1);
    let third = "<</FT/Sig /T (Twin)>>";
    add("form: a third field of that name", update(&twin, &[(1, fields("50 0 R")), (50, third.into())]), Must::Reject);

    wrapping(&file, &mut add);
    shadows(&mut add);
    certification(&mut add);
    locks(&mut add);
    tables(&file, &mut add);
    rows
}

/// A signed form with two text fields of one name, as some programs write them.
pub fn form_with_twins() -> Vec<u8> {
    let mut objects = pages(1, "", "/AcroForm <</Fields [7 0 R 8 0 R] /SigFlags 3>>");
    objects.push("<</FT/Tx /T (Twin) /V (Recife)>>".into());
    objects.push("<</FT/Tx /T (Twin) /V (Natal)>>".into());
    signed(&assemble(&objects))
}

/// The signed bytes stay, and the second part of the range is moved behind something new.
fn wrapping(file: &[u8], add: &mut impl FnMut(&str, Vec<u8>, Must)) {
    let from = find(file, b"/ByteRange [").unwrap() + 12;
    let to = from + file[from..].iter().position(|b| *b == b']').unwrap();
    let numbers: Vec<usize> =
        String::from_utf8_lossy(&file[from..to]).split_whitespace().map(|n| n.parse().unwrap()).collect();
    let [_, first, second, length] = numbers[..] else { panic!() };
    let evil = format!("6 0 obj\n{}\nendobj\n", stream(EVIL));
    let mut wrapped = [&file[..second], evil.as_bytes(), &file[second..]].concat();
    let range = format!("{:<width$}", format!("0 {first} {} {length}", second + evil.len()), width = to - from);
    wrapped[from..to].copy_from_slice(range.as_bytes());
    add("wrapping: content in the gap", wrapped, Must::Reject);

    let mut short = file.to_vec();
    let range = format!("{:<width$}", format!("0 {first} {second} {}", length - 8), width = to - from);
    short[from..to].copy_from_slice(range.as_bytes());
    add("wrapping: the end is not covered", short, Must::Reject);

    // A second dictionary with the same signature, which covers the old file, and new content.
    let dictionary = object(file, size_of(file) - 2);
    if dictionary.contains("/ByteRange") {
        add("wrapping: the signature copied", update(file, &[(50, dictionary), (6, stream(EVIL))]), Must::Reject);
    }
}

/// The signed file already holds what the update brings forward.
fn shadows(add: &mut impl FnMut(&str, Vec<u8>, Must)) {
    // Hide: an image or annotation lies over the content, and goes away.
    let mut objects = pages(1, "/Annots [7 0 R]", "");
    objects.push("<</Type/Annot /Subtype/Square /Rect [0 0 595 842] /IC [1 1 1] /F 4>>".into());
    let file = signed(&assemble(&objects));
    let page = object(&file, 5).replace("7 0 R", "");
    add("shadow, hide: the cover is taken away", update(&file, &[(5, page)]), Must::Reject);
    let moved = "<</Type/Annot /Subtype/Square /Rect [0 0 0 0] /IC [1 1 1] /F 4>>";
    add("shadow, hide: the cover is moved away", update(&file, &[(7, moved.into())]), Must::Reject);

    // Replace: a font, or the looks of a field.
    let file = signed(&plain());
    let font = "<</Type/Font /Subtype/Type1 /BaseFont/Symbol>>";
    add("shadow, replace: another font", update(&file, &[(4, font.into())]), Must::Reject);

    // Hide and replace: two objects of one number, and the table changes its mind.
    let mut two = pages(1, "", "");
    two[5] = stream("BT /F1 24 Tf 72 720 Td (Page 1) Tj ET");
    let mut file = assemble(&two);
    let table = find(&file, b"xref\n0").unwrap();
    let hidden = format!("6 0 obj\n{}\nendobj\n", stream(EVIL));
    let tail = file.split_off(table);
    let hidden_at = file.len();
    file.extend_from_slice(hidden.as_bytes());
    let start = file.len();
    let tail = String::from_utf8(tail).unwrap().replace(&format!("startxref\n{table}"), &format!("startxref\n{start}"));
    file.extend_from_slice(tail.as_bytes());
    let file = signed(&file);
    add("shadow, hide and replace: before the swap", file.clone(), Must::Accept);
    let swapped = finish(file.clone(), &format!("xref\n6 1\n{hidden_at:010} 00000 n \n"), &file, "/Root 1 0 R");
    add("shadow, hide and replace: the table points elsewhere", swapped, Must::Reject);
}

/// Changes that a certification seems to allow.
fn certification(add: &mut impl FnMut(&str, Vec<u8>, Must)) {
    let certify = |certification| {
        let options = SignOptions { certification, ..options(None) };
        sign(&plain(), ana(), &options, now()).unwrap().pdf
    };
    let evil = "<</Type/Annot /Subtype/FreeText /Rect [0 0 595 842] /Contents (evil) /DA (/F1 9 Tf) /F 4>>";
    for (name, certification) in
        [("P=1", Certify::NoChanges), ("P=2", Certify::FormsAndSigning), ("P=3", Certify::FormsSigningAndComments)]
    {
        let file = certify(certification);
        let page = object(&file, 5).replacen("<<", "<</Annots [50 0 R] ", 1);
        let page = if page.matches("/Annots").count() > 1 {
            page.replacen("/Annots [50 0 R] ", "", 1).replace("/Annots [", "/Annots [50 0 R ")
        } else {
            page
        };
        add(&format!("evil annotation, {name}"), update(&file, &[(5, page), (50, evil.into())]), Must::Reject);
    }
    for (level, certification) in [(2, Certify::FormsAndSigning), (3, Certify::FormsSigningAndComments)] {
        let file = certify(certification);
        let sneaky = with_box(&file);
        add(&format!("sneaky field, P={level}"), sneaky.clone(), Must::Reject);
        let show = SignOptions { field: "Sneaky".into(), visible: Some(Visible::default()), ..options(None) };
        add(&format!("sneaky signature, P={level}"), sign(&sneaky, ana(), &show, now()).unwrap().pdf, Must::Reject);
        let again = sign(&file, ana(), &options(None), now()).unwrap().pdf;
        add(&format!("another signature, P={level}"), again, Must::Accept);
        let reserve = vec![Reserve { name: "Later".into(), ..Reserve::default() }];
        let reserved = sign(&file, ana(), &SignOptions { reserve, ..options(None) }, now()).unwrap().pdf;
        add(&format!("another signature, which reserves a field, P={level}"), reserved, Must::Accept);
    }
}

/// A file with a visible signature field, by a program that does not ask what was certified.
pub fn with_box(file: &[u8]) -> Vec<u8> {
    let catalog = object(file, 1);
    // The form is written into the catalog or is an object of its own.
    let form: usize = catalog.split("/AcroForm ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap_or(1);
    let fields = object(file, form).replacen("/Fields [", "/Fields [50 0 R ", 1);
    let page = object(file, 5).replacen("/Annots [", "/Annots [50 0 R ", 1);
    assert!(fields.contains("50 0 R") && page.contains("50 0 R"));
    let field = "<</Type/Annot /Subtype/Widget /FT/Sig /T (Sneaky) /Rect [0 0 595 842] /P 5 0 R /F 4>>";
    let mut objects = [(5, page), (form, fields), (50, field.into())];
    objects.sort_unstable();
    update(file, &objects)
}

/// The form, signed in a field whose lock also says what may be changed: `/P`.
pub fn locked(level: &str) -> Vec<u8> {
    let form = form_with(&format!("/Action/Include /Fields [(State)] /P {level}"));
    sign(&form, ana(), &SignOptions { field: "Approval".into(), ..options(None) }, now()).unwrap().pdf
}

/// What comes after a signature whose lock limits changes.
fn locks(add: &mut impl FnMut(&str, Vec<u8>, Must)) {
    for (level, filled) in [("1", Must::Reject), ("2", Must::Accept), ("3", Must::Accept)] {
        let file = locked(level);
        add(&format!("lock, P={level}: nothing"), file.clone(), Must::Accept);
        let city = object(&file, 7).replace("(Recife)", "(Olinda)");
        add(&format!("lock, P={level}: another field is filled"), update(&file, &[(7, city)]), filled);
        add(&format!("lock, P={level}: a box"), with_box(&file), Must::Reject);
    }
    let signed = sign(&locked("2"), ana(), &options(None), now()).unwrap().pdf;
    add("lock, P=2: another signature", signed, Must::Accept);
}

/// Games with tables and numbers.
fn tables(file: &[u8], add: &mut impl FnMut(&str, Vec<u8>, Must)) {
    let hidden = |evil: &str| {
        let out = [file, format!("6 0 obj\n{evil}\nendobj\n").as_bytes()].concat();
        let at = out.len();
        let out = [&out[..], b"50 0 obj\n<</Nobody (knows)>>\nendobj\n"].concat();
        finish(out, &format!("xref\n50 1\n{at:010} 00000 n \n"), file, "/Root 1 0 R")
    };
    add("tables: an object that the table leaves out", hidden(&stream(EVIL)), Must::Reject);
    let twice = [file, format!("50 0 obj\n<<>>\nendobj\n50 0 obj\n{}\nendobj\n", stream(EVIL)).as_bytes()].concat();
    let twice = finish(twice, &format!("xref\n50 1\n{:010} 00000 n \n", file.len()), file, "/Root 1 0 R");
    add("tables: an object twice", twice, Must::Reject);
    let freed =
        finish(file.to_vec(), "xref\n0 1\n0000000006 65535 f \n6 1\n0000000000 00001 f \n", file, "/Root 1 0 R");
    add("tables: an object freed", freed, Must::Reject);
    let other = file.len();
    let root = [file, b"50 0 obj\n<</Type/Catalog /Pages 51 0 R>>\nendobj\n51 0 obj\n<</Type/Pages /Count 1 /Kids [7 0 R]>>\nendobj\n"].concat();
    let second = other + root[other..].windows(8).position(|w| w == b"51 0 obj").unwrap();
    let root =
        finish(root, &format!("xref\n50 2\n{other:010} 00000 n \n{second:010} 00000 n \n"), file, "/Root 50 0 R");
    add("tables: another catalog", root, Must::Reject);
    let font = find(file, b"4 0 obj").unwrap();
    let redirected = finish(file.to_vec(), &format!("xref\n6 1\n{font:010} 00000 n \n"), file, "/Root 1 0 R");
    add("tables: an entry leads to another object", redirected, Must::Reject);
    let far = finish(file.to_vec(), "xref\n6 1\n9999999999 00000 n \n", file, "/Root 1 0 R");
    add("tables: an entry leads nowhere", far, Must::Reject);
    let evil = [file, format!("6 0 obj\n{}\nendobj\n", stream(EVIL)).as_bytes()].concat();
    let generation = finish(evil, &format!("xref\n6 1\n{:010} 00001 n \n", file.len()), file, "/Root 1 0 R");
    add("tables: another generation", generation, Must::Reject);
    let two = update(&update(file, &[(6, stream(EVIL))]), &[(6, object(&plain(), 6))]);
    add("tables: changed and changed back", two, Must::Reject);
}
