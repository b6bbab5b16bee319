//! What a PDF is, without verifying it.

use lopdf::ObjectId;
use serde::Serialize;

use crate::error::Error;
use crate::field;
use crate::page::Geometry;
use crate::read::{Limits, Pdf};
use crate::tools::{name_tree, pdfa};

/// The outline of a PDF.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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
    /// How many signatures there are; document timestamps count too.
    pub signatures: usize,
    /// Width and height of each page as it is shown, in millimetres; of the first thousand pages.
    pub sizes: Vec<[f64; 2]>,
    /// The part of PDF/A that it claims to be.
    pub pdfa: Option<u8>,
    /// Has a structure for screen readers.
    pub tagged: bool,
    pub attachments: usize,
    /// Title, author, subject, keywords, creator and producer, as far as they are there.
    pub metadata: std::collections::BTreeMap<&'static str, String>,
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
                ..Info::default()
            });
        }
        other => other?,
    };
    let fields = field::all(&pdf);
    let catalog = pdf.catalog().ok();
    let attachments = catalog.and_then(|catalog| pdf.dictionary(pdf.dictionary(catalog, b"Names")?, b"EmbeddedFiles"));
    let attachments = attachments.map_or(0, |tree| name_tree(&pdf, tree).len());
    let signatures = fields.iter().filter(|field| field.is_signature() && field.value.is_some()).count();
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
        signatures,
        sizes: pdf.pages().into_iter().take(1_000).map(|page| size(&pdf, page)).collect(),
        pdfa: pdfa::part(&pdf),
        tagged: catalog.is_some_and(|catalog| catalog.has(b"StructTreeRoot")),
        attachments,
        metadata: metadata(&pdf),
    })
}

/// Width and height in millimetres, to the tenth.
fn size(pdf: &Pdf<'_>, page: ObjectId) -> [f64; 2] {
    let geometry = Geometry::of(pdf, page);
    let (width, height) = geometry.shown();
    [width, height].map(|length| (length / geometry.unit * 10.0).round() / 10.0)
}

fn metadata(pdf: &Pdf<'_>) -> std::collections::BTreeMap<&'static str, String> {
    let keys = ["Title", "Author", "Subject", "Keywords", "Creator", "Producer", "CreationDate", "ModDate"];
    let names = ["title", "author", "subject", "keywords", "creator", "producer", "created", "modified"];
    let Some(info) = pdf.dictionary(&pdf.document.trailer, b"Info") else { return Default::default() };
    let found = keys.iter().zip(names).filter_map(|(key, name)| {
        let text: String = pdf.text(info, key.as_bytes())?.chars().filter(|c| !c.is_control()).take(2_000).collect();
        (!text.trim().is_empty()).then_some((name, text))
    });
    found.collect()
}

fn header_version(input: &[u8]) -> String {
    let start = crate::read::find(&input[..input.len().min(1024)], b"%PDF-").map_or(0, |at| at + 5);
    let digits = input[start.min(input.len())..].iter().take(8).take_while(|b| b.is_ascii_digit() || **b == b'.');
    digits.map(|&b| char::from(b)).collect()
}
