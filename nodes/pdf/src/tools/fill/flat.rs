//! Flattening: what widgets look like becomes part of their pages, and the form goes.

use lopdf::{Dictionary, Object, ObjectId, Stream};

use crate::appearance::number;
use crate::error::Error;
use crate::increment::Update;
use crate::page::rectangle;
use crate::read::Pdf;
use crate::tools::stamp::onto::{add_resources, contents, left_open};

/// Not to be seen or printed: Hidden and NoView (ISO 32000-2 table 167).
const UNSEEN: i64 = 2 | 32;

pub fn flatten(update: &mut Update<'_, '_>, pdf: &Pdf<'_>) -> Result<(), Error> {
    for page in pdf.pages() {
        let Some(dictionary) = update.get(page).and_then(|page| page.as_dict().ok()).cloned() else { continue };
        let list = dictionary.get(b"Annots").ok().map(|list| pdf.resolve(list).clone());
        let Some(Object::Array(list)) = list else { continue };
        let (mut kept, mut drawn) = (Vec::new(), Vec::new());
        for item in &list {
            let widget = update.resolved(item).filter(|annotation| is_widget(pdf, annotation));
            match widget {
                Some(widget) => drawn.extend(placed(update, pdf, &widget)),
                None => kept.push(item.clone()),
            }
        }
        if kept.len() == list.len() {
            continue;
        }
        if !drawn.is_empty() {
            draw(update, pdf, page, &drawn)?;
        }
        update.dictionary(page)?.set("Annots", kept);
    }
    update.dictionary(pdf.catalog_id()?)?.remove(b"AcroForm");
    Ok(())
}

fn is_widget(pdf: &Pdf<'_>, annotation: &Dictionary) -> bool {
    pdf.name(annotation, b"Subtype").as_deref() == Some("Widget")
}

fn draw(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    page: ObjectId,
    drawn: &[(ObjectId, [f64; 6])],
) -> Result<(), Error> {
    let mut content = "Q\n".repeat(1 + left_open(pdf, page));
    for (form, matrix) in drawn {
        let names = add_resources(update, pdf, page, &[("XObject", Some(*form))])?;
        let matrix = matrix.map(number).join(" ");
        content += &format!("q {matrix} cm /{} Do Q\n", names.concat());
    }
    let before = update.add(Stream::new(Dictionary::new(), b"q\n".to_vec()))?;
    let after = update.add(Stream::new(Dictionary::new(), content.into_bytes()))?;
    let mut list = contents(update, pdf, page)?;
    list.insert(0, Object::Reference(before));
    list.push(Object::Reference(after));
    update.dictionary(page)?.set("Contents", list);
    Ok(())
}

/// A widget's appearance, and the matrix that puts it where the widget is (ISO 32000-2 12.5.5).
fn placed(update: &Update<'_, '_>, pdf: &Pdf<'_>, widget: &Dictionary) -> Option<(ObjectId, [f64; 6])> {
    let flags = pdf.get(widget, b"F").and_then(|f| f.as_i64().ok()).unwrap_or(0);
    if flags & UNSEEN != 0 {
        return None;
    }
    let looks = update.resolved(widget.get(b"AP").ok()?)?;
    let form = match looks.get(b"N").ok()? {
        Object::Reference(id) if matches!(update.get(*id)?, Object::Stream(_)) => *id,
        states => {
            let states = update.resolved(states)?;
            states.get(widget.get(b"AS").ok()?.as_name().ok()?).ok()?.as_reference().ok()?
        }
    };
    let stream = update.get(form)?.as_stream().ok()?;
    let bounds = rectangle(pdf, stream.dict.get(b"BBox").ok()?)?;
    let rect = rectangle(pdf, widget.get(b"Rect").ok()?)?;
    let mut matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    if let Some(Object::Array(own)) = pdf.get(&stream.dict, b"Matrix") {
        for (to, from) in matrix.iter_mut().zip(own) {
            *to = f64::from(pdf.resolve(from).as_float().ok()?);
        }
    }
    let corners = [(bounds[0], bounds[1]), (bounds[2], bounds[1]), (bounds[0], bounds[3]), (bounds[2], bounds[3])];
    let turned =
        corners.map(|(x, y)| (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]));
    let least = turned.iter().fold((f64::MAX, f64::MAX), |low, point| (low.0.min(point.0), low.1.min(point.1)));
    let most = turned.iter().fold((f64::MIN, f64::MIN), |high, point| (high.0.max(point.0), high.1.max(point.1)));
    let scale = |own: f64, wanted: f64| if own.abs() < 1e-6 { 1.0 } else { wanted / own };
    let (x, y) = (scale(most.0 - least.0, rect[2] - rect[0]), scale(most.1 - least.1, rect[3] - rect[1]));
    Some((form, [x, 0.0, 0.0, y, rect[0] - least.0 * x, rect[1] - least.1 * y]))
}
