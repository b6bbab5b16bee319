//! Pages: finding one, and turning places that a reader sees into the page's own coordinates.

use lopdf::{Dictionary, Object, ObjectId};

use crate::error::Error;
use crate::options::{Corner, Page, Place};
use crate::read::Pdf;

/// Distance of a corner box from the edges, in millimetres.
const MARGIN: f64 = 10.0;
const POINTS_PER_MM: f64 = 72.0 / 25.4;
const MAX_DEPTH: usize = 64;

/// The visible part of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// Crop box: left, bottom, width, height, in the page's units.
    pub left: f64,
    pub bottom: f64,
    pub width: f64,
    pub height: f64,
    /// Clockwise turn by which readers show the page: 0, 90, 180 or 270.
    pub rotate: i64,
    /// Page units per millimetre.
    pub unit: f64,
}

/// Where a box lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// In the page's own coordinates: left, bottom, right, top.
    pub rect: [f64; 4],
    /// Width and height as a reader sees them, in page units.
    pub width: f64,
    pub height: f64,
    /// Page units per point as it is shown.
    pub scale: f64,
}

/// Finds a page of the document.
pub fn find(pages: &[ObjectId], page: Page) -> Result<ObjectId, Error> {
    let count = pages.len() as i64;
    let index = match page {
        Page::First => 0,
        Page::Last | Page::Number(-1) => count - 1,
        Page::Number(number) if number < 0 => count + number,
        Page::Number(number) => number - 1,
    };
    let wanted = match page {
        Page::Number(number) => number,
        _ => 1,
    };
    usize::try_from(index).ok().and_then(|index| pages.get(index).copied()).ok_or(if pages.is_empty() {
        Error::NoPages
    } else {
        Error::PageNotFound { page: wanted, pages: pages.len() }
    })
}

impl Geometry {
    pub fn of(pdf: &Pdf<'_>, page: ObjectId) -> Self {
        let media =
            inherited(pdf, page, b"MediaBox").and_then(|b| rectangle(pdf, b)).unwrap_or([0.0, 0.0, 612.0, 792.0]);
        let crop = inherited(pdf, page, b"CropBox")
            .and_then(|b| rectangle(pdf, b))
            .map(|crop| intersection(crop, media))
            .filter(|crop| crop[2] > crop[0] && crop[3] > crop[1])
            .unwrap_or(media);
        let rotate = inherited(pdf, page, b"Rotate").and_then(number).unwrap_or(0.0) as i64;
        let user_unit = pdf
            .document
            .get_dictionary(page)
            .ok()
            .and_then(|page| number(pdf.get(page, b"UserUnit")?))
            .filter(|unit| (0.01..=1000.0).contains(unit))
            .unwrap_or(1.0);
        Self {
            left: crop[0],
            bottom: crop[1],
            width: crop[2] - crop[0],
            height: crop[3] - crop[1],
            rotate: rotate.rem_euclid(360) / 90 * 90,
            unit: POINTS_PER_MM / user_unit,
        }
    }

    /// Width and height as a reader shows the page.
    pub fn shown(&self) -> (f64, f64) {
        if self.rotate % 180 == 0 { (self.width, self.height) } else { (self.height, self.width) }
    }

    /// The box at `place`. It has to lie on the page.
    pub fn area(&self, place: Place) -> Result<Area, Error> {
        let (page_width, page_height) = self.shown();
        let (left, top, width, height) = match place {
            Place::Rectangle { left, top, width, height } => {
                (left * self.unit, top * self.unit, width * self.unit, height * self.unit)
            }
            Place::Corner { corner, width, height } => {
                // A box that is wider than a small page shrinks to it.
                let margin = MARGIN * self.unit;
                let margin = margin.min(page_width / 10.0).min(page_height / 10.0);
                let width = (width * self.unit).min(page_width - 2.0 * margin);
                let height = (height * self.unit).min(page_height - 2.0 * margin);
                let right = matches!(corner, Corner::TopRight | Corner::BottomRight);
                let bottom = matches!(corner, Corner::BottomLeft | Corner::BottomRight);
                let left = if right { page_width - margin - width } else { margin };
                let top = if bottom { page_height - margin - height } else { margin };
                (left, top, width, height)
            }
        };
        // A tenth of a millimetre of rounding is no mistake; NaN fails every comparison.
        let slack = 0.1 * self.unit;
        let inside = left >= -slack
            && top >= -slack
            && width >= self.unit
            && height >= self.unit
            && left + width <= page_width + slack
            && top + height <= page_height + slack;
        if !inside {
            return Err(Error::OutsidePage);
        }
        let (x1, y1) = self.own(left, page_height - top - height);
        let (x2, y2) = self.own(left + width, page_height - top);
        let rect = [x1.min(x2), y1.min(y2), x1.max(x2), y1.max(y2)];
        Ok(Area { rect, width, height, scale: self.unit / POINTS_PER_MM })
    }

    /// The area of a widget that is already on the page, if it has one.
    pub fn area_of(&self, rect: [f64; 4]) -> Option<Area> {
        let (width, height) = (rect[2] - rect[0], rect[3] - rect[1]);
        let (width, height) = if self.rotate % 180 == 0 { (width, height) } else { (height, width) };
        (width >= 1.0 && height >= 1.0).then_some(Area { rect, width, height, scale: self.unit / POINTS_PER_MM })
    }

    /// A point as seen (from the bottom left of the shown page) in the page's own coordinates.
    fn own(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = match self.rotate {
            90 => (self.width - y, x),
            180 => (self.width - x, self.height - y),
            270 => (y, self.height - x),
            _ => (x, y),
        };
        (self.left + dx, self.bottom + dy)
    }

    /// The matrix that turns an appearance upright on the shown page.
    pub fn upright(&self) -> [i64; 6] {
        match self.rotate {
            90 => [0, 1, -1, 0, 0, 0],
            180 => [-1, 0, 0, -1, 0, 0],
            270 => [0, -1, 1, 0, 0, 0],
            _ => [1, 0, 0, 1, 0, 0],
        }
    }
}

/// A page attribute, looked up through its ancestors (ISO 32000-2 7.7.3.4).
pub fn inherited<'p>(pdf: &'p Pdf<'_>, page: ObjectId, key: &[u8]) -> Option<&'p Object> {
    let mut node: &Dictionary = pdf.document.get_dictionary(page).ok()?;
    for _ in 0..MAX_DEPTH {
        if let Some(found) = pdf.get(node, key) {
            return Some(found);
        }
        node = pdf.dictionary(node, b"Parent")?;
    }
    None
}

/// Four numbers as left, bottom, right, top.
pub fn rectangle(pdf: &Pdf<'_>, object: &Object) -> Option<[f64; 4]> {
    let numbers: Vec<f64> =
        object.as_array().ok()?.iter().take(5).filter_map(|item| number(pdf.resolve(item))).collect();
    let [a, b, c, d] = numbers[..] else { return None };
    let rect = [a.min(c), b.min(d), a.max(c), b.max(d)];
    rect.iter().all(|n| n.is_finite() && n.abs() < 1e7).then_some(rect)
}

fn number(object: &Object) -> Option<f64> {
    object.as_float().ok().map(f64::from)
}

fn intersection(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3])]
}
