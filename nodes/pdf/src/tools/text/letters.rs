//! Letters as a page draws them, gathered into lines.

use std::panic::resume_unwind;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::{self, Dict};
use hayro_interpret::kurbo::{Affine, BezPath, Point, Vec2};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};

use super::guard::Cost;

/// Smaller than this (in points) nobody can read.
const SMALLEST: f64 = 0.05;

/// Ends the interpretation at a limit.
pub struct Stop;

/// A run of letters on one baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// Where it begins and ends, in points from the top left of the page as it is shown.
    pub start: (f64, f64),
    pub end: (f64, f64),
    /// Height of the letters.
    pub size: f64,
}

impl Line {
    /// Whether it runs from left to right, as most do.
    pub fn is_level(&self) -> bool {
        (self.end.1 - self.start.1).abs() <= 0.1 * (self.end.0 - self.start.0).abs().max(1.0)
    }
}

/// The letters of one page.
pub struct Letters {
    lines: Vec<Line>,
    /// Letters that may still come, and work that may still be done.
    left: usize,
    work: usize,
    cost: Cost,
    count: usize,
    unknown: usize,
    /// Positions of the last run: text that is filled and then outlined is there twice.
    last_run: Vec<(String, Point)>,
    /// Marked content, and what it stands for.
    marks: Vec<Option<Mark>>,
}

/// Text that stands for what is drawn (`/ActualText`).
struct Mark {
    text: String,
    used: bool,
}

impl Letters {
    pub fn new(left: usize, work: usize, cost: Cost) -> Self {
        Self { lines: Vec::new(), left, work, cost, count: 0, unknown: 0, last_run: Vec::new(), marks: Vec::new() }
    }

    pub fn lines(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.lines)
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn unknown(&self) -> usize {
        self.unknown
    }

    pub fn work_left(&self) -> usize {
        self.work
    }

    /// Counts work; over the limit the page ends here.
    fn spend(&mut self, work: usize) {
        self.work = self.work.saturating_sub(work);
        if self.work == 0 {
            resume_unwind(Box::new(Stop));
        }
    }

    fn add(&mut self, text: &str, at: Point, ahead: Vec2, size: f64) {
        let count = text.chars().count();
        if count > self.left.saturating_sub(self.count) {
            resume_unwind(Box::new(Stop));
        }
        self.count += count;
        let end = at + ahead;
        let direction = if ahead.hypot() > 1e-9 { ahead.normalize() } else { Vec2::new(1.0, 0.0) };
        if let Some(line) = self.lines.last_mut() {
            let gap = at - Point::from(line.end);
            let along = gap.dot(direction);
            let across = gap.cross(direction).abs();
            let body = size.max(line.size);
            let same_size = size < line.size * 2.5 && line.size < size * 2.5;
            // Raised and lowered letters still belong; a large step back begins something new.
            if across < 0.55 * body && along > -0.6 * body && along < 12.0 * body && same_size {
                let spaced = line.text.ends_with(char::is_whitespace) || text.starts_with(char::is_whitespace);
                // Letters without a width leave no gap that says anything.
                if along > 0.18 * body.min(size.max(0.5 * body)) && !spaced {
                    line.text.push_str(if along > 2.5 * body { "   " } else { " " });
                    self.count += 1;
                }
                line.text.push_str(text);
                line.end = (end.x, end.y);
                line.size = line.size.max(size);
                return;
            }
        }
        self.lines.push(Line { text: text.to_owned(), start: (at.x, at.y), end: (end.x, end.y), size });
    }

    /// What a glyph stands for.
    fn meaning(&mut self, glyph: &Glyph<'_>) -> String {
        if let Some(mark) = self.marks.iter_mut().rev().flatten().next() {
            return if std::mem::replace(&mut mark.used, true) { String::new() } else { mark.text.clone() };
        }
        let known = match glyph.as_unicode() {
            Some(BfString::Char(letter)) => Some(letter.to_string()),
            Some(BfString::String(text)) => Some(text),
            None => None,
        };
        let known = known.map(|text| text.chars().filter(|c| *c == '\t' || !c.is_control()).collect::<String>());
        match known.filter(|text| !text.is_empty()) {
            Some(text) => ligatures(&text),
            None => match glyph.char_code() {
                // Fonts without names for their letters mostly number them as ASCII does.
                code @ 0x20..=0x7e => char::from(code as u8).to_string(),
                code @ 0xf020..=0xf07e => char::from((code & 0xff) as u8).to_string(),
                0..0x20 => String::new(),
                _ => {
                    self.unknown += 1;
                    char::REPLACEMENT_CHARACTER.to_string()
                }
            },
        }
    }
}

/// Letters that fonts join are written apart, as people search for them.
fn ligatures(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{fb00}' => out.push_str("ff"),
            '\u{fb01}' => out.push_str("fi"),
            '\u{fb02}' => out.push_str("fl"),
            '\u{fb03}' => out.push_str("ffi"),
            '\u{fb04}' => out.push_str("ffl"),
            '\u{a0}' => out.push(' '),
            '\u{ad}' => out.push('-'),
            other => out.push(other),
        }
    }
    out
}

fn advance(glyph: &Glyph<'_>) -> f64 {
    let width = match glyph {
        Glyph::Outline(glyph) => glyph.advance_width(),
        Glyph::Type3(glyph) => glyph.advance_width(),
    };
    f64::from(width.unwrap_or(500.0))
}

impl Device<'_> for Letters {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        self.spend(64 + 16 * run.glyphs().len());
        let mut this_run = Vec::with_capacity(run.glyphs().len());
        for glyph in run.glyphs() {
            let transform: Affine = props.transform * glyph.transform();
            let at = transform * Point::ZERO;
            let size = (transform * Point::new(0.0, 1000.0) - at).hypot();
            if !at.is_finite() || !size.is_finite() || size < SMALLEST {
                continue;
            }
            let ahead = transform * Point::new(advance(glyph), 0.0) - at;
            this_run.push((glyph, at, ahead, size));
        }
        let same = |(old, new): (&(String, Point), &(_, Point, Vec2, f64))| {
            let _: &String = &old.0;
            (old.1 - new.1).hypot() < 0.15 * new.3
        };
        let twice = !this_run.is_empty()
            && self.last_run.len() == this_run.len()
            && self.last_run.iter().zip(&this_run).all(same)
            && self.last_run.iter().zip(&this_run).all(|(old, new)| old.0 == raw(new.0));
        if twice {
            return;
        }
        self.last_run = this_run.iter().map(|(glyph, at, ..)| (raw(glyph), *at)).collect();
        for (glyph, at, ahead, size) in this_run {
            let text = self.meaning(glyph);
            self.add(&text, at, ahead, size);
        }
    }

    fn begin_marked_content(&mut self, _: &[u8], properties: Option<&Dict<'_>>) {
        self.spend(16);
        let text = properties.and_then(|properties| properties.get::<object::String<'_>>(b"ActualText"));
        let text = text.and_then(|text| {
            let text = lopdf::Object::string_literal(text.as_bytes());
            lopdf::decode_text_string(&text).ok()
        });
        let text = text.map(|text| text.chars().filter(|c| !c.is_control()).collect());
        // Deeper than this nobody marks; the end of what is not kept is told by the length.
        if self.marks.len() < 1_000 {
            self.marks.push(text.map(|text| Mark { text, used: false }));
        }
    }

    fn end_marked_content(&mut self) {
        self.marks.pop();
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {
        self.spend(16);
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        // Every form is drawn inside a clip.
        self.spend(self.cost.form);
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {
        self.spend(16);
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {
        self.spend(16);
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}
}

/// What tells glyphs apart.
fn raw(glyph: &Glyph<'_>) -> String {
    glyph.char_code().to_string()
}
