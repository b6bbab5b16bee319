//! Verify PDF: whether a PDF's signatures hold, who made them and what they cover.

mod ask;
pub mod signatures;

use async_trait::async_trait;
use bytes::Bytes;
use flow::{Effect, Group, Item, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::SemaphorePermit;

use super::common::file;
use super::describe::{choice, describe, pt, words};
use super::dotted;
use super::pdf_sign::{blocking, error, password, password_slot, share};
use crate::context::{Context, Outcome};
use crate::credentials::mtls::pem;
use crate::{NodeError, NodeKind};
use ask::{Answers, Asked};
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

choice! {
    /// Whose word counts.
    pub enum Trust {
        #[default]
        Both = "both", "ICP-Brasil and own authorities", "ICP-Brasil e autoridades próprias";
        IcpBrasil = "icp_brasil", "ICP-Brasil", "ICP-Brasil";
        Own = "own", "Own authorities only", "Só autoridades próprias";
        Nobody = "nobody", "Nobody: only whether it was changed", "Ninguém: só se foi alterado";
    }
}

choice! {
    /// How it is found out whether certificates were revoked.
    pub enum RevocationCheck {
        #[default]
        Document = "document", "By what the document brings along", "Pelo que o documento traz";
        Ask = "ask", "Ask the authorities", "Perguntar às autoridades";
        Require = "require", "Ask, and doubt what stays unknown", "Perguntar e duvidar do que ficar desconhecido";
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
    /// Whose word counts for who signed. The roots of ICP-Brasil come with Fluxo.
    #[schemars(title = "Trust", extend("x-pt" = pt("Confiar em", "A palavra de quem conta sobre quem assinou. As raízes da ICP-Brasil vêm com o Fluxo.")))]
    pub trust: Trust,
    /// Certificates (PEM) of further authorities whose word counts, beside those that the server's administrator named.
    #[schemars(title = "Own authorities", extend("x-pt" = pt("Autoridades próprias", "Certificados (PEM) de outras autoridades cuja palavra conta, além das que o administrador do servidor indicou."), "x-widget" = "multiline", "x-show-when" = {"/trust": ["both", "own"]}))]
    pub trusted: String,
    /// How it is found out whether certificates were revoked. Asking sends requests to the addresses in the certificates.
    #[schemars(title = "Check revocation", extend("x-pt" = pt("Conferir revogação", "Como se descobre se certificados foram revogados. Perguntar envia requisições aos endereços que estão nos certificados.")))]
    pub revocation: RevocationCheck,
    /// Seconds to wait for each answer of an authority.
    #[schemars(title = "Timeout", range(min = 1, max = 120), extend("x-pt" = pt("Tempo limite", "Segundos de espera por cada resposta de uma autoridade."), "x-show-when" = {"/revocation": ["ask", "require"]}, "x-advanced" = true))]
    pub timeout: u32,
    /// What happens with a PDF that is unsigned or whose signatures do not hold.
    #[schemars(title = "When not valid", extend("x-pt" = pt("Quando não é válido", "O que acontece com um PDF sem assinatura ou cujas assinaturas não valem.")))]
    pub not_valid: NotValid,
    /// Name for files of the document as each signer signed it: “signed” gives signed_1, signed_2 and so on. None when
    /// empty.
    #[schemars(title = "Put signed revisions into", extend("x-pt" = pt("Colocar revisões assinadas em", "Nome para arquivos do documento como cada signatário o assinou: “signed” dá signed_1, signed_2 e assim por diante. Nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub revisions: String,
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
            trust: Trust::Both,
            trusted: String::new(),
            revocation: RevocationCheck::Document,
            timeout: 15,
            revisions: String::new(),
            not_valid: NotValid::Report,
            encrypted: false,
            language: Language::English,
        }
    }
}

impl Parameters {
    /// `server` are the authorities that the server's administrator trusts.
    fn options(
        &self,
        now: jiff::Timestamp,
        password: Option<&str>,
        server: &[Vec<u8>],
    ) -> Result<VerifyOptions, NodeError> {
        let own = matches!(self.trust, Trust::Both | Trust::Own);
        let blocks = if own { pem(&self.trusted) } else { Vec::new() };
        let mut roots: Vec<Vec<u8>> =
            blocks.into_iter().filter(|(l, _)| l == "CERTIFICATE").map(|(_, der)| der).collect();
        let given = own && !self.trusted.trim().is_empty();
        if roots.is_empty() && (given || (self.trust == Trust::Own && server.is_empty())) {
            let text =
                "“Own authorities” has no PEM certificate. Paste it from -----BEGIN CERTIFICATE----- to the end.";
            return Err(NodeError::new("certificate_invalid", text));
        }
        if own {
            roots.extend_from_slice(server);
        }
        if matches!(self.trust, Trust::Both | Trust::IcpBrasil) {
            roots.extend(pdf::icp_brasil());
        }
        Ok(VerifyOptions {
            require_trust: self.trust != Trust::Nobody,
            require_revocation: self.revocation == RevocationCheck::Require,
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
        let (text, pt) = match report.status {
            Status::Unsigned => {
                ("The PDF has no signature. Ask for a signed one.", "O PDF não tem assinatura. Peça um assinado.")
            }
            Status::Invalid => (
                "A signature of the PDF is not valid: the PDF was changed or the signature forged. Do not rely on it.",
                "Uma assinatura do PDF não é válida: o PDF foi alterado ou a assinatura, forjada. Não confie nele.",
            ),
            _ => (
                "It can't be said for certain that the PDF's signatures hold. Look at the findings before relying on it.",
                "Não se pode dizer com certeza se as assinaturas do PDF valem. Veja o que foi constatado antes de confiar nele.",
            ),
        };
        let all = report.signatures.iter().flat_map(|s| &s.findings).chain(&report.findings);
        let codes: Vec<&str> = all.map(|f| f.code).collect();
        Err(NodeError::new("pdf_not_valid", text).with_details(json!({
            "message_pt": pt,
            "status": value["status"],
            "findings": codes,
        })))
    }
}

pub struct PdfVerify;

/// Verifications under way at once; each takes one core.
const AT_ONCE: usize = 4;

/// Verifies, and verifies again with what authorities said. Returns the report and whom was asked.
async fn verified(
    context: &Context,
    p: &Parameters,
    content: &Bytes,
    mut options: VerifyOptions,
    asked: Option<&Asked>,
    mut share: SemaphorePermit<'static>,
) -> Result<(pdf::Report, Vec<Value>, SemaphorePermit<'static>), NodeError> {
    let mut answers = Answers::default();
    loop {
        let (bytes, with) = (content.clone(), options.clone());
        // The work goes on when the run is cancelled meanwhile; its share goes with it.
        let (report, kept) = blocking(move || {
            let report = pdf::verify(&bytes, &with).map_err(|e| error(&e))?;
            Ok((report, share))
        })
        .await?;
        share = kept;
        let Some(asked) = asked else { return Ok((report, answers.told(), share)) };
        if !answers.get(context, asked, &report.wanted, p.timeout, &mut options).await {
            return Ok((report, answers.told(), share));
        }
    }
}

/// Revisions beyond this number are not written.
const MOST_REVISIONS: usize = 50;

/// Writes the document as each signer signed it.
async fn revisions(
    context: &Context,
    p: &Parameters,
    name: &str,
    content: &Bytes,
    report: &pdf::Report,
    made: &mut Item,
) -> Result<(), NodeError> {
    let prefix = p.revisions.trim();
    if prefix.is_empty() {
        return Ok(());
    }
    let stem = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case("pdf") => stem,
        _ if name.is_empty() => "document",
        _ => name,
    };
    let signatures = report.signatures.iter().filter(|signature| !signature.time_stamp).take(MOST_REVISIONS);
    for (at, signature) in signatures.enumerate() {
        if let Some(revision) = pdf::signed_revision(content, signature) {
            let (file, number) = (content.slice_ref(revision), at + 1);
            let written = context.blobs.write(&format!("{stem}-{number}.pdf"), "application/pdf", file).await?;
            made.binary.insert(format!("{prefix}_{number}"), written);
        }
    }
    Ok(())
}

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
            effect: Effect::Outside,
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
        let asked = &Asked::default();
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let blob = file(&item, &p.file)?;
                let options = p.options(context.clock.now(), password.as_deref(), &context.signature_roots)?;
                let share = share(blob).await?;
                let content = context.blobs.read(blob, context.max_bytes).await?;
                let asked = if p.revocation == RevocationCheck::Document { None } else { Some(asked) };
                let (report, answers, _share) = verified(context, &p, &content, options, asked, share).await?;
                let mut value = serde_json::to_value(&report).unwrap_or(Value::Null);
                value["asked"] = answers.into();
                p.judge(&report, &value)?;
                let mut made: Item = item.as_ref().clone();
                let property = if p.property.trim().is_empty() { "verification" } else { p.property.trim() };
                dotted::set(&mut made.json, property, true, value)?;
                revisions(context, &p, &blob.file_name, &content, &report, &mut made).await?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}

#[cfg(test)]
mod tests;
