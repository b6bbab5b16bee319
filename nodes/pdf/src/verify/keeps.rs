//! Whether an update leaves earlier signatures what they were worth: the same rules as in verifying, so that what is
//! signed here is not called broken here.

use lopdf::Dictionary;

use super::diff::history;
use super::{Integrity, VerifyOptions, judge, signatures, world};
use crate::field::{self, Field};
use crate::options::Secret;
use crate::read::{Limits, Pdf};

/// Whether no signature in `fields` that held in `old` is broken by what was appended to it. `new` begins with `old`;
/// the contents of streams need not be read.
///
/// What lies between the two is compared once for all signatures. What lay between them and `old` is looked at only
/// if that breaks one, to see whether it held before; verifying `old` would cost as much.
pub(crate) fn keeps(
    old: &Pdf<'_>,
    new: &Pdf<'_>,
    fields: &[Field],
    password: Option<&Secret>,
    limits: &Limits,
) -> bool {
    let signed = |field: &&Field| field.is_signature() && field.value.is_some();
    if !fields.iter().any(|field| signed(&field)) {
        return true;
    }
    let step = history::step(old, new, old.bytes.len());
    let is_broken = |field: &&Field| {
        let lock: Option<&Dictionary> = field.lock.as_ref();
        field.value.as_ref().is_some_and(|signature| judge::is_broken_by(old, (signature, lock), &step))
    };
    let broken: Vec<&str> = fields.iter().filter(signed).filter(is_broken).map(|field| field.name.as_str()).collect();
    broken.is_empty() || !any_held(old.bytes, &broken, password, limits)
}

/// Whether one of the signatures in the fields `names` holds in `input`, as far as that is known.
fn any_held(input: &[u8], names: &[&str], password: Option<&Secret>, limits: &Limits) -> bool {
    let options = VerifyOptions {
        password: password.cloned(),
        limits: *limits,
        // Nobody's word is asked: only what came after the signatures.
        ..VerifyOptions::at(jiff::Timestamp::UNIX_EPOCH)
    };
    let password = password.map(|secret| secret.0.as_str());
    let Ok(pdf) = Pdf::load(input, password, limits) else { return true };
    let fields = field::all(&pdf);
    let (all, _) = signatures(&pdf, &fields, limits.signatures);
    let world = world(&pdf, &all, &options, password);
    all.iter()
        .filter(|signature| signature.field.as_deref().is_some_and(|field| names.contains(&field)))
        .any(|signature| signature.examined.integrity != Integrity::Broken && judge::stands(&world, signature))
}
