//! From where in a file objects are reached.

use std::collections::{HashMap, HashSet};
use std::fmt;

use lopdf::{Object, ObjectId};

use crate::read::Pdf;

/// A place in a file: the object it is in (0 0 is the trailer) and the way within it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Use {
    container: ObjectId,
    /// `/Key` for each dictionary, `[]` for each array that is passed.
    path: Vec<u8>,
}

pub type Uses = HashMap<ObjectId, HashSet<Use>>;

/// References to one file's changed objects beyond this number are an attack.
const MOST_USES: usize = 200_000;

impl Use {
    pub fn of(container: ObjectId) -> Self {
        Self { container, path: Vec::new() }
    }

    pub fn trailer() -> Self {
        Self::of((0, 0))
    }

    pub fn below(&self, key: &[u8]) -> Self {
        let mut path = self.path.clone();
        path.push(b'/');
        path.extend_from_slice(key);
        Self { container: self.container, path }
    }

    pub fn element(&self) -> Self {
        let mut path = self.path.clone();
        path.extend_from_slice(b"[]");
        Self { container: self.container, path }
    }

    /// Whether files lead to form fields and their widgets in this way: from a page's annotations, from a
    /// kid to its parent, and from the structure tree of an accessible document. (That the field hangs
    /// in the form where it should is for the rule about forms.)
    ///
    /// `lists` are the arrays of annotations that are objects of their own.
    pub fn leads_to_field(&self, pdf: &Pdf<'_>, lists: &HashSet<ObjectId>) -> bool {
        let kind = |name: &[u8]| {
            let object = pdf.document.objects.get(&self.container);
            object.and_then(|object| object.as_dict().ok()).is_some_and(|dictionary| dictionary.has_type(name))
        };
        match self.path.as_slice() {
            b"/Annots[]" => kind(b"Page"),
            b"[]" => lists.contains(&self.container),
            b"/Parent" | b"/Nums[]" | b"/K/Obj" | b"/K[]/Obj" => true,
            b"/Obj" => kind(b"OBJR"),
            _ => false,
        }
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: String = String::from_utf8_lossy(&self.path).chars().filter(|c| !c.is_control()).take(120).collect();
        match self.container {
            (0, 0) => write!(f, "trailer{path}"),
            (number, generation) => write!(f, "{number} {generation} R{path}"),
        }
    }
}

/// All uses of the objects that `wanted` picks; none if there are too many.
pub fn of(pdf: &Pdf<'_>, wanted: impl Fn(ObjectId) -> bool) -> Option<Uses> {
    let mut walk = Walk { wanted, uses: Uses::new(), count: 0, seen: HashSet::new(), queue: Vec::new() };
    let mut path = Vec::new();
    for (key, value) in &pdf.document.trailer {
        walk.step(value, (0, 0), &mut path, key);
    }
    while let Some(id) = walk.queue.pop() {
        if let Some(object) = pdf.document.objects.get(&id) {
            walk.visit(object, id, &mut path);
        }
        if walk.count > MOST_USES {
            return None;
        }
    }
    Some(walk.uses)
}

struct Walk<F> {
    wanted: F,
    uses: Uses,
    count: usize,
    seen: HashSet<ObjectId>,
    queue: Vec<ObjectId>,
}

impl<F: Fn(ObjectId) -> bool> Walk<F> {
    fn step(&mut self, value: &Object, container: ObjectId, path: &mut Vec<u8>, key: &[u8]) {
        let length = path.len();
        path.push(b'/');
        path.extend_from_slice(key);
        self.visit(value, container, path);
        path.truncate(length);
    }

    /// Values nest no deeper than the reader lets them (100).
    fn visit(&mut self, object: &Object, container: ObjectId, path: &mut Vec<u8>) {
        match object {
            Object::Reference(id) => {
                if (self.wanted)(*id) {
                    self.count += 1;
                    self.uses.entry(*id).or_default().insert(Use { container, path: path.clone() });
                }
                if self.seen.insert(*id) {
                    self.queue.push(*id);
                }
            }
            Object::Array(list) => {
                let length = path.len();
                path.extend_from_slice(b"[]");
                for value in list {
                    self.visit(value, container, path);
                }
                path.truncate(length);
            }
            Object::Dictionary(dictionary) => {
                for (key, value) in dictionary {
                    self.step(value, container, path, key);
                }
            }
            Object::Stream(stream) => {
                for (key, value) in &stream.dict {
                    self.step(value, container, path, key);
                }
            }
            _ => {}
        }
    }
}
