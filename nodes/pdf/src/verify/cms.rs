//! Whether a SignedData is a signature over the covered bytes by the key of the certificate in it.

use jiff::Timestamp;
use serde::Serialize;

use super::Integrity;
use super::findings::Code;
use crate::algorithm::{Digest, PublicKey, VerifyError};
use crate::asn1::{self, Tlv, oid};
use crate::certificate::Certificate;
use crate::cms::{SignedData, TimeStamp};

/// What was found.
#[derive(Debug)]
pub struct Outcome {
    pub integrity: Integrity,
    pub codes: Vec<Code>,
    /// The signer's certificate, and all that came with it.
    pub signer: Option<Vec<u8>>,
    pub certificates: Vec<Vec<u8>>,
    pub digest: Option<Digest>,
    /// Such as `RSA 2048 with SHA-256`.
    pub algorithm: Option<String>,
    pub signing_time: Option<Timestamp>,
    /// A PAdES signature may not have a signing-time inside (EN 319 142-1 6.3): the time is in `/M`.
    pub misplaced_time: bool,
    /// The time that this time-stamp attests.
    pub stamped: Option<Timestamp>,
    pub is_time_stamp: bool,
    /// Its hash or its key could be broken, or its algorithms contradict each other.
    pub is_weak: bool,
    /// It keeps what a PAdES baseline signature asks of a SignedData (EN 319 142-1 6.3): it is one of the standard's own
    /// kind, names its signer's certificate, and has no signing-time inside.
    pub is_pades: bool,
    /// It names a policy or what the signer commits to, and the dictionary may give no reason beside that.
    pub replaces_reason: bool,
    pub policy: Option<NamedPolicy>,
    /// The time-stamps over the signature.
    pub stamps: Vec<Outcome>,
    /// Revocation lists and answers inside.
    pub crls: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
}

/// The rules that a signature was made under (EN 319 122-1 5.2.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedPolicy {
    /// Its object identifier, with dots.
    pub oid: String,
    /// Its name, such as `AD-RB 1.3`, if it is one of ICP-Brasil's.
    pub name: Option<String>,
    /// Whether the digest is that of the published policy; none if the policy is not known here, or if the signature
    /// gives no digest that could be compared.
    pub as_published: Option<bool>,
    pub digest_algorithm: Option<String>,
    /// The policy's digest in hexadecimal.
    pub digest: Option<String>,
    /// Where the policy can be read.
    pub url: Option<String>,
}

// Attributes that only verifying looks at.
const POLICY: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0f];
/// commitment-type-indication (EN 319 122-1 5.2.3).
const COMMITMENT: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x10];
const POLICY_URL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x05, 0x01];
const TIME_STAMP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x0e];
/// Adobe's revocation information (ISO 32000-2 12.8.3.3.2).
const ADOBE_REVOCATION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x2f, 0x01, 0x01, 0x08];

/// Time-stamps of one signature beyond this number are not looked at.
const MOST_STAMPS: usize = 4;
/// The same for lists and answers inside a signature.
const MOST_EVIDENCE: usize = 64;

/// The kinds of signature, by `/SubFilter`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pades,
    Detached,
    /// adbe.pkcs7.sha1: the content inside is the SHA-1 of the covered bytes.
    Sha1Inside,
    TimeStamp,
}

/// Checks `contents`, a SignedData with padding, against the covered bytes.
pub fn check(sub_filter: &str, covered: &[&[u8]], contents: &[u8]) -> Outcome {
    let mut outcome = Outcome {
        integrity: Integrity::Unknown,
        codes: Vec::new(),
        signer: None,
        certificates: Vec::new(),
        digest: None,
        algorithm: None,
        signing_time: None,
        misplaced_time: false,
        stamped: None,
        is_time_stamp: false,
        is_weak: false,
        is_pades: false,
        replaces_reason: false,
        policy: None,
        stamps: Vec::new(),
        crls: Vec::new(),
        ocsps: Vec::new(),
    };
    let kind = match sub_filter {
        "ETSI.CAdES.detached" | "PBAD.PAdES" => Kind::Pades,
        "adbe.pkcs7.detached" => Kind::Detached,
        "adbe.pkcs7.sha1" => Kind::Sha1Inside,
        "ETSI.RFC3161" => Kind::TimeStamp,
        _ => {
            outcome.codes.push(Code::UnknownKind);
            return outcome;
        }
    };
    outcome.is_time_stamp = kind == Kind::TimeStamp;
    let Ok(der) = asn1::to_der(contents) else { return broken(outcome, Code::Unreadable) };
    let Ok(data) = SignedData::parse(&der) else { return broken(outcome, Code::Unreadable) };
    outcome.certificates = data.certificates.iter().map(|der| der.to_vec()).collect();
    let Some(digest) = Digest::from_oid(data.digest) else {
        outcome.codes.push(Code::UnknownAlgorithm);
        return outcome;
    };
    outcome.digest = Some(digest);
    let signer = data.signer.map(|at| data.certificates[at]);
    let Some(Ok(certificate)) = signer.map(Certificate::parse) else {
        return broken(outcome, Code::NoSignerCertificate);
    };
    outcome.signer = Some(certificate.der.to_vec());
    // What the key signed may be hashed with another algorithm than the content (RFC 5652 5.3).
    let hash = certificate.key.hash(data.signature_algorithm, digest);
    outcome.algorithm = Some(match hash {
        Some(hash) => format!("{} with {}", certificate.key.describe(), hash.name()),
        None => certificate.key.describe(),
    });
    outcome.policy = data.attribute(POLICY).and_then(policy);
    evidence(&data, &mut outcome);
    outcome.signing_time = data.attribute(oid::SIGNING_TIME).and_then(|time| asn1::parse_time(time).ok());

    outcome.misplaced_time = kind == Kind::Pades && data.has_attribute(oid::SIGNING_TIME);
    let mut time = None;
    let content = match content(kind, &data, covered, &mut time, &mut outcome.codes) {
        Ok(content) => content,
        Err(code) => return broken(outcome, code),
    };
    let messages = match messages(&data, &content, digest) {
        Ok(messages) => messages,
        Err(code) => return broken(outcome, code),
    };
    let mut result = Err(VerifyError::Mismatch);
    for message in &messages {
        result = certificate.key.verify(data.signature_algorithm, digest, message, data.signature);
        if result.is_ok() {
            break;
        }
    }
    match result {
        Ok(()) => {}
        Err(VerifyError::Mismatch) => return broken(outcome, Code::WrongSignature),
        Err(VerifyError::Unsupported) => {
            outcome.codes.push(Code::UnknownAlgorithm);
            return outcome;
        }
    }
    match data.names_certificate() {
        Some(false) => return broken(outcome, Code::OtherCertificate),
        None if kind == Kind::Pades => outcome.codes.push(Code::NotPades),
        _ => {}
    }
    if digest == Digest::Sha1 || hash == Some(Digest::Sha1) {
        outcome.codes.push(Code::WeakDigest);
    }
    if hash.is_some_and(|hash| hash != digest) {
        outcome.codes.push(Code::HashesDiffer);
    }
    outcome.is_weak = outcome.codes.iter().any(|code| matches!(code, Code::WeakDigest | Code::HashesDiffer))
        || matches!(certificate.key, PublicKey::Rsa { bits, .. } if bits < 2048);
    outcome.is_pades = sub_filter == "ETSI.CAdES.detached"
        && data.content_type == oid::DATA
        && data.names_certificate() == Some(true)
        && !outcome.misplaced_time;
    outcome.replaces_reason = data.has_attribute(POLICY) || data.has_attribute(COMMITMENT);
    outcome.stamped = time;
    if kind != Kind::TimeStamp {
        let tokens = data.unsigned(TIME_STAMP);
        let tokens = tokens.iter().take(MOST_STAMPS);
        outcome.stamps = tokens.map(|token| check("ETSI.RFC3161", &[data.signature], token.raw)).collect();
    }
    outcome.integrity = Integrity::Intact;
    outcome
}

fn broken(mut outcome: Outcome, code: Code) -> Outcome {
    outcome.integrity = Integrity::Broken;
    outcome.codes.push(code);
    outcome
}

/// The parts that the signature's digest is over. For those with content inside, the content is
/// checked against the covered bytes here.
fn content<'a>(
    kind: Kind,
    data: &SignedData<'a>,
    covered: &[&'a [u8]],
    time: &mut Option<Timestamp>,
    codes: &mut Vec<Code>,
) -> Result<Vec<&'a [u8]>, Code> {
    match (kind, data.content) {
        (Kind::Pades | Kind::Detached, None) => Ok(covered.to_vec()),
        // Content inside a detached signature would be what is signed instead of the file.
        (Kind::Pades | Kind::Detached, Some(_)) => Err(Code::Unreadable),
        (Kind::Sha1Inside, Some(inside)) => {
            if inside != Digest::Sha1.of(covered) {
                return Err(Code::Altered);
            }
            codes.push(Code::WeakDigest);
            Ok(vec![inside])
        }
        (Kind::TimeStamp, Some(inside)) if data.content_type == oid::TST_INFO => {
            let stamp = TimeStamp::parse(inside).map_err(|_| Code::Unreadable)?;
            if stamp.imprint != stamp.digest.of(covered) {
                return Err(Code::Altered);
            }
            if stamp.digest == Digest::Sha1 {
                codes.push(Code::WeakDigest);
            }
            *time = Some(stamp.at);
            Ok(vec![inside])
        }
        _ => Err(Code::Unreadable),
    }
}

/// The bytes that the key may have signed: the signed attributes, or the content itself.
fn messages(data: &SignedData<'_>, content: &[&[u8]], digest: Digest) -> Result<Vec<Vec<u8>>, Code> {
    if !data.has_signed_attributes() {
        return Ok(vec![content.concat()]);
    }
    let kind = data.attribute(oid::CONTENT_TYPE).filter(|kind| kind.tag == asn1::OID);
    if kind.is_none_or(|kind| kind.content != data.content_type) {
        return Err(Code::Unreadable);
    }
    let claimed = data.attribute(oid::MESSAGE_DIGEST).filter(|value| value.tag == asn1::OCTET_STRING);
    if claimed.ok_or(Code::Unreadable)?.content != digest.of(content) {
        return Err(Code::Altered);
    }
    Ok(data.signed_forms().into_iter().flatten().collect())
}

/// `SignaturePolicyId`; none if the policy is only implied.
fn policy(value: Tlv<'_>) -> Option<NamedPolicy> {
    let mut parts = value.expect(asn1::SEQUENCE).ok()?.children();
    let oid = dotted(parts.expect(asn1::OID).ok()?.content)?;
    let published = crate::policy::named(&oid);
    let name = published.map(|(name, _)| name.to_owned());
    let mut policy = NamedPolicy { oid, name, as_published: None, digest_algorithm: None, digest: None, url: None };
    if let Ok(Some(hash)) = parts.optional(asn1::SEQUENCE) {
        let mut hash = hash.children();
        let algorithm = hash.expect(asn1::SEQUENCE).ok()?.children().expect(asn1::OID).ok()?.content;
        policy.digest_algorithm =
            Digest::from_oid(algorithm).map(|digest| digest.name().to_owned()).or_else(|| dotted(algorithm));
        let digest = hash.expect(asn1::OCTET_STRING).ok()?.content;
        policy.digest = Some(digest.iter().take(128).map(|b| format!("{b:02X}")).collect());
        // A signer may leave the digest empty, and may choose another algorithm than the policy's file.
        let comparable = Digest::from_oid(algorithm) == Some(Digest::Sha256) && !digest.is_empty();
        let published = published.filter(|_| comparable);
        policy.as_published = published.map(|(_, hash)| policy.digest.as_deref() == Some(hash));
    }
    if let Ok(Some(qualifiers)) = parts.optional(asn1::SEQUENCE) {
        policy.url = qualifiers.children().find_map(|qualifier| {
            let mut parts = qualifier.children();
            let kind = parts.expect(asn1::OID).ok()?.content;
            let url = asn1::text(parts.one().ok()?)?;
            (kind == POLICY_URL).then(|| url.chars().filter(|c| !c.is_control()).take(500).collect())
        });
    }
    Some(policy)
}

/// An object identifier with dots.
fn dotted(content: &[u8]) -> Option<String> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in content.iter().take(64) {
        number = number.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    Some(numbers.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

/// Lists and answers among the certificates and in Adobe's attribute.
fn evidence(data: &SignedData<'_>, outcome: &mut Outcome) {
    outcome.crls.extend(data.revocation_lists.iter().take(MOST_EVIDENCE).map(|list| list.to_vec()));
    let Some(adobe) = data.attribute(ADOBE_REVOCATION) else { return };
    for part in adobe.children() {
        let all = part.children().flat_map(|list| list.children()).take(MOST_EVIDENCE).map(|one| one.raw.to_vec());
        match part.tag {
            0xa0 => outcome.crls.extend(all),
            0xa1 => outcome.ocsps.extend(all),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_with_dots() {
        let check = |bytes: &[u8], expected: &str| assert_eq!(dotted(bytes).as_deref(), Some(expected));
        check(&[0x60, 0x4c, 0x01, 0x07, 0x01, 0x0b, 0x01, 0x03], "2.16.76.1.7.1.11.1.3");
        check(oid::RSA, "1.2.840.113549.1.1.1");
        assert_eq!(dotted(&[0xff; 30]).as_deref(), None);
    }
}
