//! Verifying: each signature's integrity, what it covers, who signed, and whether one may believe it.
//!
//! The rule is to doubt: what is not understood is never called valid. Bytes after a signature that
//! it does not cover make it indeterminate.

pub(crate) mod chain;
mod cms;
mod range;
mod report;

use jiff::Timestamp;
use lopdf::{Dictionary, Object};

pub use range::Coverage;
pub use report::{Finding, Report, Severity, SignatureReport, Status};

use super::certificate::Certificate;
use super::error::{Error, Lang};
use super::field;
use super::options::Secret;
use super::read::{Limits, Pdf};
use report::Code;

/// How to verify.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Certificates (DER) of the authorities whose word counts.
    pub roots: Vec<Vec<u8>>,
    /// Whether a signer whom no root vouches for makes a signature indeterminate. Default true;
    /// false judges integrity alone.
    pub require_trust: bool,
    /// The time that certificates have to be valid at.
    pub now: Timestamp,
    /// The password that opens the PDF.
    pub password: Option<Secret>,
    /// The language of the findings' sentences.
    pub lang: Lang,
    pub limits: Limits,
}

impl VerifyOptions {
    /// No roots, no password, English, default limits.
    pub fn at(now: Timestamp) -> Self {
        Self { roots: Vec::new(), require_trust: true, now, password: None, lang: Lang::En, limits: Limits::default() }
    }
}

/// Whether what was signed is what is in the file, and the signer's key signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    Intact,
    /// The digest, the signature or the range is wrong.
    Broken,
    /// Nothing can be said: an unknown format or algorithm.
    Unknown,
}

/// Verifies all signatures of a PDF.
///
/// # Errors
/// Only when the file cannot be read; what is wrong with signatures is in the report.
pub fn verify(input: &[u8], options: &VerifyOptions) -> Result<Report, Error> {
    let password = options.password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, &options.limits)?;
    let fields = field::all(&pdf);
    let mut signatures = Vec::new();
    let mut empty_fields = Vec::new();
    let mut known = Vec::new();
    for field in fields.iter().filter(|field| field.is_signature()) {
        match &field.value {
            Some(value) => {
                known.extend(value.get(b"Contents").ok().cloned());
                signatures.push((Some(field.name.clone()), value));
            }
            None => empty_fields.push(field.name.clone()),
        }
    }
    // A signature that no field leads to is reported too: nothing is silently ignored.
    for object in pdf.document.objects.values() {
        if let Object::Dictionary(dictionary) = object
            && dictionary.has(b"ByteRange")
            && let Ok(contents) = dictionary.get(b"Contents")
            && !known.contains(contents)
        {
            signatures.push((None, dictionary));
        }
    }
    let skipped = signatures.len().saturating_sub(options.limits.signatures);
    signatures.truncate(options.limits.signatures);

    let reports: Vec<SignatureReport> =
        signatures.into_iter().map(|(name, dictionary)| one(&pdf, name, dictionary, options, password)).collect();
    let mut findings = Vec::new();
    if skipped > 0 {
        findings.push(Code::TooManySignatures.finding(options.lang));
    }
    if pdf.rebuilt {
        findings.push(Code::Repaired.finding(options.lang));
    }
    let certification = field::certification(&pdf, &fields);
    Ok(Report::new(reports, findings, empty_fields, certification.map(|c| c.level), pdf.pages().len(), input.len()))
}

/// What can be said about a signature without looking at who signed.
pub(super) struct Examined {
    pub integrity: Integrity,
    pub coverage: Coverage,
    range: Option<range::Covered>,
    cms: Option<cms::Outcome>,
    codes: Vec<Code>,
}

/// Checks range, digest and signature.
pub(super) fn examine(pdf: &Pdf<'_>, signature: &Dictionary) -> Examined {
    let mut codes = Vec::new();
    let covered = range::parse(pdf, signature);
    let sub_filter = pdf.name(signature, b"SubFilter").unwrap_or_default();
    let (integrity, cms) = match &covered {
        Err(code) => {
            codes.push(*code);
            (Integrity::Broken, None)
        }
        Ok(range) => {
            let outcome = cms::check(&sub_filter, &range.parts(pdf.bytes), range.contents());
            codes.extend_from_slice(&outcome.codes);
            (outcome.integrity, Some(outcome))
        }
    };
    let range = covered.ok();
    let coverage = match &range {
        Some(range) if range.end == pdf.bytes.len() => Coverage::WholeFile,
        _ => Coverage::Partial,
    };
    Examined { integrity, coverage, range, cms, codes }
}

fn one(
    pdf: &Pdf<'_>,
    name: Option<String>,
    signature: &Dictionary,
    options: &VerifyOptions,
    password: Option<&str>,
) -> SignatureReport {
    let mut examined = examine(pdf, signature);
    let mut codes = std::mem::take(&mut examined.codes);
    if name.is_none() {
        codes.push(Code::OutsideForm);
    }
    let mut content_after = false;
    if let Some(range) = &examined.range {
        let rest = &pdf.bytes[range.end..];
        content_after = rest.iter().any(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c));
        if examined.coverage != Coverage::WholeFile && range.is_revision(pdf.bytes, password, &options.limits) {
            examined.coverage = Coverage::WholeRevision;
        }
    }
    if content_after {
        codes.push(Code::ChangedAfter);
    }
    if examined.coverage == Coverage::Partial && examined.range.is_some() {
        codes.push(Code::CoversPart);
    }

    let claimed = pdf
        .get(signature, b"M")
        .and_then(|m| m.as_str().ok())
        .and_then(report::parse_date)
        .or_else(|| examined.cms.as_ref().and_then(|cms| cms.signing_time));
    let outcome = examined.cms.as_ref();
    let proven = outcome.and_then(|cms| cms.proven_time);
    let mut signer = None;
    let mut trusted = None;
    let mut anchor = None;
    if let Some(outcome) = outcome
        && let Some(der) = &outcome.signer
        && let Ok(certificate) = Certificate::parse(der)
    {
        let summary = certificate.summary();
        if !certificate.may_sign() {
            codes.push(Code::KeyUsage);
        }
        if let super::algorithm::PublicKey::Rsa { bits, .. } = certificate.key
            && bits < 2048
        {
            codes.push(Code::WeakKey);
        }
        if certificate.weak_signature().is_some() && !certificate.is_self_issued() {
            codes.push(Code::WeakCertificate);
        }
        if options.now > summary.not_after {
            codes.push(Code::SignerExpired);
        } else if options.now < summary.not_before {
            codes.push(Code::SignerNotYetValid);
        }
        if proven.or(claimed).is_some_and(|at| at > summary.not_after || at < summary.not_before) {
            codes.push(Code::SignedOutsideValidity);
        }
        if summary.seal {
            codes.push(Code::Seal);
        }
        if options.roots.is_empty() {
            codes.push(if options.require_trust { Code::TrustNotChecked } else { Code::TrustIgnored });
        } else {
            let found = chain::check(der, &outcome.certificates, &options.roots, options.now, outcome.is_time_stamp);
            trusted = Some(found.is_some());
            match found {
                Some(name) => anchor = Some(name),
                None if options.require_trust => codes.push(Code::Untrusted),
                None => codes.push(Code::TrustIgnored),
            }
        }
        codes.push(Code::RevocationNotChecked);
        signer = Some(summary);
    }
    if proven.is_none() && claimed.is_some() {
        codes.push(Code::TimeNotProven);
    }

    let status = Status::of(codes.iter().map(|code| code.severity()));
    SignatureReport {
        field: name,
        status,
        integrity: examined.integrity,
        coverage: examined.coverage,
        covered_bytes: examined.range.as_ref().map_or(0, |range| range.end),
        content_after,
        sub_filter: pdf.name(signature, b"SubFilter").unwrap_or_default(),
        time_stamp: outcome.is_some_and(|cms| cms.is_time_stamp),
        digest: outcome.and_then(|cms| cms.digest).map(|digest| digest.name().to_owned()),
        signer,
        trusted,
        anchor,
        claimed_time: claimed,
        proven_time: proven,
        name: pdf.text(signature, b"Name"),
        reason: pdf.text(signature, b"Reason"),
        location: pdf.text(signature, b"Location"),
        contact: pdf.text(signature, b"ContactInfo"),
        certification: field::certification_level(pdf, signature),
        findings: codes.into_iter().map(|code| code.finding(options.lang)).collect(),
    }
}
