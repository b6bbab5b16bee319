//! The font of visible signatures: Inter, cut down to the letters that are used. It has to be in the
//! file, because PDF/A forbids fonts that are not.

use std::collections::BTreeMap;

use lopdf::{Object, ObjectId, Stream, StringFormat, dictionary};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

use super::compress;
use crate::error::Error;
use crate::increment::Update;

/// Inter Regular, Latin letters, OFL 1.1 (see `fonts/OFL-inter.txt`).
const FONT: &[u8] = include_bytes!("../fonts/inter-regular-latin.ttf");

pub struct Subset {
    face: Face<'static>,
    remapper: GlyphRemapper,
    /// Letter by new glyph number, for copying text out of the PDF.
    letters: BTreeMap<u16, char>,
    missing: Vec<char>,
}

fn broken() -> Error {
    Error::CheckFailed { check: "embedded font" }
}

impl Subset {
    pub fn new() -> Result<Self, Error> {
        let face = Face::parse(FONT, 0).map_err(|_| broken())?;
        Ok(Self { face, remapper: GlyphRemapper::new(), letters: BTreeMap::new(), missing: Vec::new() })
    }

    /// The width of a text at size 1.
    pub fn width(&self, text: &str) -> f64 {
        let units: u32 = text.chars().map(|c| u32::from(self.advance(self.glyph(c).unwrap_or_default()))).sum();
        f64::from(units) / f64::from(self.face.units_per_em())
    }

    /// From the baseline to the top of capital letters with accents, at size 1.
    pub fn ascent(&self) -> f64 {
        f64::from(self.face.ascender()) / f64::from(self.face.units_per_em()) * 0.93
    }

    /// The text as glyph numbers in hexadecimal.
    pub fn encode(&mut self, text: &str) -> String {
        let mut out = String::new();
        for letter in text.chars() {
            let glyph = match self.glyph(letter) {
                Some(glyph) => glyph,
                None => {
                    if !self.missing.contains(&letter) {
                        self.missing.push(letter);
                    }
                    self.glyph('?').unwrap_or_default()
                }
            };
            let number = self.remapper.remap(glyph.0);
            self.letters.entry(number).or_insert(letter);
            out += &format!("{number:04x}");
        }
        out
    }

    /// Adds the font to the update. Also tells which letters it did not have.
    pub fn embed(self, update: &mut Update<'_, '_>) -> Result<(ObjectId, Vec<char>), Error> {
        let data = subsetter::subset(FONT, 0, &self.remapper).map_err(|_| broken())?;
        let length = data.len() as i64;
        let glyphs = Face::parse(&data, 0).map_err(|_| broken())?.number_of_glyphs() as usize;
        let mut file = Stream::new(dictionary! { "Length1" => length }, data);
        compress(&mut file);
        let file = update.add(file)?;

        // PDF/A-1 wants to be told which glyphs the subset has: all, one bit each (ISO 19005-1 6.3.5).
        // Those that letters are composed of are among them.
        let mut bits = vec![0xff; glyphs / 8];
        if !glyphs.is_multiple_of(8) {
            bits.push(0xff << (8 - glyphs % 8));
        }
        let cid_set = update.add(Stream::new(dictionary! {}, bits))?;

        let per_mille = |units: i32| i64::from(units) * 1000 / i64::from(self.face.units_per_em());
        let bounds = self.face.global_bounding_box();
        // Six capital letters and a plus sign mark a subset (ISO 32000-2 9.9.2).
        let name = "FLUXOA+Inter-Regular";
        let descriptor = update.add(dictionary! {
            "Type" => "FontDescriptor",
            "FontName" => name,
            "Flags" => 4,
            "FontBBox" => [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
                .map(|n| Object::Integer(per_mille(n.into()))).to_vec(),
            "ItalicAngle" => 0,
            "Ascent" => per_mille(self.face.ascender().into()),
            "Descent" => per_mille(self.face.descender().into()),
            "CapHeight" => per_mille(self.face.capital_height().unwrap_or_else(|| self.face.ascender()).into()),
            "StemV" => 80,
            "FontFile2" => file,
            "CIDSet" => cid_set,
        })?;
        let widths: Vec<Object> = self
            .remapper
            .remapped_gids()
            .map(|old| Object::Integer(per_mille(self.advance(GlyphId(old)).into())))
            .collect();
        let registry = |text: &str| Object::String(text.as_bytes().to_vec(), StringFormat::Literal);
        let descendant = update.add(dictionary! {
            "Type" => "Font",
            "Subtype" => "CIDFontType2",
            "BaseFont" => name,
            "CIDSystemInfo" => dictionary! {
                "Registry" => registry("Adobe"),
                "Ordering" => registry("Identity"),
                "Supplement" => 0,
            },
            "FontDescriptor" => descriptor,
            "DW" => 1000,
            "W" => vec![Object::Integer(0), Object::Array(widths)],
            "CIDToGIDMap" => "Identity",
        })?;
        let mut to_unicode = Stream::new(dictionary! {}, self.to_unicode().into_bytes());
        compress(&mut to_unicode);
        let to_unicode = update.add(to_unicode)?;
        let font = update.add(dictionary! {
            "Type" => "Font",
            "Subtype" => "Type0",
            "BaseFont" => name,
            "Encoding" => "Identity-H",
            "DescendantFonts" => vec![Object::Reference(descendant)],
            "ToUnicode" => to_unicode,
        })?;
        Ok((font, self.missing))
    }

    fn glyph(&self, letter: char) -> Option<GlyphId> {
        self.face.glyph_index(letter)
    }

    fn advance(&self, glyph: GlyphId) -> u16 {
        self.face.glyph_hor_advance(glyph).unwrap_or(0)
    }

    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n",
        );
        let letters: Vec<_> = self.letters.iter().collect();
        // At most a hundred to a block (ISO 32000-2 9.10.3).
        for block in letters.chunks(100) {
            map += &format!("{} beginbfchar\n", block.len());
            for (glyph, letter) in block {
                let mut units = [0; 2];
                let hex: String = letter.encode_utf16(&mut units).iter().map(|u| format!("{u:04x}")).collect();
                map += &format!("<{glyph:04x}> <{hex}>\n");
            }
            map += "endbfchar\n";
        }
        map + "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    }
}
