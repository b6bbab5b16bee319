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
//!
//! Signing needs objects and no page contents, which are nearly all of a large file:
//! [`Pdf::outline`] leaves them where they are, in the bytes.

mod lex;
mod members;
mod open;
mod scan;
mod seal;

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Document, EncryptionState, Object, ObjectId};

use crate::error::Error;

pub use open::is_true;

/// Bounds on what is read. Hostile files cost memory and time; these say how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest PDF, in bytes. Default 256 MiB. Signing needs a little more than twice as much
    /// memory for the file's bytes, and what [`Limits::structure_bytes`] counts.
    pub pdf_bytes: usize,
    /// What one compressed stream of the file's structure may unpack to. Default 128 MiB.
    pub stream_bytes: usize,
    /// What the structure of a file may take in memory: all objects but the content of streams that is
    /// not read, with everything that is unpacked to get at them. It is counted before it is taken, a
    /// little too high. Default 512 MiB.
    pub structure_bytes: usize,
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
        Self {
            pdf_bytes: 256 << 20,
            stream_bytes: 128 << 20,
            structure_bytes: 512 << 20,
            signatures: 500,
            revisions: 200,
            revision_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// For what was made of a file within these limits, which may be larger than an input may be.
    pub(crate) fn of_output(&self) -> Self {
        Self { pdf_bytes: usize::MAX, structure_bytes: usize::MAX, ..*self }
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
    /// `/Encrypt` of the trailer: an update repeats it as it is, a reference or written out.
    pub encrypt: Option<Object>,
    /// The streams are here with their content. Otherwise only their dictionaries are true.
    pub has_contents: bool,
    /// What one stream may unpack to, as [`Limits`] said.
    pub stream_bytes: usize,
    /// What reading it cost, counted as [`Limits::structure_bytes`] is.
    pub cost: usize,
}

impl<'a> Pdf<'a> {
    /// Reads a PDF.
    ///
    /// # Errors
    /// For what is not a PDF, is too large, is damaged beyond repair, or needs a (different)
    /// password. Any bytes may be passed.
    pub fn load(bytes: &'a [u8], password: Option<&str>, limits: &Limits) -> Result<Self, Error> {
        Self::read(bytes, password, limits, true)
    }

    /// Like [`Pdf::load`], without the content of streams unless reading needed it: enough to add
    /// to a file, in a small part of the memory.
    pub fn outline(bytes: &'a [u8], password: Option<&str>, limits: &Limits) -> Result<Self, Error> {
        Self::read(bytes, password, limits, false)
    }

    /// Like [`Pdf::outline`] for bytes of ours, without any copy of them. They are changed while it
    /// reads.
    pub fn outline_in_place(bytes: &'a mut [u8], password: Option<&str>, limits: &Limits) -> Result<Self, Error> {
        let base = begin(bytes, limits)?;
        let opened = open::open_in_place(bytes, base, &open::How { password, limits, contents: false })?;
        Ok(Self::of(bytes, base, opened, limits))
    }

    fn read(bytes: &'a [u8], password: Option<&str>, limits: &Limits, contents: bool) -> Result<Self, Error> {
        let base = begin(bytes, limits)?;
        let opened = open::open(&bytes[base..], &open::How { password, limits, contents })?;
        Ok(Self::of(bytes, base, opened, limits))
    }

    fn of(bytes: &'a [u8], base: usize, opened: open::Opened, limits: &Limits) -> Self {
        let open::Opened { mut document, streams, xref_start, rebuilt, encrypt, has_contents, cost, .. } = opened;
        let entries = document.reference_table.entries.iter().map(|(&n, e)| (n, e.clone())).collect();
        open::clean_trailer(&mut document.trailer);
        let stream_bytes = limits.stream_bytes;
        Self { bytes, base, document, xref_start, streams, rebuilt, entries, encrypt, has_contents, stream_bytes, cost }
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

/// Where a PDF begins in `bytes`, if they may be read.
fn begin(bytes: &[u8], limits: &Limits) -> Result<usize, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    // lopdf counts in 32 bits.
    let limit = limits.pdf_bytes.min(u32::MAX as usize - (64 << 20));
    if bytes.len() > limit {
        return Err(Error::TooLarge { bytes: bytes.len(), limit });
    }
    find(&bytes[..bytes.len().min(1024 + 5)], b"%PDF-").ok_or(Error::NotAPdf)
}

/// The first place of `needle` in `bytes`.
pub fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}
