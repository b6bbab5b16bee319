//! Merging and splitting: a new file of pages of others, with what belongs to them: annotations, links between them,
//! outlines, form fields, layers, attachments.

mod book;
mod copy;
mod form;
mod layers;
pub mod names;
mod outline;
mod page;
mod source;

use lopdf::dictionary;

use super::{ToolError, ToolWarning, pages};
use crate::error::Error;
use crate::options::Secret;
use crate::read::{Limits, Pdf};
use book::Book;
use outline::Entry;
use source::Part;

/// What happens with signatures, which no page that is copied can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignedPages {
    /// A signed PDF is an error.
    #[default]
    Refuse,
    /// They become pictures of what they look like.
    Drop,
}

/// A PDF to merge.
#[derive(Debug, Clone, Default)]
pub struct MergeSource<'a> {
    pub bytes: &'a [u8],
    /// The password that opens it.
    pub password: Option<Secret>,
    /// Which of its pages, as [`super::page_list`] reads it; all when empty.
    pub pages: String,
    /// Its entry in the outline, above those that it has itself; none when empty.
    pub title: String,
}

/// How to merge.
#[derive(Debug, Clone)]
pub struct MergeOptions {
    pub signed: SignedPages,
    /// The new file's title; the first one's when empty.
    pub title: String,
    /// Bytes that the new file's content may have. Default 512 MiB.
    pub bytes: usize,
    pub limits: Limits,
}

impl Default for MergeOptions {
    fn default() -> Self {
        Self { signed: SignedPages::Refuse, title: String::new(), bytes: 512 << 20, limits: Limits::default() }
    }
}

/// A file that was put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub pdf: Vec<u8>,
    pub pages: usize,
    pub warnings: Vec<ToolWarning>,
}

/// Puts PDFs into one, in order.
///
/// # Errors
/// When one cannot be read, is signed and that is refused, or the result would be too large. Errors name no source: give
/// the sources one by one to [`crate::info`] to find out.
pub fn merge(sources: &[MergeSource<'_>], options: &MergeOptions) -> Result<Bound, Error> {
    if sources.is_empty() {
        return Err(ToolError::NothingToMerge.into());
    }
    let mut book = Book::new(options.bytes);
    let mut warnings = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let pdf = Pdf::load(source.bytes, password(source.password.as_ref()), &options.limits)?;
        let wanted = pages::parse(&source.pages, pdf.pages().len())?;
        let first_page = book.pages.len();
        let part = Part { wanted: &wanted, first: at == 0, signed: options.signed };
        let entries = source::add(&mut book, &pdf, &part, &mut warnings)?;
        if source.title.trim().is_empty() {
            book.outline.extend(entries);
        } else if let Some(page) = book.pages.get(first_page) {
            let own = dictionary! {
                "Title" => lopdf::text_string(source.title.trim()),
                "Dest" => vec![lopdf::Object::Reference(*page), "Fit".into()],
            };
            book.outline.push(Entry { own, open: false, kids: entries });
        }
    }
    if !options.title.trim().is_empty() {
        book.info.set("Title", lopdf::text_string(options.title.trim()));
    }
    let pages = book.pages.len();
    finish(book, pages, warnings, &options.limits)
}

/// Where to cut a PDF.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Split {
    /// Every page becomes a file.
    #[default]
    EachPage,
    /// Files of so many pages each.
    Every(usize),
    /// A file for each part of a list of pages such as `1-3, 4-, -1`.
    Ranges(String),
    /// All pages of the list into one file.
    Pages(String),
}

/// How to split.
#[derive(Debug, Clone, Default)]
pub struct SplitOptions {
    pub split: Split,
    pub password: Option<Secret>,
    pub signed: SignedPages,
    pub limits: Limits,
}

/// The parts of a PDF, made one by one: all at once may be much larger than the PDF.
pub struct Splitter<'a> {
    pdf: Pdf<'a>,
    parts: Vec<Vec<usize>>,
    options: SplitOptions,
}

impl<'a> Splitter<'a> {
    /// Reads the PDF and decides where to cut it.
    ///
    /// # Errors
    /// When it cannot be read, or the list of pages is none.
    pub fn new(bytes: &'a [u8], options: &SplitOptions) -> Result<Self, Error> {
        let pdf = Pdf::load(bytes, password(options.password.as_ref()), &options.limits)?;
        let count = pdf.pages().len();
        if count == 0 {
            return Err(Error::NoPages);
        }
        let every = |size: usize| (0..count).collect::<Vec<_>>().chunks(size.max(1)).map(<[usize]>::to_vec).collect();
        let parts = match &options.split {
            Split::EachPage => every(1),
            Split::Every(size) => every(*size),
            Split::Ranges(list) => pages::parts(list, count)?,
            Split::Pages(list) => vec![pages::parse(list, count)?],
        };
        Ok(Self { pdf, parts, options: options.clone() })
    }

    /// The pages (from 1) of each part.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Vec<usize>> + '_ {
        self.parts.iter().map(|part| part.iter().map(|page| page + 1).collect())
    }

    /// Makes one part; `index` counts from 0.
    pub fn part(&self, index: usize) -> Result<Bound, Error> {
        let wanted = self.parts.get(index).ok_or(Error::NoPages)?;
        let mut book = Book::new(self.pdf.bytes.len().saturating_mul(4).max(64 << 20));
        let mut warnings = Vec::new();
        let part = Part { wanted, first: true, signed: self.options.signed };
        book.outline = source::add(&mut book, &self.pdf, &part, &mut warnings)?;
        finish(book, wanted.len(), warnings, &self.options.limits)
    }
}

/// All pages of a document as a file of its own, without its protection.
pub fn unprotected(pdf: &Pdf<'_>) -> Result<Vec<u8>, Error> {
    let mut book = Book::new(pdf.bytes.len().saturating_mul(4).max(64 << 20));
    let wanted: Vec<usize> = (0..pdf.pages().len()).collect();
    let part = Part { wanted: &wanted, first: false, signed: SignedPages::Drop };
    source::add(&mut book, pdf, &part, &mut Vec::new())?;
    book.write()
}

fn password(secret: Option<&Secret>) -> Option<&str> {
    secret.map(|secret| secret.0.as_str()).filter(|p| !p.is_empty())
}

/// Writes the file and reads it again: what is not readable is not returned.
fn finish(book: Book, pages: usize, warnings: Vec<ToolWarning>, limits: &Limits) -> Result<Bound, Error> {
    let pdf = book.write()?;
    let failed = |check| Error::CheckFailed { check };
    let again = Pdf::load(&pdf, None, &limits.of_output()).map_err(|_| failed("reading it back"))?;
    if again.rebuilt || again.pages().len() != pages {
        return Err(failed("pages"));
    }
    Ok(Bound { pdf, pages, warnings })
}
