//! What reading may cost. The interpreter unpacks streams whole and has no way to stop, so before it gets the file the
//! streams that it would unpack are measured.

use lopdf::{DecompressError, Object, Stream};

use crate::error::Error;
use crate::read::{Limits, Pdf};

/// Deflate makes at most 1032 bytes of one.
const DEFLATE: usize = 1032;
/// What one drawing of a form may cost at most, in bytes of content.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub form: usize,
}

/// Measures the streams.
///
/// # Errors
/// When one unpacks to more than the limit.
pub fn check(pdf: &Pdf<'_>, limits: &Limits) -> Result<Cost, Error> {
    let limit = limits.stream_bytes;
    // Drawing an empty one costs something too.
    let mut form = 1024;
    for object in pdf.document.objects.values() {
        let Object::Stream(stream) = object else { continue };
        let subtype = pdf.name(&stream.dict, b"Subtype");
        // Pictures are never unpacked here.
        if subtype.as_deref() == Some("Image") {
            continue;
        }
        let is_form = subtype.as_deref() == Some("Form") || stream.dict.has(b"PatternType");
        let filters = stream.filters().map_or(0, |filters| filters.len());
        let harmless = match filters {
            0 => true,
            1 => stream.content.len() <= limit / DEFLATE,
            _ => false,
        };
        if harmless && !is_form {
            continue;
        }
        let size = unpacked(stream, limit)?;
        if is_form {
            form = form.max(1024 + size);
        }
    }
    Ok(Cost { form })
}

fn unpacked(stream: &Stream, limit: usize) -> Result<usize, Error> {
    match stream.decompressed_content_with_limit(limit) {
        Ok(content) => Ok(content.len()),
        Err(lopdf::Error::Decompress(
            DecompressError::MemoryLimitExceeded { .. } | DecompressError::TooManyFilters { .. },
        )) => Err(Error::Expands { limit }),
        // What cannot be unpacked here is not unpacked to much there.
        Err(_) => Ok(stream.content.len()),
    }
}
