//! X.509 certificates: what is read from them, leniently, over their raw bytes.

use jiff::Timestamp;

use crate::algorithm::PublicKey;
use crate::asn1::{self, Malformed, Reader, Tlv, oid};

/// A certificate, borrowed from its DER.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    pub der: &'a [u8],
    /// The serial number's INTEGER, whole.
    pub serial: Tlv<'a>,
    /// `Name`, whole: copied as it is into what refers to it.
    pub issuer: Tlv<'a>,
    pub subject: Tlv<'a>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub key: PublicKey<'a>,
    /// The OID of the algorithm that the issuer signed with.
    pub signed_with: &'a [u8],
    extensions: Vec<(&'a [u8], &'a [u8])>,
}

/// What people want to know about a certificate. Serialized as it stands into API answers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CertificateSummary {
    /// Whom it names: the common name, without the number ICP-Brasil puts after it.
    pub name: String,
    /// The person's CPF, eleven digits: of the holder, or of a company's responsible person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpf: Option<String>,
    /// The company's CNPJ, fourteen characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cnpj: Option<String>,
    /// Who issued it: the issuer's common name.
    pub issuer: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// The kind and size of key, such as `RSA 2048`.
    pub key: String,
    /// Issued under a policy of ICP-Brasil.
    pub icp_brasil: bool,
    /// An electronic seal: it shows where a document comes from, and is no one's signature.
    pub seal: bool,
}

/// Bits of the keyUsage extension, from the left.
const DIGITAL_SIGNATURE: u8 = 0x80;
const NON_REPUDIATION: u8 = 0x40;
const KEY_CERT_SIGN: u8 = 0x04;
const CRL_SIGN: u8 = 0x02;

impl<'a> Certificate<'a> {
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Tlv::parse(der)?.expect(asn1::SEQUENCE)?.children();
        let mut tbs = outer.expect(asn1::SEQUENCE)?.children();
        let signed_with = outer.expect(asn1::SEQUENCE)?.children().expect(asn1::OID)?.content;
        tbs.optional(0xa0)?; // version
        let serial = tbs.expect(asn1::INTEGER)?;
        tbs.expect(asn1::SEQUENCE)?; // signature algorithm, repeated
        let issuer = tbs.expect(asn1::SEQUENCE)?;
        let mut validity = tbs.expect(asn1::SEQUENCE)?.children();
        let not_before = asn1::parse_time(validity.one()?)?;
        let not_after = asn1::parse_time(validity.one()?)?;
        let subject = tbs.expect(asn1::SEQUENCE)?;
        let key = PublicKey::parse(tbs.expect(asn1::SEQUENCE)?)?;
        tbs.optional(0x81)?; // issuerUniqueID
        tbs.optional(0x82)?; // subjectUniqueID
        let mut extensions = Vec::new();
        if let Some(wrapped) = tbs.optional(0xa3)? {
            for extension in wrapped.children().expect(asn1::SEQUENCE)?.children() {
                let mut parts = extension.children();
                let kind = parts.expect(asn1::OID)?.content;
                parts.optional(asn1::BOOLEAN)?;
                extensions.push((kind, parts.expect(asn1::OCTET_STRING)?.content));
            }
        }
        Ok(Self { der, serial, issuer, subject, not_before, not_after, key, signed_with, extensions })
    }

    /// Whether the certificate was issued by the holder of `issuer`, going by names.
    pub fn names_issuer(&self, issuer: &Certificate<'_>) -> bool {
        self.issuer.raw == issuer.subject.raw
    }

    pub fn is_self_issued(&self) -> bool {
        self.issuer.raw == self.subject.raw
    }

    /// Whether keyUsage, if there is one, allows signatures (RFC 5280 4.2.1.3).
    pub fn may_sign(&self) -> bool {
        self.may_be_used_for(DIGITAL_SIGNATURE | NON_REPUDIATION)
    }

    /// Whether keyUsage, if there is one, allows to issue certificates.
    pub fn may_issue(&self) -> bool {
        self.may_be_used_for(KEY_CERT_SIGN)
    }

    /// Whether keyUsage, if there is one, allows to sign revocation lists.
    pub fn may_revoke(&self) -> bool {
        self.may_be_used_for(CRL_SIGN)
    }

    /// Whether one of these bits of keyUsage is set, or nothing is said about usage.
    fn may_be_used_for(&self, bits: u8) -> bool {
        let Some(value) = self.extension(oid::KEY_USAGE) else { return true };
        Tlv::parse(value).is_ok_and(|usage| {
            usage.tag == asn1::BIT_STRING && usage.content.get(1).is_some_and(|first| first & bits != 0)
        })
    }

    /// The name of a broken hash that the issuer signed with, if it is one.
    pub fn weak_signature(&self) -> Option<&'static str> {
        match self.signed_with {
            o if o == oid::RSA_SHA1 || o == oid::ECDSA_SHA1 => Some("SHA-1"),
            o if o == oid::RSA_MD5 => Some("MD5"),
            _ => None,
        }
    }

    pub fn subject_key_identifier(&self) -> Option<&'a [u8]> {
        Some(Tlv::parse(self.extension(oid::SUBJECT_KEY_IDENTIFIER)?).ok()?.expect(asn1::OCTET_STRING).ok()?.content)
    }

    pub fn summary(&self) -> CertificateSummary {
        let person = self.other_name(oid::ICP_PERSON).or_else(|| self.other_name(oid::ICP_COMPANY_PERSON));
        CertificateSummary {
            name: holder(self.subject),
            // Eight digits of birth date, then the CPF (DOC-ICP-04).
            cpf: person.and_then(|p| digits(p.get(8..19)?)),
            cnpj: self.other_name(oid::ICP_COMPANY_NUMBER).and_then(|n| alphanumerics(n.get(..14)?)),
            issuer: holder(self.issuer),
            serial: asn1::magnitude(self.serial.content).iter().map(|b| format!("{b:02X}")).collect(),
            not_before: self.not_before,
            not_after: self.not_after,
            key: self.key.describe(),
            icp_brasil: self.policies().iter().any(|policy| policy.starts_with(oid::ICP_POLICIES)),
            seal: self.is_seal(),
        }
    }

    fn is_seal(&self) -> bool {
        let policies = self.policies();
        let icp = [oid::ICP_SEAL_SOFTWARE, oid::ICP_SEAL_HARDWARE];
        if policies.iter().any(|policy| icp.iter().any(|seal| policy.starts_with(seal))) {
            return true;
        }
        let statements = self.extension(oid::QC_STATEMENTS).and_then(|value| Tlv::parse(value).ok());
        statements.is_some_and(|list| {
            list.children().any(|statement| {
                let mut parts = statement.children();
                parts.expect(asn1::OID).is_ok_and(|kind| kind.content == oid::QC_TYPE)
                    && parts.one().is_ok_and(|types| types.children().any(|kind| kind.content == oid::QC_TYPE_SEAL))
            })
        })
    }

    fn policies(&self) -> Vec<&'a [u8]> {
        let Some(list) = self.extension(oid::CERTIFICATE_POLICIES).and_then(|v| Tlv::parse(v).ok()) else {
            return Vec::new();
        };
        list.children()
            .filter_map(|policy| policy.children().expect(asn1::OID).ok())
            .map(|policy| policy.content)
            .collect()
    }

    /// The text of an otherName among the subject's alternative names.
    fn other_name(&self, kind: &[u8]) -> Option<String> {
        let names = Tlv::parse(self.extension(oid::SUBJECT_ALT_NAME)?).ok()?;
        names.children().filter(|name| name.tag == 0xa0).find_map(|name| {
            let mut parts = name.children();
            if parts.expect(asn1::OID).ok()?.content != kind {
                return None;
            }
            let value = Reader(parts.expect(0xa0).ok()?.content).one().ok()?;
            // ICP-Brasil writes OCTET STRING or PrintableString.
            match value.tag {
                asn1::OCTET_STRING => Some(value.content.iter().map(|&b| char::from(b)).collect()),
                _ => asn1::text(value),
            }
        })
    }

    /// The value of an extension.
    pub fn extension(&self, kind: &[u8]) -> Option<&'a [u8]> {
        self.extensions.iter().find(|(k, _)| *k == kind).map(|(_, value)| *value)
    }
}

/// The attributes of a `Name`, in order: type and text.
fn attributes<'a>(name: Tlv<'a>) -> impl Iterator<Item = (&'a [u8], String)> {
    name.children().flat_map(|set| set.children()).filter_map(|attribute| {
        let mut parts = attribute.children();
        Some((parts.expect(asn1::OID).ok()?.content, asn1::text(parts.one().ok()?)?))
    })
}

/// Whom a `Name` means: its common name, or else the most telling attribute it has.
pub fn holder(name: Tlv<'_>) -> String {
    let pick = |kind: &[u8]| {
        attributes(name).filter(|(k, text)| *k == kind && !text.trim().is_empty()).last().map(|(_, text)| text)
    };
    let found = [
        oid::COMMON_NAME,
        oid::ORGANIZATION,
        oid::ORGANIZATIONAL_UNIT,
        oid::EMAIL,
        oid::LOCALITY,
        oid::STATE,
        oid::COUNTRY,
    ]
    .into_iter()
    .find_map(pick)
    .unwrap_or_default();
    let found: String = found.chars().filter(|c| !c.is_control()).take(200).collect();
    // ICP-Brasil appends the CPF or CNPJ: "FULANO DE TAL:12345678909".
    match found.rsplit_once(':') {
        Some((name, number))
            if matches!(number.len(), 11 | 14) && number.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            name.trim().to_owned()
        }
        _ => found.trim().to_owned(),
    }
}

fn digits(text: &str) -> Option<String> {
    // All zeros means "not told".
    (text.bytes().all(|b| b.is_ascii_digit()) && text.bytes().any(|b| b != b'0')).then(|| text.to_owned())
}

fn alphanumerics(text: &str) -> Option<String> {
    // From July 2026 a CNPJ may hold letters.
    (text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.bytes().any(|b| b != b'0')).then(|| text.to_owned())
}
