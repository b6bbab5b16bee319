//! Revocation lists (RFC 5280 5).

use jiff::Timestamp;

use super::{SKEW, Verdict, signed_by};
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::Certificate;

/// The largest list that is read: 16 MiB. Some authorities have lists of several megabytes.
pub const MAX_LIST: usize = 16 << 20;

/// What a list says about `certificate`.
///
/// # Errors
/// Why the list proves nothing, in a few words.
pub fn check(
    list: &[u8],
    certificate: &Certificate<'_>,
    issuer: &Certificate<'_>,
    now: Timestamp,
) -> Result<Verdict, String> {
    let list = List::parse(list).map_err(|_| "unreadable".to_owned())?;
    if list.issuer.raw != certificate.issuer.raw || list.issuer.raw != issuer.subject.raw {
        return Err("other issuer".into());
    }
    if !signed_by(issuer, list.algorithm, list.signed.raw, list.signature) {
        return Err("signature".into());
    }
    if list.from.saturating_sub(SKEW).is_ok_and(|from| from > now) {
        return Err("not valid yet".into());
    }
    if list.until.is_some_and(|until| until < now) {
        return Err("out of date".into());
    }
    if !list.is_complete {
        return Err("only a part".into());
    }
    let entries = list.revoked.into_iter().flat_map(Tlv::children);
    for entry in entries {
        let mut parts = entry.children();
        if parts.expect(asn1::INTEGER).is_ok_and(|serial| serial.content == certificate.serial.content) {
            let on = parts.one().and_then(asn1::parse_time).map_err(|_| "unreadable".to_owned())?;
            return Ok(Verdict::Revoked(on));
        }
    }
    Ok(Verdict::Good)
}

/// A list, in DER whatever it came as: some authorities publish PEM.
pub fn der(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let unreadable = || "unreadable".to_owned();
    let der = match super::pem(bytes, "X509 CRL") {
        Some(der) => der,
        None => bytes.to_vec(),
    };
    Tlv::parse(&der).and_then(|list| list.expect(asn1::SEQUENCE)).map_err(|_| unreadable())?;
    Ok(der)
}

struct List<'a> {
    signed: Tlv<'a>,
    algorithm: Tlv<'a>,
    signature: &'a [u8],
    issuer: Tlv<'a>,
    from: Timestamp,
    until: Option<Timestamp>,
    revoked: Option<Tlv<'a>>,
    /// Neither a delta nor limited to some reasons, attributes or other issuers.
    is_complete: bool,
}

impl<'a> List<'a> {
    fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Tlv::parse(der)?.expect(asn1::SEQUENCE)?.children();
        let signed = outer.expect(asn1::SEQUENCE)?;
        let algorithm = outer.expect(asn1::SEQUENCE)?;
        let signature = outer.expect(asn1::BIT_STRING)?.bit_string()?;
        let mut parts = signed.children();
        parts.optional(asn1::INTEGER)?; // version
        parts.expect(asn1::SEQUENCE)?; // signature algorithm, repeated
        let issuer = parts.expect(asn1::SEQUENCE)?;
        let from = asn1::parse_time(parts.one()?)?;
        let until = match parts.optional(asn1::UTC_TIME)? {
            Some(time) => Some(time),
            None => parts.optional(asn1::GENERALIZED_TIME)?,
        };
        let until = until.map(asn1::parse_time).transpose()?;
        let revoked = parts.optional(asn1::SEQUENCE)?;
        let mut is_complete = true;
        if let Some(wrapped) = parts.optional(0xa0)? {
            for extension in wrapped.children().expect(asn1::SEQUENCE)?.children() {
                let mut parts = extension.children();
                let kind = parts.expect(asn1::OID)?.content;
                parts.optional(asn1::BOOLEAN)?;
                let value = parts.expect(asn1::OCTET_STRING)?.content;
                is_complete &=
                    kind != oid::DELTA_CRL_INDICATOR && (kind != oid::ISSUING_DISTRIBUTION_POINT || covers_all(value)?);
            }
        }
        Ok(Self { signed, algorithm, signature, issuer, from, until, revoked, is_complete })
    }
}

/// Whether an IssuingDistributionPoint (RFC 5280 5.2.5) limits the list to nothing but a place and a
/// kind of certificate, which is the kind of the certificates that name that place.
fn covers_all(value: &[u8]) -> Result<bool, Malformed> {
    // [3] onlySomeReasons, [4] indirectCRL, [5] onlyContainsAttributeCerts
    let limits = |part: Tlv<'_>| match part.tag {
        0x83 => true,
        0x84 | 0x85 => part.content != [0],
        _ => false,
    };
    Ok(!Tlv::parse(value)?.expect(asn1::SEQUENCE)?.children().any(limits))
}
