//! Stamp PDF: a text, a picture or a QR code on its pages.

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use pdf::tools::{Mark, StampOptions, StampPlace};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::file;
use super::describe::{choice, describe, pt, words};
use super::pdf_sign::look::picture;
use super::pdf_sign::{password, password_slot};
use super::pdf_tools::{AT_ONCE, Signed, Target, on_file, secret, with_changed};
use crate::context::{Context, Outcome};
use crate::{NodeError, NodeKind};

choice! {
    /// What is stamped.
    pub enum What {
        #[default]
        Text = "text", "A text", "Um texto";
        Picture = "picture", "A picture", "Uma imagem";
        Qr = "qr", "A QR code", "Um QR code";
    }
}

choice! {
    /// Where on the page it is.
    pub enum Place {
        TopLeft = "top_left", "Top left", "No alto à esquerda";
        TopRight = "top_right", "Top right", "No alto à direita";
        BottomLeft = "bottom_left", "Bottom left", "Embaixo à esquerda";
        #[default]
        BottomRight = "bottom_right", "Bottom right", "Embaixo à direita";
        Middle = "middle", "In the middle", "No meio";
        Measured = "measured", "By measure", "Por medida";
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// The item's file to stamp.
    #[schemars(title = "PDF", extend("x-pt" = pt("PDF", "O arquivo do item a carimbar."), "x-widget" = "binary-property"))]
    pub file: String,
    /// What is stamped.
    #[schemars(title = "Stamp", extend("x-pt" = pt("Carimbo", "O que é carimbado.")))]
    pub what: What,
    /// The text; {page} and {pages} become the page's number and how many there are. For a QR code, what it says.
    #[schemars(title = "Text", extend("x-pt" = pt("Texto", "O texto; {page} e {pages} viram o número da página e quantas há. Num QR code, o que ele diz."), "x-widget" = "multiline", "x-show-when" = {"/what": ["text", "qr"]}, "x-placeholder" = "{page}/{pages}"))]
    pub text: String,
    /// The item's file with the picture (PNG or JPEG).
    #[schemars(title = "Picture", extend("x-pt" = pt("Imagem", "O arquivo do item com a imagem (PNG ou JPEG)."), "x-widget" = "binary-property", "x-show-when" = {"/what": ["picture"]}))]
    pub picture: String,
    /// Height of the letters in points; as large as fits when 0.
    #[schemars(title = "Size of the letters", range(min = 0, max = 400), extend("x-pt" = pt("Tamanho das letras", "A altura das letras em pontos; o maior que couber quando 0."), "x-show-when" = {"/what": ["text"]}))]
    pub size: f64,
    /// The letters' colour, such as #c00000.
    #[schemars(title = "Colour", extend("x-pt" = pt("Cor", "A cor das letras, como #c00000."), "x-widget" = "color", "x-show-when" = {"/what": ["text"]}))]
    pub colour: String,
    /// Which pages: 1-3, 5, -1 (the last), odd, even; all when empty.
    #[schemars(title = "Pages", extend("x-pt" = pt("Páginas", "Quais páginas: 1-3, 5, -1 (a última), odd (ímpares), even (pares); todas quando vazio."), "x-placeholder" = "1-3, 5"))]
    pub pages: String,
    /// Where on the page it is.
    #[schemars(title = "Place", extend("x-pt" = pt("Lugar", "Onde na página ele fica.")))]
    pub place: Place,
    /// Millimetres from the page's left edge.
    #[schemars(title = "From the left", extend("x-pt" = pt("Da esquerda", "Milímetros a partir da borda esquerda da página."), "x-show-when" = {"/place": ["measured"]}))]
    pub left: f64,
    /// Millimetres from the page's upper edge.
    #[schemars(title = "From the top", extend("x-pt" = pt("Do alto", "Milímetros a partir da borda superior da página."), "x-show-when" = {"/place": ["measured"]}))]
    pub top: f64,
    /// Width of its place in millimetres.
    #[schemars(title = "Width", range(min = 1), extend("x-pt" = pt("Largura", "A largura do seu lugar em milímetros.")))]
    pub width: f64,
    /// Height of its place in millimetres.
    #[schemars(title = "Height", range(min = 1), extend("x-pt" = pt("Altura", "A altura do seu lugar em milímetros.")))]
    pub height: f64,
    /// Degrees by which it is turned, against the clock.
    #[schemars(title = "Turn", extend("x-pt" = pt("Girar", "Graus em que é girado, no sentido anti-horário.")))]
    pub rotate: f64,
    /// Percent: 100 hides what is below, 20 is a watermark.
    #[schemars(title = "Opacity", range(min = 0, max = 100), extend("x-pt" = pt("Opacidade", "Por cento: 100 esconde o que está embaixo, 20 é uma marca d'água.")))]
    pub opacity: f64,
    /// Puts it below what is on the page already.
    #[schemars(title = "Behind the page's content", extend("x-pt" = pt("Atrás do conteúdo", "Põe o carimbo embaixo do que já está na página."), "x-advanced" = true))]
    pub behind: bool,
    /// Name that the stamped PDF gets in the item; the same name replaces the old one.
    #[schemars(title = "Put PDF into", extend("x-pt" = pt("Colocar PDF em", "Nome que o PDF carimbado recebe no item; o mesmo nome substitui o antigo."), "x-widget" = "text"))]
    pub output: String,
    /// The new file's name; the old name with -stamped when empty.
    #[schemars(title = "File name", extend("x-pt" = pt("Nome do arquivo", "O nome do novo arquivo; o nome antigo com -stamped quando vazio."), "x-advanced" = true))]
    pub file_name: String,
    /// What happens with a signed PDF: a stamp breaks signatures.
    #[schemars(title = "When it is signed", extend("x-pt" = pt("Quando está assinado", "O que acontece com um PDF assinado: um carimbo quebra assinaturas."), "x-advanced" = true))]
    pub signed: Signed,
    /// The PDF opens with a password; it comes from a credential.
    #[schemars(title = "The PDF has a password", extend("x-pt" = pt("O PDF tem senha", "O PDF abre com uma senha; ela vem de uma credencial."), "x-no-expression" = true, "x-advanced" = true))]
    pub encrypted: bool,
    /// Field of the item that tells of warnings; none when empty.
    #[schemars(title = "Put facts into", extend("x-pt" = pt("Colocar dados em", "Campo do item que conta os avisos; nenhum quando vazio."), "x-widget" = "text", "x-advanced" = true))]
    pub property: String,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            file: "data".into(),
            what: What::Text,
            text: "{page}/{pages}".into(),
            picture: "image".into(),
            size: 10.0,
            colour: "#1a1a1a".into(),
            pages: String::new(),
            place: Place::BottomRight,
            left: 20.0,
            top: 20.0,
            width: 40.0,
            height: 10.0,
            rotate: 0.0,
            opacity: 100.0,
            behind: false,
            output: "data".into(),
            file_name: String::new(),
            signed: Signed::Refuse,
            encrypted: false,
            property: String::new(),
        }
    }
}

impl Parameters {
    fn place(&self) -> StampPlace {
        let (width, height) = (self.width, self.height);
        let corner = |corner| StampPlace::At(pdf::Place::Corner { corner, width, height });
        match self.place {
            Place::TopLeft => corner(pdf::Corner::TopLeft),
            Place::TopRight => corner(pdf::Corner::TopRight),
            Place::BottomLeft => corner(pdf::Corner::BottomLeft),
            Place::BottomRight => corner(pdf::Corner::BottomRight),
            Place::Middle => StampPlace::Middle { width, height },
            Place::Measured => StampPlace::At(pdf::Place::Rectangle { left: self.left, top: self.top, width, height }),
        }
    }

    async fn options(&self, context: &Context, item: &Item, password: Option<&str>) -> Result<StampOptions, NodeError> {
        let mark = match self.what {
            What::Text => Mark::Text { text: self.text.clone(), size: self.size, colour: colour(&self.colour)? },
            What::Qr => Mark::Qr(self.text.trim().to_owned()),
            What::Picture => Mark::Picture(match picture(context, item, &self.picture).await? {
                Some(picture) => picture,
                None => file(item, &self.picture).map(|_| Vec::new())?,
            }),
        };
        Ok(StampOptions {
            pages: self.pages.clone(),
            rotate: self.rotate,
            opacity: self.opacity / 100.0,
            behind: self.behind,
            signed: self.signed.into(),
            password: secret(password, self.encrypted),
            ..StampOptions::new(mark, self.place())
        })
    }
}

/// `#rrggbb` or `#rgb`.
fn colour(text: &str) -> Result<[f64; 3], NodeError> {
    let wrong = || {
        let text =
            format!("“{}” is no colour. Write it like #c00000.", text.trim().chars().take(20).collect::<String>());
        NodeError::new("parameter_invalid", text)
    };
    let digits = text.trim().trim_start_matches('#');
    let value = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
    let parts = match digits.len() {
        6 => [value >> 16, value >> 8 & 255, value & 255],
        3 => [value >> 8, value >> 4 & 15, value & 15].map(|part| part * 17),
        _ => return Err(wrong()),
    };
    Ok(parts.map(|part| f64::from(part) / 255.0))
}

pub struct PdfStamp;

#[async_trait]
impl NodeKind for PdfStamp {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&[
                "watermark",
                "page numbers",
                "logo",
                "qr",
                "carimbo",
                "marca d'água",
                "numerar",
                "logotipo",
            ]),
            credentials: vec![password_slot()],
            ..describe::<Parameters>(
                "pdf_stamp",
                ["Stamp PDF", "Carimbar PDF"],
                ["Text or picture on pages", "Texto ou imagem nas páginas"],
                Group::Pdf,
                "stamp",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let password = &password(context).await?;
        let output = context
            .map_items(AT_ONCE, |_, item, p: Parameters| async move {
                let options = p.options(context, &item, password.as_deref()).await?;
                let changed = on_file(context, &item, &p.file, move |pdf| pdf::tools::stamp(pdf, &options)).await?;
                let target = Target {
                    file: &p.file,
                    output: &p.output,
                    file_name: &p.file_name,
                    suffix: "-stamped",
                    facts: &p.property,
                };
                Ok(vec![with_changed(context, &item, target, changed).await?])
            })
            .await?;
        Ok(output.into())
    }
}

#[cfg(test)]
mod tests;
