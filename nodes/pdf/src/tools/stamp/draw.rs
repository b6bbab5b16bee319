//! What a stamp looks like: forms that pages share.

use std::collections::HashMap;

use lopdf::{ObjectId, dictionary};

use super::{Mark, Spot, StampOptions, side};
use crate::appearance::{Ink, LINE_HEIGHT, Picture, arrange_fitted, font, form, number, qr, text};
use crate::error::Error;
use crate::increment::Update;

/// Largest and smallest letters that fit themselves into the place, in points.
const SIZES: (f64, f64) = (200.0, 4.0);
/// More text than this on a stamp could not be read anyway.
const MAX_TEXT: usize = 2_000;

/// The forms of all spots, in their order.
pub struct Drawn {
    pub forms: Vec<ObjectId>,
    pub missing: Vec<char>,
}

pub fn all(
    update: &mut Update<'_, '_>,
    spots: &[Spot],
    options: &StampOptions,
    picture: Option<&Picture>,
    ink: Ink,
    pages: usize,
) -> Result<Drawn, Error> {
    let mut font = font::Subset::new()?;
    // What looks the same is drawn once: what it shows, and how large it is in points.
    let mut looks: HashMap<(String, u64, u64), usize> = HashMap::new();
    let (mut contents, mut which) = (Vec::new(), Vec::new());
    for spot in spots {
        let size = [spot.area.width / spot.area.scale, spot.area.height / spot.area.scale];
        let shown = match &options.mark {
            Mark::Text { text, .. } => {
                let text = text.replace("{pages}", &pages.to_string()).replace("{page}", &spot.number.to_string());
                text.chars().filter(|c| *c == '\n' || !c.is_control()).take(MAX_TEXT).collect()
            }
            Mark::Qr(text) => text.trim().to_owned(),
            Mark::Picture(_) => String::new(),
        };
        let key = (shown, size[0].to_bits(), size[1].to_bits());
        let at = match looks.get(&key) {
            Some(at) => *at,
            None => {
                contents.push((content(&mut font, &key.0, size, options, picture, ink)?, size));
                looks.insert(key, contents.len() - 1);
                contents.len() - 1
            }
        };
        which.push(at);
    }
    let mut resources = dictionary! { "ColorSpace" => dictionary! { "C" => ink.space(3) } };
    let mut missing = Vec::new();
    if matches!(options.mark, Mark::Text { .. }) {
        let (font, lacks) = font.embed(update)?;
        resources.set("Font", dictionary! { "F1" => font });
        missing = lacks;
    }
    if let Some(picture) = picture {
        resources.set("XObject", dictionary! { "P" => picture.embed(update, ink)? });
    }
    let matrix = [1, 0, 0, 1, 0, 0].map(lopdf::Object::Integer).to_vec();
    let mut made = Vec::with_capacity(contents.len());
    for (content, size) in contents {
        made.push(form(update, size, matrix.clone(), resources.clone(), content)?);
    }
    Ok(Drawn { forms: which.into_iter().filter_map(|at| made.get(at).copied()).collect(), missing })
}

fn content(
    font: &mut font::Subset,
    shown: &str,
    [width, height]: [f64; 2],
    options: &StampOptions,
    picture: Option<&Picture>,
    ink: Ink,
) -> Result<String, Error> {
    match &options.mark {
        Mark::Picture(_) => {
            let own = picture.map_or((1.0, 1.0), |picture| (picture.width.into(), picture.height.into()));
            let [x, y, w, h] = arrange_fitted([0.0, 0.0, width, height], own);
            Ok(format!("q {} 0 0 {} {} {} cm /P Do Q\n", number(w), number(h), number(x), number(y)))
        }
        Mark::Qr(_) => {
            let side = width.min(height);
            let (x, y) = ((width - side) / 2.0, (height - side) / 2.0);
            let code = qr::draw(shown, side, &ink.colour([1.0; 3]), &ink.colour([0.0; 3]))?;
            Ok(format!("q 1 0 0 1 {} {} cm\n{code}Q\n", number(x), number(y)))
        }
        Mark::Text { size, colour, .. } => {
            let lines: Vec<String> = shown.lines().map(str::to_owned).collect();
            let sizes = if *size > 0.0 { (*size, *size) } else { SIZES };
            let set = text::set(&lines, &text::Room { width, height }, sizes, LINE_HEIGHT, |text| font.width(text));
            let leading = set.size * LINE_HEIGHT;
            let block = leading * set.lines.len() as f64;
            let mut y =
                height - ((height - block) / 2.0).max(0.0) - (leading - set.size) / 2.0 - set.size * font.ascent();
            let mut content = ink.colour(*colour);
            content += &format!("BT\n/F1 {} Tf\n", number(set.size));
            for line in &set.lines {
                let x = (width - font.width(line) * set.size).max(0.0) * side(options.place);
                content += &format!("1 0 0 1 {} {} Tm <{}> Tj\n", number(x), number(y), font.encode(line));
                y -= leading;
            }
            Ok(content + "ET\n")
        }
    }
}
