//! Pictures, made by the programs that make them.

use super::documents::plain;
use super::material::{material, run, text};

/// A PNG of 40 by 20: red on the left, half of it transparent, and nothing at all on the right.
pub fn png_with_transparency() -> Vec<u8> {
    let mut pixels = Vec::new();
    for _ in 0..20 {
        for x in 0..40u8 {
            pixels.extend_from_slice(&[
                255,
                0,
                0,
                if x < 10 {
                    255
                } else if x < 20 {
                    128
                } else {
                    0
                },
            ]);
        }
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 40, 20);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}

/// A JPEG of a page.
pub fn jpeg() -> Vec<u8> {
    let (from, to) = (material().file(&plain()), material().scratch());
    run("pdftoppm", &["-jpeg", "-r", "20", "-l", "1", "-singlefile", text(&from), text(&to)]);
    std::fs::read(format!("{}.jpg", text(&to))).unwrap()
}
