//! Getting a document out of lopdf.
//!
//! lopdf reads objects; what costs more than their text is done here, within a budget: object streams
//! are unpacked ([`super::members`]) and encrypted objects opened ([`super::seal`]). It is kept from
//! doing so itself, by a filter that sees each object as it is read, and by trailers without `/Encrypt`.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use lopdf::xref::{XrefEntry, XrefRecovery, XrefType};
use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId};

use super::scan::{self, Scan};
use super::{Limits, lex, members, seal};
use crate::error::Error;
use crate::increment::table;

/// How to read.
#[derive(Clone, Copy)]
pub struct How<'h> {
    pub password: Option<&'h str>,
    pub limits: &'h Limits,
    /// With the content of streams.
    pub contents: bool,
}

/// A document and what was learned while reading it; see the fields of [`super::Pdf`].
pub struct Opened {
    pub document: Document,
    pub streams: bool,
    pub xref_start: usize,
    pub rebuilt: bool,
    pub encrypt: Option<Object>,
    pub has_contents: bool,
    pub cost: usize,
    /// Entries of the table led to other objects.
    misled: bool,
}

/// Opens a file whose bytes are somebody else's.
pub fn open(bytes: &[u8], how: &How<'_>) -> Result<Opened, Error> {
    let scan = scan::scan(bytes, how.limits)?;
    let opened = if scan.encrypt.is_empty() {
        attempts(bytes, bytes, how, scan)?
    } else {
        let mut hidden = bytes.to_vec();
        seal::hide(&mut hidden, &scan.encrypt);
        attempts(bytes, &hidden, how, scan)?
    };
    // An update of a repaired file has to repeat what is not where its table says.
    if opened.rebuilt && !opened.has_contents && misses_contents(bytes, &opened.document) {
        return open(bytes, &How { contents: true, ..*how });
    }
    Ok(opened)
}

/// Opens a file without the content of streams and without a copy of it: its bytes are changed while it
/// is read and are as they were when this returns. `start` is where it begins in `bytes`.
pub fn open_in_place(bytes: &mut [u8], start: usize, how: &How<'_>) -> Result<Opened, Error> {
    let scan = scan::scan(&bytes[start..], how.limits)?;
    let places: Vec<usize> = scan.encrypt.iter().chain(&scan.lengths).map(|at| at + start).collect();
    let were: Vec<(usize, u8)> = places.iter().map(|at| (*at, bytes[*at])).collect();
    seal::hide(bytes, &places);
    let how = How { contents: false, ..*how };
    let opened = attempts(&bytes[start..], &bytes[start..], &how, scan);
    for (at, was) in were {
        bytes[at] = was;
    }
    let mut opened = opened?;
    for object in opened.document.objects.values_mut() {
        if let Object::Stream(stream) = object
            && let Some(length) = stream.dict.remove(seal::HIDDEN_LENGTH)
        {
            stream.dict.set("Length", length);
        }
    }
    Ok(opened)
}

/// `hidden` is the file as lopdf gets to see it.
fn attempts(bytes: &[u8], hidden: &[u8], how: &How<'_>, mut scan: Scan) -> Result<Opened, Error> {
    let first = attempt(bytes, hidden, how, &mut scan, false);
    // The table may be readable and lead past the objects.
    let lost = first
        .as_ref()
        .is_ok_and(|found| found.document.xref_recovery != Some(XrefRecovery::Reconstructed) && !finds_pages(found));
    let mut opened = first?;
    if lost
        && let Ok(second) = attempt(bytes, hidden, how, &mut scan, true)
        && second.document.xref_recovery == Some(XrefRecovery::Reconstructed)
        && finds_pages(&second)
    {
        opened = second;
    }
    opened.cost = scan.cost;
    Ok(opened)
}

/// Reads the file by its table, or with `rebuild` by a search for objects.
fn attempt(bytes: &[u8], hidden: &[u8], how: &How<'_>, scan: &mut Scan, rebuild: bool) -> Result<Opened, Error> {
    let mut found = read(hidden, how, scan, rebuild)?;
    if how.contents && !scan.encrypt.is_empty() && !found.document.trailer.has(seal::HIDDEN) {
        // What was hidden is part of something else, such as an attached file.
        found = read(bytes, how, scan, rebuild)?;
    }
    // However it is spelled, it would have been hidden.
    if found.document.trailer.has(b"Encrypt") {
        return Err(Error::UnsupportedEncryption);
    }
    let encrypt = found.document.trailer.remove(seal::HIDDEN);
    if let Some(encrypt) = &encrypt {
        seal::open(&mut found.document, encrypt, how)?;
    }
    members::unpack(&mut found.document, bytes, how, scan)?;
    if !how.contents {
        // Those whose length was found late.
        found.document.objects.iter_mut().for_each(|(_, object)| empty(object));
    }
    Ok(Opened { encrypt, ..found })
}

/// Reads all objects that stand in the file itself.
fn read(bytes: &[u8], how: &How<'_>, scan: &Scan, rebuild: bool) -> Result<Opened, Error> {
    let mut document = load(bytes, how, scan, rebuild)?;
    let streams = matches!(document.reference_table.cross_reference_type, XrefType::CrossReferenceStream);
    let xref_start = document.xref_start;
    let mut rebuilt = document.xref_recovery.is_some();
    let misled = misleads(bytes, &document);
    if misled {
        document = reread(bytes, document, how, scan)?;
        rebuilt |= document.xref_recovery.is_some();
    }
    let xref_start = if rebuilt { 0 } else { xref_start };
    Ok(Opened { document, streams, xref_start, rebuilt, encrypt: None, has_contents: how.contents, cost: 0, misled })
}

thread_local! {
    /// What the objects of the file that this thread reads may still cost.
    static LEFT: Cell<usize> = const { Cell::new(0) };
}

/// Ends the reading from within the filter.
struct Spent;

fn load(bytes: &[u8], how: &How<'_>, scan: &Scan, rebuild: bool) -> Result<Document, Error> {
    let most = how.limits.structure_bytes;
    LEFT.set(most);
    let options = LoadOptions {
        // All that it may unpack itself are tables.
        max_decompressed_size: Some(scan.largest_table),
        filter: Some(if how.contents { keep } else { keep_without_content }),
        force_reconstruct: rebuild,
        ..LoadOptions::default()
    };
    // The bytes come from outside, and a fault in the parser must not take a server's thread with it.
    match catch_unwind(AssertUnwindSafe(|| Document::load_mem_with_options(bytes, options))) {
        Ok(loaded) => loaded.map_err(|error| load_error(&error)),
        Err(reason) if (*reason).is::<Spent>() => Err(Error::ExpandsTogether { limit: most }),
        Err(_) => Err(Error::Damaged),
    }
}

/// Lets an object pass if there is room for it. lopdf reads an object once for each entry of the table
/// that leads to it.
fn keep(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let cost = cost(object, 0);
    match LEFT.get().checked_sub(cost) {
        Some(left) => LEFT.set(left),
        None => resume_unwind(Box::new(Spent) as Box<dyn Any + Send>),
    }
    if let Object::Stream(stream) = object {
        members::hide(stream);
    }
    // What is returned counts for members of object streams only, which are not read here.
    Some((id, Object::Null))
}

fn keep_without_content(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let kept = keep(id, object);
    empty(object);
    kept
}

/// Empties a stream that is not part of the file's structure.
///
/// One byte stays: lopdf takes an empty stream for one that it has to read again.
fn empty(object: &mut Object) {
    if let Object::Stream(stream) = object {
        let structural = members::holds_members(stream) || stream.dict.has_type(b"XRef");
        // Metadata tells whether the file is PDF/A; more than this is none.
        let told = stream.dict.has_type(b"Metadata") && stream.content.len() <= 1 << 20;
        if !structural && !told && !stream.content.is_empty() {
            stream.content = vec![0];
        }
    }
}

/// Bytes of memory that an object takes beside the content of a stream, about.
fn cost(object: &Object, depth: usize) -> usize {
    let dictionary = |dictionary: &Dictionary| -> usize {
        dictionary.iter().map(|(key, value)| lex::OBJECT + key.len() + cost(value, depth + 1)).sum()
    };
    lex::OBJECT
        + match object {
            Object::Name(text) | Object::String(text, _) => text.len(),
            Object::Array(items) if depth < 128 => items.iter().map(|item| cost(item, depth + 1)).sum(),
            Object::Dictionary(items) if depth < 128 => dictionary(items),
            Object::Stream(stream) => dictionary(&stream.dict),
            _ => 0,
        }
}

/// Whether the catalog leads to a page tree; and if the table told lies, whether all pages are there.
fn finds_pages(opened: &Opened) -> bool {
    let document = &opened.document;
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages")).and_then(Object::as_reference);
    let kids = root.and_then(|root| document.get_dictionary(root)).and_then(|root| root.get_deref(b"Kids", document));
    let all = || document.page_iter().all(|page| document.objects.contains_key(&page));
    kids.and_then(Object::as_array).is_ok() && (!opened.misled || all())
}

/// Whether a stream was read without its content that an update has to repeat.
fn misses_contents(bytes: &[u8], document: &Document) -> bool {
    document.objects.iter().any(|(id, object)| {
        let entry = document.reference_table.entries.get(&id.0);
        object.as_stream().is_ok() && !entry.is_some_and(|entry| is_true(bytes, id.0, entry))
    })
}

fn load_error(error: &lopdf::Error) -> Error {
    match error {
        lopdf::Error::Parse(lopdf::ParseError::InvalidFileHeader) => Error::NotAPdf,
        _ => Error::Damaged,
    }
}

/// Whether an entry of the table points at the header of another object.
fn misleads(bytes: &[u8], document: &Document) -> bool {
    document.reference_table.entries.iter().any(|(&number, entry)| match entry {
        XrefEntry::Normal { offset, .. } => {
            header_at(bytes, *offset as usize).is_some_and(|(found, _)| found != number)
        }
        _ => false,
    })
}

/// Whether the entry points at the header of its own object.
pub fn is_true(bytes: &[u8], number: u32, entry: &XrefEntry) -> bool {
    match entry {
        XrefEntry::Normal { offset, .. } => {
            header_at(bytes, *offset as usize).is_some_and(|(found, _)| found == number)
        }
        XrefEntry::Compressed { .. } => true,
        XrefEntry::Free | XrefEntry::UnusableFree => false,
    }
}

/// The `N G obj` that `offset` points at, white space and comments skipped as lopdf does.
fn header_at(bytes: &[u8], offset: usize) -> Option<ObjectId> {
    let mut rest = bytes.get(offset..)?;
    loop {
        rest = rest.trim_ascii_start();
        while let [0, after @ ..] = rest {
            rest = after.trim_ascii_start();
        }
        match rest {
            [b'%', ..] => {
                let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n'))?;
                rest = &rest[end..];
            }
            _ => break,
        }
    }
    let number = number(&mut rest)?;
    let generation = number_u16(&mut rest)?;
    rest.starts_with(b"obj").then_some((number, generation))
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, after) = rest.split_at(length);
    *rest = after.trim_ascii_start();
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn number_u16(rest: &mut &[u8]) -> Option<u16> {
    u16::try_from(number(rest)?).ok()
}

/// Reads the file again over a temporary table that holds only the entries that tell the truth.
fn reread(bytes: &[u8], first: Document, how: &How<'_>, scan: &Scan) -> Result<Document, Error> {
    let entries = first.reference_table.entries.iter();
    let honest = entries.filter(|(number, entry)| is_true(bytes, **number, entry));
    let honest: Vec<(u32, XrefEntry)> = honest.map(|(&number, entry)| (number, entry.clone())).collect();
    let mut trailer = first.trailer.clone();
    clean_trailer(&mut trailer);
    let number = first.max_id.checked_add(1).ok_or(Error::Damaged)?;
    let table = first.reference_table.cross_reference_type;
    let (max_id, linearization, recovery) = (first.max_id, first.linearization.clone(), first.xref_recovery);
    // Two documents at a time would need twice the memory.
    drop(first);
    let mut copy = Vec::with_capacity(bytes.len() + 64 * honest.len() + 4096);
    copy.extend_from_slice(bytes);
    copy.push(b'\n');
    table::write_stream(&mut copy, 0, number, &honest, trailer);
    let mut second = load(&copy, how, scan, false)?;
    drop(copy);
    // What was added for reading goes away again.
    second.objects.remove(&(number, 0));
    second.reference_table.entries.remove(&number);
    second.reference_table.cross_reference_type = table;
    second.max_id = max_id;
    second.linearization = linearization;
    second.xref_recovery = second.xref_recovery.or(recovery);
    Ok(second)
}

/// Takes out of a trailer what belongs to one cross-reference section and not to the document.
pub fn clean_trailer(trailer: &mut Dictionary) {
    for key in [
        "Type",
        "W",
        "Index",
        "Filter",
        "DecodeParms",
        "Length",
        "DL",
        "F",
        "FFilter",
        "FDecodeParms",
        "Prev",
        "XRefStm",
        "Size",
    ] {
        trailer.remove(key.as_bytes());
    }
}
