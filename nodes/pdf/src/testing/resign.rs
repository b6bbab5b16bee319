//! Signed structures with something changed in them and signed again, which no program offers to make.

use super::material::{material, run, text};
use crate::asn1::{self, Tlv};

/// The DER with some of its elements replaced; `changes` are elements of `der` itself, each with what comes instead.
pub fn replaced(der: &[u8], changes: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
    let element = Tlv::parse(der).unwrap();
    let is_it = |old: &[u8]| std::ptr::eq(old.as_ptr(), der.as_ptr()) && old.len() == der.len();
    if let Some((_, new)) = changes.iter().find(|(old, _)| is_it(old)) {
        return new.clone();
    }
    if element.tag & 0x20 == 0 {
        return der.to_vec();
    }
    let inside: Vec<u8> = element.children().flat_map(|child| replaced(child.raw, changes)).collect();
    asn1::tlv(element.tag, &inside)
}

/// What `openssl` signs with a key (PEM), after hashing with `hash`.
pub fn signed(key: &str, hash: &str, message: &[u8]) -> Vec<u8> {
    let (message, out) = (material().file(message), material().scratch());
    let hash = format!("-{hash}");
    run("openssl", &["dgst", &hash, "-sign", key, "-out", text(&out), text(&message)]);
    std::fs::read(out).unwrap()
}

/// `AlgorithmIdentifier` with this OID, without parameters.
pub fn algorithm(oid: &[u8]) -> Vec<u8> {
    asn1::sequence(&[&asn1::tlv(asn1::OID, oid)])
}

/// A SignedData (DER) whose signature is made again by `key`: hashed with `hash` and called `oid`, while what it says about
/// the digest of its content stays as it is.
pub fn signed_data(der: &[u8], key: &str, hash: &str, oid: &[u8]) -> Vec<u8> {
    let data = crate::cms::SignedData::parse(der).unwrap();
    let [message, _] = data.signed_forms().unwrap();
    let value = asn1::tlv(asn1::OCTET_STRING, &signed(key, hash, &message));
    // `signature` is the content of its element; the element is found by that.
    let old = octets(Tlv::parse(der).unwrap(), data.signature).unwrap();
    replaced(der, &[(data.signature_algorithm.raw, algorithm(oid)), (old, value)])
}

/// The element inside `within` that has `content`, which is a part of the same bytes.
fn octets<'a>(within: Tlv<'a>, content: &[u8]) -> Option<&'a [u8]> {
    if std::ptr::eq(within.content.as_ptr(), content.as_ptr()) && within.content.len() == content.len() {
        return Some(within.raw);
    }
    if within.tag & 0x20 == 0 { None } else { within.children().find_map(|child| octets(child, content)) }
}
