//! Document time stamps (EN 319 142-1 5.4.3): a stamp over the whole file, which proves that all of
//! it, proofs included, was there at a time.

use std::ops::Range;

use lopdf::{Object, StringFormat, dictionary};

use super::{Before, Signed, objects};
use crate::error::Error;
use crate::field;
use crate::increment::{self, Update};
use crate::options::Secret;
use crate::read::{Limits, Pdf};

/// How to stamp a PDF.
#[derive(Debug, Clone)]
pub struct StampOptions {
    /// The password that opens the PDF, if it has one.
    pub pdf_password: Option<Secret>,
    /// Bytes kept free for the token.
    pub room: usize,
    pub limits: Limits,
}

/// A PDF that waits for the token of its time stamp.
#[derive(Debug)]
pub struct PreparedStamp {
    bytes: Vec<u8>,
    contents: Range<usize>,
    field: String,
    before: Before,
}

/// Appends a field for a document time stamp to `input`.
///
/// # Errors
/// When the PDF cannot be read, has no pages, or is damaged and signed. Certifications do not matter: they allow document
/// time stamps whatever their level (ISO 32000-2 12.8.2.2).
pub fn prepare_time_stamp(input: &[u8], options: &StampOptions) -> Result<PreparedStamp, Error> {
    let password = options.pdf_password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::outline(input, password, &options.limits)?;
    let fields = field::all(&pdf);
    if pdf.rebuilt && fields.iter().any(|field| field.is_signature() && field.value.is_some()) {
        return Err(Error::DamagedSigned);
    }
    let pages = pdf.pages();
    let name = field::fresh_name(&fields);
    let mut update = Update::new(&pdf);
    let stamp = update.add(dictionary! {
        "Type" => "DocTimeStamp",
        "Filter" => "Adobe.PPKLite",
        "SubFilter" => "ETSI.RFC3161",
        "ByteRange" => Vec::<Object>::new(),
        "Contents" => Object::String(vec![0; options.room], StringFormat::Hexadecimal),
    })?;
    objects::add_field(&mut update, &pdf, &pages, &name, stamp, None)?;
    objects::form_flags(&mut update, &pdf)?;
    let mut written = update.write(stamp, b"document time stamp")?;
    written.fill_byte_range()?;
    let before = Before::new(&pdf, &written.bytes, fields, pages, options.pdf_password.clone(), options.limits)?;
    Ok(PreparedStamp { bytes: written.bytes, contents: written.contents, field: name, before })
}

impl PreparedStamp {
    /// What the stamp has to be over.
    pub fn to_stamp(&self) -> [&[u8]; 2] {
        [&self.bytes[..self.contents.start], &self.bytes[self.contents.end..]]
    }

    /// Puts in the token.
    ///
    /// # Errors
    /// [`crate::LevelError::NoRoom`] when it does not fit, and when the file does not pass its check.
    pub fn finish(mut self, token: &[u8]) -> Result<Signed, Error> {
        increment::fill(&mut self.bytes, self.contents.clone(), token)?;
        self.before.signed(&mut self.bytes, &self.field)?;
        let mut contents = token.to_vec();
        contents.resize((self.contents.len() - 2) / 2, 0);
        Ok(Signed { pdf: self.bytes, field: self.field, contents, warnings: Vec::new() })
    }
}
