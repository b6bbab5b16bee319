//! The form's fields with what filling needs to know of them (ISO 32000-2 12.7.4).

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use crate::field::form;
use crate::read::Pdf;

const MAX_FIELDS: usize = 50_000;
const MAX_DEPTH: usize = 32;

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text {
        multiline: bool,
        comb: bool,
        password: bool,
    },
    Check,
    Radio,
    /// Drop-downs; one that is `free` takes any text.
    Drop {
        free: bool,
    },
    List {
        several: bool,
    },
    /// Buttons and signatures.
    Other,
}

/// A field at the end of its branch.
#[derive(Debug, Clone)]
pub struct FormField {
    pub name: String,
    pub id: ObjectId,
    pub kind: Kind,
    pub widgets: Vec<ObjectId>,
    /// The default appearance: font, size and colour.
    pub appearance: Vec<u8>,
    /// 0 left, 1 centred, 2 right.
    pub alignment: i64,
    pub max_length: Option<usize>,
    /// What it exports and what it shows.
    pub options: Vec<(String, String)>,
    pub scripted: bool,
}

#[derive(Default, Clone)]
struct Above {
    name: String,
    kind: String,
    flags: i64,
    appearance: Vec<u8>,
    alignment: i64,
    max_length: Option<usize>,
    options: Vec<(String, String)>,
}

/// All fields that are objects of their own.
pub fn fields(pdf: &Pdf<'_>) -> Vec<FormField> {
    let mut walk = Walk { pdf, seen: HashSet::new(), found: Vec::new() };
    if let Some(form) = form(pdf) {
        let above = Above {
            appearance: string(pdf, form, b"DA").unwrap_or_default(),
            alignment: integer(pdf, form, b"Q").unwrap_or(0),
            ..Above::default()
        };
        for root in pdf.array(form, b"Fields").map_or(&[][..], Vec::as_slice) {
            walk.visit(root, &above, MAX_DEPTH);
        }
    }
    walk.found
}

struct Walk<'p, 'a> {
    pdf: &'p Pdf<'a>,
    seen: HashSet<ObjectId>,
    found: Vec<FormField>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, object: &Object, above: &Above, depth: usize) {
        let Ok(id) = object.as_reference() else { return };
        if depth == 0 || self.found.len() >= MAX_FIELDS || !self.seen.insert(id) {
            return;
        }
        let pdf = self.pdf;
        let Ok(node) = pdf.document.get_dictionary(id) else { return };
        let mut here = above.clone();
        if let Some(partial) = pdf.text(node, b"T") {
            if !here.name.is_empty() {
                here.name.push('.');
            }
            here.name.push_str(&partial);
        }
        if let Some(kind) = pdf.name(node, b"FT") {
            here.kind = kind;
        }
        here.flags = integer(pdf, node, b"Ff").unwrap_or(here.flags);
        here.appearance = string(pdf, node, b"DA").unwrap_or(here.appearance);
        here.alignment = integer(pdf, node, b"Q").unwrap_or(here.alignment);
        let length = integer(pdf, node, b"MaxLen").and_then(|n| usize::try_from(n).ok());
        here.max_length = length.or(here.max_length);
        if let Some(list) = pdf.array(node, b"Opt") {
            here.options = list.iter().take(10_000).filter_map(|option| self.option(option)).collect();
        }
        let kids = pdf.array(node, b"Kids").map_or(&[][..], Vec::as_slice);
        if kids.iter().any(|kid| pdf.resolve(kid).as_dict().is_ok_and(|kid| kid.has(b"T"))) {
            for kid in kids {
                self.visit(kid, &here, depth - 1);
            }
            return;
        }
        let widgets =
            if kids.is_empty() { vec![id] } else { kids.iter().filter_map(|kid| kid.as_reference().ok()).collect() };
        let scripted = pdf.dictionary(node, b"AA").is_some_and(|actions| actions.has(b"C"));
        self.found.push(FormField {
            kind: kind(&here.kind, here.flags),
            name: here.name,
            id,
            widgets,
            appearance: here.appearance,
            alignment: here.alignment,
            max_length: here.max_length,
            options: here.options,
            scripted,
        });
    }

    fn option(&self, option: &Object) -> Option<(String, String)> {
        let text = |object: &Object| lopdf::decode_text_string(self.pdf.resolve(object)).ok();
        match self.pdf.resolve(option) {
            Object::Array(pair) => {
                let export = text(pair.first()?)?;
                let shown = pair.get(1).and_then(text).unwrap_or_else(|| export.clone());
                Some((export, shown))
            }
            other => text(other).map(|both| (both.clone(), both)),
        }
    }
}

fn kind(name: &str, flags: i64) -> Kind {
    let flag = |bit: i64| flags >> (bit - 1) & 1 == 1;
    match name {
        "Tx" => Kind::Text { multiline: flag(13), comb: flag(25), password: flag(14) },
        "Btn" if flag(17) => Kind::Other,
        "Btn" if flag(16) => Kind::Radio,
        "Btn" => Kind::Check,
        "Ch" if flag(18) => Kind::Drop { free: flag(19) },
        "Ch" => Kind::List { several: flag(22) },
        _ => Kind::Other,
    }
}

fn integer(pdf: &Pdf<'_>, dictionary: &Dictionary, key: &[u8]) -> Option<i64> {
    pdf.get(dictionary, key)?.as_i64().ok()
}

fn string(pdf: &Pdf<'_>, dictionary: &Dictionary, key: &[u8]) -> Option<Vec<u8>> {
    pdf.get(dictionary, key)?.as_str().ok().map(<[u8]>::to_vec)
}

/// The names of the states that a check box or radio button can be drawn in, `Off` aside.
pub fn states(pdf: &Pdf<'_>, widget: ObjectId) -> Vec<Vec<u8>> {
    let normal = pdf.document.get_dictionary(widget).ok().and_then(|w| pdf.dictionary(pdf.dictionary(w, b"AP")?, b"N"));
    let names =
        normal.map(|normal| normal.iter().map(|(name, _)| name.clone()).filter(|name| name != b"Off").collect());
    names.unwrap_or_default()
}
