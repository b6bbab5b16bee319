//! Verify PDF: whether a PDF's signatures hold, who made them and what they cover.

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::file;
use super::describe::{choice, describe, pt, words};
use super::dotted;
use super::pdf_sign::{blocking, error, password, password_slot, share};
use crate::context::{Context, Outcome};
use crate::credentials::mtls::pem;
use crate::{NodeError, NodeKind};
use pdf::{self, Lang, Status, VerifyOptions};

choice! {
    /// Language of the findings.
    pub enum Language {
        #[default]
        English = "en", "English", "Inglês";
        Portuguese = "pt-BR", "Portuguese", "Português";
    }
}

choice! {
    /// What happens with a PDF that is not valid.
    pub enum NotValid {
        #[default]
        Report = "report", "It is told in the report", "Consta do relatório";
        Error = "error", "It is an error", "É um erro";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to verify.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a verificar."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Field of the item that gets the report.
    #[schemars(title = "Put report into", extend("x-pt" = pt("Colocar relatório em", "Campo do item que recebe o relatório."), "x-widget" = "text"))]
    pub property: String,
    /// Certificates (PEM) of the authorities whose word counts. Without any, the report says whether the signatures are
    /// intact, not whether their signers can be believed.
    #[schemars(title = "Trusted authorities", extend("x-pt" = pt("Autoridades confiáveis", "Certificados (PEM) das autoridades cuja palavra conta. Sem nenhum, o relatório diz se as assinaturas estão íntegras, não se dá para acreditar em quem assinou."), "x-widget" = "multiline"))]
    pub trusted: String,
    /// What happens with a PDF that is unsigned or whose signatures do not hold.
    #[schemars(title = "When not valid", extend("x-pt" = pt("Quando não é válido", "O que acontece com um PDF sem assinatura ou cujas assinaturas não valem.")))]
    pub not_valid: NotValid,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Language of the report's sentences.
    #[schemars(title = "Language", extend("x-pt" = pt("Idioma", "Idioma das frases do relatório."), "x-advanced" = true))]
    pub language: Language,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            property: "verification".into(),
            trusted: String::new(),
            not_valid: NotValid::Report,
            encrypted: false,
            language: Language::English,
        }
    }
}

impl Parameters {
    fn options(&self, now: jiff::Timestamp, password: Option<&str>) -> Result<VerifyOptions, NodeError> {
        let blocks = pem(&self.trusted);
        let roots: Vec<Vec<u8>> = blocks.into_iter().filter(|(l, _)| l == "CERTIFICATE").map(|(_, der)| der).collect();
        if roots.is_empty() && !self.trusted.trim().is_empty() {
            let text =
                "“Trusted authorities” has no PEM certificate. Paste it from -----BEGIN CERTIFICATE----- to the end.";
            return Err(NodeError::new("certificate_invalid", text));
        }
        Ok(VerifyOptions {
            require_trust: !roots.is_empty(),
            roots,
            password: password.filter(|_| self.encrypted).map(|p| pdf::Secret(p.to_owned())),
            lang: match self.language {
                Language::English => Lang::En,
                Language::Portuguese => Lang::PtBr,
            },
            ..VerifyOptions::at(now)
        })
    }

    fn judge(&self, report: &pdf::Report, value: &Value) -> Result<(), NodeError> {
        if self.not_valid == NotValid::Report || report.status == Status::Valid {
            return Ok(());
        }
        let text = match report.status {
            Status::Unsigned => "The PDF has no signature. Ask for a signed one.",
            Status::Invalid => "A signature of the PDF is not valid: it was changed or forged. Do not rely on it.",
            _ => {
                "It can't be said for certain that the PDF's signatures hold. Look at the findings before relying on it."
            }
        };
        let all = report.signatures.iter().flat_map(|s| &s.findings).chain(&report.findings);
        let codes: Vec<&str> = all.map(|f| f.code).collect();
        Err(NodeError::new("pdf_not_valid", text).with_details(json!({"status": value["status"], "findings": codes})))
    }
}

pub struct PdfVerify;

/// Verifications under way at once; each takes one core.
const AT_ONCE: usize = 4;

#[async_trait]
impl NodeKind for PdfVerify {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&[
                "signature",
                "check",
                "validate",
                "pades",
                "verificar",
                "assinatura",
                "validar",
                "conferir",
            ]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_verify",
                ["Verify PDF", "Verificar PDF"],
                ["Checks a PDF's signatures", "Confere assinaturas de um PDF"],
                Group::Pdf,
                "shield-check",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let blob = file(&item, &p.file)?;
                let options = p.options(context.clock.now(), password.as_deref())?;
                let share = share(blob).await?;
                let content = context.blobs.read(blob, context.max_bytes).await?;
                let report = blocking(move || {
                    let _share = share;
                    pdf::verify(&content, &options).map_err(|e| error(&e))
                })
                .await?;
                let value = serde_json::to_value(&report).unwrap_or(Value::Null);
                p.judge(&report, &value)?;
                let mut made: Item = item.as_ref().clone();
                let property = if p.property.trim().is_empty() { "verification" } else { p.property.trim() };
                dotted::set(&mut made.json, property, true, value)?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}
