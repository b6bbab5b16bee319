//! Finish PDF signature: a prepared PDF gets the signature that a key elsewhere made.

use async_trait::async_trait;
use bytes::Bytes;
use flow::check::Finding;
use flow::{Effect, Group, Item, KindDescription, Node};
use pdf::{Limits, Prepared};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::{file, unbase64};
use super::describe::{describe, needed, pt, words};
use super::pdf_sign::level::{self, Level};
use super::pdf_sign::outside::Outside;
use super::pdf_sign::{AT_ONCE, blocking, error, password, password_slot, reach, share};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file that “Sign PDF” prepared for a key elsewhere, unchanged.
    #[schemars(title = "Prepared PDF", extend("x-pt" = pt("PDF preparado", "O arquivo do item que “Assinar PDF” preparou para uma chave externa, sem alterações."), "x-widget" = "binary-property"))]
    pub file: String,
    /// The signature that the key made over the digest, in base64 or hexadecimal.
    #[schemars(title = "Signature", extend("x-pt" = pt("Assinatura", "A assinatura que a chave fez sobre o resumo, em base64 ou hexadecimal."), "x-widget" = "multiline", "x-placeholder" = "={{ $json.signature }}"))]
    pub signature: String,
    /// Name that the signed PDF gets in the item; the same name replaces the prepared one.
    #[schemars(title = "Put signed PDF into", extend("x-pt" = pt("Colocar PDF assinado em", "Nome que o PDF assinado recebe no item; o mesmo nome substitui o preparado."), "x-widget" = "text"))]
    pub output: String,
    /// The signed file's name; the old name with -signed when empty.
    #[schemars(title = "File name", extend("x-pt" = pt("Nome do arquivo", "O nome do arquivo assinado; o nome antigo com -signed quando vazio.")))]
    pub file_name: String,
    /// Time stamp and proofs.
    #[schemars(title = "Proof", extend("x-pt" = pt("Prova", "Carimbo do tempo e provas.")))]
    pub level: Level,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of the item that tells of the signature (signer, serial, level, warnings); none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que descreve a assinatura (quem, série, nível, avisos); nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            signature: String::new(),
            output: "data".into(),
            file_name: String::new(),
            level: Level::default(),
            encrypted: false,
            property: "signature".into(),
        }
    }
}

impl Parameters {
    /// The bytes of the signature.
    fn signature(&self) -> Result<Vec<u8>, NodeError> {
        let text: String = self.signature.split_ascii_whitespace().collect();
        let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
        let bytes = if is_hex {
            (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
        } else {
            unbase64(&text)
        };
        bytes.filter(|bytes: &Vec<u8>| !bytes.is_empty()).ok_or_else(|| {
            let text = "“Signature” is neither base64 nor hexadecimal. Give what the key answered, such as ={{ $json.signature }}.";
            NodeError::new("signature_unreadable", text)
        })
    }

    fn name_for(&self, old: &str) -> String {
        let given = self.file_name.trim();
        if !given.is_empty() {
            return given.to_owned();
        }
        let stem = old.strip_suffix(".pdf").unwrap_or(old);
        match stem.strip_suffix("-prepared").unwrap_or(stem) {
            "" => "signed.pdf".to_owned(),
            stem => format!("{stem}-signed.pdf"),
        }
    }
}

pub struct PdfFinishSignature;

#[async_trait]
impl NodeKind for PdfFinishSignature {
    fn describe(&self) -> KindDescription {
        let mut credentials = vec![password_slot()];
        credentials.extend(level::slots());
        KindDescription {
            aliases: words(&[
                "signature",
                "external",
                "cloud",
                "hsm",
                "token",
                "assinatura",
                "externa",
                "nuvem",
                "a3",
                "concluir",
            ]),
            credentials,
            effect: Effect::Outside,
            ..describe::<Parameters>(
                "pdf_finish_signature",
                ["Finish PDF signature", "Concluir assinatura de PDF"],
                ["Adds a signature made elsewhere", "Acrescenta assinatura feita fora"],
                Group::Pdf,
                "signature",
            )
        }
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Give the signature that the key made.", "Informe a assinatura que a chave fez."];
        needed(node, "signature", message).into_iter().chain(level::check(node)).collect()
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let outside = &Outside::new(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let blob = file(&item, &p.file)?;
                let signature = p.signature()?;
                let _share = share(blob).await?;
                let content = context.blobs.read(blob, context.max_bytes).await?;
                let secret = password.as_ref().filter(|_| p.encrypted).map(|p| pdf::Secret(p.clone()));
                let (given, opens) = (signature.clone(), secret.clone());
                let prepared = blocking(move || {
                    let prepared = Prepared::reopen(content.to_vec(), opens, &Limits::default());
                    let prepared = prepared.map_err(|e| error(&e))?;
                    // Before a time stamp is paid for.
                    prepared.check(&given).map_err(|e| error(&e))?;
                    Ok(prepared)
                })
                .await?;
                let who = prepared.signer();
                let signed = reach::finish(outside, &p.level, prepared, signature).await?.map_err(|e| error(&e))?;
                let mut reached = reach::extend(outside, &p.level, signed, secret).await?;
                let pdf = std::mem::take(&mut reached.pdf);
                let name = p.name_for(&blob.file_name);
                let written = context.blobs.write(&name, "application/pdf", Bytes::from(pdf)).await?;
                let mut made: Item = item.as_ref().clone();
                let property = if p.output.trim().is_empty() { p.file.trim() } else { p.output.trim() };
                made.binary.insert(property.to_owned(), written);
                reached.tell(&mut made, &p.property, &who, None)?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}
