//! What a PDF's signatures are worth. The names are those of the report that Verify PDF puts into items; personal numbers are
//! written as they may be shown.

use serde::{Deserialize, Serialize};

use super::Time;

/// `GET /api/v1/blobs/{id}/signatures`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PdfSignatures {
    /// Of the whole file: the worst of its signatures and findings.
    pub status: SignatureStatus,
    /// In the order of their fields.
    pub signatures: Vec<PdfSignature>,
    /// Names of signature fields that nobody has signed.
    pub empty_fields: Vec<String>,
    /// Whether the file has content that no intact signature covers.
    pub unsigned_changes: bool,
    pub pages: u32,
    pub bytes: u64,
    /// What concerns the file and no single signature.
    pub findings: Vec<SignatureFinding>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureStatus {
    Valid,
    /// Something was changed or forged.
    Invalid,
    /// Not broken, but not to be relied on without a look at the findings.
    Indeterminate,
    /// The file has no signature.
    Unsigned,
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PdfSignature {
    /// Full name of its field; absent if no field leads to it.
    pub field: Option<String>,
    pub status: SignatureStatus,
    pub integrity: SignatureIntegrity,
    pub coverage: SignatureCoverage,
    /// What was changed after it; absent if that cannot be known.
    pub changes: Option<SignatureChanges>,
    /// Form fields that were filled in or signed afterwards.
    pub changed_fields: Vec<String>,
    /// It is a document time stamp and nobody's signature.
    pub time_stamp: bool,
    /// The PAdES level: `B-B`, `B-T`, `B-LT`, `B-LTA`.
    pub level: Option<String>,
    /// Such as `RSA 2048 with SHA-256`.
    pub algorithm: Option<String>,
    pub signer: Option<SignatureHolder>,
    /// The signer's certificate comes from ICP-Brasil, and a trusted root of its vouches for it.
    pub icp_brasil: bool,
    /// Whether a trusted root vouches for the signer.
    pub trusted: Option<bool>,
    /// From the signer's certificate to the root, if one vouches.
    pub chain: Vec<SignatureChainLink>,
    /// What is known about certificates of the chain being revoked.
    pub revocation: Vec<SignatureRevocation>,
    /// Time stamps over the signature; of a document time stamp, itself.
    pub time_stamps: Vec<SignatureTimeStamp>,
    /// The time that the signer's computer claimed.
    pub claimed_time: Option<Time>,
    /// The earliest time at which a trusted time stamp proves that it existed.
    pub proven_time: Option<Time>,
    /// The rules that it says it was made under.
    pub policy: Option<SignaturePolicy>,
    pub reason: Option<String>,
    pub location: Option<String>,
    pub contact: Option<String>,
    /// If it certifies the document: 1 no changes, 2 forms and signing, 3 also comments.
    pub certification: Option<i64>,
    pub findings: Vec<SignatureFinding>,
    /// Whether the file as it was when it was signed can be had, at `…/signatures/{number}`, where `number` is the
    /// signature's place in the list, from 1.
    #[serde(default)]
    pub revision: bool,
}

/// Whether what was signed is what is in the file, and the signer's key signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureIntegrity {
    Intact,
    Broken,
    /// An unknown format or algorithm.
    Unknown,
}

/// How much of the file a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureCoverage {
    WholeFile,
    /// All of what the file was when it was signed; something was appended later.
    WholeRevision,
    Partial,
}

/// How far the changes after a signature go. Each includes those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureChanges {
    None,
    /// Proofs for validation in the long term, document time stamps, metadata.
    LongTerm,
    FormsAndSignatures,
    Comments,
    /// Something that no signature puts up with.
    Other,
}

/// Whom a certificate names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureHolder {
    pub name: String,
    /// Masked: `***.271.640-**`.
    #[serde(default)]
    pub cpf: Option<String>,
    /// `12.345.678/0001-95`
    #[serde(default)]
    pub cnpj: Option<String>,
    pub issuer: String,
    /// In hexadecimal.
    pub serial: String,
    pub not_before: Time,
    pub not_after: Time,
    /// Such as `RSA 2048`.
    pub key: String,
    /// An electronic seal: it shows where a document comes from, and is no one's signature.
    pub seal: bool,
}

/// A certificate of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureChainLink {
    pub name: String,
    /// In hexadecimal.
    pub serial: String,
    pub not_before: Time,
    pub not_after: Time,
}

/// Whether one certificate was revoked, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureRevocation {
    /// Whose.
    pub certificate: String,
    pub standing: SignatureStanding,
    /// `crl` or `ocsp`.
    pub kind: String,
    /// When the list or the answer was made.
    pub issued_at: Time,
    pub revoked_at: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureStanding {
    Good,
    Revoked,
    Unknown,
}

/// A time stamp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureTimeStamp {
    /// Absent if it is broken.
    pub time: Option<Time>,
    pub integrity: SignatureIntegrity,
    pub authority: Option<String>,
    pub trusted: Option<bool>,
}

/// The rules that a signature was made under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignaturePolicy {
    /// Object identifier, with dots.
    pub oid: String,
    /// Where it can be read.
    pub url: Option<String>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignatureFinding {
    /// Stable.
    pub code: String,
    pub severity: SignatureSeverity,
    /// In the language that was asked for.
    pub message: String,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignatureSeverity {
    Info,
    Indeterminate,
    Invalid,
}
