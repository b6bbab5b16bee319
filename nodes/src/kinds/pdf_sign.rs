//! Sign PDF: a PAdES signature with a PKCS#12 certificate.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::digest::{Context as Hash, SHA256};
use bytes::Bytes;
use flow::{BlobRef, CredentialSlot, Group, Item, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::common::file;
use super::describe::{choice, describe, pt, slot, words};
use super::dotted;
use crate::context::{Context, Outcome};
use crate::credentials::pkcs12;
use crate::{NodeError, NodeKind};
use look::Arrangement;
use pdf::{self, Identity, Lang};
use reserve::Reserved;

pub mod look;
pub mod reserve;

choice! {
    /// What may be changed after the signature.
    pub enum Certification {
        #[default]
        None = "none", "No certification: an ordinary signature", "Sem certificação: uma assinatura comum";
        NoChanges = "no_changes", "Nothing may change", "Nada pode mudar";
        Forms = "forms", "Filling in forms and signing", "Preencher formulários e assinar";
        Comments = "comments", "Filling in forms, signing and comments", "Preencher formulários, assinar e comentar";
    }
}

choice! {
    /// Which page shows the signature.
    pub enum Page {
        First = "first", "The first", "A primeira";
        #[default]
        Last = "last", "The last", "A última";
        Number = "number", "By its number", "Pelo número";
    }
}

choice! {
    /// Where on the page the box is.
    pub enum Place {
        TopLeft = "top_left", "Top left", "No alto à esquerda";
        TopRight = "top_right", "Top right", "No alto à direita";
        BottomLeft = "bottom_left", "Bottom left", "Embaixo à esquerda";
        #[default]
        BottomRight = "bottom_right", "Bottom right", "Embaixo à direita";
        Measured = "measured", "By measure", "Por medida";
    }
}

choice! {
    /// The kind of signature in the file.
    pub enum Format {
        #[default]
        Pades = "pades", "PAdES B-B (ETSI.CAdES.detached)", "PAdES B-B (ETSI.CAdES.detached)";
        Adobe = "adobe", "For readers before 2015 (adbe.pkcs7.detached)", "Para leitores anteriores a 2015 (adbe.pkcs7.detached)";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to sign.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a assinar."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Name that the signed PDF gets in the item; the same name replaces the unsigned one.
    #[schemars(title = "Put signed PDF into", extend("x-pt" = pt("Colocar PDF assinado em", "Nome que o PDF assinado recebe no item; o mesmo nome substitui o não assinado."), "x-widget" = "text"))]
    pub output: String,
    /// The signed file's name; the old name with -signed when empty.
    #[schemars(title = "File name", extend("x-pt" = pt("Nome do arquivo", "O nome do arquivo assinado; o nome antigo com -signed quando vazio.")))]
    pub file_name: String,
    /// Why it is signed, such as "I approve this contract". PDF readers show it.
    #[schemars(title = "Reason", extend("x-pt" = pt("Motivo", "Por que é assinado, como “Aprovo este contrato”. Leitores de PDF o mostram.")))]
    pub reason: String,
    /// Where it is signed, such as a city.
    #[schemars(title = "Location", extend("x-pt" = pt("Local", "Onde é assinado, como uma cidade.")))]
    pub location: String,
    /// How to reach the signer, such as an email address.
    #[schemars(title = "Contact", extend("x-pt" = pt("Contato", "Como falar com quem assina, como um e-mail.")))]
    pub contact: String,
    /// The signer's name as readers show it; the certificate's when empty.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome de quem assina como os leitores o mostram; o do certificado quando vazio."), "x-advanced" = true))]
    pub name: String,
    /// Shows the signature in a box on a page. Without it, it is in the file but on no page.
    #[schemars(title = "Visible signature", extend("x-pt" = pt("Assinatura visível", "Mostra a assinatura numa caixa em uma página. Sem isso, ela está no arquivo mas em nenhuma página.")))]
    pub visible: bool,
    /// The page that the box is on.
    #[schemars(title = "Page", extend("x-pt" = pt("Página", "A página em que a caixa fica."), "x-show-when" = {"/visible": [true]}))]
    pub page: Page,
    /// The page's number: 1 is the first, -1 the last.
    #[schemars(title = "Page number", extend("x-pt" = pt("Número da página", "O número da página: 1 é a primeira, -1 a última."), "x-show-when" = {"/visible": [true], "/page": ["number"]}))]
    pub page_number: i64,
    /// Where on the page the box is.
    #[schemars(title = "Place", extend("x-pt" = pt("Lugar", "Onde na página a caixa fica."), "x-show-when" = {"/visible": [true]}))]
    pub place: Place,
    /// Millimetres from the page's left edge.
    #[schemars(title = "From the left", extend("x-pt" = pt("Da esquerda", "Milímetros a partir da borda esquerda da página."), "x-show-when" = {"/visible": [true], "/place": ["measured"]}))]
    pub left: f64,
    /// Millimetres from the page's upper edge.
    #[schemars(title = "From the top", extend("x-pt" = pt("Do alto", "Milímetros a partir da borda superior da página."), "x-show-when" = {"/visible": [true], "/place": ["measured"]}))]
    pub top: f64,
    /// The box's width in millimetres.
    #[schemars(title = "Width", range(min = 1), extend("x-pt" = pt("Largura", "A largura da caixa em milímetros."), "x-show-when" = {"/visible": [true]}))]
    pub width: f64,
    /// The box's height in millimetres.
    #[schemars(title = "Height", range(min = 1), extend("x-pt" = pt("Altura", "A altura da caixa em milímetros."), "x-show-when" = {"/visible": [true]}))]
    pub height: f64,
    /// The text in the box. {name}, {cpf}, {cnpj}, {issuer}, {serial}, {date}, {reason}, {location} and {contact} become
    /// what they name; a line whose values are all empty is left out. {cpf} is masked.
    #[schemars(title = "Text in the box", extend("x-pt" = pt("Texto da caixa", "O texto da caixa. {name}, {cpf}, {cnpj}, {issuer}, {serial}, {date}, {reason}, {location} e {contact} viram o que nomeiam; uma linha cujos valores estão todos vazios é omitida. {cpf} é mascarado."), "x-widget" = "multiline", "x-show-when" = {"/visible": [true]}))]
    pub text: String,
    /// How {date} is written, in strftime's letters.
    #[schemars(title = "Date format", extend("x-pt" = pt("Formato da data", "Como {date} é escrito, nas letras de strftime."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub date_format: String,
    /// Draws a thin frame around the box.
    #[schemars(title = "Frame", extend("x-pt" = pt("Moldura", "Desenha uma moldura fina ao redor da caixa."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub frame: bool,
    /// A picture in the box, such as a logo or a signature by hand: the item's file (PNG or JPEG) with this name; none when
    /// empty.
    #[schemars(title = "Picture", extend("x-pt" = pt("Imagem", "Uma imagem na caixa, como um logotipo ou uma rubrica: o arquivo do item (PNG ou JPEG) com este nome; nenhuma quando vazio."), "x-widget" = "binary-property", "x-show-when" = {"/visible": [true]}))]
    pub image: String,
    /// Where in the box the picture is.
    #[schemars(title = "Picture's place", extend("x-pt" = pt("Lugar da imagem", "Onde na caixa a imagem fica."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub arrangement: Arrangement,
    /// A QR code in the box with this text, such as the address where the signature can be verified. The words in braces
    /// work here too. No code when empty.
    #[schemars(title = "QR code", extend("x-pt" = pt("QR code", "Um QR code na caixa com este texto, como o endereço onde a assinatura pode ser verificada. As palavras entre chaves também valem aqui. Nenhum quando vazio."), "x-placeholder" = "https://example.org/verify/{serial}", "x-show-when" = {"/visible": [true]}))]
    pub qr: String,
    /// What may be changed in the PDF afterwards. Only its first signature can say so.
    #[schemars(title = "Certification", extend("x-pt" = pt("Certificação", "O que pode ser mudado no PDF depois. Só a primeira assinatura pode dizer isso."), "x-advanced" = true))]
    pub certification: Certification,
    /// Fields of the form that nobody may change afterwards: names separated by commas; * for all; !a, b for all but a and b.
    /// A lock that the signature field has already goes before.
    #[schemars(title = "Lock fields", extend("x-pt" = pt("Bloquear campos", "Campos do formulário que ninguém pode mudar depois: nomes separados por vírgulas; * para todos; !a, b para todos menos a e b. Um bloqueio que o campo de assinatura já tem vale antes."), "x-advanced" = true, "x-placeholder" = "*"))]
    pub lock: String,
    /// Empty signature fields for those who sign later. Whoever signs after a certification needs one.
    #[schemars(title = "Reserve fields", extend("x-pt" = pt("Reservar campos", "Campos de assinatura vazios para quem assina depois. Quem assina depois de uma certificação precisa de um."), "x-advanced" = true))]
    pub reserve: Vec<Reserved>,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// The signature field: empty for a new one, the name of one in the PDF to use it, any other name for a new one of
    /// that name.
    #[schemars(title = "Signature field", extend("x-pt" = pt("Campo de assinatura", "O campo de assinatura: vazio para um novo, o nome de um que está no PDF para usá-lo, qualquer outro nome para um novo com esse nome."), "x-advanced" = true))]
    pub field: String,
    /// The kind of signature in the file.
    #[schemars(title = "Format", extend("x-pt" = pt("Formato", "O tipo de assinatura no arquivo."), "x-advanced" = true))]
    pub format: Format,
    /// Zone of the signing time, such as America/Sao_Paulo; the flow's when empty.
    #[schemars(title = "Time zone", extend("x-pt" = pt("Fuso horário", "Fuso da hora da assinatura, como America/Sao_Paulo; o do fluxo quando vazio."), "x-widget" = "timezone", "x-advanced" = true))]
    pub timezone: String,
    /// Signs although the certificate has expired or is not valid yet. Nobody will call such a signature valid.
    #[schemars(title = "Allow an expired certificate", extend("x-pt" = pt("Permitir certificado vencido", "Assina embora o certificado esteja vencido ou ainda não valha. Ninguém chamará tal assinatura de válida."), "x-advanced" = true))]
    pub allow_expired: bool,
    /// Field of the item that tells of the signature (signer, serial, time, warnings); none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que descreve a assinatura (quem, série, hora, avisos); nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        let visible = pdf::Visible::default();
        Self {
            file: "data".into(),
            output: "data".into(),
            file_name: String::new(),
            reason: String::new(),
            location: String::new(),
            contact: String::new(),
            name: String::new(),
            visible: false,
            page: Page::Last,
            page_number: 1,
            place: Place::BottomRight,
            left: 20.0,
            top: 20.0,
            width: 70.0,
            height: 22.0,
            text: visible.text,
            date_format: visible.date_format,
            frame: visible.frame,
            image: String::new(),
            arrangement: Arrangement::Left,
            qr: String::new(),
            certification: Certification::None,
            lock: String::new(),
            reserve: Vec::new(),
            encrypted: false,
            field: String::new(),
            format: Format::Pades,
            timezone: String::new(),
            allow_expired: false,
            property: "signature".into(),
        }
    }
}

impl Parameters {
    fn options(&self, zone: &str, password: Option<&str>) -> pdf::SignOptions {
        pdf::SignOptions {
            reason: self.reason.trim().to_owned(),
            location: self.location.trim().to_owned(),
            contact: self.contact.trim().to_owned(),
            name: self.name.trim().to_owned(),
            field: self.field.trim().to_owned(),
            pdf_password: password.map(|p| pdf::Secret(p.to_owned())),
            format: match self.format {
                Format::Pades => pdf::Format::Pades,
                Format::Adobe => pdf::Format::Adobe,
            },
            certification: match self.certification {
                Certification::None => pdf::Certify::None,
                Certification::NoChanges => pdf::Certify::NoChanges,
                Certification::Forms => pdf::Certify::FormsAndSigning,
                Certification::Comments => pdf::Certify::FormsSigningAndComments,
            },
            visible: self.visible.then(|| self.visible()),
            time_zone: if self.timezone.trim().is_empty() { zone.to_owned() } else { self.timezone.trim().to_owned() },
            allow_expired: self.allow_expired,
            lock: reserve::lock(&self.lock),
            reserve: self.reserve.iter().filter(|r| !r.name.trim().is_empty()).map(pdf::Reserve::from).collect(),
            ..pdf::SignOptions::default()
        }
    }

    fn visible(&self) -> pdf::Visible {
        pdf::Visible {
            page: self.page.of(self.page_number),
            place: self.place.of(self.left, self.top, self.width, self.height),
            text: self.text.clone(),
            date_format: self.date_format.clone(),
            frame: self.frame,
            ..pdf::Visible::default()
        }
    }

    fn name_for(&self, old: &str) -> String {
        super::pdf_tools::name(&self.file_name, old, "-signed")
    }
}

pub struct PdfSign;

/// Signatures under way at once; each takes one core.
const AT_ONCE: usize = 4;

pub(super) fn error(e: &pdf::Error) -> NodeError {
    NodeError::new(e.code(), e.message(Lang::En)).with_details(json!({"message_pt": e.message(Lang::PtBr)}))
}

type Known = Vec<([u8; 32], Arc<Identity>)>;

/// Opening a PKCS#12 file costs much more than signing with it, so the last few stay open. A changed file or password is
/// another one.
async fn identity(context: &Context) -> Result<Arc<Identity>, NodeError> {
    static KNOWN: Mutex<Known> = Mutex::new(Vec::new());
    const KEPT: usize = 16;
    let secret = context.secrets.get("certificate").await?.ok_or_else(|| {
        let text = "No certificate is chosen. Choose a PKCS#12 credential in the node's parameters.";
        NodeError::new("credential_missing", text)
    })?;
    let mut hash = Hash::new(&SHA256);
    for part in [secret.text("file"), "\0", secret.text("password")] {
        hash.update(part.as_bytes());
    }
    let mut key = [0; 32];
    key.copy_from_slice(hash.finish().as_ref());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, identity)) = known().iter().find(|(k, _)| *k == key) {
        return Ok(identity.clone());
    }
    let opened = Arc::new(blocking(move || pkcs12::identity(&secret.fields)).await?);
    let mut known = known();
    if known.len() >= KEPT {
        known.remove(0);
    }
    known.push((key, opened.clone()));
    Ok(opened)
}

/// The slot of the password that opens the PDF.
pub(super) fn password_slot() -> CredentialSlot {
    slot("password", ["PDF password", "Senha do PDF"], &["password"], Some(("/encrypted", json!(true))))
}

/// The password of that slot; `None` when no item says that its PDF has one.
pub(super) async fn password(context: &Context) -> Result<Option<String>, NodeError> {
    if context.node.parameters.get("encrypted").is_none_or(|v| v == &json!(false)) {
        return Ok(None);
    }
    let secret = context.secrets.get("password").await?.ok_or_else(|| {
        let text = "No password is chosen for the PDF. Choose a credential in the node's parameters.";
        NodeError::new("credential_missing", text)
    })?;
    Ok(Some(secret.text("password").to_owned()))
}

/// Megabytes of PDF that are worked on at once in the whole process, whatever the number of runs: each needs about four
/// times its size in memory.
const WORKING: u32 = 128;

/// The file's share of [`WORKING`], waited for in turn and held while it is worked on. A file that is larger than all of
/// it is worked on alone.
pub(super) async fn share(blob: &BlobRef) -> Result<SemaphorePermit<'static>, NodeError> {
    static LEFT: Semaphore = Semaphore::const_new(WORKING as usize);
    let megabytes = u32::try_from(blob.size.div_ceil(1 << 20)).unwrap_or(WORKING).clamp(1, WORKING);
    // It is never closed.
    LEFT.acquire_many(megabytes).await.map_err(|_| NodeError::cancelled())
}

/// Runs work that keeps a core busy beside the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NodeError> + Send + 'static,
) -> Result<T, NodeError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| {
        NodeError::new(
            "internal",
            "The work on the file broke off. Try again; if it happens again, report it with the file.",
        )
    })?
}

#[async_trait]
impl NodeKind for PdfSign {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&[
                "signature",
                "certificate",
                "pades",
                "icp-brasil",
                "assinatura",
                "certificado",
                "a1",
                "pfx",
            ]),
            credentials: vec![slot("certificate", ["Certificate", "Certificado"], &["pkcs12"], None), password_slot()],
            ..describe::<Parameters>(
                "pdf_sign",
                ["Sign PDF", "Assinar PDF"],
                ["Signs with a certificate", "Assina com um certificado"],
                Group::Pdf,
                "signature",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        if context.input().is_empty() {
            return context.map_items(1, |_, _, _: Parameters| async { Ok(Vec::new()) }).await.map(Into::into);
        }
        let identity = identity(context).await?;
        let identity = &identity;
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let blob = file(&item, &p.file)?;
                let share = share(blob).await?;
                let content = context.blobs.read(blob, context.max_bytes).await?;
                let password = if p.encrypted { password.as_deref() } else { None };
                let (mut options, now) = (p.options(&context.timezone, password), context.clock.now());
                look::complete(context, &item, &p, &mut options).await?;
                let signer = identity.clone();
                // The work goes on when the run is cancelled meanwhile; its share goes with it.
                let (signed, _share) = blocking(move || {
                    let signed = pdf::sign(&content, signer.as_ref(), &options, now).map_err(|e| error(&e))?;
                    Ok((signed, share))
                })
                .await?;
                let name = p.name_for(&blob.file_name);
                let written = context.blobs.write(&name, "application/pdf", Bytes::from(signed.pdf)).await?;
                let mut made: Item = item.as_ref().clone();
                let property = if p.output.trim().is_empty() { p.file.trim() } else { p.output.trim() };
                made.binary.insert(property.to_owned(), written);
                if !p.property.trim().is_empty() {
                    let who = identity.summary();
                    let warnings = signed.warnings.iter();
                    let facts = json!({
                        "name": who.name,
                        "issuer": who.issuer,
                        "serial": who.serial,
                        "field": signed.field,
                        "signed_at": now.to_string(),
                        "warnings": warnings.map(|w| json!({"code": w.code(), "message": w.message(Lang::En)})).collect::<Vec<_>>(),
                    });
                    dotted::set(&mut made.json, p.property.trim(), true, facts)?;
                }
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}

#[cfg(test)]
mod tests;
