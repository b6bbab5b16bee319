//! The document security store (EN 319 142-1 5.4): certificates, revocation lists and answers.

use lopdf::{Dictionary, Object};

use super::uses::Use;
use super::{Changes, Comparison, Rule, refuse, same};

const LISTS: [&str; 3] = ["Certs", "CRLs", "OCSPs"];
const LISTS_OF_ONE: [&str; 3] = ["Cert", "CRL", "OCSP"];
/// ICP-Brasil's artefacts (DOC-ICP-15.03).
const BRAZILIAN: &[u8] = b"PBAD_";

pub(super) fn compare<'p>(c: &mut Comparison<'p>, old: &'p Dictionary, new: &'p Dictionary, at: &Use) -> Rule {
    let (before, after, place) = c.entry(Some(old), at, new, "DSS", Changes::LongTerm)?;
    let Some(after) = after else { return Ok(()) };
    let Ok(after) = after.as_dict() else { return refuse(format!("{place}: not a dictionary")) };
    let before = before.and_then(|before| before.as_dict().ok());
    for (key, _) in after {
        let known = LISTS.iter().chain(&["Type", "VRI"]).any(|known| known.as_bytes() == key.as_slice());
        if !known && !key.starts_with(BRAZILIAN) {
            return refuse(format!("{}: unknown", place.below(key)));
        }
    }
    for key in LISTS {
        if after.has(key.as_bytes()) {
            let (_, list, list_place) = c.entry(before, &place, after, key, Changes::LongTerm)?;
            streams(c, list, &list_place)?;
        }
    }
    let (old_vri, new_vri, vri_place) = c.entry(before, &place, after, "VRI", Changes::LongTerm)?;
    let Some(new_vri) = new_vri else { return Ok(()) };
    let Ok(new_vri) = new_vri.as_dict() else { return refuse(format!("{vri_place}: not a dictionary")) };
    let old_vri = old_vri.and_then(|vri| vri.as_dict().ok());
    for (key, value) in old_vri.into_iter().flatten() {
        if !new_vri.get(key).is_ok_and(|now| same(now, value)) {
            return refuse(format!("{}: changed", vri_place.below(key)));
        }
    }
    for (key, value) in new_vri {
        if !old_vri.is_some_and(|vri| vri.has(key)) {
            one(c, value, &vri_place.below(key), key)?;
        }
    }
    Ok(())
}

/// What was added for one signature, filed under the SHA-1 of its contents.
fn one(c: &mut Comparison<'_>, value: &Object, place: &Use, key: &[u8]) -> Rule {
    if key.len() != 40 || !key.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
        return refuse(format!("{place}: not a digest"));
    }
    if value.as_reference().is_ok_and(|id| !c.is_fresh(id)) {
        return refuse(format!("{place}: takes over another object"));
    }
    let Object::Dictionary(entry) = c.new.resolve(value) else { return refuse(format!("{place}: not a dictionary")) };
    for (key, value) in entry {
        let list = LISTS_OF_ONE.iter().any(|known| known.as_bytes() == key.as_slice());
        if list {
            streams(c, Some(c.new.resolve(value)), &place.below(key))?;
        } else if !matches!(key.as_slice(), b"Type" | b"TU" | b"TS") && !key.starts_with(BRAZILIAN) {
            return refuse(format!("{}: unknown", place.below(key)));
        }
    }
    Ok(())
}

/// A list of references to streams. A stream that was there and is another now has no rule that
/// explains it.
fn streams(c: &Comparison<'_>, list: Option<&Object>, place: &Use) -> Rule {
    let is_stream =
        |object: &Object| object.as_reference().is_ok() && matches!(c.new.resolve(object), Object::Stream(_));
    match list {
        None => Ok(()),
        Some(Object::Array(list)) if list.iter().all(is_stream) => Ok(()),
        Some(_) => refuse(format!("{place}: not a list of streams")),
    }
}
