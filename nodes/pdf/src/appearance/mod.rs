//! What a visible signature looks like: some lines of text in a frame, in an embedded font.

mod font;
mod template;
mod text;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::error::Error;
use super::increment::Update;
use super::page::{Area, Geometry};
pub use template::{Values, fill};

/// Space between frame and text, in points.
const PADDING: f64 = 4.0;
/// Largest and smallest size of the letters, in points.
const SIZES: (f64, f64) = (10.0, 4.0);
const LINE_HEIGHT: f64 = 1.25;

/// A drawn appearance.
pub struct Drawn {
    /// The form XObject.
    pub form: ObjectId,
    /// Letters that the font does not have; a `?` stands in their place.
    pub missing: Vec<char>,
}

/// Draws `lines` into a form XObject for `area`.
pub fn draw(
    update: &mut Update<'_, '_>,
    geometry: &Geometry,
    area: &Area,
    lines: &[String],
    frame: bool,
) -> Result<Drawn, Error> {
    let scale = area.scale;
    let mut font = font::Subset::new()?;
    let room = text::Room { width: area.width / scale - 2.0 * PADDING, height: area.height / scale - 2.0 * PADDING };
    let set = text::set(lines, &room, SIZES, LINE_HEIGHT, |text| font.width(text));

    let mut content = format!("q\n{0} 0 0 {0} 0 0 cm\n", number(scale));
    let (width, height) = (area.width / scale, area.height / scale);
    if frame {
        content += &format!("0.62 0.66 0.72 RG 0.6 w 0.3 0.3 {} {} re S\n", number(width - 0.6), number(height - 0.6));
    }
    // Whatever does not fit at the smallest size is cut at the frame, not drawn over the page.
    content += &format!("0 0 {} {} re W n\n", number(width), number(height));
    content += "BT\n0.09 0.11 0.15 rg\n";
    content += &format!("/F1 {} Tf\n", number(set.size));
    // Centred in height; the first baseline is an ascent below the top.
    let leading = set.size * LINE_HEIGHT;
    let block = leading * set.lines.len() as f64;
    let top = height - ((height - block) / 2.0).max(PADDING);
    let mut y = top - (leading - set.size) / 2.0 - set.size * font.ascent();
    for line in &set.lines {
        content += &format!("1 0 0 1 {} {} Tm <{}> Tj\n", number(PADDING), number(y), font.encode(line));
        y -= leading;
    }
    content += "ET\nQ\n";

    let (font_id, missing) = font.embed(update)?;
    let matrix = geometry.upright().map(Object::Integer).to_vec();
    let mut stream = Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "FormType" => 1,
            "BBox" => vec![0.into(), 0.into(), Object::Real(area.width as f32), Object::Real(area.height as f32)],
            "Matrix" => matrix,
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font_id } },
        },
        content.into_bytes(),
    );
    compress(&mut stream);
    Ok(Drawn { form: update.add(stream)?, missing })
}

/// An appearance dictionary with one normal appearance.
pub fn normal(form: ObjectId) -> Dictionary {
    dictionary! { "N" => form }
}

/// A form XObject that shows nothing, for a field without an area: PDF/A-1 wants every field to have
/// an appearance (ISO 19005-1 6.9).
pub fn blank(update: &mut Update<'_, '_>) -> Result<ObjectId, Error> {
    update.add(Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![Object::Integer(0); 4],
            "Resources" => dictionary! {},
        },
        Vec::new(),
    ))
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
