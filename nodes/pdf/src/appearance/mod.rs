//! What a visible signature looks like: some lines of text in a frame, in an embedded font, with a picture and a QR code.

mod arrange;
pub mod font;
mod ink;
mod picture;
pub mod qr;
mod template;
pub mod text;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::error::Error;
use super::increment::Update;
use super::page::{Area, Geometry};
use arrange::Boxes;
pub use arrange::{Arrangement, fitted as arrange_fitted};
pub use ink::Ink;
pub use picture::Picture;
pub use template::{Values, fill};

/// Space between frame and text, in points.
const PADDING: f64 = 4.0;
/// Largest and smallest size of the letters, in points.
const SIZES: (f64, f64) = (10.0, 4.0);
pub const LINE_HEIGHT: f64 = 1.25;
const DARK: [f64; 3] = [0.09, 0.11, 0.15];
const LIGHT: [f64; 3] = [0.62, 0.66, 0.72];

/// A drawn appearance.
pub struct Drawn {
    /// The form XObject.
    pub form: ObjectId,
    /// Letters that the font does not have; a `?` stands in their place.
    pub missing: Vec<char>,
}

/// What there is to draw.
#[derive(Default)]
pub struct Look {
    pub lines: Vec<String>,
    pub frame: bool,
    pub picture: Option<Picture>,
    pub arrangement: Arrangement,
    /// The text of a QR code; none when empty.
    pub qr: String,
    pub ink: Ink,
}

/// Draws a look into a form XObject for `area`.
pub fn draw(update: &mut Update<'_, '_>, geometry: &Geometry, area: &Area, look: &Look) -> Result<Drawn, Error> {
    let scale = area.scale;
    let mut font = font::Subset::new()?;
    let (width, height) = (area.width / scale, area.height / scale);
    let picture = look.picture.as_ref().map(|picture| (picture.width.into(), picture.height.into()));
    let boxes =
        Boxes::within(width, height, PADDING, picture, look.arrangement, !look.qr.is_empty(), !look.lines.is_empty());
    let room = text::Room { width: boxes.text[2], height: boxes.text[3] };
    let set = text::set(&look.lines, &room, SIZES, LINE_HEIGHT, |text| font.width(text));

    let mut content = format!("q\n{0} 0 0 {0} 0 0 cm\n", number(scale));
    let mut resources = dictionary! { "ColorSpace" => dictionary! { "C" => look.ink.space(3) } };
    // Whatever does not fit at the smallest size is cut at the frame, not drawn over the page.
    content += &format!("0 0 {} {} re W n\n", number(width), number(height));
    if let (Some(picture), Some([x, y, w, h])) = (&look.picture, boxes.picture) {
        let picture = picture.embed(update, look.ink)?;
        resources.set("XObject", dictionary! { "P" => picture });
        content += &format!("q {} 0 0 {} {} {} cm /P Do Q\n", number(w), number(h), number(x), number(y));
    }
    if let Some([x, y, side, _]) = boxes.qr {
        let code = qr::draw(&look.qr, side, &look.ink.colour([1.0; 3]), &look.ink.colour([0.0; 3]))?;
        content += &format!("q 1 0 0 1 {} {} cm\n{code}Q\n", number(x), number(y));
    }
    if look.frame {
        content += &look.ink.colour(LIGHT);
        content += &format!("0.6 w 0.3 0.3 {} {} re S\n", number(width - 0.6), number(height - 0.6));
    }
    content += &look.ink.colour(DARK);
    content += &format!("BT\n/F1 {} Tf\n", number(set.size));
    // Centred in height; the first baseline is an ascent below the top.
    let leading = set.size * LINE_HEIGHT;
    let block = leading * set.lines.len() as f64;
    let top = boxes.text[1] + boxes.text[3] - ((boxes.text[3] - block) / 2.0).max(0.0);
    let mut y = top - (leading - set.size) / 2.0 - set.size * font.ascent();
    for line in &set.lines {
        content += &format!("1 0 0 1 {} {} Tm <{}> Tj\n", number(boxes.text[0]), number(y), font.encode(line));
        y -= leading;
    }
    content += "ET\nQ\n";

    let (font_id, missing) = font.embed(update)?;
    resources.set("Font", dictionary! { "F1" => font_id });
    let matrix = geometry.upright().map(Object::Integer).to_vec();
    let form = form(update, [area.width, area.height], matrix, resources, content)?;
    Ok(Drawn { form, missing })
}

/// Adds a form XObject.
pub fn form(
    update: &mut Update<'_, '_>,
    [width, height]: [f64; 2],
    matrix: Vec<Object>,
    resources: Dictionary,
    content: String,
) -> Result<ObjectId, Error> {
    let mut stream = Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "FormType" => 1,
            "BBox" => vec![0.into(), 0.into(), Object::Real(width as f32), Object::Real(height as f32)],
            "Matrix" => matrix,
            "Resources" => resources,
        },
        content.into_bytes(),
    );
    compress(&mut stream);
    update.add(stream)
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
pub fn compress(stream: &mut Stream) {
    if let Err(error) = stream.compress() {
        debug_assert!(false, "compressing in memory failed: {error}");
    }
}

/// A number as content streams write it: no exponent, three decimals.
pub fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
