//! Whether a certificate has signed a document already, so that a flow that runs twice need not sign twice.

use super::diff::Changes;
use super::{Coverage, Integrity, Signature, VerifyOptions, signatures, world};
use crate::error::Error;
use crate::field::{self, Field};
use crate::options::Secret;
use crate::read::{Limits, Pdf};

/// The field of a signature by `certificate` (DER) over the document as it is now. None if there is no such signature, if
/// it does not hold, or if more was changed after it than a later signer or an archive adds: signatures, proofs, time stamps.
///
/// # Errors
/// Only when the file cannot be read.
pub fn signed_by(
    input: &[u8],
    certificate: &[u8],
    password: Option<&Secret>,
    limits: &Limits,
) -> Result<Option<String>, Error> {
    let options = VerifyOptions {
        password: password.cloned(),
        limits: *limits,
        // Nobody's word is asked: only whose signature it is and what came after it.
        ..VerifyOptions::at(jiff::Timestamp::UNIX_EPOCH)
    };
    let password = password.map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, limits)?;
    let fields = field::all(&pdf);
    let (all, _) = signatures(&pdf, &fields, limits.signatures);
    let is_mine = |signature: &&Signature<'_>| {
        let outcome = signature.examined.cms.as_ref();
        signature.examined.integrity == Integrity::Intact
            && outcome.is_some_and(|cms| !cms.is_time_stamp && cms.signer.as_deref() == Some(certificate))
    };
    let mine: Vec<&Signature<'_>> = all.iter().filter(is_mine).filter(|signature| signature.field.is_some()).collect();
    if mine.is_empty() {
        return Ok(None);
    }
    let world = world(&pdf, &all, &options, password);
    let stands = |signature: &&&Signature<'_>| {
        if signature.examined.coverage == Coverage::WholeFile {
            return true;
        }
        let Some(range) = &signature.examined.range else { return false };
        world.history.is_revision(range.end)
            && world.history.after(range.end).is_some_and(|later| {
                later.level <= Changes::FormsAndSignatures
                    && later.fields.iter().all(|name| is_signature(&fields, name))
            })
    };
    Ok(mine.iter().rev().find(stands).and_then(|signature| signature.field.clone()))
}

/// Whether only a signature can have been put into the field.
fn is_signature(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name == name && field.is_signature())
}
