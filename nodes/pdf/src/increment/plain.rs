//! Updates without a signature.

use lopdf::{Dictionary, Object, ObjectId};

use super::Update;

impl Update<'_, '_> {
    /// An object as changed so far.
    pub fn get(&self, id: ObjectId) -> Option<&Object> {
        self.objects.get(&id).or_else(|| self.pdf.document.objects.get(&id))
    }

    /// A dictionary that stands at `object`, as changed so far: written there, or an object of its own.
    pub fn resolved(&self, object: &Object) -> Option<Dictionary> {
        match object {
            Object::Dictionary(dictionary) => Some(dictionary.clone()),
            Object::Reference(id) => match self.get(*id)? {
                Object::Dictionary(dictionary) => Some(dictionary.clone()),
                Object::Reference(id) => self.get(*id)?.as_dict().ok().cloned(),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}
