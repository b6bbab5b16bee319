//! The check that every changed file has to pass before it is returned.

use crate::error::Error;
use crate::read::{Limits, Pdf};

/// The input is the beginning of the output, which reads back with the same pages.
pub fn after(before: &Pdf<'_>, output: &[u8], password: Option<&str>, limits: &Limits) -> Result<(), Error> {
    let failed = |check| Error::CheckFailed { check };
    if !output.starts_with(before.bytes) {
        return Err(failed("the input is the beginning of the output"));
    }
    let again = Pdf::load(output, password, &limits.of_output()).map_err(|_| failed("reading it back"))?;
    if again.rebuilt {
        return Err(failed("cross-reference table"));
    }
    if again.pages() != before.pages() {
        return Err(failed("pages"));
    }
    Ok(())
}
