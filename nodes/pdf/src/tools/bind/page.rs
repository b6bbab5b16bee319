//! Copying one page with its annotations.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use super::copy::Copier;
use crate::error::Error;
use crate::page::inherited;
use crate::read::Pdf;

/// More annotations than this on one page are left out.
const MAX_ANNOTATIONS: usize = 50_000;

/// The annotations of a page.
pub fn annotations<'p>(pdf: &'p Pdf<'_>, page: ObjectId) -> impl Iterator<Item = &'p Object> {
    let page = pdf.document.get_dictionary(page).ok();
    let list = page.and_then(|page| pdf.array(page, b"Annots")).map_or(&[][..], Vec::as_slice);
    list.iter().take(MAX_ANNOTATIONS)
}

/// Whether an annotation is a link to a page that is not wanted.
pub fn leads_nowhere(copier: &Copier<'_, '_, '_>, annotation: ObjectId) -> bool {
    copier.pdf.document.get_dictionary(annotation).is_ok_and(|link| link_leads_nowhere(copier, link))
}

fn link_leads_nowhere(copier: &Copier<'_, '_, '_>, link: &Dictionary) -> bool {
    let pdf = copier.pdf;
    if pdf.name(link, b"Subtype").as_deref() != Some("Link") {
        return false;
    }
    let action = pdf.dictionary(link, b"A").filter(|action| pdf.name(action, b"S").as_deref() == Some("GoTo"));
    let place = link.get(b"Dest").ok().or_else(|| action?.get(b"D").ok());
    place.is_some_and(|place| copier.leads_to(place).is_none())
}

/// A page as it is in the book, at `place`. What it has from the tree above is written into it. `again`: the page is there
/// already, so its fields stay with the first one. `signed`: widgets that are signatures no longer.
pub fn copy(
    copier: &mut Copier<'_, '_, '_>,
    old: ObjectId,
    place: ObjectId,
    again: bool,
    signed: &HashSet<ObjectId>,
) -> Result<Dictionary, Error> {
    let pdf = copier.pdf;
    let mut page = pdf.document.get_dictionary(old).map_err(|_| Error::Damaged)?.clone();
    for key in ["Resources", "MediaBox", "CropBox", "Rotate"] {
        if let Some(value) = inherited(pdf, old, key.as_bytes())
            && !page.has(key.as_bytes())
        {
            page.set(key, value.clone());
        }
    }
    // Threads of articles run through pages that may not be here; the rest is set anew.
    for key in ["Parent", "B", "Annots"] {
        page.remove(key.as_bytes());
    }
    let mut copy = copier.dictionary(&page)?;
    copy.set("Type", "Page");
    if !copy.has(b"MediaBox") {
        copy.set("MediaBox", [0, 0, 612, 792].map(Object::Integer).to_vec());
    }
    let mut list = Vec::new();
    for item in annotations(pdf, old) {
        let Ok(annotation) = pdf.resolve(item).as_dict() else { continue };
        if link_leads_nowhere(copier, annotation) {
            continue;
        }
        let widget = pdf.name(annotation, b"Subtype").as_deref() == Some("Widget");
        if again && widget {
            continue;
        }
        let id = item.as_reference().ok();
        let mut annotation = annotation.clone();
        if id.is_some_and(|id| signed.contains(&id)) {
            into_picture(&mut annotation);
        }
        let mut own = copier.dictionary(&annotation)?;
        if own.has(b"P") {
            own.set("P", place);
        }
        let new = match id.and_then(|id| copier.placed(id)) {
            Some(new) if !again => new,
            _ => copier.book.number()?,
        };
        copier.book.set(new, own.into());
        list.push(Object::Reference(new));
    }
    if !list.is_empty() {
        copy.set("Annots", list);
    }
    Ok(copy)
}

/// Makes a stamp of a signature's widget: it looks the same and claims nothing.
fn into_picture(widget: &mut Dictionary) {
    for key in ["FT", "T", "TU", "TM", "V", "DV", "Ff", "Parent", "Lock", "SV", "A", "AA", "MK", "DA", "Q"] {
        widget.remove(key.as_bytes());
    }
    widget.set("Subtype", "Stamp");
}
