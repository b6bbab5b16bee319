//! Answers about single certificates (OCSP, RFC 6960).

use jiff::Timestamp;

use super::{Standing, Word, issued, links, signed, signed_by};
use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// A request for `certificate`. SHA-1 only names the issuer here; every responder knows it.
pub fn request(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Option<Vec<u8>> {
    let name = asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[issuer.subject.raw]));
    let key = asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[public_key(issuer)?]));
    let algorithm = asn1::sequence(&[&asn1::tlv(asn1::OID, oid::SHA1), &asn1::tlv(asn1::NULL, &[])]);
    let id = asn1::sequence(&[&algorithm, &name, &key, certificate.serial.raw]);
    // OCSPRequest { TBSRequest { requestList { Request { reqCert } } } }
    Some(asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&id])])])]))
}

/// What an answer (OCSPResponse or BasicOCSPResponse) says about `certificate`; none if it is not about
/// it, or nobody who may answered.
pub fn read(der: &[u8], certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Option<Word> {
    basic(der).and_then(|basic| answer(basic, certificate, issuer)).ok().flatten()
}

fn basic(der: &[u8]) -> Result<Tlv<'_>, Malformed> {
    let outer = Tlv::parse(der)?.expect(asn1::SEQUENCE)?;
    let mut parts = outer.children();
    // ENUMERATED: only 0 comes with an answer.
    let Some(status) = parts.optional(0x0a)? else { return Ok(outer) };
    if status.content != [0] {
        return Err(Malformed);
    }
    let mut bytes = parts.expect(0xa0)?.children().expect(asn1::SEQUENCE)?.children();
    if bytes.expect(asn1::OID)?.content != BASIC {
        return Err(Malformed);
    }
    Tlv::parse(bytes.expect(asn1::OCTET_STRING)?.content)?.expect(asn1::SEQUENCE)
}

fn answer(basic: Tlv<'_>, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<Option<Word>, Malformed> {
    let mut outer = basic.children();
    let (content, algorithm, signature) = signed(&mut outer)?;
    let mut parts = content.children();
    parts.optional(0xa0)?;
    parts.one()?; // who answers
    let produced_at = asn1::parse_time(parts.one()?)?;
    let mut answers = parts.expect(asn1::SEQUENCE)?.children();
    let mut word = None;
    while !answers.is_empty() {
        let mut single = answers.expect(asn1::SEQUENCE)?.children();
        if !is_about(single.expect(asn1::SEQUENCE)?, certificate, issuer)? {
            continue;
        }
        let status = single.one()?;
        let (standing, revoked_at) = match status.tag {
            0x80 => (Standing::Good, None),
            0xa1 => (Standing::Revoked, Some(asn1::parse_time(status.children().one()?)?)),
            _ => (Standing::Unknown, None),
        };
        let issued_at = asn1::parse_time(single.one()?)?;
        let next_update = match single.optional(0xa0)? {
            Some(next) => Some(asn1::parse_time(next.children().one()?)?),
            None => None,
        };
        word = Some(Word { standing, issued_at, next_update, revoked_at });
        break;
    }
    let Some(word) = word else { return Ok(None) };
    let responders = outer.optional(0xa0)?.map(|list| list.children().expect(asn1::SEQUENCE)).transpose()?;
    let trusted = signed_by(&issuer.key, algorithm, content.raw, signature)
        || responders.is_some_and(|list| {
            list.children().take(8).filter_map(|der| Certificate::parse(der.raw).ok()).any(|responder| {
                may_answer(&responder, issuer, produced_at)
                    && signed_by(&responder.key, algorithm, content.raw, signature)
            })
        });
    Ok(trusted.then_some(word))
}

/// A responder that the issuer itself appointed (RFC 6960 4.2.2.2).
fn may_answer(responder: &Certificate<'_>, issuer: &Certificate<'_>, at: Timestamp) -> bool {
    links::has_purpose(responder, OCSP_SIGNING)
        && responder.not_before <= at
        && at <= responder.not_after
        && issued(responder, issuer)
}

fn is_about(id: Tlv<'_>, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<bool, Malformed> {
    let mut parts = id.children();
    let kind = parts.expect(asn1::SEQUENCE)?.children().expect(asn1::OID)?.content;
    let Some(digest) = Digest::from_oid(kind) else { return Ok(false) };
    let name = parts.expect(asn1::OCTET_STRING)?.content;
    let key = parts.expect(asn1::OCTET_STRING)?.content;
    let serial = parts.expect(asn1::INTEGER)?.content;
    Ok(serial == certificate.serial.content
        && certificate.names_issuer(issuer)
        && name == digest.of(&[issuer.subject.raw])
        && public_key(issuer).is_some_and(|bits| key == digest.of(&[bits])))
}

/// The bits of a certificate's public key.
fn public_key<'a>(certificate: &Certificate<'a>) -> Option<&'a [u8]> {
    let mut parts = Tlv::parse(certificate.der).ok()?.children().expect(asn1::SEQUENCE).ok()?.children();
    parts.optional(0xa0).ok()?;
    // Serial, algorithm, issuer, validity, subject.
    for _ in 0..5 {
        parts.one().ok()?;
    }
    parts.expect(asn1::SEQUENCE).ok()?.children().nth(1)?.bit_string().ok()
}
