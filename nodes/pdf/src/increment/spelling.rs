//! How a file spells its numbers.
//!
//! lopdf keeps a number as 32 bits, so `438.23999` would be written back as `438.24`. In a page that
//! is repeated because an annotation was added, that is a change of the page, and validators that
//! compare revisions then reject the signatures before it. So numbers go out as they came in.

use std::collections::HashMap;

use lopdf::xref::XrefEntry;
use lopdf::{Object, ObjectId};

use crate::read::Pdf;

/// The numbers of one object, by their bits, as the file writes them.
#[derive(Debug, Default)]
pub struct Spelling(HashMap<u32, String>);

/// Objects longer than this are read no further: pages and catalogs have a few hundred bytes.
const MAX_SOURCE: usize = 1 << 20;

impl Spelling {
    /// Reads the numbers of an object where it stands in the file. Without the object it is empty.
    pub fn of(pdf: &Pdf<'_>, id: ObjectId, object: &Object) -> Self {
        if !has_real(object, 32) {
            return Self::default();
        }
        let entry = pdf.entries.binary_search_by_key(&id.0, |(number, _)| *number).ok().map(|at| &pdf.entries[at].1);
        match entry {
            Some(XrefEntry::Normal { offset, .. }) => {
                let start = pdf.base + *offset as usize;
                Self::read(pdf.bytes.get(start..).unwrap_or_default())
            }
            Some(XrefEntry::Compressed { container, .. }) => {
                Self::compressed(pdf, *container, id.0).unwrap_or_default()
            }
            _ => Self::default(),
        }
    }

    pub fn get(&self, value: f32) -> Option<&str> {
        self.0.get(&value.to_bits()).map(String::as_str)
    }

    /// From an object stream (ISO 32000-2 7.5.7): pairs of number and place, then the objects.
    fn compressed(pdf: &Pdf<'_>, container: u32, number: u32) -> Option<Self> {
        let stream = pdf.document.objects.get(&(container, 0))?.as_stream().ok()?;
        let content = stream.decompressed_content_with_limit(pdf.stream_bytes).ok()?;
        let first = usize::try_from(stream.dict.get(b"First").and_then(Object::as_i64).ok()?).ok()?;
        let head = std::str::from_utf8(content.get(..first)?).ok()?;
        let mut words = head.split_ascii_whitespace().map(str::parse::<usize>);
        while let (Some(Ok(found)), Some(Ok(place))) = (words.next(), words.next()) {
            if found == number as usize {
                return Some(Self::read(content.get(first.checked_add(place)?..)?));
            }
        }
        None
    }

    /// Collects numbers with a point up to the end of the object, stepping over strings and names.
    fn read(source: &[u8]) -> Self {
        let source = &source[..source.len().min(MAX_SOURCE)];
        let mut found = HashMap::new();
        let mut at = 0;
        let mut depth = 0usize;
        while let Some(&byte) = source.get(at) {
            let rest = &source[at..];
            at += match byte {
                b'(' => literal(rest),
                b'<' | b'>' if rest.get(1) == Some(&byte) => {
                    // The object ends with its outermost dictionary.
                    depth = if byte == b'<' { depth + 1 } else { depth.saturating_sub(1) };
                    if depth == 0 {
                        break;
                    }
                    2
                }
                b'<' => until(rest, |b| b == b'>') + 1,
                b'%' => until(rest, |b| matches!(b, b'\r' | b'\n')),
                b'/' => 1 + until(&rest[1..], |b| b.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(&b)),
                b'+' | b'-' | b'.' | b'0'..=b'9' => {
                    let length = until(rest, |b| !matches!(b, b'+' | b'-' | b'.' | b'0'..=b'9'));
                    note(&mut found, &rest[..length]);
                    length
                }
                _ if rest.starts_with(b"endobj") => break,
                _ => 1,
            };
        }
        Self(found)
    }
}

/// Remembers a number with a point. Two spellings of the same bits cannot be told apart later; the
/// first one stays.
fn note(found: &mut HashMap<u32, String>, token: &[u8]) {
    if token.contains(&b'.')
        && let Ok(text) = std::str::from_utf8(token)
        && let Ok(value) = text.parse::<f32>()
        && value.is_finite()
    {
        found.entry(value.to_bits()).or_insert_with(|| text.to_owned());
    }
}

/// The length of a literal string with its parentheses (ISO 32000-2 7.3.4.2).
fn literal(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 1,
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    rest.len()
}

fn until(rest: &[u8], ends: impl Fn(u8) -> bool) -> usize {
    rest.iter().position(|&byte| ends(byte)).unwrap_or(rest.len())
}

fn has_real(object: &Object, depth: usize) -> bool {
    match object {
        Object::Real(_) => true,
        Object::Array(items) if depth > 0 => items.iter().any(|item| has_real(item, depth - 1)),
        Object::Dictionary(items) if depth > 0 => items.iter().any(|(_, item)| has_real(item, depth - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_between_everything_else() {
        let source =
            b"7 0 obj <</A [1.50 -.25 3 (4.75 \\) (5.125) ) <36> /6.5 %7.5\n+8.500]/B<</C 438.23999>>>> 9.5 endobj";
        let spelling = Spelling::read(source);
        for (value, text) in [(1.5, "1.50"), (-0.25, "-.25"), (8.5, "+8.500"), (438.24, "438.23999")] {
            assert_eq!(spelling.get(value), Some(text));
        }
        for absent in [3.0, 4.75, 5.125, 6.5, 7.5, 9.5] {
            assert_eq!(spelling.get(absent), None, "{absent}");
        }
        for hostile in [&b"((((("[..], b"<", b"/", b"(\\", b"%", b"<<<<", b">>>>", b"1.2.3 --.", b""] {
            Spelling::read(hostile);
        }
    }
}
