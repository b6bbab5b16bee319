//! What changed between two revisions of a file, and whether signers may be expected to put up with it.
//!
//! The rule is to reject: every object that differs has to be explained by a rule that knows what it
//! is, *and* by every way in which the older revision reaches it. Otherwise a page's content could
//! hide behind the name of a form field. What is explained: new signature fields and signatures, form
//! values, the security store (DSS), document time-stamps, metadata (the rules that pyHanko applies
//! by default), and comments, which count as a level of their own.

mod document;
mod dss;
mod form;
pub(super) mod history;
mod layout;
mod pages;
mod uses;

use std::collections::{BTreeSet, HashMap, HashSet};

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Object, ObjectId};

use crate::read::Pdf;
use uses::{Use, Uses};

/// How far the changes after a signature go. Each level includes those above it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changes {
    /// Nothing changed.
    #[default]
    None,
    /// Proofs for validation in the long term, document time-stamps, metadata, empty invisible fields.
    LongTerm,
    /// Form fields were filled in, or somebody signed.
    FormsAndSignatures,
    /// Comments were added to pages.
    Comments,
    /// Something else, which no signature puts up with.
    Other,
}

/// What lies between two revisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    pub level: Changes,
    /// Fields with changes that a lock on them forbids.
    pub fields: BTreeSet<String>,
    /// A signature field that can be seen was added; it may cover what was certified.
    pub visible_field: bool,
    /// What could not be explained, at most [`MOST_REASONS`] of it: where it is, in the PDF's words.
    pub reasons: Vec<String>,
}

const MOST_REASONS: usize = 12;
/// More names of changed fields than this, in number or bytes, are not kept for every signature.
const MOST_FIELDS: (usize, usize) = (5000, 256 << 10);

impl Difference {
    pub fn other(reason: impl Into<String>) -> Self {
        Self { level: Changes::Other, reasons: vec![reason.into()], ..Self::default() }
    }

    /// Adds what lies between two later revisions.
    pub fn add(&mut self, later: &Self) {
        self.level = self.level.max(later.level);
        self.fields.extend(later.fields.iter().cloned());
        self.visible_field |= later.visible_field;
        let left = MOST_REASONS.saturating_sub(self.reasons.len());
        self.reasons.extend(later.reasons.iter().take(left).cloned());
        self.bound();
    }

    fn bound(&mut self) {
        let bytes: usize = self.fields.iter().map(String::len).sum();
        if self.fields.len() > MOST_FIELDS.0 || bytes > MOST_FIELDS.1 {
            self.fields.clear();
            self.level = Changes::Other;
            self.reasons.push("more fields were changed than are compared".into());
            self.reasons.truncate(MOST_REASONS);
        }
    }
}

/// Why a change is not put up with.
struct Refusal(String);

type Rule<T = ()> = Result<T, Refusal>;

fn refuse<T>(reason: impl Into<String>) -> Rule<T> {
    Err(Refusal(reason.into()))
}

/// Compares two revisions of a file.
pub fn between(old: &Pdf<'_>, new: &Pdf<'_>) -> Difference {
    let mut changed = changed(old, new);
    let (before, now) = (&old.document.objects, &new.document.objects);
    let appearances = appearances(old);
    let wanted = |id: ObjectId| {
        changed.contains(&id) || appearances.contains(&id) || (!before.contains_key(&id) && now.contains_key(&id))
    };
    let Some(uses) = uses::of(old, wanted) else { return Difference::other("too many references to what changed") };
    // A reference that led nowhere and now leads somewhere is a change as well.
    changed.extend(uses.keys().filter(|id| !before.contains_key(id)));
    let mut comparison = Comparison { old, new, changed, uses, approved: HashMap::new(), found: Difference::default() };
    let judged = document::compare(&mut comparison);
    comparison.verdict(judged)
}

struct Comparison<'p> {
    old: &'p Pdf<'p>,
    new: &'p Pdf<'p>,
    /// Objects of the older revision that are something else in the newer one.
    changed: HashSet<ObjectId>,
    /// From where in the older revision these, and dictionaries of appearances, are reached.
    uses: Uses,
    approved: HashMap<ObjectId, Approval>,
    found: Difference,
}

enum Approval {
    /// However it is reached.
    Anyhow,
    /// If it is reached by these ways only; a field also by the ways in which files lead to fields.
    By { ways: HashSet<Use>, is_field: bool },
}

impl<'p> Comparison<'p> {
    fn raise(&mut self, level: Changes) {
        self.found.level = self.found.level.max(level);
    }

    /// The object is not in the older revision, in any way.
    fn is_fresh(&self, id: ObjectId) -> bool {
        !self.old.document.objects.contains_key(&id) && !self.uses.contains_key(&id)
    }

    fn approve(&mut self, id: ObjectId, level: Changes) {
        if self.changed.contains(&id) {
            self.raise(level);
            self.approved.insert(id, Approval::Anyhow);
        }
    }

    fn approve_by(&mut self, id: ObjectId, way: Use, is_field: bool, level: Changes) {
        if !self.changed.contains(&id) {
            return;
        }
        self.raise(level);
        let new = Approval::By { ways: HashSet::new(), is_field };
        if let Approval::By { ways, is_field: field } = self.approved.entry(id).or_insert(new) {
            ways.insert(way);
            *field |= is_field;
        }
    }

    /// The entry of a dictionary that may be replaced, by a value or by reference, as long as no other
    /// object is overwritten by it. What its value may be is the caller's to judge.
    ///
    /// `at` is where the older dictionary stands. Returns both values with references followed, and
    /// where the older value stands.
    fn entry(
        &mut self,
        old: Option<&'p Dictionary>,
        at: &Use,
        new: &'p Dictionary,
        key: &'static str,
        level: Changes,
    ) -> Rule<(Option<&'p Object>, Option<&'p Object>, Use)> {
        let (old_pdf, new_pdf) = (self.old, self.new);
        let before = old.and_then(|old| old.get(key.as_bytes()).ok());
        let way = at.below(key.as_bytes());
        let before_id = before.and_then(|before| before.as_reference().ok());
        let place = before_id.map_or_else(|| way.clone(), Use::of);
        let before_value = before.map(|before| old_pdf.resolve(before)).filter(|value| !value.is_null());
        let Ok(after) = new.get(key.as_bytes()) else {
            return match before_value {
                Some(_) => refuse(format!("{way}: deleted")),
                None => Ok((None, None, place)),
            };
        };
        if before_value.is_some_and(|value| matches!(value, Object::Stream(_))) {
            return refuse(format!("{way}: a stream"));
        }
        let after_value = new_pdf.resolve(after);
        if let Ok(id) = after.as_reference() {
            if matches!(after_value, Object::Stream(_)) {
                return refuse(format!("{way}: a stream"));
            }
            if before_id == Some(id) {
                self.approve_by(id, way, false, level);
            } else if !self.is_fresh(id) {
                return refuse(format!("{way}: takes over object {} {}", id.0, id.1));
            }
        }
        if before.is_none_or(|before| !same(before, after)) {
            self.raise(level);
        }
        Ok((before_value, Some(after_value).filter(|value| !value.is_null()), place))
    }

    /// Whether every change is explained for every way that leads to it.
    fn verdict(mut self, judged: Rule) -> Difference {
        if let Err(Refusal(reason)) = judged {
            self.found.level = Changes::Other;
            self.found.reasons.push(reason);
        }
        let mut unexplained: Vec<String> = Vec::new();
        let lists = pages::annotation_lists(self.old);
        let mut ids: Vec<ObjectId> = self.changed.iter().copied().collect();
        ids.sort_unstable();
        for id in ids {
            let ways = self.uses.get(&id);
            let rest = match self.approved.get(&id) {
                Some(Approval::Anyhow) => None,
                Some(Approval::By { ways: approved, is_field }) => ways
                    .into_iter()
                    .flatten()
                    .find(|way| !(approved.contains(*way) || *is_field && way.leads_to_field(self.old, &lists)))
                    .map(Use::to_string),
                None => Some(ways.and_then(|ways| ways.iter().min()).map_or_else(String::new, Use::to_string)),
            };
            if let Some(way) = rest {
                unexplained.push(format!("object {} {} {way}", id.0, id.1).trim_end().to_owned());
                if unexplained.len() >= MOST_REASONS {
                    break;
                }
            }
        }
        if !unexplained.is_empty() {
            self.found.level = Changes::Other;
            self.found.reasons.append(&mut unexplained);
        }
        for reason in &mut self.found.reasons {
            *reason = reason.chars().filter(|c| !c.is_control()).take(300).collect();
        }
        self.found.reasons.truncate(MOST_REASONS);
        self.found.bound();
        self.found
    }
}

/// Dictionaries of appearances that are objects of their own: who else uses them matters when one of
/// their streams changes.
fn appearances(pdf: &Pdf<'_>) -> HashSet<ObjectId> {
    let annotations = pdf.document.objects.values().filter_map(|object| object.as_dict().ok());
    annotations.filter_map(|annotation| annotation.get(b"AP").ok()?.as_reference().ok()).collect()
}

/// The objects of the older revision that the newer one has not, or has otherwise.
fn changed(old: &Pdf<'_>, new: &Pdf<'_>) -> HashSet<ObjectId> {
    let now = &new.document.objects;
    // Streams whose content was not read are the same if they are the same bytes: the newer revision begins with the
    // older one.
    let places = (!old.has_contents || !new.has_contents).then(|| [places(old), places(new)]);
    let stays = |id: &ObjectId, object: &Object, other: &Object| {
        let places = places.as_ref().filter(|_| matches!(object, Object::Stream(_)));
        match places.map(|places| places.each_ref().map(|places| places.get(&id.0))) {
            None | Some([None, None]) => same(object, other),
            Some([before, after]) => before == after,
        }
    };
    let differs = |id: &ObjectId, object: &Object| match now.get(id) {
        Some(other) => !stays(id, object, other),
        // The containers of a file hold nothing of the document themselves.
        None => !is_container(object),
    };
    old.document.objects.iter().filter(|(id, object)| differs(id, object)).map(|(id, _)| *id).collect()
}

/// Where the table says that objects are which are not in others.
fn places(pdf: &Pdf<'_>) -> HashMap<u32, u32> {
    let place = |(number, entry): &(u32, XrefEntry)| match entry {
        XrefEntry::Normal { offset, .. } => Some((*number, *offset)),
        _ => None,
    };
    pdf.entries.iter().filter_map(place).collect()
}

fn is_container(object: &Object) -> bool {
    matches!(object, Object::Stream(stream) if stream.dict.has_type(b"XRef") || stream.dict.has_type(b"ObjStm"))
}

/// Whether two objects are the same in every respect that shows.
fn same(a: &Object, b: &Object) -> bool {
    match (a, b) {
        (Object::String(a, _), Object::String(b, _)) => a == b,
        (Object::Array(a), Object::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object::Dictionary(a), Object::Dictionary(b)) => same_entries(a, b, &[]).is_none(),
        (Object::Stream(a), Object::Stream(b)) => {
            a.content == b.content && same_entries(&a.dict, &b.dict, &[]).is_none()
        }
        _ => a == b,
    }
}

/// The first entry outside `except` that two dictionaries do not share.
fn same_entries<'a>(a: &'a Dictionary, b: &'a Dictionary, except: &[&str]) -> Option<&'a [u8]> {
    let counts = |key: &[u8]| !except.iter().any(|name| name.as_bytes() == key);
    let missing = b.iter().map(|(key, _)| key.as_slice()).find(|key| counts(key) && !a.has(key));
    let other = || {
        a.iter()
            .find(|(key, value)| counts(key) && !b.get(key).is_ok_and(|other| same(value, other)))
            .map(|(key, _)| key.as_slice())
    };
    missing.or_else(other)
}

/// Refuses when the dictionaries differ outside `except`.
fn keep(old: Option<&Dictionary>, new: &Dictionary, except: &[&str], at: &Use) -> Rule {
    let empty = Dictionary::new();
    match same_entries(old.unwrap_or(&empty), new, except) {
        None => Ok(()),
        Some(key) => refuse(format!("{}: changed", at.below(key))),
    }
}
