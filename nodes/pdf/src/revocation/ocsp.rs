//! Answers about single certificates (OCSP, RFC 6960).

use jiff::Timestamp;

use super::{Standing, Word, issued, links, signed, signed_by};
use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

/// A request for `certificate`. SHA-1 only names the issuer here; every responder knows it.
pub fn request(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Vec<u8> {
    let name = asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[issuer.subject.raw]));
    let key = asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[issuer.key.bytes()]));
    let algorithm = asn1::sequence(&[&asn1::tlv(asn1::OID, oid::SHA1), &asn1::tlv(asn1::NULL, &[])]);
    let id = asn1::sequence(&[&algorithm, &name, &key, certificate.serial.raw]);
    // OCSPRequest { TBSRequest { requestList { Request { reqCert } } } }
    asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&id])])])])
}

/// The media type of a request.
pub const QUERY: &str = "application/ocsp-request";
/// The largest answer that is read.
pub const MAX_ANSWER: usize = 128 << 10;

/// What an answer (OCSPResponse or BasicOCSPResponse) says about `certificate`, and the responder's own
/// certificate if it is not the issuer's.
///
/// # Errors
/// Why the answer proves nothing, in a few words.
pub fn read(
    der: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
) -> Result<(Word, Option<Vec<u8>>), &'static str> {
    let basic = basic(der)?;
    let (answer, word) = answer(basic, certificate, issuer).map_err(|_| "unreadable")?.ok_or("other certificate")?;
    if signed_by(&issuer.key, answer.algorithm, answer.content.raw, answer.signature) {
        return Ok((word, None));
    }
    let responders = answer.responders.into_iter().flat_map(|list| list.children()).take(8);
    let appointed = responders.filter_map(|der| Certificate::parse(der.raw).ok()).find(|responder| {
        may_answer(responder, issuer, answer.produced_at)
            && signed_by(&responder.key, answer.algorithm, answer.content.raw, answer.signature)
    });
    Ok((word, Some(appointed.ok_or("signature")?.der.to_vec())))
}

fn basic(der: &[u8]) -> Result<Tlv<'_>, &'static str> {
    let read = || {
        let outer = Tlv::parse(der)?.expect(asn1::SEQUENCE)?;
        let mut parts = outer.children();
        // ENUMERATED: only 0 comes with an answer.
        let Some(status) = parts.optional(0x0a)? else { return Ok(Ok(outer)) };
        match status.content {
            [0] => {}
            [1] => return Ok(Err("malformedRequest")),
            [2] => return Ok(Err("internalError")),
            [3] => return Ok(Err("tryLater")),
            [6] => return Ok(Err("unauthorized")),
            _ => return Ok(Err("refused")),
        }
        let mut bytes = parts.expect(0xa0)?.children().expect(asn1::SEQUENCE)?.children();
        if bytes.expect(asn1::OID)?.content != oid::OCSP_BASIC {
            return Err(Malformed);
        }
        Tlv::parse(bytes.expect(asn1::OCTET_STRING)?.content)?.expect(asn1::SEQUENCE).map(Ok)
    };
    read().unwrap_or(Err("unreadable"))
}

/// Who answered, and what they signed.
struct Answer<'a> {
    content: Tlv<'a>,
    algorithm: Tlv<'a>,
    signature: &'a [u8],
    produced_at: Timestamp,
    responders: Option<Tlv<'a>>,
}

fn answer<'a>(
    basic: Tlv<'a>,
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
) -> Result<Option<(Answer<'a>, Word)>, Malformed> {
    let mut outer = basic.children();
    let (content, algorithm, signature) = signed(&mut outer)?;
    let responders = outer.optional(0xa0)?.map(|list| list.children().expect(asn1::SEQUENCE)).transpose()?;
    let mut parts = content.children();
    parts.optional(0xa0)?;
    parts.one()?; // who answers
    let produced_at = asn1::parse_time(parts.one()?)?;
    let mut answers = parts.expect(asn1::SEQUENCE)?.children();
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
        let answer = Answer { content, algorithm, signature, produced_at, responders };
        return Ok(Some((answer, Word { standing, issued_at, next_update, revoked_at })));
    }
    Ok(None)
}

/// A responder that the issuer itself appointed (RFC 6960 4.2.2.2).
fn may_answer(responder: &Certificate<'_>, issuer: &Certificate<'_>, at: Timestamp) -> bool {
    links::has_purpose(responder, oid::PURPOSE_OCSP_SIGNING)
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
        && key == digest.of(&[issuer.key.bytes()]))
}
