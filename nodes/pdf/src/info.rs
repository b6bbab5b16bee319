//! What a PDF is, without verifying it.

use serde::Serialize;

use crate::error::Error;
use crate::field;
use crate::read::{Limits, Pdf};

/// The outline of a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info {
    /// The version in its header, such as `1.7`; a catalog may raise it.
    pub version: String,
    pub bytes: usize,
    /// None if the PDF needs a password that was not given.
    pub pages: Option<usize>,
    pub encrypted: bool,
    pub needs_password: bool,
    /// The cross-reference table is damaged and was rebuilt for reading.
    pub damaged: bool,
    pub fields: Vec<FieldInfo>,
    /// The level if the document is certified: 1 no changes, 2 forms and signing, 3 also comments.
    pub certification: Option<i64>,
}

/// One field of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    pub name: String,
    /// `Sig`, `Tx`, `Btn` or `Ch`.
    pub kind: String,
    pub signed: bool,
}

/// Reads the outline of a PDF.
///
/// # Errors
/// When it is not a PDF, too large or damaged. A missing password is no error here.
pub fn info(input: &[u8], password: Option<&str>, limits: &Limits) -> Result<Info, Error> {
    let pdf = match Pdf::load(input, password, limits) {
        Err(Error::Encrypted) => {
            return Ok(Info {
                version: header_version(input),
                bytes: input.len(),
                pages: None,
                encrypted: true,
                needs_password: true,
                damaged: false,
                fields: Vec::new(),
                certification: None,
            });
        }
        other => other?,
    };
    let fields = field::all(&pdf);
    let certification = field::certification(&pdf, &fields).map(|c| c.level);
    Ok(Info {
        version: pdf.document.version.clone(),
        bytes: input.len(),
        pages: Some(pdf.pages().len()),
        encrypted: pdf.encryption().is_some(),
        needs_password: false,
        damaged: pdf.rebuilt,
        fields: fields
            .into_iter()
            .map(|field| FieldInfo {
                signed: field.is_signature() && field.value.is_some(),
                name: field.name,
                kind: field.kind,
            })
            .collect(),
        certification,
    })
}

fn header_version(input: &[u8]) -> String {
    let start = crate::read::find(&input[..input.len().min(1024)], b"%PDF-").map_or(0, |at| at + 5);
    let digits = input[start.min(input.len())..].iter().take(8).take_while(|b| b.is_ascii_digit() || **b == b'.');
    digits.map(|&b| char::from(b)).collect()
}
