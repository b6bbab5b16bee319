//! Getting a document out of lopdf.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::xref::{XrefEntry, XrefType};
use lopdf::{Dictionary, Document, EncryptionState, LoadOptions, Object, ObjectId};

use super::Limits;
use crate::error::Error;
use crate::increment::{syntax, table};

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
    pub encrypt_in_trailer: Option<Dictionary>,
    pub has_contents: bool,
}

pub fn open(bytes: &[u8], how: &How<'_>) -> Result<Opened, Error> {
    let (mut document, mut has_contents) = read(bytes, how)?;
    // An update of a repaired file may have to repeat objects, and lopdf repairs a file whose pages
    // it does not find only if it keeps everything.
    if !has_contents && (document.xref_recovery.is_some() || !finds_pages(&document)) {
        (document, has_contents) = read(bytes, &How { contents: true, ..*how })?;
    }
    let streams = matches!(document.reference_table.cross_reference_type, XrefType::CrossReferenceStream);
    let xref_start = document.xref_start;
    let mut rebuilt = document.xref_recovery.is_some();
    let encrypt_in_trailer = document.trailer.get(b"Encrypt").and_then(Object::as_dict).ok().cloned();
    if encrypt_in_trailer.is_some() || misleads(bytes, &document) {
        document = reread(bytes, document, encrypt_in_trailer.as_ref(), &How { contents: has_contents, ..*how })?;
        if document.xref_recovery.is_some() && !has_contents {
            return open(bytes, &How { contents: true, ..*how });
        }
        rebuilt |= document.xref_recovery.is_some();
    }
    let xref_start = if rebuilt { 0 } else { xref_start };
    Ok(Opened { document, streams, xref_start, rebuilt, encrypt_in_trailer, has_contents })
}

/// Reads once. Says too whether streams have their content: for encrypted files they always do.
///
/// A document whose `/Encrypt` is written into the trailer comes back without objects.
fn read(bytes: &[u8], how: &How<'_>) -> Result<(Document, bool), Error> {
    let options = LoadOptions {
        password: how.password.map(str::to_owned),
        max_decompressed_size: Some(how.limits.stream_bytes),
        filter: (!how.contents).then_some(drop_content as lopdf::FilterFunc),
        ..LoadOptions::default()
    };
    // The bytes come from outside, and a fault in the parser must not take a server's thread with it.
    let document = catch_unwind(AssertUnwindSafe(|| Document::load_mem_with_options(bytes, options)))
        .map_err(|_| Error::Damaged)?;
    let document = match document {
        // A handler that is not known fails for every password, and so does a dictionary that lopdf
        // does not look for in the trailer: without a password these can be told apart.
        Err(lopdf::Error::InvalidPassword) if how.password.is_some() => {
            return match read(bytes, &How { password: None, ..*how }) {
                Err(Error::UnsupportedEncryption) => Err(Error::UnsupportedEncryption),
                Ok(found) if found.0.encryption_state.is_none() => Ok(found),
                _ => Err(Error::WrongPassword),
            };
        }
        other => other.map_err(|error| load_error(&error, how.limits))?,
    };
    if let Ok(encrypt) = document.trailer.get(b"Encrypt")
        && document.encryption_state.is_none()
    {
        let (id, dictionary) = document.dereference(encrypt).map_err(|_| Error::UnsupportedEncryption)?;
        let handler = dictionary.as_dict().and_then(|found| found.get(b"Filter")).and_then(Object::as_name);
        if handler.ok() != Some(b"Standard") {
            return Err(Error::UnsupportedEncryption);
        }
        if id.is_some() {
            return Err(Error::Encrypted);
        }
    }
    let has_contents = how.contents || document.encryption_state.is_some();
    Ok((document, has_contents))
}

/// Empties streams that are not part of the file's structure, as lopdf reads them one by one.
///
/// One byte stays: lopdf takes an empty stream for one that it has to read again.
fn drop_content(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    if let Object::Stream(stream) = object {
        let structural = stream.dict.has_type(b"ObjStm") || stream.dict.has_type(b"XRef");
        // Metadata tells whether the file is PDF/A; more than this is none.
        let told = stream.dict.has_type(b"Metadata") && stream.content.len() <= 1 << 20;
        if !structural && !told && !stream.content.is_empty() {
            stream.content = vec![0];
        }
        // What is returned counts for members of object streams only, and those are no streams.
        return Some((id, Object::Null));
    }
    Some((id, object.clone()))
}

/// Whether the catalog leads to a page tree.
fn finds_pages(document: &Document) -> bool {
    // Objects of an encrypted file are behind its password.
    if document.trailer.has(b"Encrypt") {
        return true;
    }
    let root = document.catalog().and_then(|catalog| catalog.get(b"Pages")).and_then(Object::as_reference);
    let kids = root.and_then(|root| document.get_dictionary(root)).and_then(|root| root.get_deref(b"Kids", document));
    kids.and_then(Object::as_array).is_ok()
}

fn load_error(error: &lopdf::Error, limits: &Limits) -> Error {
    use lopdf::{DecompressError, ParseError};
    match error {
        lopdf::Error::Parse(ParseError::InvalidFileHeader) => Error::NotAPdf,
        lopdf::Error::InvalidPassword => Error::WrongPassword,
        lopdf::Error::UnsupportedSecurityHandler(_) | lopdf::Error::Decryption(_) => Error::UnsupportedEncryption,
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => {
            Error::Expands { limit: limits.stream_bytes }
        }
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

/// Reads the file again over a temporary table that holds only the entries that tell the truth, and
/// with an `/Encrypt` that was in the trailer as an object, where lopdf looks for it.
fn reread(bytes: &[u8], first: Document, encrypt: Option<&Dictionary>, how: &How<'_>) -> Result<Document, Error> {
    let mut honest: Vec<(u32, XrefEntry)> = first
        .reference_table
        .entries
        .iter()
        .filter(|(number, entry)| is_true(bytes, **number, entry))
        .map(|(&number, entry)| (number, entry.clone()))
        .collect();
    let mut trailer = first.trailer.clone();
    clean_trailer(&mut trailer);
    if let Some(id) = first.encryption_state.as_ref().and_then(EncryptionState::encrypt_object_id) {
        trailer.set("Encrypt", Object::Reference(id));
    }
    let mut number = first.max_id.checked_add(1).ok_or(Error::Damaged)?;
    let mut copy = Vec::with_capacity(bytes.len() + 64 * honest.len() + 4096);
    copy.extend_from_slice(bytes);
    copy.push(b'\n');
    if let Some(encrypt) = encrypt {
        honest.push((number, XrefEntry::Normal { offset: copy.len() as u32, generation: 0 }));
        trailer.set("Encrypt", Object::Reference((number, 0)));
        copy.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        syntax::write(&mut copy, &Object::Dictionary(encrypt.clone()));
        copy.extend_from_slice(b"\nendobj\n");
        number = number.checked_add(1).ok_or(Error::Damaged)?;
    }
    table::write_stream(&mut copy, 0, number, &honest, trailer);
    let recovery = first.xref_recovery;
    let (mut second, _) = read(&copy, how)?;
    drop(copy);
    // What was added for reading goes away again.
    for added in first.max_id + 1..=number {
        second.objects.remove(&(added, 0));
        second.reference_table.entries.remove(&added);
    }
    second.reference_table.cross_reference_type = first.reference_table.cross_reference_type;
    second.max_id = first.max_id;
    second.linearization = first.linearization;
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
