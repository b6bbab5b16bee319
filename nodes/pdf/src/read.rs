//! Reading a PDF: lopdf, with a cure for two of its habits.
//!
//! lopdf files an object under the number in its own header, not under the number of the table
//! entry that led to it. A stale entry (offset 0, or any wrong one) can so bring back an old
//! catalog, and a signature field that hangs on the newer one is lost without a word. Here every
//! entry must point at its own object; if one does not, the file is read again over a temporary
//! table without the liars.
//!
//! And when lopdf had to rebuild the table, a plain update would be unreadable to others, so
//! [`Pdf::rebuilt`] tells the writer to write a full one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::xref::{XrefEntry, XrefType};
use lopdf::{Dictionary, Document, EncryptionState, LoadOptions, Object, ObjectId};

use crate::error::Error;
use crate::increment::table;

/// Bounds on what is read. Hostile files cost memory and time; these say how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest PDF, in bytes. Default 256 MiB; reading needs about four times as much memory.
    pub pdf_bytes: usize,
    /// What one compressed stream of the file's structure may unpack to. Default 128 MiB.
    pub stream_bytes: usize,
    /// How many signatures are checked. Default 500.
    pub signatures: usize,
    /// How many revisions of a file are compared. Default 200.
    pub revisions: usize,
    /// How many bytes are read for that, since each revision is read from the start of the file; eight
    /// times the file's size is always allowed. Default 1 GiB.
    pub revision_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pdf_bytes: 256 << 20, stream_bytes: 128 << 20, signatures: 500, revisions: 200, revision_bytes: 1 << 30 }
    }
}

/// A PDF in memory with its bytes.
pub struct Pdf<'a> {
    pub bytes: &'a [u8],
    /// Where `%PDF-` stands. Offsets in the file count from there, `/ByteRange` does not.
    pub base: usize,
    pub document: Document,
    /// Offset of the last cross-reference section, from `base`. 0 if the table was rebuilt.
    pub xref_start: usize,
    /// Whether the file uses cross-reference streams; an update does as the file does.
    pub streams: bool,
    /// The cross-reference table was repaired: an update has to carry a full one.
    pub rebuilt: bool,
    /// Where the objects are, as read.
    pub entries: Vec<(u32, XrefEntry)>,
}

impl<'a> Pdf<'a> {
    /// Reads a PDF.
    ///
    /// # Errors
    /// For what is not a PDF, is too large, is damaged beyond repair, or needs a (different)
    /// password. Any bytes may be passed.
    pub fn load(bytes: &'a [u8], password: Option<&str>, limits: &Limits) -> Result<Self, Error> {
        if bytes.is_empty() {
            return Err(Error::Empty);
        }
        // lopdf counts in 32 bits.
        let limit = limits.pdf_bytes.min(u32::MAX as usize - (64 << 20));
        if bytes.len() > limit {
            return Err(Error::TooLarge { bytes: bytes.len(), limit });
        }
        let base = find(&bytes[..bytes.len().min(1024 + 5)], b"%PDF-").ok_or(Error::NotAPdf)?;
        let mut document = read(&bytes[base..], password, limits)?;
        let streams = uses_streams(&document);
        let xref_start = document.xref_start;
        let rebuilt = document.xref_recovery.is_some();
        if misleads(&bytes[base..], &document) {
            document = reread(&bytes[base..], document, password, limits)?;
        }
        let rebuilt = rebuilt || document.xref_recovery.is_some();
        let entries = document.reference_table.entries.iter().map(|(&n, e)| (n, e.clone())).collect();
        clean_trailer(&mut document.trailer);
        let xref_start = if rebuilt { 0 } else { xref_start };
        Ok(Self { bytes, base, document, xref_start, streams, rebuilt, entries })
    }

    pub fn encryption(&self) -> Option<&EncryptionState> {
        self.document.encryption_state.as_ref()
    }

    pub fn catalog_id(&self) -> Result<ObjectId, Error> {
        self.document.trailer.get(b"Root").and_then(Object::as_reference).map_err(|_| Error::Damaged)
    }

    pub fn catalog(&self) -> Result<&Dictionary, Error> {
        self.document.catalog().map_err(|_| Error::Damaged)
    }

    /// The pages' objects, in order.
    pub fn pages(&self) -> Vec<ObjectId> {
        let mut pages = Vec::new();
        // Not `collect`: it would trust the `/Count` of the file for how much memory to take.
        for page in self.document.page_iter() {
            pages.push(page);
        }
        pages
    }

    /// Follows references from `object`; null if they lead nowhere.
    pub fn resolve<'b>(&'b self, object: &'b Object) -> &'b Object {
        self.document.dereference(object).map_or(&Object::Null, |(_, found)| found)
    }

    /// The entry of a dictionary, references followed.
    pub fn get<'b>(&'b self, dictionary: &'b Dictionary, key: &[u8]) -> Option<&'b Object> {
        match self.resolve(dictionary.get(key).ok()?) {
            Object::Null => None,
            object => Some(object),
        }
    }

    pub fn dictionary<'b>(&'b self, dictionary: &'b Dictionary, key: &[u8]) -> Option<&'b Dictionary> {
        self.get(dictionary, key)?.as_dict().ok()
    }

    pub fn array<'b>(&'b self, dictionary: &'b Dictionary, key: &[u8]) -> Option<&'b Vec<Object>> {
        self.get(dictionary, key)?.as_array().ok()
    }

    /// A text string entry, decoded.
    pub fn text(&self, dictionary: &Dictionary, key: &[u8]) -> Option<String> {
        lopdf::decode_text_string(self.get(dictionary, key)?).ok()
    }

    pub fn name(&self, dictionary: &Dictionary, key: &[u8]) -> Option<String> {
        let name = self.get(dictionary, key)?.as_name().ok()?;
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

/// The first place of `needle` in `bytes`.
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

fn uses_streams(document: &Document) -> bool {
    matches!(document.reference_table.cross_reference_type, XrefType::CrossReferenceStream)
}

fn read(bytes: &[u8], password: Option<&str>, limits: &Limits) -> Result<Document, Error> {
    let options = LoadOptions {
        password: password.map(str::to_owned),
        max_decompressed_size: Some(limits.stream_bytes),
        ..LoadOptions::default()
    };
    // The bytes come from outside, and a fault in the parser must not take a server's thread with it.
    let document = catch_unwind(AssertUnwindSafe(|| Document::load_mem_with_options(bytes, options)))
        .map_err(|_| Error::Damaged)?;
    let document = match document {
        // A handler that is not known fails for every password: without one it can be told apart.
        Err(lopdf::Error::InvalidPassword) if password.is_some() => {
            return Err(match read(bytes, None, limits) {
                Err(Error::UnsupportedEncryption) => Error::UnsupportedEncryption,
                _ => Error::WrongPassword,
            });
        }
        other => other.map_err(|error| load_error(&error, limits))?,
    };
    if let Ok(encrypt) = document.trailer.get(b"Encrypt")
        && document.encryption_state.is_none()
    {
        let standard = document.dereference(encrypt).ok().and_then(|(id, object)| {
            // A dictionary written into the trailer itself is not read by lopdf.
            id?;
            object.as_dict().ok()?.get(b"Filter").and_then(Object::as_name).ok().map(|name| name == b"Standard")
        });
        return Err(if standard == Some(true) { Error::Encrypted } else { Error::UnsupportedEncryption });
    }
    Ok(document)
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

/// Reads the file again over a temporary table that holds only the entries that tell the truth.
fn reread(bytes: &[u8], first: Document, password: Option<&str>, limits: &Limits) -> Result<Document, Error> {
    let honest: Vec<(u32, XrefEntry)> = first
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
    let number = first.max_id.checked_add(1).ok_or(Error::Damaged)?;
    let mut copy = Vec::with_capacity(bytes.len() + 64 * honest.len() + 1024);
    copy.extend_from_slice(bytes);
    copy.push(b'\n');
    table::write_stream(&mut copy, 0, number, &honest, trailer);
    let mut second = read(&copy, password, limits)?;
    // What was added for reading goes away again.
    second.objects.remove(&(number, 0));
    second.reference_table.entries.remove(&number);
    second.reference_table.cross_reference_type = first.reference_table.cross_reference_type;
    second.max_id = first.max_id;
    second.linearization = first.linearization;
    Ok(second)
}

/// Takes out of a trailer what belongs to one cross-reference section and not to the document.
fn clean_trailer(trailer: &mut Dictionary) {
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
