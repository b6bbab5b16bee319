//! Adding a document's pages to the book.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object};

use super::book::Book;
use super::copy::Copier;
use super::outline::Entry;
use super::{SignedPages, form, layers, names, outline, page};
use crate::error::Error;
use crate::field;
use crate::read::Pdf;
use crate::tools::signed::signers;
use crate::tools::{ToolError, ToolWarning, pdfa};

/// Which pages, and how.
pub struct Part<'w> {
    /// From 0, in order; a page may be there twice.
    pub wanted: &'w [usize],
    /// The first document gives what belongs to the whole: title, language, how it opens.
    pub first: bool,
    pub signed: SignedPages,
}

/// Adds the pages; returns the outline of the document.
pub fn add(
    book: &mut Book,
    pdf: &Pdf<'_>,
    part: &Part<'_>,
    warnings: &mut Vec<ToolWarning>,
) -> Result<Vec<Entry>, Error> {
    let fields = field::all(pdf);
    let signers = signers(pdf, &fields);
    if let Some(signers) = &signers {
        if part.signed == SignedPages::Refuse {
            return Err(ToolError::Signed { signers: signers.clone() }.into());
        }
        warn(warnings, ToolWarning::SignaturesRemoved { signers: signers.clone() });
    }
    say_what_is_lost(pdf, warnings);
    let all = pdf.pages();
    let whole = part.wanted.iter().collect::<HashSet<_>>().len() == all.len();
    if pdf.document.version > book.version {
        book.version.clone_from(&pdf.document.version);
    }
    let before = book.last();
    let mut copier = Copier::new(pdf, book);

    // Every page, annotation and field that is wanted gets its place first, so that links between them hold.
    let mut places = HashMap::new();
    for index in part.wanted {
        let old = all.get(*index).copied().ok_or(Error::NoPages)?;
        if let std::collections::hash_map::Entry::Vacant(place) = places.entry(old) {
            place.insert(copier.reserve(old)?);
        }
    }
    for old in &all {
        if !places.contains_key(old) {
            copier.leave_out(*old);
        }
    }
    let mut annotations = HashSet::new();
    for old in places.keys() {
        for id in page::annotations(pdf, *old).filter_map(|item| item.as_reference().ok()) {
            if page::leads_nowhere(&copier, id) {
                copier.leave_out(id);
            } else if annotations.insert(id) {
                copier.reserve(id)?;
            }
        }
    }
    let (plan, signed) = form::plan(&mut copier, &annotations, whole, part.signed == SignedPages::Drop);

    let mut used = HashSet::new();
    for index in part.wanted {
        let Some(old) = all.get(*index) else { continue };
        let again = !used.insert(*old);
        let place = match places.get(old) {
            Some(place) if !again => *place,
            _ => copier.book.number()?,
        };
        let copy = page::copy(&mut copier, *old, place, again, &signed)?;
        copier.book.set(place, copy.into());
        copier.book.pages.push(place);
    }
    copier.drain()?;
    let entries = outline::read(&mut copier)?;
    form::add(&mut copier, &plan, before)?;
    layers::add(&mut copier)?;
    if whole {
        attachments(&mut copier)?;
    }
    if part.first {
        of_the_whole(&mut copier)?;
    }
    copier.drain()?;
    Ok(entries)
}

/// Adds a warning once.
pub fn warn(warnings: &mut Vec<ToolWarning>, warning: ToolWarning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

fn say_what_is_lost(pdf: &Pdf<'_>, warnings: &mut Vec<ToolWarning>) {
    if pdf.encryption().is_some() {
        warn(warnings, ToolWarning::ProtectionRemoved);
    }
    if pdf.rebuilt {
        warn(warnings, ToolWarning::Repaired);
    }
    if pdf.catalog().is_ok_and(|catalog| catalog.has(b"StructTreeRoot")) {
        warn(warnings, ToolWarning::TagsRemoved);
    }
    if pdfa::part(pdf).is_some() {
        warn(warnings, ToolWarning::PdfaLost);
    }
    if field::form(pdf).is_some_and(|form| form.has(b"XFA")) {
        warn(warnings, ToolWarning::XfaRemoved);
    }
}

fn attachments(copier: &mut Copier<'_, '_, '_>) -> Result<(), Error> {
    let pdf = copier.pdf;
    let tree =
        pdf.catalog().ok().and_then(|catalog| pdf.dictionary(pdf.dictionary(catalog, b"Names")?, b"EmbeddedFiles"));
    let Some(tree) = tree else { return Ok(()) };
    for (name, file) in names::entries(pdf, tree) {
        let copy = copier.copy(file)?;
        if !copy.is_null() {
            copier.book.attachments.push((name.to_vec(), copy));
        }
    }
    Ok(())
}

/// Title, author and the like, language, how the document opens, and the meaning of its colours.
fn of_the_whole(copier: &mut Copier<'_, '_, '_>) -> Result<(), Error> {
    let pdf = copier.pdf;
    let catalog = pdf.catalog()?;
    let mut kept = Dictionary::new();
    for key in ["Lang", "ViewerPreferences", "PageLayout", "PageMode", "OutputIntents"] {
        if let Ok(value) = catalog.get(key.as_bytes()) {
            let copy = copier.copy(value)?;
            if !copy.is_null() {
                kept.set(key, copy);
            }
        }
    }
    let mut info = Dictionary::new();
    if let Some(old) = pdf.dictionary(&pdf.document.trailer, b"Info") {
        for key in ["Title", "Author", "Subject", "Keywords", "Creator"] {
            if let Some(text @ Object::String(..)) = pdf.get(old, key.as_bytes()) {
                info.set(key, text.clone());
            }
        }
    }
    info.set("Producer", lopdf::text_string("Fluxo"));
    copier.book.catalog = kept;
    copier.book.info = info;
    Ok(())
}
