//! Stamps, as poppler and mutool see them.

use super::{pixels, qr_codes, sound, words};
use crate::testing::documents::{all_kinds, assemble, pages, plain};
use crate::testing::material::{ana, now};
use crate::testing::pictures::{jpeg, png_with_transparency};
use crate::tools::{Mark, OnSigned, StampOptions, StampPlace, ToolWarning, stamp};
use crate::{Corner, Place, Secret, SignOptions, sign};

fn words_at(corner: Corner) -> StampOptions {
    let mark = Mark::Text { text: "Cópia nº {page}/{pages}".into(), size: 9.0, colour: [1.0, 0.0, 0.0] };
    StampOptions::new(mark, StampPlace::At(Place::Corner { corner, width: 50.0, height: 8.0 }))
}

#[test]
fn every_page_gets_its_number() {
    for (kind, bytes, password) in all_kinds() {
        println!("{kind}");
        let options = StampOptions { password: password.map(|p| Secret(p.into())), ..words_at(Corner::TopLeft) };
        let stamped = stamp(&bytes, &options).unwrap().pdf;
        assert!(stamped.starts_with(&bytes));
        if password.is_none() {
            let found = words(&stamped);
            let count = found.len();
            for (at, page) in found.iter().enumerate() {
                assert!(page.contains(&format!("Cópia nº {}/{count}", at + 1)), "{kind}: {page}");
                assert!(page.contains(&format!("Page {}", at + 1)), "{kind}: {page}");
            }
        }
    }
    sound(&stamp(&plain(), &words_at(Corner::TopLeft)).unwrap().pdf);
}

#[test]
fn corners_of_turned_pages() {
    // 100 by 150 mm as seen; the stamp is 20 by 10 mm in black.
    for rotate in [0, 90, 180, 270] {
        let (width, height) = if rotate % 180 == 0 { (283.46, 425.2) } else { (425.2, 283.46) };
        let page =
            format!("/Rotate {rotate} /MediaBox [0 0 900 900] /CropBox [100 50 {} {}]", 100.0 + width, 50.0 + height);
        let input = assemble(&pages(1, &page, ""));
        let black = Mark::Picture(square());
        let place = Place::Rectangle { left: 10.0, top: 20.0, width: 20.0, height: 10.0 };
        let stamped = stamp(&input, &StampOptions::new(black, StampPlace::At(place))).unwrap().pdf;
        sound(&stamped);
        let (wide, high, dark) = pixels(&stamped, 1);
        assert!((wide as f64 / high as f64 - 100.0 / 150.0).abs() < 0.01, "{wide} {high}");
        // The picture is square: 10 by 10 mm in the middle of its place, 15 to 25 mm from the left.
        let at = |x: f64, y: f64| dark[(y / 150.0 * high as f64) as usize * wide + (x / 100.0 * wide as f64) as usize];
        assert!(at(20.0, 25.0) && at(16.0, 21.0) && at(24.0, 29.0), "{rotate}");
        assert!(!at(14.0, 25.0) && !at(26.0, 25.0) && !at(20.0, 19.0) && !at(20.0, 31.0), "{rotate}");
    }
}

/// A black square as PNG.
fn square() -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[0; 64]).unwrap();
    file
}

#[test]
fn qr_codes_can_be_read_at_any_angle() {
    for (rotate, page) in [(0.0, "/Rotate 90"), (30.0, ""), (180.0, "/Rotate 270")] {
        let place = StampPlace::Middle { width: 60.0, height: 60.0 };
        let options =
            StampOptions { rotate, ..StampOptions::new(Mark::Qr("https://example.org/v?c=Ação".into()), place) };
        let stamped = stamp(&assemble(&pages(1, page, "")), &options).unwrap().pdf;
        sound(&stamped);
        assert_eq!(qr_codes(&stamped, 1), ["https://example.org/v?c=Ação"], "{rotate} {page}");
    }
}

#[test]
fn pictures_opacity_and_behind() {
    for file in [png_with_transparency(), jpeg()] {
        for behind in [false, true] {
            let place = StampPlace::Middle { width: 100.0, height: 100.0 };
            let options =
                StampOptions { opacity: 0.3, behind, ..StampOptions::new(Mark::Picture(file.clone()), place) };
            let stamped = stamp(&plain(), &options).unwrap();
            sound(&stamped.pdf);
            assert_eq!(words(&stamped.pdf), ["Page 1", "Page 2"]);
            assert_eq!(stamped.warnings, []);
        }
    }
}

/// PDF/A-1 knows no transparency.
#[test]
fn an_archive_that_allows_no_transparency_says_so() {
    let options = StampOptions { opacity: 0.3, ..words_at(Corner::TopLeft) };
    let stamped = stamp(&crate::testing::archive::pdf_a(1, "B"), &options).unwrap();
    assert_eq!(stamped.warnings, [ToolWarning::OpacityIgnored]);
    assert_eq!(stamp(&crate::testing::archive::pdf_a(2, "B"), &options).unwrap().warnings, []);
}

#[test]
fn what_a_page_leaves_open_does_not_move_the_stamp() {
    let mut objects = pages(1, "", "");
    let content = "q 0.1 0 0 0.1 5 5 cm q BT /F1 24 Tf 72 720 Td (Page 1) Tj ET";
    objects[5] = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    let place = StampPlace::At(Place::Rectangle { left: 90.0, top: 90.0, width: 20.0, height: 20.0 });
    let stamped = stamp(&assemble(&objects), &StampOptions::new(Mark::Picture(square()), place)).unwrap().pdf;
    let (wide, high, dark) = pixels(&stamped, 1);
    let at = |x: f64, y: f64| dark[(y / 297.0 * high as f64) as usize * wide + (x / 210.0 * wide as f64) as usize];
    assert!(at(91.0, 91.0) && at(109.0, 109.0) && !at(88.0, 100.0) && !at(112.0, 100.0));
}

#[test]
fn signed_files_are_refused_or_broken_on_purpose() {
    let signed = sign(&plain(), ana(), &SignOptions::default(), now()).unwrap().pdf;
    assert_eq!(stamp(&signed, &words_at(Corner::TopLeft)).unwrap_err().code(), "pdf_signed");
    let options = StampOptions { signed: OnSigned::Break, ..words_at(Corner::TopLeft) };
    let stamped = stamp(&signed, &options).unwrap();
    assert_eq!(stamped.warnings, [ToolWarning::SignaturesBroken { signers: "Ana Conceição".into() }]);
}

#[test]
fn what_cannot_be_stamped() {
    let middle = StampPlace::Middle { width: 50.0, height: 50.0 };
    let check = |options: StampOptions, code: &str| assert_eq!(stamp(&plain(), &options).unwrap_err().code(), code);
    check(StampOptions::new(Mark::Picture(b"GIF89a".to_vec()), middle), "pdf_image");
    check(StampOptions::new(Mark::Picture(png_with_transparency()[..50].to_vec()), middle), "pdf_image");
    check(StampOptions::new(Mark::Picture(jpeg()[..20].to_vec()), middle), "pdf_image");
    // Only its header is read before it is refused.
    let mut huge = Vec::new();
    drop(png::Encoder::new(&mut huge, 20_000, 20_000).write_header().unwrap());
    // Behind the 33 bytes of the header comes an empty part with pixels and its checksum.
    huge.truncate(33);
    huge.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    check(StampOptions::new(Mark::Picture(huge), middle), "pdf_image_size");
    check(StampOptions { pages: "1-x".into(), ..words_at(Corner::TopLeft) }, "pdf_page_list");
    check(StampOptions::new(Mark::Qr("x".repeat(5_000)), middle), "pdf_qr_text");
    check(StampOptions::new(Mark::Qr(" ".into()), middle), "pdf_nothing_to_stamp");
    check(StampOptions { pages: "7".into(), ..words_at(Corner::TopLeft) }, "pdf_page_beyond");
    let outside = Place::Rectangle { left: 200.0, top: 10.0, width: 50.0, height: 10.0 };
    check(StampOptions { place: StampPlace::At(outside), ..words_at(Corner::TopLeft) }, "pdf_outside_page");
    let letters = Mark::Text { text: "東".into(), size: 0.0, colour: [0.0; 3] };
    let stamped = stamp(&plain(), &StampOptions::new(letters, middle)).unwrap();
    assert_eq!(stamped.warnings, [ToolWarning::MissingLetters { letters: "東".into() }]);
}
