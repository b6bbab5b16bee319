//! OCSP (RFC 6960): one question about one certificate, and the check of the answer.

use jiff::Timestamp;

use super::{SKEW, Verdict, signed_by};
use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

pub const QUERY: &str = "application/ocsp-request";
/// The largest answer that is read.
pub const MAX_ANSWER: usize = 128 << 10;

/// `OCSPRequest` (RFC 6960 4.1.1) without a nonce: many responders give answers that they made
/// before. SHA-1 only names the issuer here, and every responder knows it.
pub fn request(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Vec<u8> {
    let algorithm = asn1::sequence(&[&asn1::tlv(asn1::OID, oid::SHA1), &asn1::tlv(asn1::NULL, &[])]);
    let id = asn1::sequence(&[
        &algorithm,
        &asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[issuer.subject.raw])),
        &asn1::tlv(asn1::OCTET_STRING, &Digest::Sha1.of(&[issuer.key.bytes()])),
        certificate.serial.raw,
    ]);
    let list = asn1::sequence(&[&asn1::sequence(&[&id])]);
    asn1::sequence(&[&asn1::sequence(&[&list])])
}

/// What a responder says about `certificate`, and its own certificate if it is not the issuer's.
///
/// # Errors
/// Why the answer proves nothing, in a few words.
pub fn check(
    answer: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    now: Timestamp,
) -> Result<(Verdict, Option<Vec<u8>>), String> {
    let unreadable = |_: Malformed| "unreadable".to_owned();
    let mut outer = Tlv::parse(answer).and_then(|all| all.expect(asn1::SEQUENCE)).map_err(unreadable)?.children();
    match outer.one().map_err(unreadable)?.content {
        [0] => {}
        [1] => return Err("malformedRequest".into()),
        [2] => return Err("internalError".into()),
        [3] => return Err("tryLater".into()),
        [6] => return Err("unauthorized".into()),
        _ => return Err("refused".into()),
    }
    let basic = basic(outer.optional(0xa0)).map_err(unreadable)?;
    let responder = responder(&basic, issuer, now).ok_or("signature")?;
    let single = single(&basic, certificate, issuer).map_err(unreadable)?.ok_or("other certificate")?;
    if single.from.saturating_sub(SKEW).is_ok_and(|from| from > now) {
        return Err("not valid yet".into());
    }
    if single.until.is_some_and(|until| until < now) {
        return Err("out of date".into());
    }
    let verdict = single.verdict.ok_or("unknown")?;
    Ok((verdict, (responder != issuer.der).then_some(responder)))
}

/// `BasicOCSPResponse` (RFC 6960 4.2.1).
struct Basic<'a> {
    signed: Tlv<'a>,
    responses: Tlv<'a>,
    algorithm: Tlv<'a>,
    signature: &'a [u8],
    certificates: Vec<&'a [u8]>,
}

fn basic(wrapped: Result<Option<Tlv<'_>>, Malformed>) -> Result<Basic<'_>, Malformed> {
    let mut bytes = wrapped?.ok_or(Malformed)?.children().expect(asn1::SEQUENCE)?.children();
    if bytes.expect(asn1::OID)?.content != oid::OCSP_BASIC {
        return Err(Malformed);
    }
    let mut parts = Tlv::parse(bytes.expect(asn1::OCTET_STRING)?.content)?.expect(asn1::SEQUENCE)?.children();
    let signed = parts.expect(asn1::SEQUENCE)?;
    let algorithm = parts.expect(asn1::SEQUENCE)?;
    let signature = parts.expect(asn1::BIT_STRING)?.bit_string()?;
    let certificates = match parts.optional(0xa0)? {
        Some(list) => list.children().expect(asn1::SEQUENCE)?.children().take(16).map(|der| der.raw).collect(),
        None => Vec::new(),
    };
    let mut data = signed.children();
    data.optional(0xa0)?; // version
    data.one()?; // responderID: whose key fits is found by trying
    data.expect(asn1::GENERALIZED_TIME)?;
    let responses = data.expect(asn1::SEQUENCE)?;
    Ok(Basic { signed, responses, algorithm, signature, certificates })
}

/// The certificate of who signed: the issuer, or one that the issuer made for OCSP (RFC 6960 4.2.2.2).
fn responder(basic: &Basic<'_>, issuer: &Certificate<'_>, now: Timestamp) -> Option<Vec<u8>> {
    let signed_by =
        |certificate: &Certificate<'_>| signed_by(certificate, basic.algorithm, basic.signed.raw, basic.signature);
    if signed_by(issuer) {
        return Some(issuer.der.to_vec());
    }
    let delegated = basic.certificates.iter().filter_map(|der| Certificate::parse(der).ok()).find(|certificate| {
        certificate.has_purpose(oid::PURPOSE_OCSP_SIGNING)
            && (certificate.not_before..=certificate.not_after).contains(&now)
            && certificate.issued_by(issuer)
            && signed_by(certificate)
    })?;
    Some(delegated.der.to_vec())
}

struct Single {
    /// None: the responder does not know the certificate.
    verdict: Option<Verdict>,
    from: Timestamp,
    until: Option<Timestamp>,
}

/// The answer about our certificate among those that came.
fn single(
    basic: &Basic<'_>,
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
) -> Result<Option<Single>, Malformed> {
    for response in basic.responses.children().take(64) {
        let mut parts = response.children();
        let mut id = parts.expect(asn1::SEQUENCE)?.children();
        let kind = id.expect(asn1::SEQUENCE)?.children().expect(asn1::OID)?.content;
        let Some(digest) = Digest::from_oid(kind) else { continue };
        let (name, key) = (id.expect(asn1::OCTET_STRING)?.content, id.expect(asn1::OCTET_STRING)?.content);
        let ours = name == digest.of(&[issuer.subject.raw])
            && key == digest.of(&[issuer.key.bytes()])
            && id.expect(asn1::INTEGER)?.content == certificate.serial.content;
        if !ours {
            continue;
        }
        let status = parts.one()?;
        let verdict = match status.tag {
            0x80 => Some(Verdict::Good),
            0xa1 => Some(Verdict::Revoked(asn1::parse_time(status.children().expect(asn1::GENERALIZED_TIME)?)?)),
            _ => None,
        };
        let from = asn1::parse_time(parts.expect(asn1::GENERALIZED_TIME)?)?;
        let until = match parts.optional(0xa0)? {
            Some(wrapped) => Some(asn1::parse_time(wrapped.children().one()?)?),
            None => None,
        };
        return Ok(Some(Single { verdict, from, until }));
    }
    Ok(None)
}
