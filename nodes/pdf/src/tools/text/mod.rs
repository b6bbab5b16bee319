//! The text of a PDF, page by page. Fonts, encodings and content are read by `hayro-interpret`, which also knows those of
//! files in the wild; here letters become words, lines and paragraphs, and what a hostile file may cost is bounded.

mod guard;
mod layout;
mod letters;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::hayro_syntax::{self, page::Page};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RenderContent, TransformExt, interpret_page};

use super::{ToolWarning, bind, pages};
use crate::error::Error;
use crate::options::Secret;
use crate::read::{Limits, Pdf};
use letters::{Letters, Stop};

/// How the text is put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// As the file draws it, which nearly always is how it is read; columns stay apart.
    #[default]
    Reading,
    /// From top to bottom and left to right, with spaces in place of gaps: for tables and forms.
    Position,
}

/// What to read.
#[derive(Debug, Clone)]
pub struct TextOptions {
    pub password: Option<Secret>,
    /// Which pages, as [`super::page_list`] reads it; all when empty.
    pub pages: String,
    pub order: Order,
    /// Letters at most; the rest is left out, with a warning. Default 10 million.
    pub letters: usize,
    /// Bytes of drawn content at most, repetitions counted; what is over is left out, with a warning. Default 4 GiB, which
    /// takes about a minute.
    pub work: usize,
    pub limits: Limits,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            password: None,
            pages: String::new(),
            order: Order::Reading,
            letters: 10_000_000,
            work: 4 << 30,
            limits: Limits::default(),
        }
    }
}

/// The text of some pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    pub pages: Vec<PageText>,
    /// How many pages the PDF has.
    pub of: usize,
    pub warnings: Vec<ToolWarning>,
}

/// The text of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageText {
    /// From 1.
    pub number: usize,
    pub text: String,
}

impl Text {
    /// All of it, a blank line between pages.
    pub fn whole(&self) -> String {
        let pages: Vec<&str> =
            self.pages.iter().map(|page| page.text.as_str()).filter(|text| !text.is_empty()).collect();
        pages.join("\n\n")
    }
}

/// Reads the text of a PDF. Pages that are pictures (scans) have none.
///
/// # Errors
/// When the PDF cannot be read, or the list of pages is none.
pub fn text(input: &[u8], options: &TextOptions) -> Result<Text, Error> {
    let password = options.password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, &options.limits)?;
    let wanted = pages::parse(&options.pages, pdf.pages().len())?;
    let cost = guard::check(&pdf, &options.limits)?;
    let mut warnings = Vec::new();
    if pdf.rebuilt {
        warnings.push(ToolWarning::Repaired);
    }
    // The reader knows fewer kinds of protection and passwords.
    let bytes = if pdf.encryption().is_some() { bind::unprotected(&pdf)? } else { input.to_vec() };
    drop(pdf);
    let work = || read(bytes, &wanted, cost, options);
    // Files come from outside, and a fault in the reader must not take a server's thread with it.
    let (pages, of, cut, unknown) = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Error::Damaged)??;
    if cut {
        warnings.push(ToolWarning::TextCut);
    }
    if unknown > 0 {
        warnings.push(ToolWarning::UnknownLetters { count: unknown });
    }
    Ok(Text { pages, of, warnings })
}

/// Pages, how many there are, whether some text was left out, and how many letters are unknown.
type Found = (Vec<PageText>, usize, bool, usize);

fn read(bytes: Vec<u8>, wanted: &[usize], cost: guard::Cost, options: &TextOptions) -> Result<Found, Error> {
    let pdf = hayro_syntax::Pdf::new(bytes).map_err(|_| Error::Damaged)?;
    let cache = InterpreterCache::new();
    let all = pdf.pages();
    let (mut pages, mut left, mut unknown, mut work) = (Vec::new(), options.letters, 0, options.work);
    for index in wanted {
        let Some(page) = all.get(*index) else { continue };
        let mut letters = Letters::new(left, work, cost);
        let stopped = one(&pdf, page, &cache, &mut letters);
        let text = match options.order {
            Order::Reading => layout::reading(letters.lines()),
            Order::Position => layout::position(letters.lines()),
        };
        unknown += letters.unknown();
        left = left.saturating_sub(letters.count());
        work = letters.work_left();
        pages.push(PageText { number: index + 1, text });
        if stopped {
            return Ok((pages, all.len(), true, unknown));
        }
    }
    Ok((pages, all.len(), false, unknown))
}

/// Reads a page; whether it was stopped at a limit.
fn one<'a>(pdf: &'a hayro_syntax::Pdf, page: &Page<'a>, cache: &InterpreterCache<'a>, letters: &mut Letters) -> bool {
    let settings = InterpreterSettings { render_content: RenderContent::all(), ..InterpreterSettings::default() };
    let area = hayro_interpret::kurbo::Rect::new(
        0.0,
        0.0,
        f64::from(page.render_dimensions().0),
        f64::from(page.render_dimensions().1),
    );
    let mut context = Context::new(page.initial_transform(true).to_kurbo(), area, cache, pdf.xref(), settings);
    let ended = catch_unwind(AssertUnwindSafe(|| interpret_page(page, &mut context, letters)));
    match ended {
        Ok(()) => false,
        Err(reason) if reason.is::<Stop>() => true,
        // A page that cannot be read to its end gives what was read of it.
        Err(_) => false,
    }
}
