//! The objects that a signature adds or changes (ISO 32000-2 12.7.5.5, 12.8.1).

use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};

use super::{Stamp, area_on, date, rect, reserve, text};
use crate::appearance;
use crate::error::Error;
use crate::field::{self, Field};
use crate::increment::Update;
use crate::options::Format;
use crate::page::{self, Geometry};
use crate::policy::Policy;
use crate::read::Pdf;
use crate::tools::pdfa;

/// Print and Locked (ISO 32000-2 table 167): the box prints, and readers do not let it be moved.
pub(super) const WIDGET_FLAGS: i64 = 4 | 128;
/// SignaturesExist and AppendOnly (table 225).
const SIG_FLAGS: i64 = 3;

/// The signature dictionary, with room for what is filled in at the end.
pub(super) fn signature(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    stamp: &Stamp<'_>,
    field: Option<&Field>,
    reserve: usize,
) -> Result<ObjectId, Error> {
    let options = stamp.options;
    // ITI's policies want names of their own (DOC-ICP-15.03).
    let (filter, sub_filter) = match options.format {
        _ if options.policy.is_strict() => ("PBAD_PAdES", "PBAD.PAdES"),
        Format::Pades => ("Adobe.PPKLite", "ETSI.CAdES.detached"),
        Format::Adobe => ("Adobe.PPKLite", "adbe.pkcs7.detached"),
    };
    let mut dictionary = dictionary! {
        "Type" => "Sig",
        "Filter" => filter,
        "SubFilter" => sub_filter,
        "ByteRange" => Vec::<Object>::new(),
        "Contents" => Object::String(vec![0; reserve], StringFormat::Hexadecimal),
        "M" => date(&stamp.at),
    };
    let texts = [
        ("Name", stamp.name()),
        ("Reason", if options.policy == Policy::None { &options.reason } else { "" }),
        ("Location", &options.location),
        ("ContactInfo", &options.contact),
    ];
    for (key, value) in texts {
        if !value.is_empty() {
            dictionary.set(key, text(value));
        }
    }
    let mut references = Vec::new();
    let own = field.and_then(|field| field.lock.as_ref());
    if let Some(level) = options.certification.level() {
        // Whoever made the field may have meant less.
        let level = own.and_then(|lock| field::allows(pdf, lock)).map_or(level, |most| level.min(most));
        // The parameters are an object of their own: a Brazilian validator asks for that.
        let params = update.add(dictionary! { "Type" => "TransformParams", "P" => level, "V" => "1.2" })?;
        references.push(Object::Dictionary(reference("DocMDP", params)));
    }
    // A field's own lock goes before what is asked for: whoever made the field meant it.
    let asked = reserve::lock(&options.lock);
    if let Some(lock) = own.or(asked.as_ref()) {
        let mut params = dictionary! { "Type" => "TransformParams", "V" => "1.2" };
        // `/P` is no entry of these parameters in the standard; Acrobat and pyHanko repeat it here.
        for key in ["Action", "Fields", "P"] {
            if let Ok(value) = lock.get(key.as_bytes()) {
                params.set(key, value.clone());
            }
        }
        let params = update.add(params)?;
        let mut reference = reference("FieldMDP", params);
        // Table 256: what the lock is about, which this method must say.
        reference.set("Data", pdf.catalog_id()?);
        references.push(Object::Dictionary(reference));
    }
    if !references.is_empty() {
        dictionary.set("Reference", references);
    }
    update.add(dictionary)
}

fn reference(method: &str, params: ObjectId) -> Dictionary {
    dictionary! {
        "Type" => "SigRef",
        "TransformMethod" => method,
        "TransformParams" => params,
    }
}

/// Puts the signature into a field that is there. Returns letters that could not be drawn.
pub(super) fn fill_existing(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    field: &Field,
    signature: ObjectId,
    stamp: &Stamp<'_>,
) -> Result<Vec<char>, Error> {
    let id = field.id.ok_or(Error::FieldNotSignature { field: field.name.clone() })?;
    update.dictionary(id)?.set("V", Object::Reference(signature));
    let (Some(visible), Some(widget)) = (&stamp.options.visible, field.widget) else {
        return Ok(Vec::new());
    };
    let dictionary = pdf.document.get_dictionary(widget).map_err(|_| Error::Damaged)?;
    let page = page_of(pdf, widget, dictionary);
    // A field without area was meant to stay invisible.
    let Some((geometry, area)) = page.and_then(|page| area_on(pdf, page, dictionary)) else {
        return Ok(Vec::new());
    };
    let drawn = appearance::draw(update, &geometry, &area, &stamp.look(pdf, visible)?)?;
    update.dictionary(widget)?.set("AP", appearance::normal(drawn.form));
    Ok(drawn.missing)
}

/// The page that a widget is on: as it says, or as the pages say.
fn page_of(pdf: &Pdf<'_>, widget: ObjectId, dictionary: &Dictionary) -> Option<ObjectId> {
    if let Ok(page) = dictionary.get(b"P").and_then(Object::as_reference)
        && pdf.document.has_object(page)
    {
        return Some(page);
    }
    pdf.pages().into_iter().find(|page| {
        pdf.document
            .get_dictionary(*page)
            .is_ok_and(|page| pdf.array(page, b"Annots").is_some_and(|list| list.contains(&Object::Reference(widget))))
    })
}

/// Adds a field with the signature, which may be visible with a `stamp`. Returns letters that could
/// not be drawn.
pub(super) fn add_field(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    pages: &[ObjectId],
    name: &str,
    signature: ObjectId,
    stamp: Option<&Stamp<'_>>,
) -> Result<Vec<char>, Error> {
    let mut widget = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text(name),
        "V" => signature,
        "F" => WIDGET_FLAGS,
    };
    if let Some(mut lock) = stamp.and_then(|stamp| reserve::lock(&stamp.options.lock)) {
        lock.set("Type", "SigFieldLock");
        widget.set("Lock", update.add(lock)?);
    }
    let mut missing = Vec::new();
    let page = match stamp.and_then(|stamp| Some((stamp, stamp.options.visible.as_ref()?))) {
        Some((stamp, visible)) => {
            let page = page::find(pages, visible.page)?;
            let geometry = Geometry::of(pdf, page);
            let area = geometry.area(visible.place)?;
            let drawn = appearance::draw(update, &geometry, &area, &stamp.look(pdf, visible)?)?;
            widget.set("Rect", rect(area.rect));
            widget.set("AP", appearance::normal(drawn.form));
            missing = drawn.missing;
            page
        }
        None => {
            widget.set("Rect", vec![Object::Integer(0); 4]);
            // A document time stamp goes without one unless it must have it: where a certification allows
            // nothing else, a field that may be seen is taken for a change.
            if stamp.is_some() || pdfa::part(pdf) == Some(1) {
                widget.set("AP", appearance::normal(appearance::blank(update)?));
            }
            *pages.first().ok_or(Error::NoPages)?
        }
    };
    if pdf.document.objects.get(&page).is_none_or(|page| page.as_dict().is_err()) {
        return Err(Error::Damaged);
    }
    widget.set("P", page);
    let widget = update.add(widget)?;
    list_field(update, pdf, page, widget)?;
    Ok(missing)
}

/// Lists a field with its widget on the page and in the form.
pub(super) fn list_field(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    page: ObjectId,
    widget: ObjectId,
) -> Result<(), Error> {
    append(update, pdf, page, b"Annots", widget)?;
    let form = form_holder(update, pdf)?;
    match form {
        Holder::Object(form) => append(update, pdf, form, b"Fields", widget)?,
        Holder::InCatalog => {
            let catalog = pdf.catalog_id()?;
            let form = in_catalog(update, catalog)?;
            let list = form.get(b"Fields").ok().cloned();
            let list = append_to(update, pdf, list, widget)?;
            if let Some(list) = list {
                in_catalog(update, catalog)?.set("Fields", list);
            }
        }
    }
    Ok(())
}

/// Says in the form that there are signatures.
pub(super) fn form_flags(update: &mut Update<'_, '_>, pdf: &Pdf<'_>) -> Result<(), Error> {
    let holder = form_holder(update, pdf)?;
    let form = match holder {
        Holder::Object(form) => update.dictionary(form)?,
        Holder::InCatalog => in_catalog(update, pdf.catalog_id()?)?,
    };
    let old = form.get(b"SigFlags").and_then(Object::as_i64).unwrap_or(0);
    form.set("SigFlags", old | SIG_FLAGS);
    Ok(())
}

/// Lists the certification in the catalog's `/Perms`.
pub(super) fn permissions(update: &mut Update<'_, '_>, pdf: &Pdf<'_>, signature: ObjectId) -> Result<(), Error> {
    let catalog = pdf.catalog_id()?;
    let mut perms = pdf.dictionary(pdf.catalog()?, b"Perms").cloned().unwrap_or_default();
    perms.set("DocMDP", signature);
    update.dictionary(catalog)?.set("Perms", perms);
    Ok(())
}

enum Holder {
    /// The form is this object.
    Object(ObjectId),
    /// The form is written into the catalog.
    InCatalog,
}

/// Where the form is; one is made if there is none.
fn form_holder(update: &mut Update<'_, '_>, pdf: &Pdf<'_>) -> Result<Holder, Error> {
    let catalog = pdf.catalog_id()?;
    let object = match update.dictionary(catalog)?.get(b"AcroForm") {
        Ok(Object::Reference(id)) => Some(*id),
        Ok(Object::Dictionary(_)) => return Ok(Holder::InCatalog),
        _ => None,
    };
    // A form that is another object's reference is followed to where the dictionary is.
    if let Some(id) = object
        && let Ok((last, Object::Dictionary(_))) = pdf.document.dereference(&Object::Reference(id))
    {
        return Ok(Holder::Object(last.unwrap_or(id)));
    }
    if let Some(id) = object
        && update.dictionary(id).is_ok()
    {
        return Ok(Holder::Object(id));
    }
    let form = update.add(dictionary! { "Fields" => Vec::<Object>::new() })?;
    update.dictionary(catalog)?.set("AcroForm", form);
    Ok(Holder::Object(form))
}

fn in_catalog<'u>(update: &'u mut Update<'_, '_>, catalog: ObjectId) -> Result<&'u mut Dictionary, Error> {
    update.dictionary(catalog)?.get_mut(b"AcroForm").and_then(Object::as_dict_mut).map_err(|_| Error::Damaged)
}

/// Appends a reference to the array that `owner` has under `key`, wherever the array is.
fn append(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    owner: ObjectId,
    key: &[u8],
    item: ObjectId,
) -> Result<(), Error> {
    let list = update.dictionary(owner)?.get(key).ok().cloned();
    if let Some(list) = append_to(update, pdf, list, item)? {
        update.dictionary(owner)?.set(key, list);
    }
    Ok(())
}

/// Appends to a list. A list that is an object of its own is changed there, and none is returned.
fn append_to(
    update: &mut Update<'_, '_>,
    pdf: &Pdf<'_>,
    list: Option<Object>,
    item: ObjectId,
) -> Result<Option<Object>, Error> {
    match list {
        Some(Object::Array(mut items)) => {
            items.push(Object::Reference(item));
            Ok(Some(Object::Array(items)))
        }
        Some(reference @ Object::Reference(_)) => match pdf.document.dereference(&reference) {
            Ok((Some(id), Object::Array(_))) => {
                update.object(id)?.as_array_mut().map_err(|_| Error::Damaged)?.push(Object::Reference(item));
                Ok(None)
            }
            _ => Ok(Some(Object::Array(vec![Object::Reference(item)]))),
        },
        _ => Ok(Some(Object::Array(vec![Object::Reference(item)]))),
    }
}
