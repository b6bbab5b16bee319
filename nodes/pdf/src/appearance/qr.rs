//! QR codes, drawn as areas: sharp at any size.

use qrcodegen::{QrCode, QrCodeEcc};

use super::number;
use crate::error::Error;
use crate::tools::ToolError;

/// White around the code, in modules, without which readers do not find it (ISO/IEC 18004).
const QUIET: i32 = 4;

/// Draws the code of a text into the square of `side` points at the origin, with its white border.
///
/// # Errors
/// When the text is longer than a code holds.
pub fn draw(text: &str, side: f64, white: &str, black: &str) -> Result<String, Error> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| ToolError::QrText { bytes: text.len() })?;
    let size = code.size();
    let module = side / f64::from(size + 2 * QUIET);
    let mut content = format!("{white}0 0 {0} {0} re f\n{black}{1} 0 0 {1} 0 0 cm\n", number(side), precise(module));
    for y in 0..size {
        let mut x = 0;
        while x < size {
            if !code.get_module(x, y) {
                x += 1;
                continue;
            }
            let start = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            // PDF counts from below.
            content += &format!("{} {} {} 1 re\n", start + QUIET, size - 1 - y + QUIET, x - start);
        }
    }
    content += "f\n";
    Ok(content)
}

fn precise(value: f64) -> String {
    format!("{value:.6}")
}
