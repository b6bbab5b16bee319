//! The form's fields: which there are, which are signed, and what signatures lock.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use crate::asn1;
use crate::certificate::{self, Certificate};
use crate::cms::SignedData;
use crate::read::Pdf;

/// A field of the form, at the end of its branch.
#[derive(Debug, Clone)]
pub struct Field {
    /// The full name: partial names from the root, with dots.
    pub name: String,
    /// Its object; none if it is written inside another.
    pub id: Option<ObjectId>,
    /// `Sig`, `Tx`, `Btn` or `Ch`.
    pub kind: String,
    /// The signature dictionary, if it is signed.
    pub value: Option<Dictionary>,
    /// The `/Lock` dictionary of a signature field.
    pub lock: Option<Dictionary>,
    /// The object of its (first) widget.
    pub widget: Option<ObjectId>,
}

/// What may be changed after a certification (ISO 32000-2 12.8.2.2), or after a signature whose lock says so
/// (table 236).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certification {
    /// 1: nothing; 2: fill in forms and sign; 3: also annotations.
    pub level: i64,
    pub signer: String,
}

/// More fields than this is no form.
const MAX_FIELDS: usize = 50_000;
const MAX_DEPTH: usize = 32;
/// Full names are built for every field, so a long one of a parent would be there thousands of times.
pub const MAX_NAME: usize = 4096;

impl Field {
    pub fn is_signature(&self) -> bool {
        self.kind == "Sig"
    }
}

/// The form dictionary.
pub fn form<'p>(pdf: &'p Pdf<'_>) -> Option<&'p Dictionary> {
    pdf.dictionary(pdf.catalog().ok()?, b"AcroForm")
}

/// All fields, in the order of the form.
pub fn all(pdf: &Pdf<'_>) -> Vec<Field> {
    let mut walk = Walk { pdf, seen: HashSet::new(), fields: Vec::new() };
    if let Some(roots) = form(pdf).and_then(|form| pdf.array(form, b"Fields")) {
        for root in roots {
            walk.visit(root, &Inherited::default(), MAX_DEPTH);
        }
    }
    walk.fields
}

#[derive(Default, Clone)]
struct Inherited {
    name: String,
    kind: String,
    value: Option<Dictionary>,
}

struct Walk<'p, 'a> {
    pdf: &'p Pdf<'a>,
    seen: HashSet<ObjectId>,
    fields: Vec<Field>,
}

impl Walk<'_, '_> {
    fn visit(&mut self, object: &Object, above: &Inherited, depth: usize) {
        let id = object.as_reference().ok();
        if depth == 0 || self.fields.len() >= MAX_FIELDS || id.is_some_and(|id| !self.seen.insert(id)) {
            return;
        }
        let pdf = self.pdf;
        let Ok(node) = pdf.resolve(object).as_dict() else { return };
        let mut here = above.clone();
        if let Some(partial) = pdf.text(node, b"T") {
            if !here.name.is_empty() {
                here.name.push('.');
            }
            here.name.push_str(&partial);
            if here.name.len() > MAX_NAME {
                return;
            }
        }
        if let Some(kind) = pdf.name(node, b"FT") {
            here.kind = kind;
        }
        if let Some(value) = pdf.dictionary(node, b"V") {
            here.value = Some(value.clone());
        }
        // Kids with a name are fields, kids without are the widgets of this field.
        let kids = pdf.array(node, b"Kids").map_or(&[][..], Vec::as_slice);
        let is_field = |kid: &Object| pdf.resolve(kid).as_dict().is_ok_and(|kid| kid.has(b"T"));
        if kids.iter().any(is_field) {
            for kid in kids {
                self.visit(kid, &here, depth - 1);
            }
            return;
        }
        let widget = if kids.is_empty() { id } else { kids.iter().find_map(|kid| kid.as_reference().ok()) };
        let lock = pdf.dictionary(node, b"Lock").cloned();
        self.fields.push(Field { name: here.name, id, kind: here.kind, value: here.value, lock, widget });
    }
}

/// Whom a signature dictionary comes from, as far as it says so itself.
pub fn signer(pdf: &Pdf<'_>, signature: &Dictionary) -> String {
    let from_certificate = || {
        let contents = pdf.get(signature, b"Contents")?.as_str().ok()?;
        let der = asn1::to_der(contents).ok()?;
        let data = SignedData::parse(&der).ok()?;
        let certificate = Certificate::parse(data.certificates.get(data.signer?)?).ok()?;
        Some(certificate::holder(certificate.subject))
    };
    from_certificate()
        .filter(|name| !name.is_empty())
        .or_else(|| pdf.text(signature, b"Name"))
        .unwrap_or_else(|| "?".into())
}

/// The signature references of a signature with a given method, with their parameters.
fn references<'p>(pdf: &'p Pdf<'_>, signature: &'p Dictionary, method: &'static str) -> Vec<Option<&'p Dictionary>> {
    let list = pdf.array(signature, b"Reference").map_or(&[][..], Vec::as_slice);
    list.iter()
        .filter_map(|reference| pdf.resolve(reference).as_dict().ok())
        .filter(|reference| pdf.name(reference, b"TransformMethod").as_deref() == Some(method))
        .map(|reference| pdf.dictionary(reference, b"TransformParams"))
        .collect()
}

/// The certification level that a signature sets, if it certifies the document.
pub fn certification_level(pdf: &Pdf<'_>, signature: &Dictionary) -> Option<i64> {
    let params = references(pdf, signature, "DocMDP").into_iter().next()?;
    Some(params.and_then(|p| pdf.get(p, b"P")?.as_i64().ok()).unwrap_or(2))
}

fn certified_in_perms<'p>(pdf: &'p Pdf<'_>) -> Option<&'p Dictionary> {
    pdf.dictionary(pdf.dictionary(pdf.catalog().ok()?, b"Perms")?, b"DocMDP")
}

/// The document's certification: by a signed field, or by `/Perms`.
pub fn certification(pdf: &Pdf<'_>, fields: &[Field]) -> Option<Certification> {
    let in_perms = certified_in_perms(pdf);
    fields.iter().filter_map(|field| field.value.as_ref()).chain(in_perms).find_map(|signature| {
        let level = certification_level(pdf, signature)?;
        Some(Certification { level, signer: signer(pdf, signature) })
    })
}

/// `/P` of a lock or of its parameters: how far changes may go afterwards, as after a certification of that level.
/// A number that means nothing allows nothing.
pub fn allows(pdf: &Pdf<'_>, lock: &Dictionary) -> Option<i64> {
    pdf.get(lock, b"P").map(|level| known_level(level.as_i64().unwrap_or(1)))
}

fn known_level(level: i64) -> i64 {
    if (1..=3).contains(&level) { level } else { 1 }
}

/// How far changes may go after a signature, if it limits them: the strictest of its certification, the lock that it
/// repeats, and the `lock` of its field.
pub fn restriction(pdf: &Pdf<'_>, signature: &Dictionary, lock: Option<&Dictionary>) -> Option<i64> {
    let certified = certification_level(pdf, signature).map(known_level);
    let locks = references(pdf, signature, "FieldMDP").into_iter().flatten().chain(lock);
    certified.into_iter().chain(locks.filter_map(|lock| allows(pdf, lock))).min()
}

/// The strictest restriction by any signature of the document.
pub fn restricted(pdf: &Pdf<'_>, fields: &[Field]) -> Option<Certification> {
    let by_field = fields.iter().filter_map(|field| {
        let signature = field.value.as_ref()?;
        Some((restriction(pdf, signature, field.lock.as_ref())?, signature))
    });
    let in_perms = certified_in_perms(pdf).and_then(|signature| Some((restriction(pdf, signature, None)?, signature)));
    let (level, signature) = by_field.chain(in_perms).min_by_key(|(level, _)| *level)?;
    Some(Certification { level, signer: signer(pdf, signature) })
}

/// Who locked the field `name` by signing (FieldMDP, ISO 32000-2 12.8.2.4), if anyone did.
pub fn locked_by(pdf: &Pdf<'_>, fields: &[Field], name: &str) -> Option<String> {
    fields.iter().filter_map(|field| field.value.as_ref()).find_map(|signature| {
        let locks = references(pdf, signature, "FieldMDP");
        locks.into_iter().flatten().any(|lock| locks_field(pdf, lock, name)).then(|| signer(pdf, signature))
    })
}

/// Whether this signature locks the field `name`.
pub fn locks(pdf: &Pdf<'_>, signature: &Dictionary, name: &str) -> bool {
    references(pdf, signature, "FieldMDP").into_iter().flatten().any(|lock| locks_field(pdf, lock, name))
}

fn locks_field(pdf: &Pdf<'_>, lock: &Dictionary, name: &str) -> bool {
    let named = pdf.array(lock, b"Fields").is_some_and(|names| {
        names
            .iter()
            .filter_map(|n| lopdf::decode_text_string(pdf.resolve(n)).ok())
            .any(|listed| name == listed || name.strip_prefix(&listed).is_some_and(|rest| rest.starts_with('.')))
    });
    match pdf.name(lock, b"Action").as_deref() {
        Some("All") => true,
        Some("Include") => named,
        Some("Exclude") => !named,
        _ => false,
    }
}

/// A name that no field has yet: `Signature1` and so on.
pub fn fresh_name(fields: &[Field]) -> String {
    let taken: HashSet<&str> = fields.iter().map(|field| field.name.split('.').next().unwrap_or_default()).collect();
    (1..).map(|n| format!("Signature{n}")).find(|name| !taken.contains(name.as_str())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;
    use crate::read::Limits;
    use crate::testing::documents::plain;

    #[test]
    fn the_strictest_word_counts() {
        let input = plain();
        let pdf = Pdf::load(&input, None, &Limits::default()).unwrap();
        let check = |certified: Option<Object>, repeated: Option<Object>, lock: Option<Object>, expected| {
            let params = |level: Object| dictionary! { "P" => level };
            let reference = |method: &str, level| {
                Object::Dictionary(dictionary! { "TransformMethod" => method, "TransformParams" => params(level) })
            };
            let mut references: Vec<Object> = Vec::new();
            references.extend(certified.map(|level| reference("DocMDP", level)));
            references.extend(repeated.map(|level| reference("FieldMDP", level)));
            let signature = dictionary! { "Reference" => references };
            let lock = lock.map(params);
            assert_eq!(restriction(&pdf, &signature, lock.as_ref()), expected);
        };
        let p = |level: i64| Some(Object::Integer(level));
        check(None, None, None, None);
        check(p(3), None, None, Some(3));
        check(None, p(2), None, Some(2));
        // A signer who left out what the field says.
        check(None, None, p(1), Some(1));
        check(p(3), p(2), p(1), Some(1));
        check(p(1), p(3), p(3), Some(1));
        for nonsense in [p(0), p(4), p(-1), Some(Object::Real(2.0)), Some("2".into())] {
            check(None, nonsense.clone(), None, Some(1));
            check(None, p(3), nonsense, Some(1));
        }
    }
}
