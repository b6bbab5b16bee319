//! Outlines (bookmarks, ISO 32000-2 12.3.3): those that lead to a page that is there.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::book::Book;
use super::copy::Copier;
use crate::error::Error;

const MAX_ENTRIES: usize = 50_000;
const MAX_DEPTH: usize = 32;

/// One entry with those below it.
pub struct Entry {
    /// Title, place or action, colour and style.
    pub own: Dictionary,
    pub open: bool,
    pub kids: Vec<Entry>,
}

/// The outline of the copier's document, as far as its pages are in the book.
pub fn read(copier: &mut Copier<'_, '_, '_>) -> Result<Vec<Entry>, Error> {
    let pdf = copier.pdf;
    let root = pdf.catalog().ok().and_then(|catalog| pdf.dictionary(catalog, b"Outlines"));
    match root {
        Some(root) => level(copier, root, &mut HashSet::new(), MAX_DEPTH),
        None => Ok(Vec::new()),
    }
}

fn level(
    copier: &mut Copier<'_, '_, '_>,
    parent: &Dictionary,
    seen: &mut HashSet<ObjectId>,
    depth: usize,
) -> Result<Vec<Entry>, Error> {
    let pdf = copier.pdf;
    let mut entries = Vec::new();
    let mut next = parent.get(b"First").and_then(Object::as_reference).ok();
    while let Some(id) = next {
        let Ok(item) = pdf.document.get_dictionary(id) else { break };
        if depth == 0 || seen.len() >= MAX_ENTRIES || !seen.insert(id) {
            break;
        }
        next = item.get(b"Next").and_then(Object::as_reference).ok();
        let kids = level(copier, item, seen, depth - 1)?;
        let mut own = Dictionary::new();
        let mut leads = false;
        if let Ok(place) = item.get(b"Dest") {
            if let Some(place) = copier.destination(place)? {
                own.set("Dest", place);
                leads = true;
            }
        } else if let Some(action) = pdf.dictionary(item, b"A") {
            if pdf.name(action, b"S").as_deref() == Some("GoTo") {
                if let Some(place) = action.get(b"D").ok().map(|d| copier.destination(d)).transpose()?.flatten() {
                    own.set("Dest", place);
                    leads = true;
                }
            } else {
                own.set("A", copier.dictionary(action)?);
                leads = true;
            }
        }
        if !leads && kids.is_empty() {
            continue;
        }
        for key in ["Title", "C", "F"] {
            if let Some(value) = pdf.get(item, key.as_bytes()) {
                own.set(key, copier.copy(value)?);
            }
        }
        let open = pdf.get(item, b"Count").and_then(|count| count.as_i64().ok()).is_some_and(|count| count > 0);
        entries.push(Entry { own, open, kids });
    }
    Ok(entries)
}

/// Writes the entries; the object of the root, if there are any.
pub fn write(book: &mut Book, entries: Vec<Entry>) -> Result<Option<ObjectId>, Error> {
    if entries.is_empty() {
        return Ok(None);
    }
    let root = book.number()?;
    let (first, last, shown) = write_level(book, entries, root)?;
    let root_entries = dictionary! { "Type" => "Outlines", "First" => first, "Last" => last, "Count" => shown };
    book.set(root, root_entries.into());
    Ok(Some(root))
}

/// First and last object of a level, and how many entries of it and below it show.
fn write_level(book: &mut Book, entries: Vec<Entry>, parent: ObjectId) -> Result<(ObjectId, ObjectId, i64), Error> {
    let ids = entries.iter().map(|_| book.number()).collect::<Result<Vec<_>, _>>()?;
    let mut shown = 0;
    for (at, entry) in entries.into_iter().enumerate() {
        let mut own = entry.own;
        own.set("Parent", parent);
        if at > 0 {
            own.set("Prev", ids[at - 1]);
        }
        if let Some(next) = ids.get(at + 1) {
            own.set("Next", *next);
        }
        shown += 1;
        if !entry.kids.is_empty() {
            let (first, last, below) = write_level(book, entry.kids, ids[at])?;
            own.set("First", first);
            own.set("Last", last);
            own.set("Count", if entry.open { below } else { -below });
            shown += if entry.open { below } else { 0 };
        }
        book.set(ids[at], own.into());
    }
    // There is at least one, or there would be no level.
    let (first, last) = (ids.first().copied(), ids.last().copied());
    let missing = Error::CheckFailed { check: "outline" };
    Ok((first.ok_or(missing.clone())?, last.ok_or(missing)?, shown))
}
