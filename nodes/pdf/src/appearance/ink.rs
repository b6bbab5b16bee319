//! Colours. What PDF/A asks for: colours that mean the same everywhere, and in its first part no transparency.

use lopdf::{Object, dictionary};

use crate::read::Pdf;
use crate::tools::pdfa;

/// How colours are written in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink {
    /// Colours by what they look like (CalRGB, CalGray) instead of by a device's amounts.
    pub calibrated: bool,
    pub transparent: bool,
}

impl Default for Ink {
    fn default() -> Self {
        Self { calibrated: false, transparent: true }
    }
}

impl Ink {
    pub fn of(pdf: &Pdf<'_>) -> Self {
        let part = pdfa::part(pdf);
        Self { calibrated: part.is_some(), transparent: part != Some(1) }
    }

    /// A colour space of so many colours.
    pub fn space(self, colours: u8) -> Object {
        let numbers = |list: &[f32]| list.iter().map(|n| Object::Real(*n)).collect::<Vec<_>>();
        // The daylight of sRGB, and about its curve.
        let white = numbers(&[0.9505, 1.0, 1.089]);
        match (colours, self.calibrated) {
            (4, _) => "DeviceCMYK".into(),
            (1, false) => "DeviceGray".into(),
            (_, false) => "DeviceRGB".into(),
            (1, true) => {
                let entries = dictionary! { "WhitePoint" => white, "Gamma" => Object::Real(2.2) };
                vec!["CalGray".into(), Object::Dictionary(entries)].into()
            }
            (_, true) => {
                let matrix = [0.4124, 0.2126, 0.0193, 0.3576, 0.7152, 0.1192, 0.1805, 0.0722, 0.9505];
                let entries = dictionary! {
                    "WhitePoint" => white,
                    "Gamma" => numbers(&[2.2, 2.2, 2.2]),
                    "Matrix" => numbers(&matrix),
                };
                vec!["CalRGB".into(), Object::Dictionary(entries)].into()
            }
        }
    }

    /// Sets the colour of lines and of areas. Needs `space(3)` in the resources as `/C`.
    pub fn colour(self, [red, green, blue]: [f64; 3]) -> String {
        let values = format!("{} {} {}", super::number(red), super::number(green), super::number(blue));
        format!("/C CS {values} SC /C cs {values} sc\n")
    }
}
