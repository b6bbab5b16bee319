//! The bytes that an update appends: no object in them may be one that the update's table does not
//! lead to. A reader that repairs files finds such objects, and shows something else than ours does.

use std::collections::HashSet;

use lopdf::xref::XrefEntry;

use crate::read::Pdf;

/// Whether the bytes of `pdf` from `start` on are a well-formed update: its table is in them, it ends
/// as files do, and all its objects are in the table.
pub fn is_tidy(pdf: &Pdf<'_>, start: usize) -> bool {
    let appended = &pdf.bytes[start..];
    let Some(table) = ending(appended) else { return false };
    if pdf.rebuilt || pdf.base + table != pdf.base + pdf.xref_start || pdf.base + table < start {
        return false;
    }
    let known: HashSet<usize> = pdf
        .entries
        .iter()
        .filter_map(|(_, entry)| match entry {
            XrefEntry::Normal { offset, .. } => Some(after_space(pdf.bytes, pdf.base + *offset as usize)),
            _ => None,
        })
        .collect();
    headers(appended).all(|at| {
        let at = start + at;
        known.contains(&at) || at == pdf.base + table || is_table(&pdf.bytes[at..])
    })
}

/// The number after the last `startxref`, if `%%EOF` and white space end the bytes.
pub fn ending(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.trim_ascii_end().strip_suffix(b"%%EOF")?.trim_ascii_end();
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (rest, number) = rest.split_at(rest.len() - digits);
    rest.trim_ascii_end().strip_suffix(b"startxref")?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

fn after_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| is_space(**b)).count()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c)
}

/// A cross-reference stream need not be in a table itself.
fn is_table(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let end = head.windows(6).position(|window| window == b"stream").unwrap_or(head.len());
    head[..end].windows(5).any(|window| window == b"/XRef")
}

/// Where `number generation obj` stands.
fn headers(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.windows(3).enumerate().filter(|(_, window)| window == b"obj").filter_map(|(at, _)| {
        let generation = number_before(bytes, at)?;
        number_before(bytes, generation)
    })
}

/// Where the digits before `at` begin, white space between allowed.
fn number_before(bytes: &[u8], at: usize) -> Option<usize> {
    let space = bytes[..at].iter().rev().take_while(|b| is_space(**b)).count();
    let digits = bytes[..at - space].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    (digits > 0).then_some(at - space - digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found() {
        let check = |text: &str, expected: &[usize]| {
            assert_eq!(headers(text.as_bytes()).collect::<Vec<_>>(), expected, "{text}");
        };
        check("1 0 obj\n<<>>\nendobj\n22 1 obj", &[0, 20]);
        check("x3 0obj", &[1]);
        check("object 1 obj", &[]);
        check("", &[]);
    }

    #[test]
    fn endings() {
        assert_eq!(ending(b"startxref\n17\n%%EOF\n\n"), Some(17));
        assert_eq!(ending(b"startxref\n17\n%%EOF\nmore"), None);
        assert_eq!(ending(b"xref\n17\n%%EOF"), None);
    }
}
