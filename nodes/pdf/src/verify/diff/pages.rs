//! Pages: nothing about them may change but that new widgets of signatures, and comments, are put on them.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::uses::Use;
use super::{Changes, Comparison, Rule, keep, refuse, same};
use crate::read::Pdf;

/// What counts as a comment (ISO 32000-2 12.5.6.2, markup annotations), with its pop-up window.
const COMMENTS: [&[u8]; 14] = [
    b"Text",
    b"FreeText",
    b"Line",
    b"Square",
    b"Circle",
    b"Polygon",
    b"PolyLine",
    b"Highlight",
    b"Underline",
    b"Squiggly",
    b"StrikeOut",
    b"Caret",
    b"Ink",
    b"Popup",
];

/// The lists of annotations that are objects of their own.
pub(super) fn annotation_lists(pdf: &Pdf<'_>) -> HashSet<ObjectId> {
    let list = |page| pdf.document.get_dictionary(page).ok()?.get(b"Annots").ok()?.as_reference().ok();
    pdf.pages().into_iter().filter_map(list).collect()
}

/// `widgets` are those of new signature fields.
pub(super) fn compare(c: &mut Comparison<'_>, widgets: &HashMap<ObjectId, String>) -> Rule {
    for page in c.old.pages() {
        let (old, new) = (c.old, c.new);
        let before = old.document.get_dictionary(page).ok();
        let after = new.document.get_dictionary(page).ok();
        if let (Some(before), Some(after)) = (before, after) {
            one(c, page, before, after, widgets)?;
        }
    }
    Ok(())
}

fn one<'p>(
    c: &mut Comparison<'p>,
    page: ObjectId,
    before: &'p Dictionary,
    after: &'p Dictionary,
    widgets: &HashMap<ObjectId, String>,
) -> Rule {
    let at = Use::of(page);
    let list_id = before.get(b"Annots").ok().and_then(|list| list.as_reference().ok());
    let changed = c.changed.contains(&page);
    if !changed && !list_id.is_some_and(|id| c.changed.contains(&id)) {
        return Ok(());
    }
    keep(Some(before), after, &["Annots"], &at)?;
    let (old_list, new_list, _) = c.entry(Some(before), &at, after, "Annots", Changes::LongTerm)?;
    let empty = Vec::new();
    let list = |list: Option<&'p Object>| list.map_or(Ok(None), |list| list.as_array().map(Some));
    let (Ok(old_list), Ok(new_list)) = (list(old_list), list(new_list)) else {
        return refuse(format!("{}: not an array", at.below(b"Annots")));
    };
    let mut rest = old_list.unwrap_or(&empty).iter().peekable();
    for annotation in new_list.unwrap_or(&empty) {
        if rest.next_if(|old| same(old, annotation)).is_none() {
            added(c, annotation, widgets, &at)?;
        }
    }
    if rest.next().is_some() {
        return refuse(format!("{}: an annotation was removed", at.below(b"Annots")));
    }
    // Pages are referred to from everywhere.
    c.approve(page, Changes::LongTerm);
    Ok(())
}

fn added(c: &mut Comparison<'_>, annotation: &Object, widgets: &HashMap<ObjectId, String>, at: &Use) -> Rule {
    let way = at.below(b"Annots");
    let Ok(id) = annotation.as_reference() else { return refuse(format!("{way}: an annotation was added")) };
    if widgets.contains_key(&id) {
        return Ok(());
    }
    let is_comment = c.is_fresh(id)
        && c.new.document.get_dictionary(id).is_ok_and(|annotation| {
            let kind = annotation.get(b"Subtype").and_then(Object::as_name);
            kind.is_ok_and(|kind| COMMENTS.contains(&kind)) && !annotation.has(b"A") && !annotation.has(b"AA")
        });
    if !is_comment {
        return refuse(format!("{way}: annotation {} {} was added", id.0, id.1));
    }
    c.raise(Changes::Comments);
    Ok(())
}
