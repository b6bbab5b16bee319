//! The report: what was found about each signature, with stable codes and a sentence each.

use jiff::Timestamp;
use serde::Serialize;

use super::cms::NamedPolicy;
use super::diff::Changes;
use super::{Coverage, Integrity};
use crate::certificate::{Certificate, CertificateSummary};
use crate::revocation::{Revocation, Wanted};

/// What is to be made of a signature or of a whole document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Valid,
    /// Something was changed or forged.
    Invalid,
    /// Not broken, but not to be relied on without a look at the findings.
    Indeterminate,
    /// The document has no signature.
    Unsigned,
}

impl Status {
    /// The status that findings add up to: the worst counts.
    pub(super) fn of(severities: impl Iterator<Item = Severity>) -> Self {
        match severities.max() {
            Some(Severity::Invalid) => Self::Invalid,
            Some(Severity::Indeterminate) => Self::Indeterminate,
            Some(Severity::Info) | None => Self::Valid,
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Indeterminate,
    Invalid,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    pub message: String,
}

/// A certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    pub name: String,
    /// The serial number in hexadecimal.
    pub serial: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl ChainLink {
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::parse(der).ok()?;
        let summary = certificate.summary();
        let (not_before, not_after) = (summary.not_before, summary.not_after);
        Some(Self { name: summary.name, serial: summary.serial, not_before, not_after })
    }
}

/// A time-stamp over a signature, or a document time-stamp itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StampReport {
    /// The time that it attests; none if it is broken.
    pub time: Option<Timestamp>,
    pub integrity: Integrity,
    /// Whose it is.
    pub authority: Option<String>,
    /// Whether a given root vouches for the authority; none if no roots were given.
    pub trusted: Option<bool>,
    /// The name of that root.
    pub anchor: Option<String>,
    /// The digest algorithm, such as `SHA-256`.
    pub digest: Option<String>,
}

/// The PAdES level that a signature reaches (EN 319 142-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// The signature with its certificate.
    #[serde(rename = "B-B")]
    Basic,
    /// A time-stamp proves when it existed.
    #[serde(rename = "B-T")]
    Time,
    /// The document has all that validating it later needs.
    #[serde(rename = "B-LT")]
    LongTerm,
    /// A document time-stamp protects that.
    #[serde(rename = "B-LTA")]
    Archive,
}

/// What proves that a signature existed at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// A time-stamp over the signature.
    SignatureTimeStamp,
    /// A later time-stamp over the whole document.
    DocumentTimeStamp,
}

/// What was found about one signature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignatureReport {
    /// The full name of its field; none if no field leads to it.
    pub field: Option<String>,
    pub status: Status,
    pub integrity: Integrity,
    pub coverage: Coverage,
    /// How many bytes from the start of the file it covers, its own place included.
    pub covered_bytes: usize,
    /// Whether anything but white space follows what it covers.
    pub content_after: bool,
    /// What was changed after it; none if that cannot be known.
    pub changes: Option<Changes>,
    /// Form fields that were filled in or signed afterwards.
    pub changed_fields: Vec<String>,
    /// Changes that nothing allows: where they are, in the PDF's own words.
    pub other_changes: Vec<String>,
    pub sub_filter: String,
    /// The PAdES level; none for signatures that do not keep the rules of one, for other kinds of signature (ICP-Brasil's own
    /// is told by its policy) and for time-stamps.
    pub level: Option<Level>,
    /// It is a document time-stamp and nobody's signature.
    pub time_stamp: bool,
    /// The digest algorithm, such as `SHA-256`.
    pub digest: Option<String>,
    /// How it was signed, such as `RSA 2048 with SHA-256`.
    pub algorithm: Option<String>,
    pub signer: Option<CertificateSummary>,
    /// The signer's certificate comes from ICP-Brasil, and a trusted root of its vouches for it.
    pub icp_brasil: bool,
    /// Whether a given root vouches for the signer; none if no roots were given.
    pub trusted: Option<bool>,
    /// The name of that root.
    pub anchor: Option<String>,
    /// From the signer's certificate to the root, if one vouches.
    pub chain: Vec<ChainLink>,
    /// What is known about the chain's certificates being revoked.
    pub revocation: Vec<Revocation>,
    /// The time-stamps over the signature; for a document time-stamp, itself.
    pub time_stamps: Vec<StampReport>,
    /// The time that the certificates were judged at: the proven time, or now.
    pub judged_at: Timestamp,
    /// The time the signer claims to have signed at.
    pub claimed_time: Option<Timestamp>,
    /// The earliest time at which a trusted time-stamp proves that it existed.
    pub proven_time: Option<Timestamp>,
    pub proven_by: Option<Proof>,
    /// The rules that it says it was made under.
    pub policy: Option<NamedPolicy>,
    pub name: Option<String>,
    pub reason: Option<String>,
    pub location: Option<String>,
    pub contact: Option<String>,
    /// The level if it certifies the document: 1 no changes, 2 forms and signing, 3 also comments.
    pub certification: Option<i64>,
    pub findings: Vec<Finding>,
}

/// What was found about a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub status: Status,
    pub signatures: Vec<SignatureReport>,
    /// Names of signature fields that are not signed.
    pub empty_fields: Vec<String>,
    /// The level of the document's certification.
    pub certification: Option<i64>,
    /// Whether the document has content that no intact signature covers. Proofs and metadata, which may
    /// always be added, are no content.
    pub unsigned_changes: bool,
    pub pages: usize,
    pub bytes: usize,
    /// What concerns the document and no single signature.
    pub findings: Vec<Finding>,
    /// What would settle what is open about issuers and revocation. It is for the caller, and not part
    /// of what is serialized.
    #[serde(skip)]
    pub wanted: Vec<Wanted>,
}

impl Report {
    pub(super) fn new(
        signatures: Vec<SignatureReport>,
        findings: Vec<Finding>,
        empty_fields: Vec<String>,
        certification: Option<i64>,
        pages: usize,
        bytes: usize,
    ) -> Self {
        let severities =
            || signatures.iter().flat_map(|s| &s.findings).chain(&findings).map(|finding| finding.severity);
        let status = if signatures.is_empty() { Status::Unsigned } else { Status::of(severities()) };
        let covers =
            |s: &SignatureReport| s.integrity == Integrity::Intact && s.changes.is_some_and(|c| c <= Changes::LongTerm);
        let unsigned_changes = !signatures.iter().any(covers);
        let wanted = Vec::new();
        Self { status, signatures, empty_fields, certification, unsigned_changes, pages, bytes, findings, wanted }
    }
}

/// A PDF date: `D:20261123140509-03'00'`, where everything after the year may be missing.
pub(super) fn parse_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count().min(14);
    let (stamp, zone) = text.split_at(digits);
    let part = |range: std::ops::Range<usize>, default: i8| match stamp.get(range) {
        Some(part) => part.parse().ok(),
        None => Some(default),
    };
    let year: i16 = stamp.get(..4)?.parse().ok()?;
    let civil = jiff::civil::DateTime::new(
        year,
        part(4..6, 1)?,
        part(6..8, 1)?,
        part(8..10, 0)?,
        part(10..12, 0)?,
        part(12..14, 0)?.min(59),
        0,
    )
    .ok()?;
    let sign = match zone.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => 0,
    };
    let offset = if sign == 0 {
        0
    } else {
        let hours: i32 = zone.get(1..3)?.parse().ok()?;
        let minutes: i32 = zone
            .get(3..)
            .map_or("", |rest| rest.trim_start_matches('\''))
            .get(..2)
            .and_then(|m| m.parse().ok())
            .unwrap_or(0);
        sign * (hours * 3600 + minutes * 60)
    };
    let offset = jiff::tz::Offset::from_seconds(offset).ok()?;
    offset.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pdf_dates() {
        let check = |text: &str, expected: Option<&str>| {
            let read = parse_date(text.as_bytes()).map(|at| at.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        };
        check("D:20261123140509-03'00'", Some("2026-11-23T17:05:09Z"));
        check("D:20261123140509+05'30", Some("2026-11-23T08:35:09Z"));
        check("20261123140509Z", Some("2026-11-23T14:05:09Z"));
        check("D:2026", Some("2026-01-01T00:00:00Z"));
        check("D:202613", None);
        check("D:", None);
        check("D:20261123140509+99'99'", None);
    }
}
