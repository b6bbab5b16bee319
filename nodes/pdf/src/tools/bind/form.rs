//! Forms of several documents in one: fields of the same name are kept apart, fonts of the same name too.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId, dictionary};

use super::copy::Copier;
use crate::error::Error;
use crate::read::Pdf;

const MAX_DEPTH: usize = 32;
/// More fields than this are no form.
const MAX_FIELDS: usize = 100_000;

/// The form so far.
#[derive(Default)]
pub struct Form {
    fields: Vec<Object>,
    names: HashSet<String>,
    resources: Dictionary,
    order: Vec<Object>,
    need_appearances: bool,
    signature_fields: bool,
}

/// Which fields of a document come along.
pub struct Plan {
    /// Root fields, in order.
    roots: Vec<ObjectId>,
    signature_fields: bool,
}

struct Walk<'p, 'a> {
    pdf: &'p Pdf<'a>,
    /// The annotations of the wanted pages.
    widgets: &'p HashSet<ObjectId>,
    whole: bool,
    drop_signed: bool,
    seen: HashSet<ObjectId>,
    dropped: HashSet<ObjectId>,
    /// Widgets of signed fields, which are drawn but are no fields any more.
    signed_widgets: HashSet<ObjectId>,
    signature_fields: bool,
}

/// Chooses the fields that have a widget on a wanted page, and leaves the others out of the copier. Also gives the widgets
/// whose signatures are dropped.
pub fn plan(
    copier: &mut Copier<'_, '_, '_>,
    widgets: &HashSet<ObjectId>,
    whole: bool,
    drop_signed: bool,
) -> (Plan, HashSet<ObjectId>) {
    let pdf = copier.pdf;
    let mut walk = Walk {
        pdf,
        widgets,
        whole,
        drop_signed,
        seen: HashSet::new(),
        dropped: HashSet::new(),
        signed_widgets: HashSet::new(),
        signature_fields: false,
    };
    let form = crate::field::form(pdf);
    let list = form.and_then(|form| pdf.array(form, b"Fields")).map_or(&[][..], Vec::as_slice);
    let mut roots = Vec::new();
    for root in list.iter().filter_map(|root| root.as_reference().ok()) {
        if walk.keep(root, &Above::default(), MAX_DEPTH) {
            roots.push(root);
        }
    }
    for id in &walk.dropped {
        copier.unlisted.insert(*id);
        if !widgets.contains(id) {
            copier.leave_out(*id);
        }
    }
    let plan = Plan { roots, signature_fields: walk.signature_fields };
    (plan, walk.signed_widgets)
}

#[derive(Default, Clone)]
struct Above {
    signature: bool,
    signed: bool,
}

impl Walk<'_, '_> {
    /// Whether a field or something below it comes along.
    fn keep(&mut self, id: ObjectId, above: &Above, depth: usize) -> bool {
        if depth == 0 || self.seen.len() >= MAX_FIELDS || !self.seen.insert(id) {
            return false;
        }
        let pdf = self.pdf;
        let Ok(node) = pdf.document.get_dictionary(id) else { return false };
        let mut here = above.clone();
        if let Some(kind) = pdf.name(node, b"FT") {
            here.signature = kind == "Sig";
        }
        here.signed |= here.signature && pdf.get(node, b"V").is_some();
        let kids = pdf.array(node, b"Kids").map_or(&[][..], Vec::as_slice);
        let mut keep = false;
        for kid in kids.iter().filter_map(|kid| kid.as_reference().ok()) {
            keep |= self.keep(kid, &here, depth - 1);
        }
        if kids.is_empty() {
            let widget = self.widgets.contains(&id);
            let is_widget = pdf.name(node, b"Subtype").as_deref() == Some("Widget");
            keep = widget || (self.whole && !is_widget);
            if here.signed && self.drop_signed {
                if widget {
                    self.signed_widgets.insert(id);
                }
                keep = false;
            }
            self.signature_fields |= keep && here.signature;
        }
        if !keep {
            self.dropped.insert(id);
        }
        keep
    }
}

/// Adds the planned fields. To be called when everything else of the document is copied; `before` was the book's last
/// number before it.
pub fn add(copier: &mut Copier<'_, '_, '_>, plan: &Plan, before: u32) -> Result<(), Error> {
    let pdf = copier.pdf;
    let Some(form) = crate::field::form(pdf).filter(|_| !plan.roots.is_empty()) else { return Ok(()) };
    let mut roots = Vec::new();
    for root in &plan.roots {
        if let Object::Reference(id) = copier.copy(&Object::Reference(*root))? {
            roots.push(id);
        }
    }
    let order = form.get(b"CO").ok().map(|order| copier.copy(order)).transpose()?;
    let resources = pdf.dictionary(form, b"DR").map(|dr| copier.dictionary(dr)).transpose()?.unwrap_or_default();
    copier.drain()?;
    let resources = copier.book.written_out(resources);
    let unique = copier.book.last();
    let fonts = copier.book.form.take_resources(&resources, unique);
    let appearance = pdf.get(form, b"DA").and_then(|da| da.as_str().ok()).map(<[u8]>::to_vec);
    let alignment = pdf.get(form, b"Q").and_then(|q| q.as_i64().ok());
    for root in &roots {
        let Some(field) = copier.book.dictionary(*root) else { continue };
        if let (Some(appearance), false) = (&appearance, field.has(b"DA")) {
            field.set("DA", Object::String(appearance.clone(), lopdf::StringFormat::Literal));
        }
        if let (Some(alignment), false) = (alignment, field.has(b"Q")) {
            field.set("Q", alignment);
        }
    }
    if !fonts.is_empty() {
        for object in copier.book.since(before) {
            if let Ok(dictionary) = object.as_dict_mut()
                && let Ok(Object::String(text, _)) = dictionary.get_mut(b"DA")
            {
                *text = with_fonts(text, &fonts);
            }
        }
    }
    for root in roots {
        copier.book.name_apart(root);
        copier.book.form.fields.push(Object::Reference(root));
    }
    let book = &mut copier.book.form;
    if let Some(Object::Array(order)) = order {
        book.order.extend(order.into_iter().filter(|item| !item.is_null()));
    }
    book.need_appearances |= pdf.get(form, b"NeedAppearances").is_some_and(|v| v.as_bool().unwrap_or(false));
    book.signature_fields |= plan.signature_fields;
    Ok(())
}

impl super::book::Book {
    /// Resources with the categories that are objects of their own written into them.
    fn written_out(&mut self, mut resources: Dictionary) -> Dictionary {
        for (_, value) in resources.iter_mut() {
            if let Object::Reference(id) = value
                && let Some(category) = self.dictionary(*id)
            {
                *value = Object::Dictionary(category.clone());
            }
        }
        resources
    }

    /// Gives a root field a name that no other has.
    fn name_apart(&mut self, field: ObjectId) {
        let Some(dictionary) = self.dictionary(field) else { return };
        let name = dictionary.get(b"T").ok().and_then(|t| lopdf::decode_text_string(t).ok()).unwrap_or_default();
        if self.form.names.insert(name.clone()) {
            return;
        }
        let free = (2..).map(|n| format!("{name}_{n}")).find(|free| !self.form.names.contains(free));
        let free = free.unwrap_or_default();
        self.form.names.insert(free.clone());
        if let Some(dictionary) = self.dictionary(field) {
            dictionary.set("T", lopdf::text_string(&free));
        }
    }
}

impl Form {
    /// Takes default resources in. Fonts whose name is taken by another one get a new name, which is returned.
    fn take_resources(&mut self, resources: &Dictionary, unique: u32) -> HashMap<Vec<u8>, Vec<u8>> {
        let mut renamed = HashMap::new();
        for (category, value) in resources.iter() {
            let Object::Dictionary(own) = value else { continue };
            if !self.resources.has(category) {
                self.resources.set(category.clone(), Dictionary::new());
            }
            let Ok(Object::Dictionary(taken)) = self.resources.get_mut(category) else { continue };
            for (name, value) in own.iter() {
                match taken.get(name) {
                    Err(_) => taken.set(name.clone(), value.clone()),
                    Ok(same) if same == value => {}
                    Ok(_) if category == b"Font" => {
                        let free = [&name[..], format!("_{unique}").as_bytes()].concat();
                        taken.set(free.clone(), value.clone());
                        renamed.insert(name.clone(), free);
                    }
                    Ok(_) => {}
                }
            }
        }
        renamed
    }

    /// `/AcroForm`, if there are fields.
    pub fn finish(self) -> Option<Object> {
        if self.fields.is_empty() {
            return None;
        }
        let mut form = dictionary! { "Fields" => self.fields, "DR" => self.resources };
        if self.need_appearances {
            form.set("NeedAppearances", true);
        }
        if !self.order.is_empty() {
            form.set("CO", self.order);
        }
        if self.signature_fields {
            form.set("SigFlags", 1);
        }
        Some(form.into())
    }
}

/// A default appearance with other names for its fonts.
fn with_fonts(appearance: &[u8], fonts: &HashMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    let words = appearance.split(|byte| byte.is_ascii_whitespace());
    let words = words.map(|word| match word.strip_prefix(b"/").and_then(|name| fonts.get(name)) {
        Some(new) => [b"/", &new[..]].concat(),
        None => word.to_vec(),
    });
    words.collect::<Vec<_>>().join(&b' ')
}
