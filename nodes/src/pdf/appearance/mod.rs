//! What a visible signature looks like: some lines of text in a frame, in an embedded font.

mod font;
mod template;
mod text;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::error::Error;
use super::increment::Update;
use super::page::{Area, Geometry};
pub use template::{Line, Values, fill};
use text::Measure;

/// Space between frame and text, in points.
const PADDING: f64 = 6.0;
/// Largest and smallest size of the letters, in points.
const SIZES: (f64, f64) = (9.0, 3.5);
const LINE_HEIGHT: f64 = 1.3;
/// How much larger the signer's name is.
const STRONG: f64 = 1.25;
/// Radius of the frame's corners, and its width, in points.
const RADIUS: f64 = 3.0;
const FRAME: f64 = 0.7;

/// A drawn appearance.
pub struct Drawn {
    /// The form XObject.
    pub form: ObjectId,
    /// Letters that the font does not have; a `?` stands in their place.
    pub missing: Vec<char>,
}

struct Fonts {
    regular: font::Subset,
    strong: font::Subset,
}

impl text::Measure for Fonts {
    fn width(&self, text: &str, strong: bool) -> f64 {
        if strong { self.strong.width(text) * STRONG } else { self.regular.width(text) }
    }

    fn height(&self, strong: bool) -> f64 {
        LINE_HEIGHT * if strong { STRONG } else { 1.0 }
    }
}

/// Draws `lines` into a form XObject for `area`.
pub fn draw(
    update: &mut Update<'_, '_>,
    geometry: &Geometry,
    area: &Area,
    lines: &[Line],
    frame: bool,
) -> Result<Drawn, Error> {
    let scale = area.scale;
    let (width, height) = (area.width / scale, area.height / scale);
    // A small box has no room to waste.
    let padding = PADDING.min(width / 12.0).min(height / 8.0);
    let room = text::Room { width: width - 2.0 * padding, height: height - 2.0 * padding };
    let mut fonts = Fonts { regular: font::Subset::regular()?, strong: font::Subset::semi_bold()? };
    let set = text::set(lines, &room, SIZES, &fonts);

    let mut content = format!("q\n{0} 0 0 {0} 0 0 cm\n", number(scale));
    if frame {
        content += &format!("0.68 0.71 0.77 RG {} w\n{} S\n", number(FRAME), rounded(width, height));
    }
    // Whatever does not fit at the smallest size is cut at the frame, not drawn over the page.
    content += &format!("0 0 {} {} re W n\nBT\n", number(width), number(height));
    content += &glyphs(&set, &mut fonts, padding, height);
    content += "ET\nQ\n";

    let mut resources = Dictionary::new();
    let mut missing = Vec::new();
    for (name, font) in [("F1", fonts.regular), ("F2", fonts.strong)] {
        if font.is_used() {
            let (id, lacks) = font.embed(update)?;
            resources.set(name, id);
            missing.extend(lacks.into_iter().filter(|letter| !missing.contains(letter)).collect::<Vec<_>>());
        }
    }
    let matrix = geometry.upright().map(Object::Integer).to_vec();
    let mut stream = Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "FormType" => 1,
            "BBox" => vec![0.into(), 0.into(), Object::Real(area.width as f32), Object::Real(area.height as f32)],
            "Matrix" => matrix,
            "Resources" => dictionary! { "Font" => resources },
        },
        content.into_bytes(),
    );
    compress(&mut stream);
    Ok(Drawn { form: update.add(stream)?, missing })
}

/// The operators that write the text: centred in height, each first baseline an ascent below its line's top.
fn glyphs(set: &text::Set, fonts: &mut Fonts, left: f64, height: f64) -> String {
    let block: f64 = set.lines.iter().map(|line| fonts.height(line.strong) * set.size).sum();
    let mut top = height - ((height - block) / 2.0).max(0.0);
    let mut content = String::new();
    for line in &set.lines {
        let line_height = fonts.height(line.strong) * set.size;
        let (name, font, size, colour) = match line.strong {
            true => ("F2", &mut fonts.strong, set.size * STRONG, "0.07 0.09 0.15"),
            false => ("F1", &mut fonts.regular, set.size, "0.28 0.32 0.40"),
        };
        let baseline = top - (line_height - size) / 2.0 - size * font.ascent();
        content += &format!(
            "{colour} rg /{name} {} Tf 1 0 0 1 {} {} Tm <{}> Tj\n",
            number(size),
            number(left),
            number(baseline),
            font.encode(&line.text)
        );
        top -= line_height;
    }
    content
}

/// The path of a frame with round corners, half its line's width inside the box.
fn rounded(width: f64, height: f64) -> String {
    let inset = FRAME / 2.0;
    let radius = RADIUS.min(width / 4.0).min(height / 4.0);
    let (x0, y0, x1, y1) = (inset, inset, width - inset, height - inset);
    // The handle length that makes a curve a quarter of a circle.
    let handle = radius * (1.0 - 0.5523);
    let point = |x: f64, y: f64| format!("{} {}", number(x), number(y));
    let mut path = format!("{} m ", point(x0 + radius, y0));
    for (corner, after) in [
        // Towards each corner, then around it.
        ((x1, y0, -1.0, 0.0), (x1, y0, 0.0, 1.0)),
        ((x1, y1, 0.0, -1.0), (x1, y1, -1.0, 0.0)),
        ((x0, y1, 1.0, 0.0), (x0, y1, 0.0, -1.0)),
        ((x0, y0, 0.0, 1.0), (x0, y0, 1.0, 0.0)),
    ] {
        let from = |by: f64, (x, y, dx, dy): (f64, f64, f64, f64)| point(x + dx * by, y + dy * by);
        path += &format!("{} l ", from(radius, corner));
        path += &format!("{} {} {} c ", from(handle, corner), from(handle, after), from(radius, after));
    }
    path + "h"
}

/// An appearance dictionary with one normal appearance.
pub fn normal(form: ObjectId) -> Dictionary {
    dictionary! { "N" => form }
}

/// Compresses a stream; one that cannot be stays as it is.
fn compress(stream: &mut Stream) {
    if let Err(error) = stream.compress() {
        debug_assert!(false, "compressing in memory failed: {error}");
    }
}

/// A number as content streams write it: no exponent, three decimals.
fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
