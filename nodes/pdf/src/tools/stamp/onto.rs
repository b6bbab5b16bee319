//! Putting forms onto pages: content before or after the page's own, and its resources.

use lopdf::content::Content;
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::{Spot, StampOptions};
use crate::appearance::number;
use crate::error::Error;
use crate::increment::Update;
use crate::page::inherited;
use crate::read::Pdf;

/// Pages with more content than this are taken to be well-formed.
const MAX_CONTENT: usize = 16 << 20;

/// Changes the pages of the spots.
pub fn pages(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    spots: &[Spot],
    forms: &[ObjectId],
    options: &StampOptions,
    opacity: f64,
) -> Result<(), Error> {
    let before = if options.behind { None } else { Some(update.add(Stream::new(Dictionary::new(), b"q\n".to_vec()))?) };
    let state = match opacity < 1.0 {
        true => Some(update.add(dictionary! {
            "Type" => "ExtGState",
            "ca" => Object::Real(opacity as f32),
            "CA" => Object::Real(opacity as f32),
        })?),
        false => None,
    };
    for (spot, form) in spots.iter().zip(forms) {
        let names = add_resources(update, pdf, spot.page, &[("XObject", Some(*form)), ("ExtGState", state)])?;
        let mut content = String::new();
        if !options.behind {
            // Everything that the page left open, and what was opened before it.
            content += &"Q\n".repeat(1 + left_open(pdf, spot.page));
        }
        content += "q\n";
        if let Some(state) = names.get(1) {
            content += &format!("/{state} gs\n");
        }
        let matrix = matrix(spot, options.rotate).map(number).join(" ");
        content += &format!("{matrix} cm\n/{} Do\nQ\n", names.first().map_or("", String::as_str));
        let stamp = update.add(Stream::new(Dictionary::new(), content.into_bytes()))?;
        let mut list = contents(update, pdf, spot.page)?;
        if options.behind {
            list.insert(0, Object::Reference(stamp));
        } else {
            list.splice(0..0, before.map(Object::Reference));
            list.push(Object::Reference(stamp));
        }
        update.dictionary(spot.page)?.set("Contents", list);
    }
    Ok(())
}

/// The page's content streams.
pub fn contents(update: &mut Update<'_, '_>, pdf: &Pdf<'_>, page: ObjectId) -> Result<Vec<Object>, Error> {
    let contents = update.dictionary(page)?.get(b"Contents").ok().cloned();
    Ok(match contents {
        Some(Object::Array(list)) => list,
        Some(Object::Reference(id)) => match pdf.resolve(&Object::Reference(id)) {
            Object::Array(list) => list.clone(),
            Object::Stream(_) => vec![Object::Reference(id)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    })
}

/// Adds to the page's resources; returns the names under which they are, without those of what is none.
pub fn add_resources(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    page: ObjectId,
    additions: &[(&str, Option<ObjectId>)],
) -> Result<Vec<String>, Error> {
    let own = update.dictionary(page)?.get(b"Resources").ok().cloned();
    let mut resources = match own {
        Some(own) => update.resolved(&own).unwrap_or_default(),
        None => inherited(pdf, page, b"Resources").and_then(|r| r.as_dict().ok().cloned()).unwrap_or_default(),
    };
    let mut names = Vec::new();
    for (category, object) in additions {
        let Some(object) = object else { continue };
        let mut list = resources.get(category.as_bytes()).ok().and_then(|old| update.resolved(old)).unwrap_or_default();
        let name = (1..).map(|n| format!("Fluxo{n}")).find(|name| !list.has(name.as_bytes())).unwrap_or_default();
        list.set(name.clone(), Object::Reference(*object));
        resources.set(*category, list);
        names.push(name);
    }
    update.dictionary(page)?.set("Resources", resources);
    Ok(names)
}

/// How many graphics states the page's content leaves open (a fault that many programs make).
pub fn left_open(pdf: &Pdf<'_>, page: ObjectId) -> usize {
    let content = pdf.document.get_page_content_with_limit(page, MAX_CONTENT).ok();
    let Some(content) = content.and_then(|content| Content::decode(&content).ok()) else { return 0 };
    let mut open = 0usize;
    for operation in &content.operations {
        match operation.operator.as_str() {
            "q" => open += 1,
            "Q" => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open.min(1_000)
}

/// From the form's points to the page's own coordinates: turned around the middle, then as the page is turned.
fn matrix(spot: &Spot, degrees: f64) -> [f64; 6] {
    let [a, b, c, d, ..] = spot.geometry.upright().map(|n| n as f64);
    let (sin, cos) = (if degrees.is_finite() { degrees.to_radians() } else { 0.0 }).sin_cos();
    let scale = spot.area.scale;
    // First by the stamp's own angle, then by the page's.
    let m = [
        (a * cos + c * sin) * scale,
        (b * cos + d * sin) * scale,
        (c * cos - a * sin) * scale,
        (d * cos - b * sin) * scale,
    ];
    let [left, bottom, right, top] = spot.area.rect;
    let (x, y) = (spot.area.width / scale / 2.0, spot.area.height / scale / 2.0);
    let middle = ((left + right) / 2.0, (bottom + top) / 2.0);
    [m[0], m[1], m[2], m[3], middle.0 - m[0] * x - m[2] * y, middle.1 - m[1] * x - m[3] * y]
}
