//! Time stamps (RFC 3161): the request, and the check of what comes back.
//!
//! Nothing is sent from here: [`StampRequest::bytes`] go to the authority as
//! `application/timestamp-query`, and its answer comes to [`StampRequest::token`].

use jiff::Timestamp;

use crate::algorithm::Digest;
use crate::asn1::{self, Malformed, Tlv, oid};
use crate::certificate::{self, Certificate};
use crate::cms::{SignedData, TimeStamp};
use crate::error::{Error, LevelError};
use crate::revocation::links;
use crate::verify::chain;

/// The largest answer that is read: 256 KiB. Tokens have 3 to 8 KB.
pub const MAX_STAMP: usize = 256 << 10;
/// Media types of the request and of the answer (RFC 3161 3.4).
pub const STAMP_QUERY: &str = "application/timestamp-query";
pub const STAMP_REPLY: &str = "application/timestamp-reply";

/// What a time stamp is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampRequest {
    /// SHA-256 of the data.
    imprint: Vec<u8>,
    /// The content of an INTEGER, positive and without needless zeros.
    nonce: Vec<u8>,
    /// The content of the policy's OID; empty for whatever the authority chooses.
    policy: Vec<u8>,
}

/// A time stamp that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The token, a SignedData in DER.
    pub token: Vec<u8>,
    pub at: Timestamp,
    /// Whom the authority's certificate names.
    pub authority: String,
}

impl StampRequest {
    /// Asks for a stamp over `data`. `nonce` must not repeat. `policy` in dots, such as
    /// `2.16.76.1.6.2`; empty for none.
    ///
    /// # Errors
    /// [`LevelError::StampPolicy`] when the policy is no OID.
    pub fn new(data: &[&[u8]], nonce: [u8; 8], policy: &str) -> Result<Self, Error> {
        let policy = match policy.trim() {
            "" => Vec::new(),
            text => asn1::dotted_oid(text).ok_or(LevelError::StampPolicy)?,
        };
        let digits = asn1::magnitude(&nonce);
        let mut positive = Vec::with_capacity(9);
        if digits.first().is_none_or(|first| first & 0x80 != 0) {
            positive.push(0);
        }
        positive.extend_from_slice(digits);
        Ok(Self { imprint: Digest::Sha256.of(data), nonce: positive, policy })
    }

    /// `TimeStampReq` (RFC 3161 2.4.1), which asks for the authority's certificate too.
    pub fn bytes(&self) -> Vec<u8> {
        let imprint = asn1::sequence(&[&Digest::Sha256.identifier(), &asn1::tlv(asn1::OCTET_STRING, &self.imprint)]);
        let policy = if self.policy.is_empty() { Vec::new() } else { asn1::tlv(asn1::OID, &self.policy) };
        asn1::sequence(&[
            &asn1::tlv(asn1::INTEGER, &[1]),
            &imprint,
            &policy,
            &asn1::tlv(asn1::INTEGER, &self.nonce),
            &asn1::tlv(asn1::BOOLEAN, &[0xff]),
        ])
    }

    /// The token in the authority's `answer`, when it is one for this request: granted, with our
    /// imprint, nonce and policy, and a signature that holds by a certificate for time stamps. With
    /// `roots` (DER), one of them has to vouch for that certificate at the time of the stamp.
    ///
    /// # Errors
    /// The `Stamp…` ones of [`LevelError`].
    pub fn token(&self, answer: &[u8], roots: &[Vec<u8>]) -> Result<Stamp, Error> {
        let unreadable = |_: Malformed| LevelError::StampUnreadable;
        if answer.len() > MAX_STAMP {
            return Err(LevelError::StampUnreadable.into());
        }
        // Some authorities write BER around the token; the token itself stays as it is when it is DER.
        let der = asn1::to_der(answer).map_err(unreadable)?;
        let mut parts = Tlv::parse(&der).and_then(|all| all.expect(asn1::SEQUENCE)).map_err(unreadable)?.children();
        granted(parts.expect(asn1::SEQUENCE).map_err(unreadable)?)?;
        let token = parts.expect(asn1::SEQUENCE).map_err(unreadable)?.raw;

        let data = SignedData::parse(token).map_err(unreadable)?;
        let content = data.content.filter(|_| data.content_type == oid::TST_INFO).ok_or(LevelError::StampUnreadable)?;
        let info = TimeStamp::parse(content).map_err(unreadable)?;
        if info.digest != Digest::Sha256 || info.imprint != self.imprint {
            return Err(LevelError::StampImprint.into());
        }
        if info.nonce != Some(&self.nonce) {
            return Err(LevelError::StampNonce.into());
        }
        if !self.policy.is_empty() && info.policy != self.policy {
            return Err(LevelError::StampPolicy.into());
        }
        let certificate = signer(&data, content)?;
        let authority = certificate::holder(certificate.subject);
        if !roots.is_empty() {
            let others: Vec<Vec<u8>> = data.certificates.iter().map(|der| der.to_vec()).collect();
            if chain::check(certificate.der, &others, roots, info.at, true).is_none() {
                return Err(LevelError::StampUntrusted { name: authority }.into());
            }
        }
        Ok(Stamp { token: token.to_vec(), at: info.at, authority })
    }
}

/// `PKIStatusInfo` (RFC 3161 2.4.2): 0 and 1 are granted, all others come with a reason.
fn granted(status: Tlv<'_>) -> Result<(), Error> {
    let mut parts = status.children();
    let number = parts.one().and_then(Tlv::small_integer).map_err(|_| LevelError::StampUnreadable)?;
    if number <= 1 {
        return Ok(());
    }
    let texts: Vec<String> = match parts.optional(asn1::SEQUENCE) {
        Ok(Some(list)) => list.children().filter_map(asn1::text).collect(),
        _ => Vec::new(),
    };
    let said: String = texts.join("; ").chars().filter(|c| !c.is_control()).take(300).collect();
    let failure = parts.optional(asn1::BIT_STRING).ok().flatten().and_then(failure);
    let reason = match (said.trim(), failure) {
        ("", None) => format!("status {number}"),
        ("", Some(failure)) => failure.to_owned(),
        (said, None) => said.trim_end_matches('.').to_owned(),
        (said, Some(failure)) => format!("{} ({failure})", said.trim_end_matches('.')),
    };
    Err(LevelError::StampRefused { reason }.into())
}

/// The name of the first bit of `PKIFailureInfo` that is set.
fn failure(bits: Tlv<'_>) -> Option<&'static str> {
    const NAMES: [(usize, &str); 8] = [
        (0, "badAlg"),
        (2, "badRequest"),
        (5, "badDataFormat"),
        (14, "timeNotAvailable"),
        (15, "unacceptedPolicy"),
        (16, "unacceptedExtension"),
        (17, "addInfoNotAvailable"),
        (25, "systemFailure"),
    ];
    let bits = bits.content.get(1..)?;
    let is_set = |at: usize| bits.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
    NAMES.into_iter().find(|(at, _)| is_set(*at)).map(|(_, name)| name)
}

/// The certificate whose key signed the token (RFC 3161 2.4.2, 2.3).
fn signer<'a>(data: &SignedData<'a>, content: &[u8]) -> Result<Certificate<'a>, Error> {
    let der = data.signer.and_then(|at| data.certificates.get(at)).ok_or(LevelError::StampCertificate)?;
    let certificate = Certificate::parse(der).map_err(|_| LevelError::StampCertificate)?;
    if !links::has_purpose(&certificate, oid::PURPOSE_TIME_STAMPING) {
        return Err(LevelError::StampCertificate.into());
    }
    let digest =
        Digest::from_oid(data.digest).filter(|digest| *digest != Digest::Sha1).ok_or(LevelError::StampBroken)?;
    if certificate.key.hash(data.signature_algorithm, digest).is_some_and(|hash| hash != digest) {
        return Err(LevelError::StampBroken.into());
    }
    let says = |kind| data.attribute(kind).map(|value| value.content);
    let attributes_hold = says(oid::CONTENT_TYPE) == Some(oid::TST_INFO)
        && says(oid::MESSAGE_DIGEST) == Some(&digest.of(&[content]))
        && data.names_certificate() == Some(true);
    let signature_holds = data
        .signed_forms()
        .into_iter()
        .flatten()
        .any(|message| certificate.key.verify(data.signature_algorithm, digest, &message, data.signature).is_ok());
    if attributes_hold && signature_holds { Ok(certificate) } else { Err(LevelError::StampBroken.into()) }
}
