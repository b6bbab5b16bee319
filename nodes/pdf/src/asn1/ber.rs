//! BER to DER.
//!
//! BouncyCastle ("PKCS12") and NSS (Firefox) write PKCS#12 files, and some signers write CMS, with
//! indefinite lengths and with strings cut in pieces. Everything that reads here wants DER.

use super::{Malformed, OCTET_STRING, OID, SEQUENCE, Tlv, tlv};

/// Deeper nesting than this is an attack: PKCS#12 and CMS need about twenty.
const MAX_DEPTH: usize = 64;

/// Rewrites the first element of `input` with definite lengths and whole strings. Bytes after the
/// element are dropped. What was DER already comes back as it was.
pub fn to_der(input: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut rest = input;
    element(&mut rest, MAX_DEPTH)
}

fn element(rest: &mut &[u8], depth: usize) -> Result<Vec<u8>, Malformed> {
    let depth = depth.checked_sub(1).ok_or(Malformed)?;
    let tag = take(rest)?;
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let first = take(rest)?;
    let is_constructed = tag & 0x20 != 0;
    let children = if first == 0x80 {
        if !is_constructed {
            return Err(Malformed);
        }
        let mut children = Vec::new();
        while !rest.starts_with(&[0, 0]) {
            children.push(element(rest, depth)?);
        }
        *rest = &rest[2..];
        children
    } else {
        let length = length(first, rest)?;
        let (content, after) = rest.split_at_checked(length).ok_or(Malformed)?;
        *rest = after;
        if !is_constructed {
            return Ok(tlv(tag, content));
        }
        let mut inner = content;
        let mut children = Vec::new();
        while !inner.is_empty() {
            children.push(element(&mut inner, depth)?);
        }
        children
    };
    join(tag, children)
}

/// Puts converted children together; the pieces of a string become one string.
fn join(tag: u8, mut children: Vec<Vec<u8>>) -> Result<Vec<u8>, Malformed> {
    // Universal string types in constructed form: OCTET STRING and the text types. (A constructed
    // BIT STRING does not occur in files of this world.)
    if matches!(tag, 0x24 | 0x2c | 0x33 | 0x36 | 0x3e) {
        return Ok(tlv(tag & !0x20, &pieces(&children)?));
    }
    // EncryptedContentInfo (RFC 5652 6.1): its [0] is an implicit OCTET STRING, so its pieces have
    // to be joined too. An explicit [0] never stands third after an OID and a SEQUENCE.
    if tag == SEQUENCE
        && let [a, b, c] = &children[..]
        && (a.first(), b.first(), c.first()) == (Some(&OID), Some(&SEQUENCE), Some(&0xa0))
    {
        let segments: Vec<_> = Tlv::parse(c)?.children().collect();
        if segments.iter().all(|segment| segment.tag == OCTET_STRING) {
            let whole: Vec<u8> = segments.iter().flat_map(|s| s.content).copied().collect();
            children[2] = tlv(0x80, &whole);
        }
    }
    Ok(tlv(tag, &children.concat()))
}

fn pieces(children: &[Vec<u8>]) -> Result<Vec<u8>, Malformed> {
    let mut whole = Vec::new();
    for child in children {
        whole.extend_from_slice(Tlv::parse(child)?.content);
    }
    Ok(whole)
}

fn take(rest: &mut &[u8]) -> Result<u8, Malformed> {
    let (&byte, after) = rest.split_first().ok_or(Malformed)?;
    *rest = after;
    Ok(byte)
}

fn length(first: u8, rest: &mut &[u8]) -> Result<usize, Malformed> {
    match first {
        0..=0x7f => Ok(usize::from(first)),
        0x81..=0x84 => {
            let mut length = 0;
            for _ in 0..first & 0x7f {
                length = length << 8 | usize::from(take(rest)?);
            }
            Ok(length)
        }
        _ => Err(Malformed),
    }
}
