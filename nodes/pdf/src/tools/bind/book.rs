//! The file that is being put together.

use std::collections::{BTreeMap, HashSet};

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Object, ObjectId, StringFormat, dictionary};

use super::form::Form;
use super::layers::Layers;
use super::outline::{self, Entry};
use crate::algorithm::Digest;
use crate::error::Error;
use crate::increment::{syntax, table};
use crate::tools::ToolError;

const CATALOG: ObjectId = (1, 0);
const PAGES: ObjectId = (2, 0);
/// Pages in one node of the page tree; readers look for a page from the root.
const FAN: usize = 64;

/// Pages, and what belongs to the whole document.
pub struct Book {
    objects: BTreeMap<u32, Object>,
    last: u32,
    /// Bytes of the streams so far, and how many there may be.
    weight: usize,
    limit: usize,
    pub pages: Vec<ObjectId>,
    pub outline: Vec<Entry>,
    pub form: Form,
    pub layers: Layers,
    /// Names and file specifications.
    pub attachments: Vec<(Vec<u8>, Object)>,
    /// Entries of the catalog that come from the first document.
    pub catalog: Dictionary,
    pub info: Dictionary,
    pub version: String,
}

impl Book {
    /// An empty one that may grow to `limit` bytes of streams.
    pub fn new(limit: usize) -> Self {
        Self {
            objects: BTreeMap::new(),
            last: PAGES.0,
            weight: 0,
            limit,
            pages: Vec::new(),
            outline: Vec::new(),
            form: Form::default(),
            layers: Layers::default(),
            attachments: Vec::new(),
            catalog: Dictionary::new(),
            info: Dictionary::new(),
            version: "1.7".into(),
        }
    }

    /// A number for a new object.
    pub fn number(&mut self) -> Result<ObjectId, Error> {
        self.last = self.last.checked_add(1).ok_or(Error::Damaged)?;
        // Every object takes some memory, whatever it holds.
        self.weigh(16)?;
        Ok((self.last, 0))
    }

    pub fn last(&self) -> u32 {
        self.last
    }

    pub fn set(&mut self, id: ObjectId, object: Object) {
        self.objects.insert(id.0, object);
    }

    pub fn add(&mut self, object: Object) -> Result<ObjectId, Error> {
        let id = self.number()?;
        self.set(id, object);
        Ok(id)
    }

    pub fn dictionary(&mut self, id: ObjectId) -> Option<&mut Dictionary> {
        self.objects.get_mut(&id.0)?.as_dict_mut().ok()
    }

    /// The objects added since `last` was the last number.
    pub fn since(&mut self, last: u32) -> impl Iterator<Item = &mut Object> {
        self.objects.range_mut(last.saturating_add(1)..).map(|(_, object)| object)
    }

    /// Counts bytes in. More than the limit are an error, before they are copied.
    pub fn weigh(&mut self, bytes: usize) -> Result<(), Error> {
        self.weight = self.weight.saturating_add(bytes);
        if self.weight > self.limit {
            return Err(ToolError::TooMuch { limit: format!("{} MB", self.limit >> 20) }.into());
        }
        Ok(())
    }

    /// The finished file.
    pub fn write(mut self) -> Result<Vec<u8>, Error> {
        self.pages()?;
        let mut catalog = std::mem::take(&mut self.catalog);
        catalog.set("Type", "Catalog");
        catalog.set("Pages", PAGES);
        let entries = std::mem::take(&mut self.outline);
        if let Some(root) = outline::write(&mut self, entries)? {
            catalog.set("Outlines", root);
        }
        let form = std::mem::take(&mut self.form);
        if let Some(form) = form.finish() {
            catalog.set("AcroForm", self.add(form)?);
        }
        if let Some(layers) = std::mem::take(&mut self.layers).finish() {
            catalog.set("OCProperties", self.add(layers)?);
        }
        if let Some(names) = self.names() {
            catalog.set("Names", dictionary! { "EmbeddedFiles" => self.add(names)? });
        }
        self.set(CATALOG, catalog.into());
        let info = std::mem::take(&mut self.info);
        let info = self.add(info.into())?;
        self.file(info)
    }

    /// The page tree.
    fn pages(&mut self) -> Result<(), Error> {
        let pages = std::mem::take(&mut self.pages);
        let count = pages.len() as i64;
        let mut kids = pages;
        if kids.len() > FAN {
            let mut nodes = Vec::new();
            for part in kids.chunks(FAN) {
                let list: Vec<Object> = part.iter().map(|id| Object::Reference(*id)).collect();
                let count = part.len() as i64;
                let node = dictionary! { "Type" => "Pages", "Parent" => PAGES, "Kids" => list, "Count" => count };
                let node = self.add(node.into())?;
                for page in part {
                    if let Some(page) = self.dictionary(*page) {
                        page.set("Parent", node);
                    }
                }
                nodes.push(node);
            }
            kids = nodes;
        } else {
            for page in &kids {
                if let Some(page) = self.dictionary(*page) {
                    page.set("Parent", PAGES);
                }
            }
        }
        let kids: Vec<Object> = kids.into_iter().map(Object::Reference).collect();
        self.set(PAGES, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count }.into());
        Ok(())
    }

    /// The name tree of the attachments, its names made unique.
    fn names(&mut self) -> Option<Object> {
        let mut sorted = BTreeMap::new();
        let mut taken = HashSet::new();
        for (name, file) in std::mem::take(&mut self.attachments) {
            let mut free = name.clone();
            let mut count = 1;
            while !taken.insert(free.clone()) {
                count += 1;
                free = [&name[..], format!("_{count}").as_bytes()].concat();
            }
            sorted.insert(free, file);
        }
        if sorted.is_empty() {
            return None;
        }
        let string = |bytes: &Vec<u8>| Object::String(bytes.clone(), StringFormat::Hexadecimal);
        let limits = [sorted.first_key_value()?.0, sorted.last_key_value()?.0].map(string).to_vec();
        let pairs: Vec<Object> = sorted.iter().flat_map(|(name, file)| [string(name), file.clone()]).collect();
        let leaf = dictionary! { "Names" => pairs, "Limits" => limits };
        let leaf = self.add(leaf.into()).ok()?;
        Some(dictionary! { "Kids" => vec![Object::Reference(leaf)] }.into())
    }

    fn file(self, info: ObjectId) -> Result<Vec<u8>, Error> {
        let mut out = Vec::with_capacity(self.weight + (64 << 10));
        // Four bytes over 127 tell programs that the file is not text (ISO 32000-2 7.5.2).
        out.extend_from_slice(format!("%PDF-{}\n%\u{e2}\u{e3}\n", self.version).as_bytes());
        let mut entries = Vec::with_capacity(self.objects.len());
        for (number, object) in &self.objects {
            let offset =
                u32::try_from(out.len()).map_err(|_| Error::from(ToolError::TooMuch { limit: "4096 MB".into() }))?;
            entries.push((*number, XrefEntry::Normal { offset, generation: 0 }));
            out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            syntax::write(&mut out, object);
            out.extend_from_slice(b"\nendobj\n");
        }
        let id = Digest::Sha256.of(&[&out])[..16].to_vec();
        let id = Object::String(id, StringFormat::Hexadecimal);
        let trailer = dictionary! { "Root" => CATALOG, "Info" => info, "ID" => vec![id.clone(), id] };
        let size = i64::from(self.last) + 1;
        table::write_table(&mut out, 0, size, &entries, trailer, true);
        Ok(out)
    }
}
