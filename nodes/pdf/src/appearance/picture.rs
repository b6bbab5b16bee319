//! Pictures: PNG with transparency, and JPEG as it is (ISO 32000-2 8.9).

use std::io::Cursor;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use png::{ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::compress;
use super::ink::Ink;
use crate::error::Error;
use crate::increment::Update;
use crate::tools::ToolError;

/// Pixels at most.
const MAX_PIXELS: u64 = 40_000_000;

/// A picture that can be put into a PDF.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    samples: Samples,
}

#[derive(Debug, Clone, PartialEq)]
enum Samples {
    /// The file itself, which PDF readers understand, with its number of colours.
    Jpeg { file: Vec<u8>, colours: u8 },
    /// Grey (1) or red, green and blue (3) values, and how opaque each pixel is.
    Plain { colours: u8, values: Vec<u8>, opacity: Option<Vec<u8>> },
}

impl Picture {
    /// Reads a PNG or JPEG file.
    ///
    /// # Errors
    /// When it is neither, is damaged, or has more than 40 million pixels.
    pub fn read(file: &[u8]) -> Result<Self, Error> {
        if file.starts_with(&[0x89, b'P', b'N', b'G']) {
            return png(file);
        }
        if file.starts_with(&[0xff, 0xd8]) {
            return jpeg(file);
        }
        Err(ToolError::Image.into())
    }

    /// Adds the picture. Where `ink` allows no transparency, it lies on white.
    pub fn embed(&self, update: &mut Update<'_, '_>, ink: Ink) -> Result<ObjectId, Error> {
        let (colours, values, opacity) = match &self.samples {
            Samples::Jpeg { file, colours } => {
                let mut entries = self.entries(*colours, ink);
                entries.set("Filter", "DCTDecode");
                if *colours == 4 {
                    // Programs that write four colours write them upside down.
                    let upside_down = [1, 0].repeat(4).into_iter().map(Object::Integer).collect::<Vec<_>>();
                    entries.set("Decode", upside_down);
                }
                return update.add(Stream::new(entries, file.clone()).with_compression(false));
            }
            Samples::Plain { colours, values, opacity } => (*colours, values, opacity),
        };
        let mut entries = self.entries(colours, ink);
        let values = match opacity {
            Some(opacity) if !ink.transparent => on_white(values, opacity, colours),
            Some(opacity) => {
                let mut mask = Stream::new(self.entries(1, Ink::default()), opacity.clone());
                compress(&mut mask);
                entries.set("SMask", update.add(mask)?);
                values.clone()
            }
            None => values.clone(),
        };
        let mut stream = Stream::new(entries, values);
        compress(&mut stream);
        update.add(stream)
    }

    fn entries(&self, colours: u8, ink: Ink) -> Dictionary {
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => i64::from(self.width),
            "Height" => i64::from(self.height),
            "BitsPerComponent" => 8,
            "ColorSpace" => ink.space(colours),
        }
    }
}

fn check_size(width: u32, height: u32) -> Result<(), Error> {
    let pixels = u64::from(width) * u64::from(height);
    match pixels {
        0 => Err(ToolError::Image.into()),
        1..=MAX_PIXELS => Ok(()),
        _ => Err(ToolError::ImageSize { pixels, limit: MAX_PIXELS }.into()),
    }
}

fn png(file: &[u8]) -> Result<Picture, Error> {
    let damaged = |_| Error::from(ToolError::Image);
    let limits = png::Limits { bytes: MAX_PIXELS as usize * 8 };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = reader.info().size();
    check_size(width, height)?;
    let size = reader.output_buffer_size().ok_or(Error::from(ToolError::Image))?;
    let mut all = vec![0; size];
    let frame = reader.next_frame(&mut all).map_err(damaged)?;
    all.truncate(frame.buffer_size());
    let (colours, with_opacity) = match frame.color_type {
        ColorType::Grayscale => (1, false),
        ColorType::GrayscaleAlpha => (1, true),
        ColorType::Rgb => (3, false),
        ColorType::Rgba => (3, true),
        ColorType::Indexed => return Err(ToolError::Image.into()),
    };
    let samples = if with_opacity {
        let pixels = all.chunks_exact(colours + 1);
        let opacity: Vec<u8> = pixels.clone().map(|pixel| pixel[colours]).collect();
        let values = pixels.flat_map(|pixel| &pixel[..colours]).copied().collect();
        // A picture that is opaque everywhere needs no mask.
        let opacity = opacity.iter().any(|o| *o != 255).then_some(opacity);
        Samples::Plain { colours: colours as u8, values, opacity }
    } else {
        Samples::Plain { colours: colours as u8, values: all, opacity: None }
    };
    Ok(Picture { width, height, samples })
}

fn jpeg(file: &[u8]) -> Result<Picture, Error> {
    let mut decoder = JpegDecoder::new(ZCursor::new(file));
    decoder.decode_headers().map_err(|_| ToolError::Image)?;
    let info = decoder.info().ok_or(ToolError::Image)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(width, height)?;
    let colours = match info.components {
        colours @ (1 | 3 | 4) => colours,
        _ => return Err(ToolError::Image.into()),
    };
    Ok(Picture { width, height, samples: Samples::Jpeg { file: file.to_vec(), colours } })
}

fn on_white(values: &[u8], opacity: &[u8], colours: u8) -> Vec<u8> {
    let pixels = values.chunks_exact(usize::from(colours)).zip(opacity);
    let mix = |value: u8, opacity: u8| {
        let (value, opacity) = (u32::from(value), u32::from(opacity));
        ((value * opacity + 255 * (255 - opacity) + 127) / 255) as u8
    };
    pixels.flat_map(|(pixel, opacity)| pixel.iter().map(move |value| mix(*value, *opacity))).collect()
}
