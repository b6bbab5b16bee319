//! Verifying: each signature's integrity, what it covers, what changed after it, who signed, when, and
//! whether one may believe it.
//!
//! The rule is to doubt: what is not understood is never called valid, and changes after a signature
//! that no rule explains make it invalid.
//!
//! `range` and `cms` say whether a signature holds, `diff` what came after it, `chain` and `revocation`
//! whether the signer can be believed, `time` at which time that has to be judged, `level` how far it
//! can be proven, `judge` puts it together.

mod again;
mod bundle;
pub(crate) mod chain;
mod cms;
mod diff;
mod findings;
mod judge;
mod keeps;
mod level;
mod range;
mod report;
mod store;
mod time;

use jiff::Timestamp;
use lopdf::{Dictionary, Object};

use std::collections::{BTreeSet, HashSet};

pub use crate::revocation::{Kind as RevocationKind, Revocation, Source, Standing, Wanted};
pub use again::signed_by;
pub use bundle::certificates_in;
pub(crate) use bundle::pem;
pub use cms::NamedPolicy;
pub use diff::Changes;
pub(crate) use keeps::keeps;
pub use range::Coverage;
pub use report::{ChainLink, Finding, Level, Proof, Report, Severity, SignatureReport, StampReport, Status};

use super::error::{Error, Lang};
use super::field;
use super::options::Secret;
use super::read::{Limits, Pdf};
use crate::revocation::Evidence;
use diff::history::History;
use findings::Code;
use store::Store;

/// How to verify.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Certificates (DER) of the authorities whose word counts.
    pub roots: Vec<Vec<u8>>,
    /// Whether a signer whom no root vouches for makes a signature indeterminate. Default true;
    /// false judges integrity alone.
    pub require_trust: bool,
    /// Whether a signature is indeterminate as long as it is not known that none of its certificates was
    /// revoked. Default false. [`Report::wanted`] tells what would be needed.
    pub require_revocation: bool,
    /// Certificates (DER) that may complete chains. They are not trusted.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists (DER) beside those in the document.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers (DER) beside those in the document.
    pub ocsps: Vec<Vec<u8>>,
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
        Self {
            roots: Vec::new(),
            require_trust: true,
            require_revocation: false,
            certificates: Vec::new(),
            crls: Vec::new(),
            ocsps: Vec::new(),
            now,
            password: None,
            lang: Lang::En,
            limits: Limits::default(),
        }
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

/// A signature of the file, with the name of the field that leads to it.
struct Signature<'p> {
    field: Option<String>,
    dictionary: &'p Dictionary,
    /// `/Lock` of the field.
    lock: Option<&'p Dictionary>,
    examined: Examined,
}

/// What all signatures are judged by.
struct World<'w> {
    pdf: &'w Pdf<'w>,
    options: &'w VerifyOptions,
    history: History,
    evidence: Evidence,
    /// Certificates of the security store and from the caller.
    certificates: Vec<Vec<u8>>,
    /// Where the first list or answer of the security store stands.
    first_evidence: Option<usize>,
}

/// Verifies all signatures of a PDF.
///
/// # Errors
/// Only when the file cannot be read; what is wrong with signatures is in the report.
pub fn verify(input: &[u8], options: &VerifyOptions) -> Result<Report, Error> {
    let password = options.password.as_ref().map(|secret| secret.0.as_str()).filter(|p| !p.is_empty());
    let pdf = Pdf::load(input, password, &options.limits)?;
    let fields = field::all(&pdf);
    let (signatures, skipped) = signatures(&pdf, &fields, options.limits.signatures);
    let world = world(&pdf, &signatures, options, password);
    let times = time::Times::of(&world, &signatures);

    let mut wanted: Vec<Wanted> = Vec::new();
    let reports = signatures.iter().map(|signature| {
        let (report, more) = judge::one(&world, &times, signature);
        for one in more {
            if wanted.len() < MOST_WANTED && !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        report
    });
    let reports: Vec<SignatureReport> = reports.collect();
    let mut findings = Vec::new();
    if skipped > 0 {
        findings.push(Code::TooManySignatures.finding(options.lang));
    }
    if world.history.too_many {
        findings.push(Code::TooManyRevisions.finding(options.lang));
    }
    if pdf.rebuilt {
        findings.push(Code::Repaired.finding(options.lang));
    }
    let empty_fields =
        fields.iter().filter(|f| f.is_signature() && f.value.is_none()).map(|f| f.name.clone()).collect();
    let certification = field::certification(&pdf, &fields);
    let mut report =
        Report::new(reports, findings, empty_fields, certification.map(|c| c.level), pdf.pages().len(), input.len());
    report.wanted = wanted;
    Ok(report)
}

/// More requests than this are not asked for.
const MOST_WANTED: usize = 64;

/// All signatures of the file, and how many are left out.
fn signatures<'p>(pdf: &'p Pdf<'_>, fields: &'p [field::Field], most: usize) -> (Vec<Signature<'p>>, usize) {
    type Found<'p> = (Option<String>, &'p Dictionary, Option<&'p Dictionary>);
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut known: HashSet<&[u8]> = HashSet::new();
    for field in fields.iter().filter(|field| field.is_signature()) {
        if let Some(value) = &field.value {
            known.extend(pdf.get(value, b"Contents").and_then(|contents| contents.as_str().ok()));
            found.push((Some(field.name.clone()), value, field.lock.as_ref()));
        }
    }
    // A signature that no field leads to is reported too: nothing is silently ignored.
    for object in pdf.document.objects.values() {
        if let Object::Dictionary(dictionary) = object
            && dictionary.has(b"ByteRange")
            && let Some(contents) = pdf.get(dictionary, b"Contents").and_then(|contents| contents.as_str().ok())
            && !known.contains(contents)
        {
            found.push((None, dictionary, None));
        }
    }
    let skipped = found.len().saturating_sub(most);
    found.truncate(most);
    let examined = found.into_iter().map(|(field, dictionary, lock)| {
        let examined = examine(pdf, dictionary);
        Signature { field, dictionary, lock, examined }
    });
    (examined.collect(), skipped)
}

fn world<'w>(
    pdf: &'w Pdf<'w>,
    signatures: &[Signature<'_>],
    options: &'w VerifyOptions,
    password: Option<&str>,
) -> World<'w> {
    let ranges = || {
        let whole = signatures.iter().filter(|s| s.examined.integrity != Integrity::Broken);
        whole.filter_map(|signature| signature.examined.range.as_ref())
    };
    let ends: BTreeSet<usize> = ranges().map(|range| range.end).collect();
    let history = History::read(pdf, &ends, password, &options.limits, |revision, end| {
        ranges().filter(|range| range.end == end).all(|range| range.is_in(revision))
    });
    let store = Store::of(pdf);
    let mut evidence = Evidence::default();
    let mut add = |source, crls: &[Vec<u8>], ocsps: &[Vec<u8>]| {
        evidence.crls.extend(crls.iter().map(|der| (source, der.clone())));
        evidence.ocsps.extend(ocsps.iter().map(|der| (source, der.clone())));
    };
    add(Source::Document, &store.crls, &store.ocsps);
    add(Source::Fetched, &options.crls, &options.ocsps);
    for outcome in signatures.iter().filter_map(|signature| signature.examined.cms.as_ref()) {
        add(Source::Signature, &outcome.crls, &outcome.ocsps);
        for stamp in &outcome.stamps {
            add(Source::Signature, &stamp.crls, &stamp.ocsps);
        }
    }
    let mut certificates = store.certificates;
    certificates.extend(options.certificates.iter().cloned());
    World { pdf, options, history, evidence, certificates, first_evidence: store.first_evidence }
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
        // Whether the rest was a whole file takes reading it.
        Some(range) if range.end == pdf.bytes.len() => Coverage::WholeFile,
        _ => Coverage::Partial,
    };
    Examined { integrity, coverage, range, cms, codes }
}

/// Whether a certificate is signed with its own key.
#[cfg(test)]
pub(crate) fn is_self_signed(der: &[u8]) -> bool {
    crate::certificate::Certificate::parse(der).is_ok_and(|own| crate::revocation::issued(&own, &own))
}

/// The bytes of the file as it was when it was signed: what the reader of that day saw.
///
/// None if the signature does not cover a whole file.
pub fn signed_revision<'b>(input: &'b [u8], signature: &SignatureReport) -> Option<&'b [u8]> {
    let whole = matches!(signature.coverage, Coverage::WholeFile | Coverage::WholeRevision);
    input.get(..signature.covered_bytes).filter(|_| whole && signature.integrity != Integrity::Broken)
}
