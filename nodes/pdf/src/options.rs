//! What can be chosen when signing. The node's form, its validation and its reference page come
//! from these types.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::appearance::Arrangement;
use crate::policy::Policy;
use crate::read::Limits;

/// A secret that does not show itself.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent, extend("format" = "password"))]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// How to sign a PDF.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct SignOptions {
    /// Why the document is signed, such as "I approve this contract". Readers show it.
    #[schemars(title = "Reason")]
    pub reason: String,
    /// Where it is signed, such as a city.
    #[schemars(title = "Location")]
    pub location: String,
    /// How to reach the signer, such as an email address.
    #[schemars(title = "Contact")]
    pub contact: String,
    /// The signer's name as readers show it. Empty: the name in the certificate.
    #[schemars(title = "Name")]
    pub name: String,
    /// The signature field. Empty: a new field with a name of its own. The name of a field that is
    /// in the PDF: that field. Any other name: a new field with this name.
    #[schemars(title = "Field")]
    pub field: String,
    /// The password that opens the PDF, if it has one.
    #[schemars(title = "PDF password")]
    pub pdf_password: Option<Secret>,
    /// The kind of signature in the file.
    #[schemars(title = "Format")]
    pub format: Format,
    /// The signature policy of ICP-Brasil that the signature names. It takes the place of the reason.
    #[schemars(title = "Policy")]
    pub policy: Policy,
    /// What may be changed in the PDF after this signature. Only the first signature can say so.
    #[schemars(title = "Certification")]
    pub certification: Certify,
    /// Also list the certification in the document's permissions. Some Brazilian validators then
    /// report later signatures as undetermined.
    #[schemars(title = "Certification in permissions")]
    pub certification_in_permissions: bool,
    /// A box on a page that shows the signature. Without it the signature is in the file but on no page.
    #[schemars(title = "Visible signature")]
    pub visible: Option<Visible>,
    /// The time zone for the time of signing, such as "America/Sao_Paulo". Empty: UTC.
    #[schemars(title = "Time zone")]
    pub time_zone: String,
    /// Sign even if the certificate has expired or is not valid yet. Such signatures are not valid for anyone.
    #[schemars(title = "Allow an expired certificate")]
    pub allow_expired: bool,
    /// Bytes kept free in the signature for a time stamp and for what a key elsewhere may need. A
    /// token with its certificates has 3 to 8 KB.
    #[serde(skip)]
    #[schemars(skip)]
    pub room: usize,
    /// Fields of the form that nobody may change after this signature. A lock that an existing field has goes before.
    #[serde(skip)]
    #[schemars(skip)]
    pub lock: Lock,
    /// Empty signature fields for those who sign later.
    #[serde(skip)]
    #[schemars(skip)]
    pub reserve: Vec<Reserve>,
    #[serde(skip)]
    #[schemars(skip)]
    pub limits: Limits,
}

/// Which fields a signature locks (FieldMDP, ISO 32000-2 12.8.2.4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Lock {
    #[default]
    None,
    /// All fields.
    All,
    /// These fields, and what is below them.
    Only(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// An empty signature field that is made along with a signature.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reserve {
    /// A name that no field has yet.
    pub name: String,
    /// Page and place; without, the field is on no page.
    pub place: Option<(Page, Place)>,
    /// What the later signature will lock.
    pub lock: Lock,
}

/// The `/SubFilter` of a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Format {
    /// PAdES baseline B (ETSI.CAdES.detached): the European and international standard
    #[default]
    Pades,
    /// adbe.pkcs7.detached: for readers older than 2015
    Adobe,
}

/// What a certified document allows (DocMDP).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Certify {
    /// An ordinary signature that certifies nothing
    #[default]
    None,
    /// No changes at all: nobody can sign after it
    NoChanges,
    /// Filling in forms and signing
    FormsAndSigning,
    /// Filling in forms, signing and commenting
    FormsSigningAndComments,
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

/// A box on a page that shows the signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Visible {
    /// The page it is on.
    #[schemars(title = "Page")]
    pub page: Page,
    /// Where it is on the page, as a reader shows the page.
    #[schemars(title = "Place")]
    pub place: Place,
    /// The text in the box. `{name}`, `{cpf}`, `{cnpj}`, `{issuer}`, `{serial}`, `{date}`, `{reason}`,
    /// `{location}` and `{contact}` (also in double braces) become what they name; a line whose
    /// values are all empty is left out. `{cpf}` is masked: ***.456.789-**.
    #[schemars(title = "Text", extend("x-widget" = "textarea"))]
    pub text: String,
    /// How `{date}` is written, in strftime's letters.
    #[schemars(title = "Date format")]
    pub date_format: String,
    /// A thin frame around the box.
    #[schemars(title = "Frame")]
    pub frame: bool,
    /// A picture in the box: a PNG or JPEG file.
    #[serde(skip)]
    #[schemars(skip)]
    pub picture: Option<Vec<u8>>,
    /// Where the picture is.
    #[schemars(title = "Arrangement")]
    pub arrangement: Arrangement,
    /// The text of a QR code in the box, such as the address where the signature can be verified; the words in braces as in
    /// the text. Empty: no code.
    #[schemars(title = "QR code")]
    pub qr: String,
}

impl Default for Visible {
    fn default() -> Self {
        Self {
            page: Page::default(),
            place: Place::default(),
            text: "Digitally signed by\n{name}\n{date}\n{reason}".into(),
            date_format: "%Y-%m-%d %H:%M:%S %:z".into(),
            frame: true,
            picture: None,
            arrangement: Arrangement::Left,
            qr: String::new(),
        }
    }
}

/// A page of the document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Page {
    /// The first page
    First,
    /// The last page
    #[default]
    Last,
    /// The page with this number; 1 is the first, -1 the last
    Number(i64),
}

/// Where the box is. Lengths are in millimetres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// In a corner, 10 mm from the edges
    #[serde(rename_all = "camelCase")]
    Corner {
        corner: Corner,
        /// Width in millimetres
        width: f64,
        /// Height in millimetres
        height: f64,
    },
    /// A rectangle measured from the page's top left
    #[serde(rename_all = "camelCase")]
    Rectangle {
        /// Distance from the left edge in millimetres
        left: f64,
        /// Distance from the top edge in millimetres
        top: f64,
        /// Width in millimetres
        width: f64,
        /// Height in millimetres
        height: f64,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Corner { corner: Corner::BottomRight, width: 70.0, height: 22.0 }
    }
}

/// A corner of the page as a reader shows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Corner {
    /// Top left
    TopLeft,
    /// Top right
    TopRight,
    /// Bottom left
    BottomLeft,
    /// Bottom right
    #[default]
    BottomRight,
}
