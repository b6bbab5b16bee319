//! Stamping: a text, a picture or a QR code on pages that are there, by an incremental update.

mod draw;
pub mod onto;

use lopdf::ObjectId;

use super::check;
use super::signed::{OnSigned, may_break};
use super::{ToolError, ToolWarning, pages};
use crate::appearance::{Ink, Picture};
use crate::error::Error;
use crate::field;
use crate::increment::Update;
use crate::options::{Corner, Place, Secret};
use crate::page::{Area, Geometry};
use crate::read::{Limits, Pdf};

/// What is stamped.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A text. `{page}` and `{pages}` become the page's number and how many there are.
    Text {
        text: String,
        /// Height of the letters in points; as large as fits when 0.
        size: f64,
        /// Red, green and blue, from 0 to 1.
        colour: [f64; 3],
    },
    /// A PNG or JPEG file.
    Picture(Vec<u8>),
    /// The text of a QR code.
    Qr(String),
}

/// Where the stamp is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StampPlace {
    At(Place),
    /// In the middle of the page, in millimetres. What is larger than the page shrinks to it.
    Middle {
        width: f64,
        height: f64,
    },
}

/// How to stamp.
#[derive(Debug, Clone)]
pub struct StampOptions {
    pub mark: Mark,
    /// Which pages, as [`super::page_list`] reads it; all when empty.
    pub pages: String,
    pub place: StampPlace,
    /// Degrees against the clock, around the stamp's middle.
    pub rotate: f64,
    /// From 0 (nothing to be seen) to 1.
    pub opacity: f64,
    /// Below what is on the page already.
    pub behind: bool,
    pub signed: OnSigned,
    pub password: Option<Secret>,
    pub limits: Limits,
}

impl StampOptions {
    pub fn new(mark: Mark, place: StampPlace) -> Self {
        Self {
            mark,
            pages: String::new(),
            place,
            rotate: 0.0,
            opacity: 1.0,
            behind: false,
            signed: OnSigned::Refuse,
            password: None,
            limits: Limits::default(),
        }
    }
}

/// A PDF that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub pdf: Vec<u8>,
    pub warnings: Vec<ToolWarning>,
}

/// A page with the place of its stamp.
pub struct Spot {
    page: ObjectId,
    /// From 1.
    number: usize,
    geometry: Geometry,
    area: Area,
}

/// Stamps pages.
///
/// # Errors
/// When the PDF cannot be read, is signed and that is refused, the place is not on a page, or there is nothing to stamp.
pub fn stamp(input: &[u8], options: &StampOptions) -> Result<Changed, Error> {
    let password = options.password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, &options.limits)?;
    let mut warnings = Vec::new();
    may_break(&pdf, &field::all(&pdf), options.signed, &mut warnings)?;
    if pdf.rebuilt {
        warnings.push(ToolWarning::Repaired);
    }
    let all = pdf.pages();
    let mut wanted = pages::parse(&options.pages, all.len())?;
    wanted.sort_unstable();
    wanted.dedup();
    let picture = match &options.mark {
        Mark::Text { text, .. } | Mark::Qr(text) if text.trim().is_empty() => {
            return Err(ToolError::NothingToStamp.into());
        }
        Mark::Picture(file) => Some(Picture::read(file)?),
        _ => None,
    };
    let ink = Ink::of(&pdf);
    let mut opacity = if options.opacity.is_finite() { options.opacity.clamp(0.0, 1.0) } else { 1.0 };
    if opacity < 1.0 && !ink.transparent {
        warnings.push(ToolWarning::OpacityIgnored);
        opacity = 1.0;
    }
    let mut spots = Vec::new();
    for index in wanted {
        let Some(page) = all.get(index).copied() else { continue };
        let geometry = Geometry::of(&pdf, page);
        let area = geometry.area(place_on(&geometry, options.place))?;
        spots.push(Spot { page, number: index + 1, geometry, area });
    }
    let mut update = Update::new(&pdf);
    let drawn = draw::all(&mut update, &spots, options, picture.as_ref(), ink, all.len())?;
    let missing: String = drawn.missing.iter().collect();
    if !missing.is_empty() {
        warnings.push(ToolWarning::MissingLetters { letters: missing });
    }
    onto::pages(&mut update, &pdf, &spots, &drawn.forms, options, opacity)?;
    let out = update.write_changes(b"stamp")?;
    check::after(&pdf, &out, password, &options.limits)?;
    Ok(Changed { pdf: out, warnings })
}

fn place_on(geometry: &Geometry, place: StampPlace) -> Place {
    match place {
        StampPlace::At(place) => place,
        StampPlace::Middle { width, height } => {
            let (page_width, page_height) = geometry.shown();
            let (page_width, page_height) = (page_width / geometry.unit, page_height / geometry.unit);
            let (width, height) = (width.min(page_width), height.min(page_height));
            Place::Rectangle { left: (page_width - width) / 2.0, top: (page_height - height) / 2.0, width, height }
        }
    }
}

/// Where the lines of a text begin: at the side that the stamp is at.
fn side(place: StampPlace) -> f64 {
    match place {
        StampPlace::At(Place::Corner { corner: Corner::TopRight | Corner::BottomRight, .. }) => 1.0,
        StampPlace::At(_) => 0.0,
        StampPlace::Middle { .. } => 0.5,
    }
}
