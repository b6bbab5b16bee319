//! The report: what was found about each signature, with stable codes and a sentence each.

use jiff::Timestamp;
use serde::Serialize;

use super::{Coverage, Integrity};
use crate::certificate::CertificateSummary;
use crate::error::Lang;

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
    pub sub_filter: String,
    /// It is a document time-stamp and nobody's signature.
    pub time_stamp: bool,
    /// The digest algorithm, such as `SHA-256`.
    pub digest: Option<String>,
    pub signer: Option<CertificateSummary>,
    /// Whether a given root vouches for the signer; none if no roots were given.
    pub trusted: Option<bool>,
    /// The name of that root.
    pub anchor: Option<String>,
    /// The time the signer claims to have signed at.
    pub claimed_time: Option<Timestamp>,
    /// The time that a time-stamp authority attests.
    pub proven_time: Option<Timestamp>,
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
    /// Whether the file goes on after what its signatures cover, or has none.
    pub unsigned_changes: bool,
    pub pages: usize,
    pub bytes: usize,
    /// What concerns the document and no single signature.
    pub findings: Vec<Finding>,
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
        let unsigned_changes = signatures.iter().all(|s| s.integrity != Integrity::Intact || s.content_after);
        Self { status, signatures, empty_fields, certification, unsigned_changes, pages, bytes, findings }
    }
}

/// All findings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    BadRange,
    Altered,
    WrongSignature,
    OtherCertificate,
    Unreadable,
    NoSignerCertificate,
    UnknownKind,
    UnknownAlgorithm,
    ChangedAfter,
    CoversPart,
    OutsideForm,
    Untrusted,
    TrustNotChecked,
    TrustIgnored,
    SignerExpired,
    SignerNotYetValid,
    SignedOutsideValidity,
    KeyUsage,
    WeakDigest,
    WeakKey,
    WeakCertificate,
    TooManySignatures,
    Repaired,
    NotPades,
    Seal,
    TimeNotProven,
    RevocationNotChecked,
}

impl Code {
    pub fn finding(self, lang: Lang) -> Finding {
        let (code, severity, english, portuguese) = self.about();
        let message = match lang {
            Lang::En => english,
            Lang::PtBr => portuguese,
        };
        Finding { code, severity, message: message.into() }
    }

    pub fn severity(self) -> Severity {
        self.about().1
    }

    /// Code, weight, and the sentence in English and Portuguese.
    fn about(self) -> (&'static str, Severity, &'static str, &'static str) {
        use Severity::{Indeterminate, Info, Invalid};
        match self {
            Self::BadRange => (
                "pdf_signature_range",
                Invalid,
                "The signature's range of bytes is not that of a signature; the file was tampered with or badly made.",
                "O intervalo de bytes da assinatura não é o de uma assinatura; o arquivo foi adulterado ou malfeito.",
            ),
            Self::Altered => (
                "pdf_signature_altered",
                Invalid,
                "The signed content was changed after signing.",
                "O conteúdo assinado foi alterado depois da assinatura.",
            ),
            Self::WrongSignature => (
                "pdf_signature_forged",
                Invalid,
                "The signature was not made by the key of its certificate.",
                "A assinatura não foi feita com a chave do seu certificado.",
            ),
            Self::OtherCertificate => (
                "pdf_signature_other_certificate",
                Invalid,
                "The certificate in the signature is not the one that was used for signing.",
                "O certificado na assinatura não é o que foi usado para assinar.",
            ),
            Self::Unreadable => (
                "pdf_signature_unreadable",
                Invalid,
                "The signature's data cannot be read.",
                "Os dados da assinatura não podem ser lidos.",
            ),
            Self::NoSignerCertificate => (
                "pdf_signature_no_certificate",
                Invalid,
                "The signer's certificate is not in the signature.",
                "O certificado do signatário não está na assinatura.",
            ),
            Self::UnknownKind => (
                "pdf_signature_unknown_kind",
                Indeterminate,
                "The signature is of a kind that is not known here, so nothing can be said about it.",
                "A assinatura é de um tipo desconhecido aqui, portanto nada se pode dizer sobre ela.",
            ),
            Self::UnknownAlgorithm => (
                "pdf_signature_unknown_algorithm",
                Indeterminate,
                "The signature uses an algorithm that is not known here, so nothing can be said about it.",
                "A assinatura usa um algoritmo desconhecido aqui, portanto nada se pode dizer sobre ela.",
            ),
            Self::ChangedAfter => (
                "pdf_changed_after_signing",
                Indeterminate,
                "Content was added to the file after this signature, which does not cover it.",
                "Foi acrescentado ao arquivo, depois desta assinatura, conteúdo que ela não cobre.",
            ),
            Self::CoversPart => (
                "pdf_signature_partial",
                Indeterminate,
                "The signature covers only a part of the document.",
                "A assinatura cobre apenas uma parte do documento.",
            ),
            Self::OutsideForm => (
                "pdf_signature_outside_form",
                Indeterminate,
                "No form field leads to this signature, so readers do not show it.",
                "Nenhum campo do formulário leva a esta assinatura, por isso os leitores não a mostram.",
            ),
            Self::Untrusted => (
                "pdf_signer_untrusted",
                Indeterminate,
                "None of the trusted authorities vouches for the signer's certificate.",
                "Nenhuma das autoridades confiáveis responde pelo certificado do signatário.",
            ),
            Self::TrustNotChecked => (
                "pdf_trust_not_checked",
                Indeterminate,
                "No trusted authorities were given, so nobody vouches for the signer's name.",
                "Nenhuma autoridade confiável foi informada, portanto ninguém responde pelo nome do signatário.",
            ),
            Self::TrustIgnored => (
                "pdf_trust_ignored",
                Info,
                "Nobody vouches for the signer's name; only the integrity was judged, as asked.",
                "Ninguém responde pelo nome do signatário; só a integridade foi avaliada, como pedido.",
            ),
            Self::SignerExpired => (
                "pdf_signer_expired",
                Indeterminate,
                "The signer's certificate has expired, and no time-stamp proves that the signature is older.",
                "O certificado do signatário venceu, e nenhum carimbo do tempo prova que a assinatura é anterior.",
            ),
            Self::SignerNotYetValid => (
                "pdf_signer_not_yet_valid",
                Indeterminate,
                "The signer's certificate is not valid yet.",
                "O certificado do signatário ainda não é válido.",
            ),
            Self::SignedOutsideValidity => (
                "pdf_signed_outside_validity",
                Indeterminate,
                "The certificate was not valid at the time of signing.",
                "O certificado não era válido no momento da assinatura.",
            ),
            Self::KeyUsage => (
                "pdf_signer_key_usage",
                Indeterminate,
                "The signer's certificate may not be used for signatures.",
                "O certificado do signatário não pode ser usado para assinaturas.",
            ),
            Self::WeakDigest => (
                "pdf_weak_digest",
                Indeterminate,
                "The signature relies on SHA-1, with which different documents can be given the same signature.",
                "A assinatura depende de SHA-1, com o qual documentos diferentes podem ter a mesma assinatura.",
            ),
            Self::WeakKey => (
                "pdf_signer_weak_key",
                Indeterminate,
                "The signer's RSA key has fewer than 2048 bits and could be broken.",
                "A chave RSA do signatário tem menos de 2048 bits e poderia ser quebrada.",
            ),
            Self::WeakCertificate => (
                "pdf_signer_weak_certificate",
                Indeterminate,
                "The signer's certificate was issued with a broken hash and could be forged.",
                "O certificado do signatário foi emitido com um hash quebrado e poderia ser falsificado.",
            ),
            Self::TooManySignatures => (
                "pdf_too_many_signatures",
                Indeterminate,
                "The document has more signatures than are checked.",
                "O documento tem mais assinaturas do que são verificadas.",
            ),
            Self::Repaired => (
                "pdf_repaired",
                Indeterminate,
                "The file is damaged and was read after a repair, so programs may show it differently.",
                "O arquivo está danificado e foi lido após um reparo, por isso programas podem mostrá-lo de modos diferentes.",
            ),
            Self::NotPades => (
                "pdf_not_pades",
                Info,
                "The signature does not name its certificate, as PAdES demands.",
                "A assinatura não nomeia seu certificado, como o PAdES exige.",
            ),
            Self::Seal => (
                "pdf_seal_certificate",
                Info,
                "The certificate is an electronic seal: it shows where the document comes from and is not a person's signature.",
                "O certificado é um selo eletrônico: mostra a origem do documento e não é assinatura de uma pessoa.",
            ),
            Self::TimeNotProven => (
                "pdf_time_not_proven",
                Info,
                "The time of signing is what the signer's computer claimed; no time-stamp proves it.",
                "A hora da assinatura é a que o computador do signatário informou; nenhum carimbo do tempo a prova.",
            ),
            Self::RevocationNotChecked => (
                "pdf_revocation_not_checked",
                Info,
                "Whether the certificate was revoked was not checked.",
                "Não foi verificado se o certificado foi revogado.",
            ),
        }
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
