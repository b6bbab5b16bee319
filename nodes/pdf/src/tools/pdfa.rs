//! Whether a document says that it is PDF/A.

use crate::read::{Pdf, find};

/// More metadata than this is not looked at.
const MAX_METADATA: usize = 1 << 20;

/// The part of PDF/A (1 to 4) that the document claims in its metadata.
pub fn part(pdf: &Pdf<'_>) -> Option<u8> {
    let metadata = pdf.get(pdf.catalog().ok()?, b"Metadata")?.as_stream().ok()?;
    let text = metadata.decompressed_content_with_limit(MAX_METADATA).ok()?;
    // As an element or as an attribute: `<pdfaid:part>2</…`, `pdfaid:part="2"`.
    let at = find(&text, b"pdfaid:part")? + b"pdfaid:part".len();
    let digit = text.get(at..at + 8)?.iter().find(|byte| byte.is_ascii_digit())?;
    Some(digit - b'0')
}
