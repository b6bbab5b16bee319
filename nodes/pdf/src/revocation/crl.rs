//! Certificate revocation lists (RFC 5280 5).

use jiff::Timestamp;

use super::{Standing, Word, links, signed, signed_by};
use crate::asn1::{self, Malformed, Reader, Tlv, oid};
use crate::certificate::Certificate;

/// The largest list that is read: 16 MiB. Some authorities have lists of several megabytes.
pub const MAX_LIST: usize = 16 << 20;

const CRL_NUMBER: &[u8] = &[0x55, 0x1d, 0x14];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];

/// A list, borrowed from its DER.
pub struct Crl<'a> {
    content: Tlv<'a>,
    algorithm: Tlv<'a>,
    signature: &'a [u8],
    issuer: Tlv<'a>,
    issued_at: Timestamp,
    next_update: Option<Timestamp>,
    revoked: Option<Tlv<'a>>,
    scope: Scope<'a>,
}

/// Which certificates a list is about.
#[derive(Default)]
struct Scope<'a> {
    /// It lists what is not understood here: only some reasons, other issuers, attributes, changes.
    is_strange: bool,
    only_users: bool,
    only_authorities: bool,
    /// Addresses, if it is one of several parts.
    points: Option<Vec<&'a [u8]>>,
}

impl<'a> Crl<'a> {
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let (content, algorithm, signature) = signed(&mut Tlv::parse(der)?.expect(asn1::SEQUENCE)?.children())?;
        let mut parts = content.children();
        parts.optional(asn1::INTEGER)?;
        parts.expect(asn1::SEQUENCE)?;
        let issuer = parts.expect(asn1::SEQUENCE)?;
        let issued_at = asn1::parse_time(parts.one()?)?;
        let next_update = match parts.0.first() {
            Some(&(asn1::UTC_TIME | asn1::GENERALIZED_TIME)) => Some(asn1::parse_time(parts.one()?)?),
            _ => None,
        };
        let revoked = parts.optional(asn1::SEQUENCE)?;
        let scope = match parts.optional(0xa0)? {
            Some(extensions) => Scope::parse(extensions)?,
            None => Scope::default(),
        };
        Ok(Self { content, algorithm, signature, issuer, issued_at, next_update, revoked, scope })
    }

    /// What the list says about `certificate`; none if it is not about it or not signed by its issuer.
    pub fn about(&self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Option<Word> {
        let scope = &self.scope;
        let is_authority = links::is_authority(certificate);
        // RFC 5280 6.3.3 (f): who issues certificates need not be allowed to revoke them.
        let fits = self.issuer.raw == issuer.subject.raw
            && issuer.may_revoke()
            && certificate.names_issuer(issuer)
            && !scope.is_strange
            && (!scope.only_users || !is_authority)
            && (!scope.only_authorities || is_authority)
            && scope
                .points
                .as_ref()
                .is_none_or(|points| links::crl_points(certificate).iter().any(|point| points.contains(point)));
        if !fits || !signed_by(&issuer.key, self.algorithm, self.content.raw, self.signature) {
            return None;
        }
        let revoked_at = match self.revoked {
            Some(list) => find(list, certificate.serial.content)?,
            None => None,
        };
        Some(Word {
            standing: if revoked_at.is_some() { Standing::Revoked } else { Standing::Good },
            issued_at: self.issued_at,
            next_update: self.next_update,
            revoked_at,
        })
    }
}

/// When the certificate of this number was revoked. None on the outside for a list that cannot be read.
fn find(list: Tlv<'_>, serial: &[u8]) -> Option<Option<Timestamp>> {
    let mut entries = list.children();
    while !entries.is_empty() {
        let mut entry = entries.expect(asn1::SEQUENCE).ok()?.children();
        if entry.expect(asn1::INTEGER).ok()?.content == serial {
            return Some(Some(asn1::parse_time(entry.one().ok()?).ok()?));
        }
    }
    Some(None)
}

impl<'a> Scope<'a> {
    fn parse(extensions: Tlv<'a>) -> Result<Self, Malformed> {
        let mut scope = Self::default();
        let mut list = extensions.children().expect(asn1::SEQUENCE)?.children();
        while !list.is_empty() {
            let mut extension = list.expect(asn1::SEQUENCE)?.children();
            let kind = extension.expect(asn1::OID)?.content;
            let critical = extension.optional(asn1::BOOLEAN)?.is_some_and(|flag| flag.content != [0]);
            let value = extension.expect(asn1::OCTET_STRING)?.content;
            match kind {
                oid::ISSUING_DISTRIBUTION_POINT => scope.point(Tlv::parse(value)?.expect(asn1::SEQUENCE)?)?,
                CRL_NUMBER | AUTHORITY_KEY_IDENTIFIER | oid::SUBJECT_KEY_IDENTIFIER => {}
                _ => scope.is_strange |= critical,
            }
        }
        Ok(scope)
    }

    fn point(&mut self, value: Tlv<'a>) -> Result<(), Malformed> {
        let mut parts: Reader<'a> = value.children();
        while !parts.is_empty() {
            let part = parts.one()?;
            let flag = part.content != [0];
            match part.tag {
                0xa0 => self.points = Some(links::full_names(part)),
                0x81 => self.only_users = flag,
                0x82 => self.only_authorities = flag,
                // Some reasons, other issuers' certificates, attribute certificates.
                _ => self.is_strange |= flag,
            }
        }
        Ok(())
    }
}
