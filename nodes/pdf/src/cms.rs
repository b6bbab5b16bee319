//! CMS SignedData (RFC 5652) as PAdES wants it (EN 319 142-1, EN 319 122-1): written and read.
//!
//! Certificates and the issuer's name go in as the bytes they are. One signer; detached content.

use jiff::Timestamp;

use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Reader, Tlv, oid};
use crate::certificate::Certificate;
use crate::error::Error;
use crate::identity::Certified;
use crate::policy::Policy;

/// What a signature is made over and what it says about itself.
pub struct Request<'a> {
    /// The parts of the file that `/ByteRange` covers, in order.
    pub content: &'a [&'a [u8]],
    /// The signing-time attribute. PAdES forbids it (the time is in `/M`); older readers of
    /// `adbe.pkcs7.detached` look for it.
    pub signing_time: Option<Timestamp>,
    pub policy: Policy,
}

/// The signed attributes as the SET OF that is hashed and signed (RFC 5652 5.4).
pub fn attributes(signer: &Certified, request: &Request<'_>) -> Vec<u8> {
    let digest = signer.algorithm.digest();
    let mut attributes = vec![
        attribute(oid::CONTENT_TYPE, &asn1::tlv(asn1::OID, oid::DATA)),
        attribute(oid::MESSAGE_DIGEST, &asn1::tlv(asn1::OCTET_STRING, &digest.of(request.content))),
        attribute(oid::SIGNING_CERTIFICATE_V2, &signing_certificate(&signer.certificate)),
    ];
    if let Some(policy) = request.policy.published() {
        attributes.push(attribute(oid::SIGNATURE_POLICY, &policy.identifier()));
    }
    if let Some(at) = request.signing_time {
        attributes.push(attribute(oid::SIGNING_TIME, &asn1::time(at)));
    }
    asn1::set_of(asn1::SET, attributes)
}

/// Makes the SignedData of signed `attributes`, their `signature` and, where there is one, the token
/// of a time stamp over it (RFC 3161 appendix A).
///
/// # Errors
/// When the signer's certificate or the attributes are not what they should be.
pub fn assemble(
    signer: &Certified,
    attributes: &[u8],
    signature: &[u8],
    token: Option<&[u8]>,
) -> Result<Vec<u8>, Error> {
    let unreadable = |_: Malformed| Error::SigningFailed { reason: "its certificate cannot be read".into() };
    let certificate = Certificate::parse(&signer.certificate).map_err(unreadable)?;
    // Signed as a SET OF, sent as [0] (RFC 5652 5.4).
    let mut sent = attributes.to_vec();
    if let Some(tag) = sent.first_mut() {
        *tag = 0xa0;
    }
    let stamp = token.map(|token| asn1::tlv(0xa1, &attribute(oid::SIGNATURE_TIME_STAMP, token)));
    let version = asn1::tlv(asn1::INTEGER, &[1]);
    let digest_algorithm = signer.algorithm.digest().identifier();
    let signer_info = asn1::sequence(&[
        &version,
        &asn1::sequence(&[certificate.issuer.raw, certificate.serial.raw]),
        &digest_algorithm,
        &sent,
        &signer.algorithm.identifier(),
        &asn1::tlv(asn1::OCTET_STRING, signature),
        stamp.as_deref().unwrap_or_default(),
    ]);
    let mut certificates = vec![certificate.der.to_vec()];
    certificates.extend(signer.chain.iter().cloned());
    let signed_data = asn1::sequence(&[
        &version,
        &asn1::tlv(asn1::SET, &digest_algorithm),
        &asn1::sequence(&[&asn1::tlv(asn1::OID, oid::DATA)]),
        &asn1::set_of(0xa0, certificates),
        &asn1::tlv(asn1::SET, &signer_info),
    ]);
    Ok(asn1::sequence(&[&asn1::tlv(asn1::OID, oid::SIGNED_DATA), &asn1::tlv(0xa0, &signed_data)]))
}

/// Bytes that the SignedData of `signer` surely fits into, without a time stamp. Twice as many digits
/// stand in the file and are read by everybody who opens it, so it is no larger than it has to be.
pub fn size_bound(signer: &Certified) -> usize {
    let certificates: usize = signer.certificate.len() + signer.chain.iter().map(Vec::len).sum::<usize>();
    // The issuer's name with the number; and a signature, which for RSA is as long as the key. Attributes
    // and structure have about 600 bytes at most.
    let named = Certificate::parse(&signer.certificate).map_or(signer.certificate.len() + 1024, |certificate| {
        let signature = certificate.key.bytes().len().max(160);
        certificate.issuer.raw.len() + certificate.serial.raw.len() + signature
    });
    certificates + named + 1024
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    asn1::sequence(&[&asn1::tlv(asn1::OID, kind), &asn1::tlv(asn1::SET, value)])
}

/// SigningCertificateV2 (RFC 5035 4): one ESSCertIDv2 with the default hash, SHA-256. It names the
/// certificate, so that nobody can put another one with the same key in its place.
fn signing_certificate(der: &[u8]) -> Vec<u8> {
    let hash = asn1::tlv(asn1::OCTET_STRING, &Digest::Sha256.of(&[der]));
    asn1::sequence(&[&asn1::sequence(&[&asn1::sequence(&[&hash])])])
}

/// A SignedData with one signer, borrowed from its DER.
#[derive(Debug)]
pub struct SignedData<'a> {
    /// The type of the content: `data` for a PDF signature, TSTInfo for a time-stamp.
    pub content_type: &'a [u8],
    /// The content inside, if it is not detached.
    pub content: Option<&'a [u8]>,
    pub certificates: Vec<&'a [u8]>,
    /// Position of the signer's certificate in `certificates`.
    pub signer: Option<usize>,
    pub digest: &'a [u8],
    pub signature_algorithm: Tlv<'a>,
    pub signature: &'a [u8],
    /// Revocation lists that came along (RFC 5652 10.2.1).
    pub revocation_lists: Vec<&'a [u8]>,
    /// The signed attributes as they stand, with their [0] tag.
    signed_attributes: Option<Tlv<'a>>,
    /// The attributes that are not signed, with their [1] tag.
    unsigned_attributes: Option<Tlv<'a>>,
}

impl<'a> SignedData<'a> {
    /// Reads the SignedData that `der` starts with; padding may follow. Exactly one signer, as
    /// PDF signatures have (ISO 32000-2 12.8.3.3.1).
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Tlv::parse_prefix(der)?.expect(asn1::SEQUENCE)?.children();
        if outer.expect(asn1::OID)?.content != oid::SIGNED_DATA {
            return Err(Malformed);
        }
        let mut data = outer.expect(0xa0)?.children().expect(asn1::SEQUENCE)?.children();
        data.expect(asn1::INTEGER)?;
        data.expect(asn1::SET)?;
        let mut encapsulated = data.expect(asn1::SEQUENCE)?.children();
        let content_type = encapsulated.expect(asn1::OID)?.content;
        let content = match encapsulated.optional(0xa0)? {
            Some(wrapped) => Some(wrapped.children().expect(asn1::OCTET_STRING)?.content),
            None => None,
        };
        let certificates: Vec<&[u8]> = match data.optional(0xa0)? {
            Some(set) => set.children().filter(|c| c.tag == asn1::SEQUENCE).map(|c| c.raw).collect(),
            None => Vec::new(),
        };
        let revocation_lists = match data.optional(0xa1)? {
            Some(set) => set.children().filter(|list| list.tag == asn1::SEQUENCE).map(|list| list.raw).collect(),
            None => Vec::new(),
        };
        let mut signers = data.expect(asn1::SET)?.children();
        let mut info = signers.expect(asn1::SEQUENCE)?.children();
        if !signers.is_empty() {
            return Err(Malformed);
        }
        info.expect(asn1::INTEGER)?;
        let identifier = info.one()?;
        let digest = info.expect(asn1::SEQUENCE)?.children().expect(asn1::OID)?.content;
        let signed_attributes = info.optional(0xa0)?;
        let signature_algorithm = info.expect(asn1::SEQUENCE)?;
        let signature = info.expect(asn1::OCTET_STRING)?.content;
        let unsigned_attributes = info.optional(0xa1)?;
        let signer = find_signer(identifier, &certificates);
        Ok(Self {
            content_type,
            content,
            certificates,
            signer,
            digest,
            signature_algorithm,
            signature,
            revocation_lists,
            signed_attributes,
            unsigned_attributes,
        })
    }

    /// The values of an unsigned attribute, wherever it stands.
    pub fn unsigned(&self, kind: &[u8]) -> Vec<Tlv<'a>> {
        let attributes = self.unsigned_attributes.into_iter().flat_map(|set| set.children());
        let values = attributes.filter_map(|attribute| {
            let mut parts = attribute.children();
            (parts.expect(asn1::OID).ok()?.content == kind).then_some(parts.expect(asn1::SET).ok()?)
        });
        values.flat_map(|values| values.children()).collect()
    }

    /// The value of a signed attribute, if it is there once with one value.
    pub fn attribute(&self, kind: &[u8]) -> Option<Tlv<'a>> {
        Self::only(self.signed_attributes?, kind)
    }

    /// Whether there is a signed attribute of this kind, whatever it holds.
    pub fn has_attribute(&self, kind: &[u8]) -> bool {
        let mut attributes = self.signed_attributes.into_iter().flat_map(|set| set.children());
        attributes.any(|attribute| attribute.children().expect(asn1::OID).is_ok_and(|found| found.content == kind))
    }

    /// The token of the signature's time stamp (RFC 3161 appendix A), if it has one.
    pub fn time_stamp(&self) -> Option<Tlv<'a>> {
        Self::only(self.unsigned_attributes?, oid::SIGNATURE_TIME_STAMP)
    }

    fn only(attributes: Tlv<'a>, kind: &[u8]) -> Option<Tlv<'a>> {
        let mut found = attributes.children().filter_map(|attribute| {
            let mut parts = attribute.children();
            (parts.expect(asn1::OID).ok()?.content == kind).then_some(parts.expect(asn1::SET).ok()?)
        });
        let values = found.next()?;
        if found.next().is_some() {
            return None;
        }
        let mut values = values.children();
        let value = values.one().ok()?;
        values.is_empty().then_some(value)
    }

    pub fn has_signed_attributes(&self) -> bool {
        self.signed_attributes.is_some()
    }

    /// The signed attributes in the two forms a signer may have hashed: as sent, and sorted as DER
    /// demands.
    pub fn signed_forms(&self) -> Option<[Vec<u8>; 2]> {
        let attributes = self.signed_attributes?;
        let mut sent = attributes.raw.to_vec();
        sent[0] = asn1::SET;
        let sorted = asn1::set_of(asn1::SET, attributes.children().map(|a| a.raw.to_vec()).collect());
        Some([sent, sorted])
    }

    /// Whether the signing-certificate attribute names the signer's certificate: none if there is
    /// no such attribute.
    pub fn names_certificate(&self) -> Option<bool> {
        let own = self.certificates.get(self.signer?)?;
        if let Some(value) = self.attribute(oid::SIGNING_CERTIFICATE_V2) {
            return Some(names(value, own, Digest::Sha256).unwrap_or(false));
        }
        let value = self.attribute(oid::SIGNING_CERTIFICATE)?;
        Some(names(value, own, Digest::Sha1).unwrap_or(false))
    }
}

/// Whether the first certificate that a SigningCertificate(V2) names is `der`.
fn names(value: Tlv<'_>, der: &[u8], default: Digest) -> Result<bool, Malformed> {
    let mut first = value.children().expect(asn1::SEQUENCE)?.children().expect(asn1::SEQUENCE)?.children();
    let digest = match first.optional(asn1::SEQUENCE)? {
        Some(algorithm) => Digest::from_oid(algorithm.children().expect(asn1::OID)?.content).ok_or(Malformed)?,
        None => default,
    };
    Ok(first.expect(asn1::OCTET_STRING)?.content == digest.of(&[der]))
}

fn find_signer(identifier: Tlv<'_>, certificates: &[&[u8]]) -> Option<usize> {
    match identifier.tag {
        asn1::SEQUENCE => {
            let mut parts = identifier.children();
            let issuer = parts.expect(asn1::SEQUENCE).ok()?;
            let serial = parts.expect(asn1::INTEGER).ok()?;
            certificates.iter().position(|der| {
                Certificate::parse(der).is_ok_and(|c| c.issuer.raw == issuer.raw && c.serial.content == serial.content)
            })
        }
        // [0] SubjectKeyIdentifier
        0x80 => certificates.iter().position(|der| {
            Certificate::parse(der).is_ok_and(|c| c.subject_key_identifier() == Some(identifier.content))
        }),
        _ => None,
    }
}

/// The parts of a time-stamp's TSTInfo (RFC 3161 2.4.2) that are used.
#[derive(Debug)]
pub struct TimeStamp<'a> {
    /// The content of the OID of the authority's policy.
    pub policy: &'a [u8],
    /// The content of the nonce's INTEGER; none if it has no nonce.
    pub nonce: Option<&'a [u8]>,
    pub digest: Digest,
    pub imprint: &'a [u8],
    pub at: Timestamp,
}

impl<'a> TimeStamp<'a> {
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut info: Reader<'a> = Tlv::parse(der)?.expect(asn1::SEQUENCE)?.children();
        info.expect(asn1::INTEGER)?;
        let policy = info.expect(asn1::OID)?.content;
        let mut imprint = info.expect(asn1::SEQUENCE)?.children();
        let kind = imprint.expect(asn1::SEQUENCE)?.children().expect(asn1::OID)?.content;
        let digest = Digest::from_oid(kind).ok_or(Malformed)?;
        let imprint = imprint.expect(asn1::OCTET_STRING)?.content;
        info.expect(asn1::INTEGER)?;
        let at = asn1::parse_time(info.one()?)?;
        info.optional(asn1::SEQUENCE)?; // accuracy
        info.optional(asn1::BOOLEAN)?; // ordering
        let nonce = info.optional(asn1::INTEGER)?.map(|nonce| nonce.content);
        Ok(Self { policy, nonce, digest, imprint, at })
    }
}
