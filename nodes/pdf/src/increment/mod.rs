//! Writing an incremental update (ISO 32000-2 7.5.6): the file stays as it is, and new and changed
//! objects with a cross-reference section of their own follow.
//!
//! lopdf's own writer would lose trailer keys, keep the second half of `/ID`, and write an update
//! without `/Prev` for a file whose table it had to rebuild.

mod plain;
mod spelling;
pub mod syntax;
pub mod table;

use std::collections::BTreeMap;
use std::ops::Range;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, Object, ObjectId, StringFormat, encryption};

use super::algorithm::Digest;
use super::error::{Error, LevelError};
use super::read::{self, Pdf};
use spelling::Spelling;

/// Changes to a PDF that are going to be appended to it.
pub struct Update<'p, 'a> {
    pdf: &'p Pdf<'a>,
    objects: BTreeMap<ObjectId, Object>,
    last_number: u32,
}

/// Where `/Contents` and the room for `/ByteRange` are.
type Place = (Range<usize>, Range<usize>);

/// A file with its update, and where the signature goes.
pub struct Written {
    pub bytes: Vec<u8>,
    /// `/Contents`, with its angle brackets.
    pub contents: Range<usize>,
    /// The room for `/ByteRange`, with its square brackets.
    pub byte_range: Range<usize>,
}

impl<'p, 'a> Update<'p, 'a> {
    pub fn new(pdf: &'p Pdf<'a>) -> Self {
        Self { pdf, objects: BTreeMap::new(), last_number: last_number(&pdf.document) }
    }

    /// Adds a new object.
    pub fn add(&mut self, object: impl Into<Object>) -> Result<ObjectId, Error> {
        self.last_number = self.last_number.checked_add(1).ok_or(Error::Damaged)?;
        let id = (self.last_number, 0);
        self.objects.insert(id, object.into());
        Ok(id)
    }

    /// The dictionary of an object, as changed so far, to change it.
    pub fn dictionary(&mut self, id: ObjectId) -> Result<&mut Dictionary, Error> {
        self.object(id)?.as_dict_mut().map_err(|_| Error::Damaged)
    }

    /// An object, as changed so far, to change it.
    pub fn object(&mut self, id: ObjectId) -> Result<&mut Object, Error> {
        if !self.objects.contains_key(&id) {
            let old = self.pdf.document.objects.get(&id).ok_or(Error::Damaged)?;
            // What was read without its content must not be written without it.
            if !self.pdf.has_contents && old.as_stream().is_ok() {
                return Err(Error::Damaged);
            }
            self.objects.insert(id, old.clone());
        }
        self.objects.get_mut(&id).ok_or(Error::Damaged)
    }

    /// Writes the file and the update. `signature` is the object whose `/Contents` and
    /// `/ByteRange` are left to be filled in.
    pub fn write(self, signature: ObjectId, seed: &[u8]) -> Result<Written, Error> {
        let (bytes, place) = self.append(Some(signature), seed)?;
        let (contents, byte_range) = place.ok_or(Error::CheckFailed { check: "signature object" })?;
        Ok(Written { bytes, contents, byte_range })
    }

    /// Writes the file and an update that signs nothing.
    pub fn write_changes(self, seed: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.append(None, seed)?.0)
    }

    fn append(mut self, signature: Option<ObjectId>, seed: &[u8]) -> Result<(Vec<u8>, Option<Place>), Error> {
        let pdf = self.pdf;
        let mut out = Appended { start: pdf.bytes.len() - pdf.base, bytes: Vec::with_capacity(64 << 10) };
        if pdf.bytes.last() != Some(&b'\n') {
            out.bytes.push(b'\n');
        }
        let mut entries = if pdf.rebuilt { self.keep_all() } else { BTreeMap::new() };
        let mut place = None;
        for (&id, object) in &self.objects {
            entries.insert(id.0, XrefEntry::Normal { offset: out.offset()?, generation: id.1 });
            out.bytes.extend_from_slice(format!("{} {} obj\n", id.0, id.1).as_bytes());
            let sealed = match pdf.encryption() {
                Some(state) => {
                    let mut sealed = object.clone();
                    encryption::encrypt_object(state, id, &mut sealed).map_err(|_| Error::UnsupportedEncryption)?;
                    Some(sealed)
                }
                None => None,
            };
            let object = sealed.as_ref().unwrap_or(object);
            match object {
                Object::Dictionary(dictionary) if Some(id) == signature => {
                    place = Some(syntax::write_signature(&mut out.bytes, dictionary));
                }
                object => {
                    // A repaired file has no earlier signatures, and its objects may be many.
                    let old = pdf.document.objects.get(&id).filter(|_| !pdf.rebuilt);
                    let spelling = old.map(|old| Spelling::of(pdf, id, old)).unwrap_or_default();
                    syntax::write_as(&mut out.bytes, object, &spelling);
                }
            }
            out.bytes.extend_from_slice(b"\nendobj\n");
        }
        self.finish(&mut out, entries, seed)?;
        // Put together when the size is known: growing a large file by pieces would need it twice.
        let mut bytes = Vec::with_capacity(pdf.bytes.len() + out.bytes.len());
        bytes.extend_from_slice(pdf.bytes);
        bytes.extend_from_slice(&out.bytes);
        let moved = |range: Range<usize>| range.start + pdf.bytes.len()..range.end + pdf.bytes.len();
        Ok((bytes, place.map(|(contents, byte_range)| (moved(contents), moved(byte_range)))))
    }

    fn finish(&self, out: &mut Appended, entries: BTreeMap<u32, XrefEntry>, seed: &[u8]) -> Result<(), Error> {
        let pdf = self.pdf;
        let mut trailer = pdf.document.trailer.clone();
        if let Some(encrypt) = &pdf.encrypt {
            trailer.set("Encrypt", encrypt.clone());
        }
        trailer.set("ID", renewed_id(pdf, seed));
        if !pdf.rebuilt {
            trailer.set("Prev", i64::try_from(pdf.xref_start).map_err(|_| Error::Damaged)?);
        }
        let entries: Vec<(u32, XrefEntry)> = entries.into_iter().collect();
        if pdf.streams {
            let number = self.last_number.checked_add(1).ok_or(Error::Damaged)?;
            out.offset()?;
            table::write_stream(&mut out.bytes, out.start, number, &entries, trailer);
        } else {
            let size = i64::from(self.last_number) + 1;
            table::write_table(&mut out.bytes, out.start, size, &entries, trailer, pdf.rebuilt);
        }
        Ok(())
    }

    /// For a rebuilt file, the entries of everything that is where it should be; what was found
    /// elsewhere (in object streams, say) is taken into the update.
    fn keep_all(&mut self) -> BTreeMap<u32, XrefEntry> {
        let bytes = &self.pdf.bytes[self.pdf.base..];
        let entries: BTreeMap<u32, XrefEntry> = self
            .pdf
            .entries
            .iter()
            .filter(|(number, entry)| matches!(entry, XrefEntry::Normal { .. }) && read::is_true(bytes, *number, entry))
            .cloned()
            .collect();
        for (id, object) in &self.pdf.document.objects {
            let structural = matches!(object.type_name(), Ok(b"XRef" | b"ObjStm"));
            if !entries.contains_key(&id.0) && !structural && !self.objects.contains_key(id) {
                self.objects.insert(*id, object.clone());
            }
        }
        entries
    }
}

impl Written {
    /// Fills in `/ByteRange`.
    pub fn fill_byte_range(&mut self) -> Result<(), Error> {
        let after = self.contents.end;
        let text = format!("[0 {} {} {}", self.contents.start, after, self.bytes.len() - after);
        let room =
            self.byte_range.len().checked_sub(text.len() + 1).ok_or(Error::CheckFailed { check: "byte range" })?;
        let filled = format!("{text}{}]", " ".repeat(room));
        self.bytes[self.byte_range.clone()].copy_from_slice(filled.as_bytes());
        Ok(())
    }

    /// What the signature is made over.
    pub fn covered(&self) -> [&[u8]; 2] {
        [&self.bytes[..self.contents.start], &self.bytes[self.contents.end..]]
    }
}

/// Puts a signature into its room (`/Contents` with its angle brackets); the rest stays zero.
///
/// # Errors
/// When it does not fit.
pub fn fill(bytes: &mut [u8], contents: Range<usize>, signature: &[u8]) -> Result<(), Error> {
    let room = bytes.get_mut(contents.start + 1..contents.end.saturating_sub(1)).unwrap_or_default();
    if signature.len() * 2 > room.len() {
        return Err(Error::Level(LevelError::NoRoom { needed: signature.len(), room: room.len() / 2 }));
    }
    room.fill(b'0');
    for (pair, byte) in room.chunks_exact_mut(2).zip(signature) {
        pair.copy_from_slice(&syntax::hex(*byte));
    }
    Ok(())
}

/// The number after which new objects come: also past what is referred to and is not there. Where a
/// file was cut, its page tree may name a page that is lost, and a new object must not become it.
fn last_number(document: &Document) -> u32 {
    // Numbers far beyond are a forger's, and would only make tables large.
    let bound = document.max_id.saturating_add(1 << 16);
    let mut last = document.max_id;
    let mut consider = |object: &Object| {
        visit(object, 64, &mut |(number, _)| {
            if number <= bound {
                last = last.max(number);
            }
        })
    };
    document.objects.values().for_each(&mut consider);
    document.trailer.iter().for_each(|(_, object)| consider(object));
    last
}

/// Calls `found` with every reference in `object`.
fn visit(object: &Object, depth: usize, found: &mut impl FnMut(ObjectId)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match object {
        Object::Reference(id) => found(*id),
        Object::Array(items) => items.iter().for_each(|item| visit(item, depth, found)),
        Object::Dictionary(items) => items.iter().for_each(|(_, item)| visit(item, depth, found)),
        Object::Stream(stream) => stream.dict.iter().for_each(|(_, item)| visit(item, depth, found)),
        _ => {}
    }
}

/// What follows the file, and where it starts, counted as the file's offsets are.
struct Appended {
    start: usize,
    bytes: Vec<u8>,
}

impl Appended {
    /// The place of what is written next. Offsets in files have 32 bits.
    fn offset(&self) -> Result<u32, Error> {
        let at = self.start + self.bytes.len();
        u32::try_from(at).map_err(|_| Error::TooLarge { bytes: at, limit: u32::MAX as usize })
    }
}

/// `/ID` with its second half renewed (ISO 32000-2 14.4). The first half stays: it is part of the
/// key of encrypted files.
fn renewed_id(pdf: &Pdf<'_>, seed: &[u8]) -> Object {
    let old = pdf.array(&pdf.document.trailer, b"ID");
    let part = |at: usize| old.and_then(|id| pdf.resolve(id.get(at)?).as_str().ok());
    let length = pdf.bytes.len().to_be_bytes();
    let fresh = Digest::Sha256.of(&[seed, &length, part(0).unwrap_or_default(), part(1).unwrap_or_default()]);
    let fresh = fresh[..16].to_vec();
    let first = part(0).map_or_else(|| fresh.clone(), <[u8]>::to_vec);
    let hex = |bytes| Object::String(bytes, StringFormat::Hexadecimal);
    Object::Array(vec![hex(first), hex(fresh)])
}
