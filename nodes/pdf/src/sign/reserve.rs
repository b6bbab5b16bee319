//! Empty signature fields for those who sign later. A document that is certified, or whose signers are strict, takes no new
//! fields afterwards; fields that are there from the start can always be signed.

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::objects::{WIDGET_FLAGS, list_field};
use super::{rect, text};
use crate::appearance;
use crate::error::Error;
use crate::field::{self, Field};
use crate::increment::Update;
use crate::options::{Lock, Reserve};
use crate::page::{self, Geometry};
use crate::read::Pdf;
use crate::tools::pdfa;

/// Most fields that one signature reserves.
const MAX_FIELDS: usize = 100;

/// Adds the fields. `taken` is the name of the signature's own field.
///
/// # Errors
/// When a name is taken, locked by who signed before or cannot be one, or a place is not on its page.
pub(super) fn add(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    pages: &[ObjectId],
    fields: &[Field],
    taken: &str,
    reserve: &[Reserve],
) -> Result<(), Error> {
    let mut names: Vec<&str> = vec![taken];
    for wanted in reserve.iter().take(MAX_FIELDS) {
        let name = wanted.name.trim();
        let below = format!("{name}.");
        let used =
            names.contains(&name) || fields.iter().any(|field| field.name == name || field.name.starts_with(&below));
        if name.is_empty()
            || used
            || name.contains('.')
            || name.chars().count() > 120
            || name.chars().any(char::is_control)
        {
            return Err(Error::FieldName { field: name.chars().take(120).collect() });
        }
        if let Some(signer) = field::locked_by(pdf, fields, name) {
            return Err(Error::FieldLocked { field: name.to_owned(), signer });
        }
        names.push(name);
        let mut widget = dictionary! {
            "Type" => "Annot",
            "Subtype" => "Widget",
            "FT" => "Sig",
            "T" => text(name),
            "F" => WIDGET_FLAGS,
        };
        let page = match wanted.place {
            Some((page, place)) => {
                let page = page::find(pages, page)?;
                widget.set("Rect", rect(Geometry::of(pdf, page).area(place)?.rect));
                page
            }
            None => {
                widget.set("Rect", vec![Object::Integer(0); 4]);
                *pages.first().ok_or(Error::NoPages)?
            }
        };
        // ISO 19005-2 6.3.3 wants an appearance where there is an area, ISO 19005-1 6.9 always.
        if pdfa::part(pdf).is_some_and(|part| part == 1 || wanted.place.is_some()) {
            widget.set("AP", appearance::normal(appearance::blank(update)?));
        }
        widget.set("P", page);
        if let Some(lock) = lock(&wanted.lock) {
            let mut lock = lock;
            lock.set("Type", "SigFieldLock");
            widget.set("Lock", update.add(lock)?);
        }
        let widget = update.add(widget)?;
        list_field(update, pdf, page, widget)?;
    }
    Ok(())
}

/// `/Action` and `/Fields` of a lock (ISO 32000-2 table 236).
pub(super) fn lock(lock: &Lock) -> Option<Dictionary> {
    let names = |names: &[String]| names.iter().map(|name| text(name.trim())).collect::<Vec<_>>();
    match lock {
        Lock::None => None,
        Lock::All => Some(dictionary! { "Action" => "All" }),
        Lock::Only(fields) => Some(dictionary! { "Action" => "Include", "Fields" => names(fields) }),
        Lock::AllBut(fields) => Some(dictionary! { "Action" => "Exclude", "Fields" => names(fields) }),
    }
}
