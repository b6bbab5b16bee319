//! The check that every signed file has to pass before it is returned. It costs about as much as
//! reading the file, and it turns every fault of ours (and of the libraries) into an error instead
//! of a file that breaks somebody's contract.

use lopdf::ObjectId;

use crate::error::Error;
use crate::field::{self, Field};
use crate::options::Secret;
use crate::read::{Limits, Pdf};
use crate::verify::{self, Coverage, Integrity};

/// The part of the check that judges a change as verifying does.
pub(crate) const EARLIER_SIGNATURES: &str = "earlier signatures allow the change";

/// What a file was before it was changed, as far as the check needs it.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    /// Bytes.
    length: usize,
    fields: Vec<Field>,
    pages: Vec<ObjectId>,
    password: Option<Secret>,
    limits: Limits,
}

fn ensure(holds: bool, check: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::CheckFailed { check }) }
}

impl Before {
    /// # Errors
    /// When `output`, which was made of `pdf`, does not begin with it.
    pub(crate) fn new(
        pdf: &Pdf<'_>,
        output: &[u8],
        fields: Vec<Field>,
        pages: Vec<ObjectId>,
        password: Option<Secret>,
        limits: Limits,
    ) -> Result<Self, Error> {
        ensure(output.starts_with(pdf.bytes), "the input is the beginning of the output")?;
        let limits = limits.of_output();
        Ok(Self { length: pdf.bytes.len(), fields, pages, password: password.filter(|p| !p.0.is_empty()), limits })
    }

    /// The output reads back, with the pages, earlier fields and signatures that were there. `new` is
    /// the name of the field that may have got a value.
    fn kept<'o>(&self, output: &'o mut [u8], new: Option<&str>) -> Result<(Pdf<'o>, Vec<Field>), Error> {
        let password = self.password.as_ref().map(|secret| secret.0.as_str());
        let again = Pdf::outline_in_place(output, password, &self.limits);
        let again = again.map_err(|_| Error::CheckFailed { check: "reading it back" })?;
        ensure(!again.rebuilt, "cross-reference table")?;
        ensure(again.pages() == self.pages, "pages")?;
        let now = field::all(&again);
        for old in &self.fields {
            let same = now.iter().find(|field| field.name == old.name && field.id == old.id);
            let kept = same.is_some_and(|field| Some(field.name.as_str()) == new || field.value == old.value);
            ensure(kept, "earlier fields and signatures")?;
        }
        self.signatures_hold(&again)?;
        Ok((again, now))
    }

    /// Earlier signatures put up with the change as far as they put up with what was there.
    fn signatures_hold(&self, again: &Pdf<'_>) -> Result<(), Error> {
        let is_signed = |field: &Field| field.is_signature() && field.value.is_some();
        // A file that only got its signature was compared before it was handed out.
        if self.length >= again.bytes.len() || !self.fields.iter().any(is_signed) {
            return Ok(());
        }
        let password = self.password.as_ref();
        let before = Pdf::outline(&again.bytes[..self.length], password.map(|secret| secret.0.as_str()), &self.limits);
        let before = before.map_err(|_| Error::CheckFailed { check: "reading it back" })?;
        let holds = verify::keeps(&before, again, &self.fields, password, &self.limits);
        ensure(holds, EARLIER_SIGNATURES)
    }

    /// A file with a new signature in the field `name`.
    pub(crate) fn signed(&self, output: &mut [u8], name: &str) -> Result<(), Error> {
        let (integrity, coverage) = self.examined(output, name)?;
        ensure(integrity == Integrity::Intact, "digest and signature")?;
        ensure(coverage == Coverage::WholeFile, "the whole file is covered")
    }

    /// A file in whose field `name` only the signature itself is missing.
    pub(crate) fn waiting(&self, output: &mut [u8], name: &str) -> Result<(), Error> {
        let (_, coverage) = self.examined(output, name)?;
        ensure(coverage == Coverage::WholeFile, "the whole file is covered")
    }

    fn examined(&self, output: &mut [u8], name: &str) -> Result<(Integrity, Coverage), Error> {
        let (again, now) = self.kept(output, Some(name))?;
        let signed = now.iter().find(|field| field.name == name && field.is_signature());
        let signature = signed.and_then(|field| field.value.as_ref());
        let result = verify::examine(&again, signature.ok_or(Error::CheckFailed { check: "signature field" })?);
        Ok((result.integrity, result.coverage))
    }

    /// A file with an update that is no signature.
    pub(crate) fn unsigned(&self, output: &mut [u8]) -> Result<(), Error> {
        self.kept(output, None).map(drop)
    }
}
