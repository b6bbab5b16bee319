//! What a signature covers.
//!
//! The hole that `/ByteRange` leaves has to be exactly the hexadecimal text of this signature's own
//! `/Contents`: a larger hole, or one elsewhere, is where forgers hide their content.

use lopdf::{Dictionary, Object};

use super::findings::Code;
use crate::field;
use crate::read::Pdf;

/// How much of the file a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// All of the file but the signature itself.
    WholeFile,
    /// All of what the file was when it was signed; something was appended later.
    WholeRevision,
    /// Some bytes that are not a whole file at any time.
    Partial,
}

/// A range that holds up.
pub struct Covered {
    /// The hole: from `<` to after `>`.
    hole: std::ops::Range<usize>,
    /// Where coverage ends.
    pub end: usize,
    contents: Vec<u8>,
}

/// Reads and checks `/ByteRange`.
pub fn parse(pdf: &Pdf<'_>, signature: &Dictionary) -> Result<Covered, Code> {
    let numbers: Vec<usize> = pdf
        .array(signature, b"ByteRange")
        .ok_or(Code::BadRange)?
        .iter()
        .take(5)
        .filter_map(|n| usize::try_from(pdf.resolve(n).as_i64().ok()?).ok())
        .collect();
    let [start, first, second, length] = numbers[..] else { return Err(Code::BadRange) };
    let end = second.checked_add(length).ok_or(Code::BadRange)?;
    if start != 0 || first >= second || end > pdf.bytes.len() {
        return Err(Code::BadRange);
    }
    let contents = pdf.get(signature, b"Contents").and_then(|c| c.as_str().ok()).ok_or(Code::BadRange)?;
    let hole = pdf.bytes.get(first..second).ok_or(Code::BadRange)?;
    if unhex(hole).as_deref() != Some(contents) {
        return Err(Code::BadRange);
    }
    Ok(Covered { hole: first..second, end, contents: contents.to_vec() })
}

/// The bytes of a hexadecimal string with its angle brackets (ISO 32000-2 7.3.4.3).
fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"<")?.strip_suffix(b">")?;
    let mut bytes = Vec::with_capacity(inner.len() / 2);
    let mut half = None;
    for &byte in inner {
        if matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c) {
            continue;
        }
        let digit = char::from(byte).to_digit(16)? as u8;
        match half.take() {
            None => half = Some(digit),
            Some(high) => bytes.push(high << 4 | digit),
        }
    }
    bytes.extend(half.map(|high| high << 4));
    Some(bytes)
}

impl Covered {
    pub fn parts<'a>(&self, bytes: &'a [u8]) -> [&'a [u8]; 2] {
        [&bytes[..self.hole.start], &bytes[self.hole.end..self.end]]
    }

    pub fn contents(&self) -> &[u8] {
        &self.contents
    }

    /// Whether the revision `pdf` has this signature in its form.
    pub fn is_in(&self, pdf: &Pdf<'_>) -> bool {
        let holds = |object: &Object| object.as_str().is_ok_and(|contents| contents == self.contents);
        field::all(pdf)
            .iter()
            .any(|field| field.value.as_ref().is_some_and(|value| pdf.get(value, b"Contents").is_some_and(holds)))
    }
}
