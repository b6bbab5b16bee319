//! Copying objects from one PDF into the book, with what they refer to.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::book::Book;
use super::names::Destinations;
use crate::error::Error;
use crate::read::Pdf;

/// Arrays and dictionaries inside each other deeper than this are no document.
const MAX_DEPTH: usize = 100;

/// Copies out of one PDF. References lead to copies; those to pages that are not wanted lead nowhere.
pub struct Copier<'b, 'p, 'a> {
    pub pdf: &'p Pdf<'a>,
    pub book: &'b mut Book,
    pub destinations: Destinations,
    /// Where what was met so far is in the book.
    map: HashMap<ObjectId, ObjectId>,
    /// Met, but not copied yet.
    queue: Vec<(ObjectId, ObjectId)>,
    /// What references must not lead to: other pages, dropped fields and links.
    left_out: HashSet<ObjectId>,
    /// What is copied but is no field any more.
    pub unlisted: HashSet<ObjectId>,
}

impl<'b, 'p, 'a> Copier<'b, 'p, 'a> {
    pub fn new(pdf: &'p Pdf<'a>, book: &'b mut Book) -> Self {
        Self {
            pdf,
            book,
            destinations: Destinations::of(pdf),
            map: HashMap::new(),
            queue: Vec::new(),
            left_out: pdf.catalog_id().into_iter().collect(),
            unlisted: HashSet::new(),
        }
    }

    /// Gives an object a place in the book; its content is set by the caller.
    pub fn reserve(&mut self, old: ObjectId) -> Result<ObjectId, Error> {
        let new = self.book.number()?;
        self.map.insert(old, new);
        Ok(new)
    }

    pub fn leave_out(&mut self, old: ObjectId) {
        self.left_out.insert(old);
    }

    pub fn placed(&self, old: ObjectId) -> Option<ObjectId> {
        self.map.get(&old).copied()
    }

    /// The page in the book that a destination leads to, if it is there.
    pub fn leads_to(&self, destination: &Object) -> Option<ObjectId> {
        let target = self.destinations.resolve(self.pdf, destination)?;
        self.placed(target.page()?)
    }

    /// A destination with its page in the book; none if that page is left out.
    pub fn destination(&mut self, destination: &Object) -> Result<Option<Object>, Error> {
        let Some(target) = self.destinations.resolve(self.pdf, destination) else { return Ok(None) };
        let Some(page) = target.page().and_then(|page| self.placed(page)) else { return Ok(None) };
        let mut copy = vec![Object::Reference(page)];
        for item in target.view() {
            copy.push(self.copy(item)?);
        }
        Ok(Some(Object::Array(copy)))
    }

    /// A copy of an object; what it refers to is copied later, by [`Self::drain`].
    pub fn copy(&mut self, object: &Object) -> Result<Object, Error> {
        self.deep(object, MAX_DEPTH)
    }

    fn deep(&mut self, object: &Object, depth: usize) -> Result<Object, Error> {
        if depth == 0 {
            return Ok(Object::Null);
        }
        Ok(match object {
            Object::Reference(id) => self.reference(*id)?,
            Object::Array(items) => {
                let mut copy = Vec::with_capacity(items.len());
                for item in items {
                    copy.push(self.deep(item, depth - 1)?);
                }
                Object::Array(copy)
            }
            Object::Dictionary(dictionary) => Object::Dictionary(self.entries(dictionary, depth - 1)?),
            Object::Stream(stream) => {
                self.book.weigh(stream.content.len())?;
                let dictionary = self.entries(&stream.dict, depth - 1)?;
                Object::Stream(Stream::new(dictionary, stream.content.clone()))
            }
            other => other.clone(),
        })
    }

    /// The entries of a dictionary.
    pub fn dictionary(&mut self, dictionary: &Dictionary) -> Result<Dictionary, Error> {
        self.entries(dictionary, MAX_DEPTH)
    }

    fn entries(&mut self, dictionary: &Dictionary, depth: usize) -> Result<Dictionary, Error> {
        let goes_to = self.pdf.name(dictionary, b"S").as_deref() == Some("GoTo");
        let mut copy = Dictionary::new();
        for (key, value) in dictionary.iter() {
            let value = match key.as_slice() {
                // They point into the structure tree, which is not copied.
                b"StructParent" | b"StructParents" => continue,
                b"Dest" => self.destination(value)?.unwrap_or(Object::Null),
                b"D" if goes_to => self.destination(value)?.unwrap_or(Object::Null),
                b"Kids" | b"CO" => self.list(value, depth)?,
                _ => self.deep(value, depth)?,
            };
            // An entry that is null is one that is not there (ISO 32000-2 7.3.9).
            if !value.is_null() {
                copy.set(key.clone(), value);
            }
        }
        Ok(copy)
    }

    /// A list of fields, without those that are left out.
    fn list(&mut self, value: &Object, depth: usize) -> Result<Object, Error> {
        let pdf = self.pdf;
        let Ok(items) = pdf.resolve(value).as_array() else { return self.deep(value, depth) };
        let mut copy = Vec::with_capacity(items.len());
        for item in items {
            if item.as_reference().is_ok_and(|id| self.unlisted.contains(&id)) {
                continue;
            }
            let item = self.deep(item, depth.saturating_sub(1))?;
            if !item.is_null() {
                copy.push(item);
            }
        }
        Ok(Object::Array(copy))
    }

    fn reference(&mut self, id: ObjectId) -> Result<Object, Error> {
        if let Some(new) = self.map.get(&id) {
            return Ok(Object::Reference(*new));
        }
        let Some(object) = self.pdf.document.objects.get(&id) else { return Ok(Object::Null) };
        if self.left_out.contains(&id) || belongs_to_the_old_tree(object) {
            return Ok(Object::Null);
        }
        let new = self.reserve(id)?;
        self.queue.push((id, new));
        Ok(Object::Reference(new))
    }

    /// Copies all that was met.
    pub fn drain(&mut self) -> Result<(), Error> {
        let pdf = self.pdf;
        while let Some((old, new)) = self.queue.pop() {
            let object = pdf.document.objects.get(&old).unwrap_or(&Object::Null);
            let copy = self.copy(object)?;
            self.book.set(new, copy);
        }
        Ok(())
    }
}

/// Pages, the trees of pages and of structure: a copy of one would bring all of the old document along.
fn belongs_to_the_old_tree(object: &Object) -> bool {
    object.as_dict().is_ok_and(|dictionary| {
        matches!(
            dictionary.get(b"Type").and_then(Object::as_name),
            Ok(b"Page" | b"Pages" | b"Catalog" | b"StructTreeRoot" | b"StructElem")
        )
    })
}
