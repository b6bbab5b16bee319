//! Destinations: what the names of places in a document stand for (ISO 32000-2 12.3.2), and name trees (7.9.6).

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use crate::read::Pdf;

/// More names than this are not read.
const MAX_NAMES: usize = 200_000;
const MAX_DEPTH: usize = 32;

/// The named destinations of a document.
pub struct Destinations {
    named: HashMap<Vec<u8>, Target>,
    pages: Vec<ObjectId>,
}

/// A place: a page, and how it is shown.
#[derive(Clone)]
pub struct Target(Vec<Object>);

impl Target {
    /// `[page /XYZ …]`, or a dictionary with that as `/D`.
    fn of(pdf: &Pdf<'_>, object: &Object) -> Option<Self> {
        match pdf.resolve(object) {
            Object::Array(items) if !items.is_empty() && items.len() <= 16 => Some(Self(items.clone())),
            Object::Dictionary(dictionary) => match pdf.get(dictionary, b"D")? {
                Object::Array(items) if !items.is_empty() && items.len() <= 16 => Some(Self(items.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// The page's object.
    pub fn page(&self) -> Option<ObjectId> {
        self.0.first()?.as_reference().ok()
    }

    pub fn view(&self) -> &[Object] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl Destinations {
    pub fn of(pdf: &Pdf<'_>) -> Self {
        let mut named = HashMap::new();
        let catalog = pdf.catalog().ok();
        if let Some(old) = catalog.and_then(|catalog| pdf.dictionary(catalog, b"Dests")) {
            for (name, value) in old.iter().take(MAX_NAMES) {
                if let Some(target) = Target::of(pdf, value) {
                    named.insert(name.clone(), target);
                }
            }
        }
        let tree = catalog.and_then(|catalog| pdf.dictionary(pdf.dictionary(catalog, b"Names")?, b"Dests"));
        for (name, value) in tree.map(|tree| entries(pdf, tree)).unwrap_or_default() {
            if let Some(target) = Target::of(pdf, value) {
                named.insert(name.to_vec(), target);
            }
        }
        Self { named, pages: pdf.pages() }
    }

    /// What a destination stands for.
    pub fn resolve(&self, pdf: &Pdf<'_>, destination: &Object) -> Option<Target> {
        match pdf.resolve(destination) {
            Object::Name(name) | Object::String(name, _) => self.named.get(name).cloned(),
            other => Target::of(pdf, other),
        }
        .map(|target| match target.0.first() {
            // Wrong within one document, but seen: the page's number from 0.
            Some(Object::Integer(index)) => {
                let page = usize::try_from(*index).ok().and_then(|index| self.pages.get(index));
                let page = page.map_or(Object::Null, |id| Object::Reference(*id));
                Target([&[page], target.view()].concat())
            }
            _ => target,
        })
    }
}

/// The entries of a name tree, in its order.
pub fn entries<'p>(pdf: &'p Pdf<'_>, root: &'p Dictionary) -> Vec<(&'p [u8], &'p Object)> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    collect(pdf, root, &mut found, &mut seen, MAX_DEPTH);
    found
}

fn collect<'p>(
    pdf: &'p Pdf<'_>,
    node: &'p Dictionary,
    found: &mut Vec<(&'p [u8], &'p Object)>,
    seen: &mut HashSet<ObjectId>,
    depth: usize,
) {
    if depth == 0 {
        return;
    }
    for pair in pdf.array(node, b"Names").map_or(&[][..], Vec::as_slice).chunks_exact(2) {
        if let Ok(name) = pdf.resolve(&pair[0]).as_str()
            && found.len() < MAX_NAMES
        {
            found.push((name, &pair[1]));
        }
    }
    for kid in pdf.array(node, b"Kids").map_or(&[][..], Vec::as_slice) {
        if kid.as_reference().is_ok_and(|id| !seen.insert(id)) || found.len() >= MAX_NAMES {
            continue;
        }
        if let Ok(kid) = pdf.resolve(kid).as_dict() {
            collect(pdf, kid, found, seen, depth - 1);
        }
    }
}
