//! Visible signatures: where they are and what they say, as `pdftotext` and `pdfsig` see it.

use super::signing::options;
use super::validators;
use crate::testing::documents::{assemble, form, pages, plain};
use crate::testing::material::{ana, material, now, run, text};
use crate::testing::pictures::{jpeg, png_with_transparency};
use crate::tools::tests::qr_codes;
use crate::{Arrangement, Corner, Page, Place, SignOptions, Visible, sign};

fn visible(page: Page, place: Place) -> SignOptions {
    SignOptions { visible: Some(Visible { page, place, ..Visible::default() }), ..options(None) }
}

/// The words in an area of a page, in millimetres from the top left as the page is shown.
fn words(pdf: &[u8], page: usize, area: (u32, u32, u32, u32)) -> String {
    let file = material().file(pdf);
    let page = page.to_string();
    let found = run("pdftotext", &["-cropbox", "-bbox", "-f", &page, "-l", &page, text(&file), "-"]);
    let (x, y, w, h) = area;
    let edge = |line: &str, name: &str| -> f64 {
        let at = line.find(name).unwrap() + name.len() + 2;
        line[at..].split('"').next().unwrap().parse::<f64>().unwrap() * 25.4 / 72.0
    };
    let inside = |line: &&str| {
        edge(line, "xMin") >= x.into()
            && edge(line, "yMin") >= y.into()
            && edge(line, "xMax") <= (x + w).into()
            && edge(line, "yMax") <= (y + h).into()
    };
    let words = found.lines().filter(|line| line.trim().starts_with("<word")).filter(inside);
    words.map(|line| line.split(['>', '<']).nth(2).unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn corners_of_turned_pages() {
    // A4 is 210 by 297 mm; the crop box takes 20 mm (56.7 points) off the left and the bottom.
    for rotate in [0, 90, 180, 270, -90, 450] {
        let input = assemble(&pages(2, &format!("/Rotate {rotate} /CropBox [56.7 56.7 595 842]"), ""));
        let (width, height) = if rotate % 180 == 0 { (190, 277) } else { (277, 190) };
        for (corner, x, y) in [
            (Corner::TopLeft, 10, 10),
            (Corner::TopRight, width - 80, 10),
            (Corner::BottomLeft, 10, height - 30),
            (Corner::BottomRight, width - 80, height - 30),
        ] {
            let place = Place::Corner { corner, width: 70.0, height: 20.0 };
            let signed = sign(&input, ana(), &visible(Page::Last, place), now()).unwrap();
            let found = words(&signed.pdf, 2, (x, y, 70, 20));
            if let Ok(folder) = std::env::var("FLUXO_TEST_LOOK") {
                std::fs::write(format!("{folder}/{corner:?}-{rotate}.pdf"), &signed.pdf).unwrap();
            }
            for part in ["Digitally signed by", "Ana Conceição", "Aprovação do contrato"] {
                assert!(found.contains(part), "{part} not in {corner:?} at {rotate}°: {found}");
            }
            assert!(!words(&signed.pdf, 1, (x, y, 70, 20)).contains("Ana"));
        }
    }
}

#[test]
fn a_rectangle_in_millimetres() {
    let place = Place::Rectangle { left: 120.0, top: 50.0, width: 60.0, height: 25.0 };
    let signed = sign(&plain(), ana(), &visible(Page::First, place), now()).unwrap();
    assert!(words(&signed.pdf, 1, (120, 50, 60, 25)).contains("Ana Conceição"));
    validators::pdfsig(&signed.pdf, 1, None);
    validators::qpdf(&signed.pdf, None);
}

#[test]
fn the_text_is_a_template() {
    let options = SignOptions {
        visible: Some(Visible {
            text: "{{name}} – {cpf}\n{cnpj}\n{issuer}\n{date}\n{unknown}".into(),
            date_format: "%d/%m/%Y".into(),
            ..Visible::default()
        }),
        time_zone: "America/Sao_Paulo".into(),
        ..options(None)
    };
    let signed = sign(&plain(), ana(), &options, now()).unwrap();
    let found = words(&signed.pdf, 2, (0, 0, 210, 297));
    let today = now().to_zoned(jiff::tz::TimeZone::get("America/Sao_Paulo").unwrap()).strftime("%d/%m/%Y").to_string();
    for part in ["Ana Conceição – ***.456.789-**", "Autoridade de Teste", &today, "{unknown}"] {
        assert!(found.contains(part), "{part} not in {found}");
    }
}

#[test]
fn letters_that_the_font_lacks_are_told() {
    let options = SignOptions { name: "東京 Ana".into(), ..visible(Page::Last, Place::default()) };
    let signed = sign(&plain(), ana(), &options, now()).unwrap();
    assert_eq!(signed.warnings.len(), 1);
    assert_eq!(signed.warnings[0].code(), "pdf_missing_letters");
    assert!(signed.warnings[0].message(crate::Lang::En).ends_with("東京"));
}

#[test]
fn an_existing_field_shows_the_signature_in_its_own_place() {
    let options = SignOptions { field: "Approval".into(), ..visible(Page::Last, Place::default()) };
    let signed = sign(&form(), ana(), &options, now()).unwrap();
    // [72 400 300 460] in points from the bottom of 842.
    assert!(words(&signed.pdf, 1, (25, 134, 82, 23)).contains("Ana Conceição"));
    validators::pdfsig(&signed.pdf, 1, None);
}

#[test]
fn every_font_is_embedded() {
    let signed = sign(&assemble(&pages(1, "", "")), ana(), &visible(Page::Last, Place::default()), now()).unwrap();
    let file = material().file(&signed.pdf);
    let fonts = run("pdffonts", &[text(&file)]);
    let inter = fonts.lines().find(|line| line.contains("Inter")).unwrap();
    // emb sub uni
    assert!(inter.contains("yes yes yes"), "{fonts}");
}

#[test]
fn nothing_but_the_box_is_drawn() {
    let render = |pdf: &[u8], page: &str| {
        let (file, out) = (material().file(pdf), material().scratch());
        run("pdftoppm", &["-r", "40", "-f", page, "-l", page, "-singlefile", "-gray", text(&file), text(&out)]);
        std::fs::read(out.with_extension("pgm")).or_else(|_| std::fs::read(format!("{}.pgm", text(&out)))).unwrap()
    };
    let signed = sign(&plain(), ana(), &visible(Page::Last, Place::default()), now()).unwrap().pdf;
    assert_eq!(render(&plain(), "1"), render(&signed, "1"));
    assert_ne!(render(&plain(), "2"), render(&signed, "2"));
    let invisible = sign(&plain(), ana(), &options(None), now()).unwrap().pdf;
    assert_eq!(render(&plain(), "2"), render(&invisible, "2"));
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_pictures_and_codes_stand_beside_the_text() {
    for (picture, arrangement) in [
        (Some(png_with_transparency()), Arrangement::Left),
        (Some(jpeg()), Arrangement::Above),
        (Some(png_with_transparency()), Arrangement::Behind),
        (None, Arrangement::Left),
    ] {
        let place = Place::Rectangle { left: 20.0, top: 100.0, width: 120.0, height: 45.0 };
        let visible = Visible {
            page: Page::First,
            place,
            picture,
            arrangement,
            qr: "https://example.org/verify/{serial}".into(),
            ..Visible::default()
        };
        let options = SignOptions { visible: Some(visible), ..options(None) };
        let signed = sign(&plain(), ana(), &options, now()).unwrap();
        assert_eq!(signed.warnings, []);
        assert!(words(&signed.pdf, 1, (20, 100, 120, 45)).contains("Ana Conceição"), "{arrangement:?}");
        let codes = qr_codes(&signed.pdf, 1);
        assert_eq!(codes, [format!("https://example.org/verify/{}", ana().summary().serial)], "{arrangement:?}");
        validators::pdfsig(&signed.pdf, 1, None);
        validators::qpdf(&signed.pdf, None);
        validators::pyhanko(&signed.pdf, None);
    }
    let bad = Visible { picture: Some(b"GIF89a".to_vec()), ..Visible::default() };
    let options = SignOptions { visible: Some(bad), ..options(None) };
    assert_eq!(sign(&plain(), ana(), &options, now()).unwrap_err().code(), "pdf_image");
}
