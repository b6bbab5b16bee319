//! What a person should know although it did not stop the signing.

use jiff::{SignedDuration, Timestamp};

use crate::error::Lang;

/// Something worth knowing about a signature that was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "code")]
#[non_exhaustive]
pub enum Warning {
    /// The certificate is an electronic seal.
    #[serde(rename = "pdf_seal_certificate")]
    Seal,
    /// The certificate is outside its dates, and that was allowed.
    #[serde(rename = "pdf_signed_outside_validity")]
    OutsideValidity,
    /// The certificate ends in a few days.
    #[serde(rename = "pdf_certificate_ends_soon")]
    CertificateEndsSoon {
        /// Its last day (UTC), such as `2026-12-24`.
        until: String,
    },
    /// The document carries usage rights that this change ends.
    #[serde(rename = "pdf_usage_rights")]
    UsageRights,
    /// The visible signature's font lacks letters.
    #[serde(rename = "pdf_missing_letters")]
    MissingLetters { letters: String },
    /// The file's cross-reference table was damaged and has been repaired in the update.
    #[serde(rename = "pdf_repaired")]
    Repaired,
    /// The policy took the place of the reason.
    #[serde(rename = "pdf_policy_without_reason")]
    PolicyWithoutReason,
    /// A policy of ICP-Brasil with a certificate of somebody else.
    #[serde(rename = "pdf_policy_outside_icp_brasil")]
    PolicyOutsideIcpBrasil,
    /// No time stamp was had, and going on without was allowed.
    #[serde(rename = "pdf_without_time_stamp")]
    WithoutTimeStamp { reason: String },
    /// A proof for long-term validation is missing, and going on without was allowed.
    #[serde(rename = "pdf_without_proof")]
    WithoutProof { reason: String },
}

impl Warning {
    /// A warning when a certificate that is valid `now` has fewer than `days` days left.
    pub fn of_end(not_after: Timestamp, now: Timestamp, days: u32) -> Option<Self> {
        let left = not_after.duration_since(now);
        let soon = !left.is_negative() && left < SignedDuration::from_hours(24 * i64::from(days));
        soon.then(|| Self::CertificateEndsSoon { until: not_after.strftime("%F").to_string() })
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::Seal => "pdf_seal_certificate",
            Self::OutsideValidity => "pdf_signed_outside_validity",
            Self::CertificateEndsSoon { .. } => "pdf_certificate_ends_soon",
            Self::UsageRights => "pdf_usage_rights",
            Self::MissingLetters { .. } => "pdf_missing_letters",
            Self::Repaired => "pdf_repaired",
            Self::PolicyWithoutReason => "pdf_policy_without_reason",
            Self::PolicyOutsideIcpBrasil => "pdf_policy_outside_icp_brasil",
            Self::WithoutTimeStamp { .. } => "pdf_without_time_stamp",
            Self::WithoutProof { .. } => "pdf_without_proof",
        }
    }

    pub fn message(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, Self::Seal) => "The certificate is an electronic seal, which shows where a document comes from but is not a signature of will. For contracts use a person's certificate.".into(),
            (Lang::PtBr, Self::Seal) => "O certificado é um selo eletrônico, que mostra a origem do documento mas não vale como manifestação de vontade. Para contratos, use o certificado de uma pessoa.".into(),
            (Lang::En, Self::OutsideValidity) => "The certificate was not valid at the time of signing, so the signature is not either. Renew the certificate.".into(),
            (Lang::PtBr, Self::OutsideValidity) => "O certificado não era válido no momento da assinatura, portanto a assinatura também não é. Renove o certificado.".into(),
            (Lang::En, Self::CertificateEndsSoon { until }) => format!("The certificate ends on {until}. Renew it and replace it in the credential before then."),
            (Lang::PtBr, Self::CertificateEndsSoon { until }) => format!("O certificado termina em {until}. Renove-o e troque-o na credencial antes disso."),
            (Lang::En, Self::UsageRights) => "The PDF carried usage rights for Adobe Reader, which end with any change. Readers may say so when it is opened.".into(),
            (Lang::PtBr, Self::UsageRights) => "O PDF tinha direitos de uso para o Adobe Reader, que acabam com qualquer alteração. Leitores podem avisar ao abri-lo.".into(),
            (Lang::En, Self::MissingLetters { letters }) => format!("The visible signature shows \"?\" instead of these letters, which its font lacks: {letters}"),
            (Lang::PtBr, Self::MissingLetters { letters }) => format!("A assinatura visível mostra \"?\" no lugar destas letras, que faltam na fonte: {letters}"),
            (Lang::En, Self::PolicyWithoutReason) => "The signature names its policy and therefore no reason: the standard allows only one of them. Leave the reason empty, or choose no policy.".into(),
            (Lang::PtBr, Self::PolicyWithoutReason) => "A assinatura nomeia sua política e por isso nenhum motivo: a norma só permite um dos dois. Deixe o motivo vazio ou não escolha política.".into(),
            (Lang::En, Self::PolicyOutsideIcpBrasil) => "The policy is ICP-Brasil's, and the certificate does not come from there, so ITI's validator will not accept the signature. Choose no policy, or an ICP-Brasil certificate.".into(),
            (Lang::PtBr, Self::PolicyOutsideIcpBrasil) => "A política é da ICP-Brasil e o certificado não vem dela, portanto o validador do ITI não aceitará a assinatura. Não escolha política ou use um certificado ICP-Brasil.".into(),
            (Lang::En, Self::WithoutTimeStamp { reason }) => format!("The signature has no time stamp. {reason}"),
            (Lang::PtBr, Self::WithoutTimeStamp { reason }) => format!("A assinatura não tem carimbo do tempo. {reason}"),
            (Lang::En, Self::WithoutProof { reason }) => format!("A proof for long-term validation is missing. {reason}"),
            (Lang::PtBr, Self::WithoutProof { reason }) => format!("Falta uma prova para a validação de longo prazo. {reason}"),
            (Lang::En, Self::Repaired) => "The PDF's internal table was damaged and has been repaired.".into(),
            (Lang::PtBr, Self::Repaired) => "A tabela interna do PDF estava danificada e foi reparada.".into(),
        }
    }
}
