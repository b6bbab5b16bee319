//! Whether a SignedData is a signature over the covered bytes by the key of the certificate in it.

use jiff::Timestamp;

use super::Integrity;
use super::report::Code;
use crate::algorithm::{Digest, VerifyError};
use crate::asn1::{self, oid};
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
    pub signing_time: Option<Timestamp>,
    /// A time that an authority attests.
    pub proven_time: Option<Timestamp>,
    pub is_time_stamp: bool,
}

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
        signing_time: None,
        proven_time: None,
        is_time_stamp: false,
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
    outcome.signing_time = data.attribute(oid::SIGNING_TIME).and_then(|time| asn1::parse_time(time).ok());

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
    if digest == Digest::Sha1 {
        outcome.codes.push(Code::WeakDigest);
    }
    outcome.proven_time = time;
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
