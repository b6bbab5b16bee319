//! Cross-reference sections: the table with its trailer, and the stream that is both
//! (ISO 32000-2 7.5.4, 7.5.8).

use lopdf::xref::XrefEntry;
use lopdf::{Dictionary, Object, Stream};

use super::syntax;

/// Appends a table, the trailer and `startxref`. `entries` are sorted. `whole` adds the head of the
/// list of free entries, which a table that stands alone needs. `start` is where `out` begins in the
/// file.
pub fn write_table(
    out: &mut Vec<u8>,
    start: usize,
    size: i64,
    entries: &[(u32, XrefEntry)],
    mut trailer: Dictionary,
    whole: bool,
) {
    let place = start + out.len();
    out.extend_from_slice(b"xref\n");
    let mut lines: Vec<(u32, String)> = Vec::with_capacity(entries.len() + 1);
    if whole && entries.first().is_none_or(|(number, _)| *number != 0) {
        lines.push((0, "0000000000 65535 f \n".into()));
    }
    for (number, entry) in entries {
        let line = match entry {
            XrefEntry::Normal { offset, generation } => format!("{offset:010} {generation:05} n \n"),
            _ => "0000000000 65535 f \n".into(),
        };
        lines.push((*number, line));
    }
    for section in runs(&lines) {
        out.extend_from_slice(format!("{} {}\n", section[0].0, section.len()).as_bytes());
        for (_, line) in section {
            out.extend_from_slice(line.as_bytes());
        }
    }
    trailer.set("Size", size);
    out.extend_from_slice(b"trailer\n");
    syntax::write(out, &Object::Dictionary(trailer));
    end(out, place);
}

/// Appends a cross-reference stream as object `number` and `startxref`. `entries` are sorted.
/// `start` is where `out` begins in the file.
pub fn write_stream(
    out: &mut Vec<u8>,
    start: usize,
    number: u32,
    entries: &[(u32, XrefEntry)],
    mut trailer: Dictionary,
) {
    let place = start + out.len();
    let own = XrefEntry::Normal { offset: place as u32, generation: 0 };
    let mut entries = entries.to_vec();
    entries.push((number, own));
    let mut content = Vec::with_capacity(entries.len() * 7);
    let mut index = Vec::new();
    for section in runs(&entries) {
        index.push(Object::Integer(section[0].0.into()));
        index.push(Object::Integer(section.len() as i64));
        for (_, entry) in section {
            let (kind, second, third): (u8, u32, u16) = match entry {
                XrefEntry::Normal { offset, generation } => (1, *offset, *generation),
                XrefEntry::Compressed { container, index } => (2, *container, *index),
                XrefEntry::Free | XrefEntry::UnusableFree => (0, 0, u16::MAX),
            };
            content.push(kind);
            content.extend_from_slice(&second.to_be_bytes());
            content.extend_from_slice(&third.to_be_bytes());
        }
    }
    trailer.set("Type", "XRef");
    trailer.set("Size", i64::from(number) + 1);
    trailer.set("W", vec![Object::Integer(1), Object::Integer(4), Object::Integer(2)]);
    trailer.set("Index", index);
    out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    syntax::write_stream(out, &Stream::new(trailer, content));
    out.extend_from_slice(b"\nendobj");
    end(out, place);
}

fn end(out: &mut Vec<u8>, place: usize) {
    out.extend_from_slice(format!("\nstartxref\n{place}\n%%EOF\n").as_bytes());
}

/// Cuts sorted entries into runs of consecutive numbers.
fn runs<T>(entries: &[(u32, T)]) -> impl Iterator<Item = &[(u32, T)]> {
    entries.chunk_by(|a, b| a.0.checked_add(1) == Some(b.0))
}
