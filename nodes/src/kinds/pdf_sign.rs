//! Sign PDF: a PAdES signature with a PKCS#12 certificate, or the first step of one with a key elsewhere.

mod again;
mod elsewhere;
pub(super) mod level;
pub mod look;
pub(super) mod outside;
pub(super) mod reach;
pub mod reserve;
pub(super) mod work;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use flow::check::Finding;
use flow::{Group, Item, KindDescription, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::common::file;
use super::describe::{choice, describe, pt, slot, words};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};
use again::Again;
use level::{Key, Level, Policy, Profile};
use look::Arrangement;
use outside::Outside;
use pdf::{self, Certified, RawSigner};
use reserve::Reserved;
use work::identity;
pub(super) use work::{blocking, error, password, password_slot, share};

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
        Pades = "pades", "PAdES (ETSI.CAdES.detached)", "PAdES (ETSI.CAdES.detached)";
        Adobe = "adobe", "For readers before 2015 (adbe.pkcs7.detached)", "Para leitores anteriores a 2015 (adbe.pkcs7.detached)";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to sign.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a assinar."), "x-widget" = "binary-property"))]
    pub file: String,
    /// Where the key that signs is. A key elsewhere, such as one in the cloud or on a card, takes two steps: this one
    /// gives a prepared PDF and the digest to sign, and “Finish PDF signature” puts the signature in, days later if need be.
    #[schemars(title = "Key", extend("x-pt" = pt("Chave", "Onde está a chave que assina. Uma chave externa, como na nuvem ou em um cartão, leva duas etapas: esta dá um PDF preparado e o resumo a assinar, e “Concluir assinatura de PDF” coloca a assinatura, até dias depois."), "x-no-expression" = true, "x-advanced" = true))]
    pub key: Key,
    /// The certificate of the key elsewhere as PEM, followed by those above it.
    #[schemars(title = "Certificate (PEM)", extend("x-pt" = pt("Certificado (PEM)", "O certificado da chave externa em PEM, seguido dos que estão acima dele."), "x-widget" = "multiline", "x-show-when" = {"/key": ["elsewhere"]}))]
    pub certificate: String,
    /// Kilobytes kept free in the prepared PDF for a time stamp. What does not fit later is an error.
    #[schemars(title = "Room for a time stamp", range(min = 1, max = 1024), extend("x-pt" = pt("Espaço para um carimbo", "Kilobytes reservados no PDF preparado para um carimbo do tempo. O que depois não couber é um erro."), "x-show-when" = {"/key": ["elsewhere"]}))]
    pub room_kb: u32,
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
    /// Time stamp and proofs.
    #[schemars(title = "Proof", extend("x-pt" = pt("Prova", "Carimbo do tempo e provas."), "x-show-when" = {"/key": ["credential"]}))]
    pub level: Level,
    /// The policy of ICP-Brasil that the signature names; it takes the reason's place in the file. PBAD.PAdES is ITI's own
    /// format, which only its validator and few others read. AD-RT needs a time stamp.
    #[schemars(title = "Policy (ICP-Brasil)", extend("x-pt" = pt("Política (ICP-Brasil)", "A política da ICP-Brasil que a assinatura nomeia; ela toma o lugar do motivo no arquivo. PBAD.PAdES é o formato próprio do ITI, que só o validador dele e poucos outros leem. AD-RT precisa de carimbo do tempo."), "x-advanced" = true))]
    pub policy: Policy,
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
    /// A picture in the box, such as a logo or a signature by hand: the item's file (PNG or JPEG) with this name; none when
    /// empty.
    #[schemars(title = "Picture", extend("x-pt" = pt("Imagem", "Uma imagem na caixa, como um logotipo ou uma rubrica: o arquivo do item (PNG ou JPEG) com este nome; nenhuma quando vazio."), "x-widget" = "binary-property", "x-show-when" = {"/visible": [true]}))]
    pub image: String,
    /// A QR code in the box with this text, such as the address where the signature can be verified. The words in braces
    /// work here too. No code when empty.
    #[schemars(title = "QR code", extend("x-pt" = pt("QR code", "Um QR code na caixa com este texto, como o endereço onde a assinatura pode ser verificada. As palavras entre chaves também valem aqui. Nenhum quando vazio."), "x-placeholder" = "https://example.org/verify/{serial}", "x-show-when" = {"/visible": [true]}))]
    pub qr: String,
    /// Where in the box the picture is.
    #[schemars(title = "Picture's place", extend("x-pt" = pt("Lugar da imagem", "Onde na caixa a imagem fica."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub arrangement: Arrangement,
    /// How {date} is written, in strftime's letters.
    #[schemars(title = "Date format", extend("x-pt" = pt("Formato da data", "Como {date} é escrito, nas letras de strftime."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub date_format: String,
    /// Draws a thin frame around the box.
    #[schemars(title = "Frame", extend("x-pt" = pt("Moldura", "Desenha uma moldura fina ao redor da caixa."), "x-show-when" = {"/visible": [true]}, "x-advanced" = true))]
    pub frame: bool,
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
    /// What happens with a PDF that this certificate has signed already, and that nobody changed since; signatures of others,
    /// proofs and time stamps are no change. So a repeated run does not sign twice.
    #[schemars(title = "If already signed", extend("x-pt" = pt("Se já assinado", "O que acontece com um PDF que este certificado já assinou e que ninguém mudou desde então; assinaturas de outros, provas e carimbos não são mudança. Assim uma execução repetida não assina duas vezes."), "x-advanced" = true))]
    pub again: Again,
    /// Field of the item that tells of the signature (signer, serial, time, level, warnings); none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que descreve a assinatura (quem, série, hora, nível, avisos); nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        let visible = pdf::Visible::default();
        Self {
            file: "data".into(),
            key: Key::Credential,
            certificate: String::new(),
            room_kb: 24,
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
            level: Level::default(),
            policy: Policy::None,
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
            again: Again::Sign,
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
            policy: self.policy.into(),
            room: match self.key {
                // Which level it will reach is told in the second step.
                Key::Elsewhere => (self.room_kb.clamp(1, 1024) as usize) << 10,
                Key::Credential if self.level.profile >= Profile::T => reach::ROOM,
                Key::Credential => 0,
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
        let suffix = if self.key == Key::Elsewhere { "-prepared" } else { "-signed" };
        super::pdf_tools::name(&self.file_name, old, suffix)
    }
}

pub struct PdfSign;

/// Signatures under way at once; each takes one core.
pub(super) const AT_ONCE: usize = 4;

#[async_trait]
impl NodeKind for PdfSign {
    fn describe(&self) -> KindDescription {
        let shown = Some(("/key", json!("credential")));
        let mut credentials =
            vec![slot("certificate", ["Certificate", "Certificado"], &["pkcs12"], shown), password_slot()];
        credentials.extend(level::slots());
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
            credentials,
            ..describe::<Parameters>(
                "pdf_sign",
                ["Sign PDF", "Assinar PDF"],
                ["Signs with a certificate", "Assina com um certificado"],
                Group::Pdf,
                "signature",
            )
        }
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        level::check_signing(node)
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        if context.node.parameters.get("key") == Some(&json!("elsewhere")) {
            return elsewhere::prepare(context).await;
        }
        if context.input().is_empty() {
            return context.map_items(1, |_, _, _: Parameters| async { Ok(Vec::new()) }).await.map(Into::into);
        }
        let identity = identity(context).await?;
        let identity = &identity;
        let certificate = &Arc::new(identity.certificate().to_vec());
        let password = &password(context).await?;
        let outside = &Outside::new(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let blob = file(&item, &p.file)?;
                let share = Arc::new(share(blob).await?);
                let content = context.blobs.read(blob, context.max_bytes).await?;
                let password = if p.encrypted { password.as_deref() } else { None };
                if let Some(passed) = again::passed(&item, &p, &content, certificate, password).await? {
                    return Ok(vec![passed]);
                }
                let now = context.clock.now();
                let mut options = p.options(&context.timezone, password);
                look::complete(context, &item, &p, &mut options).await?;
                let signed = loop {
                    let (content, signer, tried) = (content.clone(), identity.clone(), options.clone());
                    let share = share.clone();
                    let (prepared, signature) = blocking(move || {
                        // The work goes on when the run is cancelled meanwhile; its share goes with it.
                        let _share = share;
                        let signer: &dyn RawSigner = signer.as_ref();
                        let prepared =
                            pdf::prepare(&content, &Certified::of(signer), &tried, now).map_err(|e| error(&e))?;
                        let signature = signer.sign(prepared.to_sign()).map_err(|e| error(&e))?;
                        Ok((prepared, signature))
                    })
                    .await?;
                    match reach::finish(outside, &p.level, prepared, signature).await? {
                        // The time stamp is larger than most: once more, with room for it.
                        Err(pdf::Error::Level(pdf::LevelError::NoRoom { needed, .. }))
                            if options.room <= reach::ROOM =>
                        {
                            options.room = needed + 1024;
                        }
                        other => break other.map_err(|e| error(&e))?,
                    }
                };
                let secret = options.pdf_password.take();
                let mut reached = reach::extend(outside, &p.level, signed, secret).await?;
                let ends = identity.summary().not_after;
                reached.warnings.extend(pdf::Warning::of_end(ends, now, context.certificate_days));
                let mut made = with_file(context, &item, &p, std::mem::take(&mut reached.pdf)).await?;
                reached.tell(&mut made, &p.property, &identity.summary(), Some(now))?;
                Ok(vec![made])
            })
            .await?;
        Ok(output.into())
    }
}

/// The item with its new file.
async fn with_file(context: &Context, item: &Item, p: &Parameters, pdf: Vec<u8>) -> Result<Item, NodeError> {
    let name = p.name_for(&file(item, &p.file)?.file_name);
    let written = context.blobs.write(&name, "application/pdf", Bytes::from(pdf)).await?;
    let mut made = item.clone();
    let property = if p.output.trim().is_empty() { p.file.trim() } else { p.output.trim() };
    made.binary.insert(property.to_owned(), written);
    Ok(made)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_level;
