//! Filling in forms by an incremental update: values and what they look like. Signatures stay what they are, and what a
//! signature locks stays locked.

mod draw;
mod flat;
mod form;
mod value;

use std::collections::BTreeMap;

use lopdf::Object;

use super::signed::{OnSigned, may_break};
use super::stamp::Changed;
use super::{ToolError, ToolWarning, check};
use crate::appearance::font::Subset;
use crate::error::Error;
use crate::field;
use crate::increment::Update;
use crate::options::Secret;
use crate::read::{Limits, Pdf};
use form::{FormField, Kind};

/// A value for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// For check boxes.
    YesOrNo(bool),
    /// For lists that take several.
    Several(Vec<String>),
}

/// What to fill in, and how.
#[derive(Debug, Clone, Default)]
pub struct FillOptions {
    /// By full field name.
    pub values: BTreeMap<String, Value>,
    /// Names that the form does not have are a warning, not an error.
    pub allow_unknown: bool,
    /// Makes the values part of the pages; there is no form afterwards.
    pub flatten: bool,
    /// For flattening, which breaks signatures.
    pub signed: OnSigned,
    pub password: Option<Secret>,
    pub limits: Limits,
}

/// Fills in a form.
///
/// # Errors
/// When the PDF cannot be read, has no such field, a value does not fit, or a signature forbids the change.
pub fn fill(input: &[u8], options: &FillOptions) -> Result<Changed, Error> {
    let password = options.password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, &options.limits)?;
    let mut warnings = Vec::new();
    let signatures = field::all(&pdf);
    if let Some(field::Certification { level: 1, signer }) = field::restricted(&pdf, &signatures) {
        return Err(ToolError::ChangeLocked { signer }.into());
    }
    let signed = signatures.iter().any(|field| field.is_signature() && field.value.is_some());
    if pdf.rebuilt {
        if signed {
            return Err(Error::DamagedSigned);
        }
        warnings.push(ToolWarning::Repaired);
    }
    if options.flatten {
        may_break(&pdf, &signatures, options.signed, &mut warnings)?;
    }
    let fields = form::fields(&pdf);
    let mut update = Update::new(&pdf);
    let mut work = Work { pdf: &pdf, update: &mut update, font: Subset::new()?, drawn: Vec::new() };
    let mut unknown = Vec::new();
    for (name, value) in &options.values {
        let Some(field) = fields.iter().find(|field| field.name == *name) else {
            unknown.push(name.as_str());
            continue;
        };
        if let Some(signer) = field::locked_by(&pdf, &signatures, name) {
            return Err(Error::FieldLocked { field: name.clone(), signer });
        }
        work.set(field, value)?;
    }
    if let Some(first) = unknown.first() {
        if !options.allow_unknown {
            return Err(ToolError::FieldMissing { field: (*first).to_owned(), known: known(&fields) }.into());
        }
        warnings.push(ToolWarning::UnknownFields { names: unknown.join(", ") });
    }
    let missing = work.finish()?;
    if fields.iter().any(|field| field.scripted && !options.values.contains_key(&field.name)) {
        warnings.push(ToolWarning::ScriptsNotRun);
    }
    if !signed && drop_xfa(&mut update, &pdf)? {
        warnings.push(ToolWarning::XfaRemoved);
    }
    if !missing.is_empty() {
        warnings.push(ToolWarning::MissingLetters { letters: missing.into_iter().collect() });
    }
    if options.flatten {
        flat::flatten(&mut update, &pdf)?;
    }
    if update.is_empty() {
        return Ok(Changed { pdf: input.to_vec(), warnings });
    }
    let out = update.write_changes(b"fill")?;
    check::after(&pdf, &out, password, &options.limits)?;
    Ok(Changed { pdf: out, warnings })
}

fn known(fields: &[FormField]) -> String {
    let names: Vec<&str> = fields.iter().filter(|f| f.kind != Kind::Other).map(|f| f.name.as_str()).take(30).collect();
    if names.is_empty() { "–".to_owned() } else { names.join(", ") }
}

/// XFA holds the values a second time; readers that know it would show the old ones.
fn drop_xfa(update: &mut Update<'_, '_>, pdf: &Pdf<'_>) -> Result<bool, Error> {
    if !field::form(pdf).is_some_and(|form| form.has(b"XFA")) {
        return Ok(false);
    }
    let catalog = pdf.catalog_id()?;
    let form = update.dictionary(catalog)?.get(b"AcroForm").ok().cloned();
    match form {
        Some(Object::Reference(id)) => update.dictionary(id)?.remove(b"XFA"),
        _ => {
            let form = update.dictionary(catalog)?.get_mut(b"AcroForm").and_then(Object::as_dict_mut);
            form.map_err(|_| Error::Damaged)?.remove(b"XFA")
        }
    };
    Ok(true)
}

/// Fields being filled.
struct Work<'u, 'p, 'a> {
    pdf: &'p Pdf<'a>,
    update: &'u mut Update<'p, 'a>,
    font: Subset,
    /// What is drawn once the font is complete.
    drawn: Vec<draw::Pending>,
}
