//! What reading a file will cost, told before it is read.
//!
//! The reader takes any object that its table leads to, unpacks tables and object streams, and bounds
//! each of them alone. Here all of a file is added up first: a forged one is refused before it takes
//! the memory.

use std::collections::{HashMap, HashSet};

use lopdf::{Object, ObjectStream, Stream, dictionary};
use memchr::memmem;

use super::Limits;
use super::lex::{self, Shape};
use crate::error::Error;

/// What an entry of a cross-reference table costs.
const ENTRY: usize = 64;
/// No file is refused for tables below this size.
const LEAST_TABLE: usize = 64 << 10;
/// Streams of this size are large.
const LARGE: usize = 1 << 20;
/// Streams whose length stands in a stream again; files that people make have none.
const MOST_CHAINED: usize = 16;

/// What was found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Bytes of memory that the objects of the file and its tables take, about, without the members of
    /// object streams.
    pub cost: usize,
    /// What a cross-reference stream unpacks to at most.
    pub largest_table: usize,
    /// Where the last bytes of names stand that lead from trailers to encryption.
    pub encrypt: Vec<usize>,
    /// Where the last bytes of `/Length` stand in the dictionaries of large streams with content.
    pub lengths: Vec<usize>,
}

/// A stream's place in the file: its object, with the dictionary, and its data.
struct Place<'b> {
    dictionary: &'b [u8],
    data: &'b [u8],
}

/// Looks through a file.
///
/// # Errors
/// When it costs more than the limits allow.
pub fn scan(bytes: &[u8], limits: &Limits) -> Result<Scan, Error> {
    let most = limits.structure_bytes;
    let mut scan = Scan { largest_table: LEAST_TABLE, ..Scan::default() };
    let mut places: Vec<Place<'_>> = Vec::new();
    // Numbers of objects that hold lengths, and whether they are those of object streams.
    let mut lengths: Vec<(u32, bool)> = Vec::new();
    // By number: what reading it costs, and whether it is a stream.
    let mut objects: HashMap<u32, (usize, bool)> = HashMap::new();
    for at in memmem::find_iter(bytes, b"obj") {
        if bytes[..at].ends_with(b"end") {
            continue;
        }
        let text = &bytes[at + 3..];
        let shape = lex::shape(text, most);
        scan.add(shape.cost, most)?;
        let data = shape.is_dictionary.then(|| stream_data(&text[shape.end..])).flatten();
        if let Some(number) = number_before(&bytes[..at]) {
            let known = objects.entry(number).or_default();
            *known = (known.0.max(shape.cost), known.1 | data.is_some());
        }
        let Some(data) = data else { continue };
        let named = |key: &[u8]| value_after(text, &shape, key);
        let cut = cut(data, named(b"Length"));
        if named(b"W").is_some() {
            // A table: its trailer is in its dictionary.
            scan.note_encrypt(text, &shape, at + 3);
            scan.add_table(&Place { dictionary: &text[..shape.end], data: cut }, limits)?;
        }
        let holds_objects = named(b"First").is_some();
        if let Some(number) = named(b"Length").and_then(reference) {
            lengths.push((number, holds_objects));
        }
        let plain = !holds_objects && named(b"W").is_none();
        if plain && cut.len() >= LARGE {
            let names = shape.names.iter().filter(|at| text[(*at).clone()] == *b"/Length");
            scan.lengths.extend(names.map(|name| at + 3 + name.end - 1));
        }
        if holds_objects {
            places.push(Place { dictionary: &text[..shape.end], data: cut });
        }
    }
    for at in memmem::find_iter(bytes, b"trailer") {
        let text = &bytes[at + 7..];
        let shape = lex::shape(text, most);
        scan.add(shape.cost, most)?;
        scan.note_encrypt(text, &shape, at + 7);
    }
    scan.add_lengths(&lengths, &objects, &places, most)?;
    Ok(scan)
}

impl Scan {
    pub fn add(&mut self, cost: usize, most: usize) -> Result<(), Error> {
        self.cost = self.cost.saturating_add(cost);
        if self.cost > most { Err(Error::ExpandsTogether { limit: most }) } else { Ok(()) }
    }

    fn note_encrypt(&mut self, text: &[u8], shape: &Shape, base: usize) {
        let names = shape.names.iter().filter(|at| *lex::name(&text[(*at).clone()]) == *b"Encrypt");
        self.encrypt.extend(names.map(|at| base + at.end - 1));
    }

    fn add_table(&mut self, place: &Place<'_>, limits: &Limits) -> Result<(), Error> {
        let Some(table) = place.stream() else { return Ok(()) };
        let (one, most) = (limits.stream_bytes, limits.structure_bytes);
        let left = most - self.cost;
        let Some(content) = unpacked(&table, one.min(left)) else { return Err(too_much(limits, left)) };
        let size = content.len();
        drop(content);
        let widths = table.dict.get(b"W").and_then(Object::as_array).map_or(&[][..], Vec::as_slice);
        let width: i64 =
            widths.iter().take(3).filter_map(|width| width.as_i64().ok()).filter(|w| (0..9).contains(w)).sum();
        // No narrower ones are read.
        let entries = size / (width.max(3) as usize);
        self.largest_table = self.largest_table.max(size);
        self.add(place.data.len() + size + entries * ENTRY, most)
    }

    /// Adds what it costs to look up the lengths of streams that are written elsewhere.
    fn add_lengths(
        &mut self,
        lengths: &[(u32, bool)],
        objects: &HashMap<u32, (usize, bool)>,
        places: &[Place<'_>],
        most: usize,
    ) -> Result<(), Error> {
        let mut chained = 0;
        let mut missing = HashSet::new();
        for (number, holds_objects) in lengths {
            match objects.get(number) {
                Some((cost, is_stream)) => {
                    chained += usize::from(*is_stream);
                    self.add(cost.saturating_sub(lex::OBJECT), most)?;
                }
                None => {
                    chained += usize::from(*holds_objects);
                    missing.insert(number);
                }
            }
        }
        // The reader follows them without a bound on how deep.
        if chained > MOST_CHAINED {
            return Err(Error::Damaged);
        }
        // These may be in object streams, which are unpacked for them, up to the size of a table.
        for place in places.iter().filter(|_| !missing.is_empty()) {
            if let Some(stream) = place.stream()
                && let Some(content) = unpacked(&stream, self.largest_table)
            {
                let first = stream.dict.get(b"First").and_then(Object::as_i64).unwrap_or(0);
                self.add(lex::members(&content, usize::try_from(first).unwrap_or(0), most), most)?;
            }
        }
        Ok(())
    }
}

impl Place<'_> {
    fn stream(&self) -> Option<Stream> {
        match object(self.dictionary)? {
            Object::Dictionary(dictionary) => Some(Stream::new(dictionary, self.data.to_vec())),
            _ => None,
        }
    }
}

/// Reads a single object with the reader itself.
fn object(text: &[u8]) -> Option<Object> {
    let content = [b"1 0 ", text].concat();
    let stream = Stream::new(dictionary! { "First" => 4, "N" => 1 }, content);
    ObjectStream::new_with_limit(&stream, None).ok()?.objects.remove(&(1, 0))
}

/// Why a stream was refused that may not unpack to more than a single one may, or than `left`.
pub fn too_much(limits: &Limits, left: usize) -> Error {
    let (one, together) = (limits.stream_bytes, limits.structure_bytes);
    if one <= left { Error::Expands { limit: one } } else { Error::ExpandsTogether { limit: together } }
}

/// The content of a stream; empty if it cannot be unpacked, none if it unpacks to more than `most`.
pub fn unpacked(stream: &Stream, most: usize) -> Option<Vec<u8>> {
    match stream.get_plain_content_with_limit(most) {
        Ok(content) => Some(content),
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => None,
        Err(_) => Some(Vec::new()),
    }
}

/// What follows the keyword `stream`, if that is what comes.
fn stream_data(text: &[u8]) -> Option<&[u8]> {
    let after = text.strip_prefix(b"stream")?;
    let end = after.iter().position(|b| !matches!(b, b' ' | b'\t'))?;
    match &after[end..] {
        [b'\r', b'\n', data @ ..] | [b'\r' | b'\n', data @ ..] => Some(data),
        _ => None,
    }
}

/// The data of a stream: as long as it says, or up to where it ends.
fn cut<'b>(data: &'b [u8], length: Option<&[u8]>) -> &'b [u8] {
    let said = length.filter(|value| reference(value).is_none()).and_then(number_at).map(|(length, _)| length as usize);
    if let Some(said) = said
        && let Some(rest) = data.get(said..)
        && rest.trim_ascii_start().starts_with(b"endstream")
    {
        return &data[..said];
    }
    &data[..memmem::find(data, b"endstream").unwrap_or(data.len())]
}

/// What stands after a name of the outermost dictionary.
fn value_after<'b>(text: &'b [u8], shape: &Shape, key: &[u8]) -> Option<&'b [u8]> {
    // The last one counts.
    let at = shape.names.iter().rev().find(|at| *lex::name(&text[(*at).clone()]) == *key)?;
    Some(&text[lex::skip_space(text, at.end)..shape.end])
}

/// The number of the object that a reference leads to.
fn reference(text: &[u8]) -> Option<u32> {
    let (number, rest) = number_at(text)?;
    let (_, rest) = number_at(rest)?;
    rest.starts_with(b"R").then_some(number)
}

fn number_at(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let number = std::str::from_utf8(&text[..length]).ok()?.parse().ok()?;
    Some((number, &text[lex::skip_space(text, length)..]))
}

/// The number in `N G `, with which `text` ends.
fn number_before(text: &[u8]) -> Option<u32> {
    let digits = |text: &[u8]| text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let text = text.trim_ascii_end();
    let text = text[..text.len() - digits(text)].trim_ascii_end();
    std::str::from_utf8(&text[text.len() - digits(text)..]).ok()?.parse().ok()
}
