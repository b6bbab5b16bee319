//! The check that every signed file has to pass before it is returned. It costs about as much as
//! reading the file, and it turns every fault of ours (and of the libraries) into an error instead
//! of a file that breaks somebody's contract.

use lopdf::ObjectId;

use crate::error::Error;
use crate::field::{self, Field};
use crate::read::{Limits, Pdf};
use crate::verify::{self, Coverage, Integrity};

pub(super) fn after(
    before: &Pdf<'_>,
    fields: &[Field],
    pages: &[ObjectId],
    output: &[u8],
    name: &str,
    password: Option<&str>,
    limits: &Limits,
) -> Result<(), Error> {
    let ensure = |holds: bool, check: &'static str| {
        if holds { Ok(()) } else { Err(Error::CheckFailed { check }) }
    };
    ensure(output.starts_with(before.bytes), "the input is the beginning of the output")?;
    // The output may be larger than an input may be.
    let limits = Limits { pdf_bytes: usize::MAX, ..*limits };
    let again = Pdf::outline(output, password, &limits).map_err(|_| Error::CheckFailed { check: "reading it back" })?;
    ensure(!again.rebuilt, "cross-reference table")?;
    ensure(again.pages() == pages, "pages")?;

    let now = field::all(&again);
    for old in fields {
        let same = now.iter().find(|field| field.name == old.name && field.id == old.id);
        let kept = same.is_some_and(|field| field.name == name || field.value == old.value);
        ensure(kept, "earlier fields and signatures")?;
    }
    let signed = now.iter().find(|field| field.name == name && field.is_signature());
    let signature = signed.and_then(|field| field.value.as_ref());
    let signature = signature.ok_or(Error::CheckFailed { check: "signature field" })?;
    let result = verify::examine(&again, signature);
    ensure(result.integrity == Integrity::Intact, "digest and signature")?;
    ensure(result.coverage == Coverage::WholeFile, "the whole file is covered")
}
