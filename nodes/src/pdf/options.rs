//! What can be chosen when signing. The node's form, its validation and its reference page come from this struct, so its
//! fields carry labels and help in both languages (`x-pt`) and hints for the form.

use serde_json::{Value, json};

use super::page::{Corner, Page, Place};
use super::read::Limits;

/// A secret that does not show itself.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline, transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.to_owned())
    }
}

impl Secret {
    /// The secret, if there is one.
    pub(super) fn get(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|secret| !secret.is_empty())
    }
}

/// Label and help in Portuguese.
fn pt(title: &str, description: &str) -> Value {
    json!({ "title": title, "description": description })
}

/// Shown when the box is.
fn visible() -> Value {
    json!({ "/visible": [true] })
}

/// How to sign a PDF. Lengths are in millimetres.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct SignOptions {
    /// Why the document is signed, such as "I approve this contract". Readers show it.
    #[schemars(title = "Reason", extend("x-pt" = pt("Motivo", "Por que o documento é assinado, como \"Aprovo este contrato\". Os leitores o mostram.")))]
    pub reason: String,
    /// Where it is signed, such as a city.
    #[schemars(title = "Location", extend("x-pt" = pt("Local", "Onde é assinado, como uma cidade.")))]
    pub location: String,
    /// How to reach the signer, such as an email address.
    #[schemars(title = "Contact", extend("x-pt" = pt("Contato", "Como falar com o signatário, por exemplo um e-mail."), "x-advanced" = true))]
    pub contact: String,
    /// The signer's name as readers show it. Empty: the name in the certificate.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "O nome do signatário como os leitores o mostram. Vazio: o nome no certificado."), "x-advanced" = true))]
    pub name: String,
    /// Shows the signature in a box on a page. Without it the signature is in the file but on no page.
    #[schemars(title = "Visible on a page", extend("x-pt" = pt("Visível em uma página", "Mostra a assinatura em um quadro na página. Sem isso, a assinatura está no arquivo, mas em nenhuma página.")))]
    pub visible: bool,
    /// The page that the box is on.
    #[schemars(title = "Page", extend("x-pt" = pt("Página", "A página em que o quadro fica."), "x-show-when" = visible()))]
    pub page: PageChoice,
    /// 1 is the first page, -1 the last.
    #[schemars(title = "Page number", extend("x-pt" = pt("Número da página", "1 é a primeira página, -1 a última."), "x-show-when" = {"/visible": [true], "/page": ["number"]}))]
    pub page_number: i64,
    /// Where on the page the box is.
    #[schemars(title = "Place", extend("x-pt" = pt("Lugar", "Onde o quadro fica na página."), "x-show-when" = visible()))]
    pub place: PlaceChoice,
    /// Distance from the page's left edge in millimetres.
    #[schemars(title = "From the left (mm)", extend("x-pt" = pt("Da esquerda (mm)", "Distância da borda esquerda da página, em milímetros."), "x-show-when" = {"/visible": [true], "/place": ["rectangle"]}))]
    pub left: f64,
    /// Distance from the page's top edge in millimetres.
    #[schemars(title = "From the top (mm)", extend("x-pt" = pt("Do topo (mm)", "Distância da borda superior da página, em milímetros."), "x-show-when" = {"/visible": [true], "/place": ["rectangle"]}))]
    pub top: f64,
    /// Width of the box in millimetres.
    #[schemars(title = "Width (mm)", extend("x-pt" = pt("Largura (mm)", "Largura do quadro, em milímetros."), "x-show-when" = visible()))]
    pub width: f64,
    /// Height of the box in millimetres.
    #[schemars(title = "Height (mm)", extend("x-pt" = pt("Altura (mm)", "Altura do quadro, em milímetros."), "x-show-when" = visible()))]
    pub height: f64,
    /// The text in the box. {name}, {cpf} (masked), {cpfFull}, {cnpj}, {issuer}, {serial}, {date}, {reason}, {location} and
    /// {contact} stand for their values; a line whose values are all empty is left out.
    #[schemars(title = "Text", extend("x-pt" = pt("Texto", "O texto no quadro. {name} (nome), {cpf} (mascarado), {cpfFull} (CPF inteiro), {cnpj}, {issuer} (emissor), {serial} (número de série), {date} (data), {reason} (motivo), {location} (local) e {contact} (contato) são trocados pelos seus valores; uma linha cujos valores estão todos vazios é omitida."), "x-widget" = "multiline", "x-show-when" = visible()))]
    pub text: String,
    /// How {date} is written, in strftime's letters.
    #[schemars(title = "Date format", extend("x-pt" = pt("Formato da data", "Como {date} é escrita, com as letras do strftime."), "x-advanced" = true, "x-placeholder" = "%d/%m/%Y %H:%M", "x-show-when" = visible()))]
    pub date_format: String,
    /// A thin frame around the box.
    #[schemars(title = "Frame", extend("x-pt" = pt("Moldura", "Uma moldura fina em volta do quadro."), "x-advanced" = true, "x-show-when" = visible()))]
    pub frame: bool,
    /// The time zone for the time of signing. Empty: UTC.
    #[schemars(title = "Time zone", extend("x-pt" = pt("Fuso horário", "O fuso horário da hora da assinatura. Vazio: UTC."), "x-widget" = "timezone", "x-placeholder" = "America/Sao_Paulo", "x-advanced" = true))]
    pub time_zone: String,
    /// The signature field. Empty: a new field. The name of a field in the PDF: that field. Another name: a new field with
    /// that name.
    #[schemars(title = "Field", extend("x-pt" = pt("Campo", "O campo de assinatura. Vazio: um campo novo. O nome de um campo do PDF: esse campo. Outro nome: um campo novo com esse nome."), "x-advanced" = true))]
    pub field: String,
    /// What may be changed in the PDF after this signature. Only the first signature can say so.
    #[schemars(title = "Certification", extend("x-pt" = pt("Certificação", "O que pode ser alterado no PDF depois desta assinatura. Só a primeira assinatura pode dizer isso."), "x-advanced" = true))]
    pub certification: Certify,
    /// Also lists the certification in the document's permissions. Some Brazilian validators then report later signatures
    /// as undetermined.
    #[schemars(title = "Certification in permissions", extend("x-pt" = pt("Certificação nas permissões", "Inclui a certificação também nas permissões do documento. Alguns validadores brasileiros passam a indicar assinaturas posteriores como indeterminadas."), "x-advanced" = true, "x-show-when" = {"/certification": ["no_changes", "forms", "forms_and_comments"]}))]
    pub certification_in_permissions: bool,
    /// The kind of signature in the file.
    #[schemars(title = "Format", extend("x-pt" = pt("Formato", "O tipo de assinatura no arquivo."), "x-advanced" = true))]
    pub format: Format,
    /// The password that opens the PDF, if it has one.
    #[schemars(title = "PDF password", extend("x-pt" = pt("Senha do PDF", "A senha que abre o PDF, se houver."), "x-advanced" = true))]
    pub pdf_password: Secret,
    /// Signs although the certificate has expired or is not valid yet. Nobody accepts such a signature.
    #[schemars(title = "Allow an expired certificate", extend("x-pt" = pt("Permitir certificado vencido", "Assina mesmo que o certificado tenha vencido ou ainda não valha. Ninguém aceita uma assinatura assim."), "x-advanced" = true))]
    pub allow_expired: bool,
    #[serde(skip)]
    #[schemars(skip)]
    pub limits: Limits,
}

impl Default for SignOptions {
    fn default() -> Self {
        Self {
            reason: String::new(),
            location: String::new(),
            contact: String::new(),
            name: String::new(),
            visible: false,
            page: PageChoice::default(),
            page_number: 1,
            place: PlaceChoice::default(),
            left: 20.0,
            top: 20.0,
            width: 70.0,
            height: 22.0,
            text: "Digitally signed by\n{name}\n{date}\n{reason}".into(),
            date_format: "%Y-%m-%d %H:%M:%S %:z".into(),
            frame: true,
            time_zone: String::new(),
            field: String::new(),
            certification: Certify::default(),
            certification_in_permissions: false,
            format: Format::default(),
            pdf_password: Secret::default(),
            allow_expired: false,
            limits: Limits::default(),
        }
    }
}

impl SignOptions {
    pub(super) fn page(&self) -> Page {
        match self.page {
            PageChoice::First => Page::First,
            PageChoice::Last => Page::Last,
            PageChoice::Number => Page::Number(self.page_number),
        }
    }

    pub(super) fn place(&self) -> Place {
        let (width, height) = (self.width, self.height);
        let corner = match self.place {
            PlaceChoice::Rectangle => return Place::Rectangle { left: self.left, top: self.top, width, height },
            PlaceChoice::TopLeft => Corner::TopLeft,
            PlaceChoice::TopRight => Corner::TopRight,
            PlaceChoice::BottomLeft => Corner::BottomLeft,
            PlaceChoice::BottomRight => Corner::BottomRight,
        };
        Place::Corner { corner, width, height }
    }
}

/// An enum of fixed choices with a label in each language.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$inner:meta])* $variant:ident = $value:literal, $en:literal, $pt:literal; )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[$inner])* #[serde(rename = $value)] $variant, )+ }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "enum": [$($value),+],
                    "x-widget": "select",
                    "x-options": { $( $value: {"en": $en, "pt": $pt} ),+ },
                })
            }
        }
    };
}

choice! {
    /// The `/SubFilter` of a signature.
    pub enum Format {
        #[default]
        Pades = "pades", "PAdES (international standard)", "PAdES (padrão internacional)";
        Adobe = "adobe", "PKCS#7 (for old readers)", "PKCS#7 (para leitores antigos)";
    }
}

choice! {
    /// What a certified document allows (DocMDP).
    pub enum Certify {
        #[default]
        None = "none", "None: an ordinary signature", "Nenhuma: uma assinatura comum";
        NoChanges = "no_changes", "No changes: nobody can sign after it", "Nenhuma alteração: ninguém mais pode assinar";
        FormsAndSigning = "forms", "Forms and further signatures", "Formulários e outras assinaturas";
        FormsSigningAndComments = "forms_and_comments", "Forms, further signatures and comments", "Formulários, outras assinaturas e comentários";
    }
}

choice! {
    /// A page of the document.
    pub enum PageChoice {
        First = "first", "First page", "Primeira página";
        #[default]
        Last = "last", "Last page", "Última página";
        Number = "number", "Page number", "Número da página";
    }
}

choice! {
    /// A corner of the page, 10 mm from its edges, or any place.
    pub enum PlaceChoice {
        TopLeft = "top_left", "Top left", "No alto à esquerda";
        TopRight = "top_right", "Top right", "No alto à direita";
        BottomLeft = "bottom_left", "Bottom left", "Embaixo à esquerda";
        #[default]
        BottomRight = "bottom_right", "Bottom right", "Embaixo à direita";
        Rectangle = "rectangle", "Elsewhere", "Em outro lugar";
    }
}

impl Certify {
    /// The number in `/P`.
    pub fn level(self) -> Option<i64> {
        match self {
            Self::None => None,
            Self::NoChanges => Some(1),
            Self::FormsAndSigning => Some(2),
            Self::FormsSigningAndComments => Some(3),
        }
    }
}
