//! What can go wrong while a PDF is changed or read by the tools.

use crate::error::Lang;

/// Why a tool could not do its work. Part of [`crate::Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolError {
    /// The change would break signatures.
    Signed { signers: String },
    /// Certified so that this change is not allowed.
    ChangeLocked { signer: String },
    /// No file was given to merge.
    NothingToMerge,
    /// A page list that is none.
    PageList { text: String },
    /// A page list names a page that is not there.
    PageBeyond { page: i64, pages: usize },
    /// The result would have more pages or bytes than the limit.
    TooMuch { limit: String },
    /// The form has no such field.
    FieldMissing { field: String, known: String },
    /// The value does not fit the field.
    FieldValue { field: String, wanted: Wanted },
    /// Fields of this kind cannot be filled.
    FieldKind { field: String },
    /// The picture is neither PNG nor JPEG, or is damaged.
    Image,
    /// The picture has too many pixels.
    ImageSize { pixels: u64, limit: u64 },
    /// More text than a QR code holds.
    QrText { bytes: usize },
    /// Nothing was given to stamp.
    NothingToStamp,
}

/// What a field of the form takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A text of at most so many characters.
    Text {
        at_most: Option<usize>,
    },
    YesOrNo,
    /// One of these.
    OneOf {
        options: String,
    },
    /// One or several of these.
    SomeOf {
        options: String,
    },
}

impl Wanted {
    fn english(&self) -> String {
        match self {
            Self::Text { at_most: None } => "a text".into(),
            Self::Text { at_most: Some(most) } => format!("a text of at most {most} characters"),
            Self::YesOrNo => "yes or no (true or false)".into(),
            Self::OneOf { options } => format!("one of: {options}"),
            Self::SomeOf { options } => format!("one or several of: {options}"),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::Text { at_most: None } => "um texto".into(),
            Self::Text { at_most: Some(most) } => format!("um texto de até {most} caracteres"),
            Self::YesOrNo => "sim ou não (true ou false)".into(),
            Self::OneOf { options } => format!("um destes: {options}"),
            Self::SomeOf { options } => format!("um ou mais destes: {options}"),
        }
    }
}

impl ToolError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signed { .. } => "pdf_signed",
            Self::ChangeLocked { .. } => "pdf_change_locked",
            Self::NothingToMerge => "pdf_nothing_to_merge",
            Self::PageList { .. } => "pdf_page_list",
            Self::PageBeyond { .. } => "pdf_page_beyond",
            Self::TooMuch { .. } => "pdf_result_too_large",
            Self::FieldMissing { .. } => "pdf_field_missing",
            Self::FieldValue { .. } => "pdf_field_value",
            Self::FieldKind { .. } => "pdf_field_kind",
            Self::Image => "pdf_image",
            Self::ImageSize { .. } => "pdf_image_size",
            Self::QrText { .. } => "pdf_qr_text",
            Self::NothingToStamp => "pdf_nothing_to_stamp",
        }
    }

    /// What happened and what to do.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Signed { signers } => format!(
                "The PDF is signed by {signers}, and this change would break the signature. Use the unsigned file, or choose in the node what happens with signed ones."
            ),
            Self::ChangeLocked { signer } => format!(
                "{signer} signed this PDF without allowing this change. Use the file as it was before, or ask for one that was signed or certified with forms allowed."
            ),
            Self::NothingToMerge => {
                "There is no PDF to merge. Check the name of the file property and the step before.".into()
            }
            Self::PageList { text } => format!(
                "“{text}” is no list of pages. Write numbers and ranges such as 1-3, 5, -1 (the last page), odd, even or all."
            ),
            Self::PageBeyond { page, pages } => {
                format!("The PDF has no page {page}; it has {pages}. Choose pages from 1 to {pages}.")
            }
            Self::TooMuch { limit } => {
                format!("The result would have more than {limit}. Work on fewer or smaller files at once.")
            }
            Self::FieldMissing { field, known } => {
                format!("The form has no field “{field}”. It has: {known}. Correct the name, or allow unknown names.")
            }
            Self::FieldValue { field, wanted } => {
                format!("The value for the field “{field}” does not fit. It takes {}.", wanted.english())
            }
            Self::FieldKind { field } => {
                format!("The field “{field}” is a button or a signature, which cannot be filled. Leave it out.")
            }
            Self::Image => {
                "The picture is neither a PNG nor a JPEG, or it is damaged. Save it again as PNG or JPEG.".into()
            }
            Self::ImageSize { pixels, limit } => format!(
                "The picture has {} million pixels, more than the limit of {}. Make it smaller first.",
                pixels.div_ceil(1_000_000),
                limit / 1_000_000
            ),
            Self::QrText { bytes } => {
                format!("The text of the QR code has {bytes} bytes, more than one holds. Use a shorter address.")
            }
            Self::NothingToStamp => {
                "There is nothing to stamp: the text is empty. Give a text, a picture or the text of a QR code.".into()
            }
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::Signed { signers } => format!(
                "O PDF está assinado por {signers}, e esta alteração quebraria a assinatura. Use o arquivo sem assinatura, ou escolha no nó o que acontece com os assinados."
            ),
            Self::ChangeLocked { signer } => format!(
                "{signer} assinou este PDF sem permitir esta alteração. Use o arquivo como era antes ou peça um assinado ou certificado que permita formulários."
            ),
            Self::NothingToMerge => {
                "Não há PDF para juntar. Verifique o nome da propriedade do arquivo e o passo anterior.".into()
            }
            Self::PageList { text } => format!(
                "“{text}” não é uma lista de páginas. Escreva números e intervalos como 1-3, 5, -1 (a última página), odd (ímpares), even (pares) ou all (todas)."
            ),
            Self::PageBeyond { page, pages } => {
                format!("O PDF não tem a página {page}; ele tem {pages}. Escolha páginas de 1 a {pages}.")
            }
            Self::TooMuch { limit } => {
                format!("O resultado teria mais de {limit}. Trabalhe com menos arquivos, ou menores, de cada vez.")
            }
            Self::FieldMissing { field, known } => {
                format!(
                    "O formulário não tem o campo “{field}”. Ele tem: {known}. Corrija o nome, ou permita nomes desconhecidos."
                )
            }
            Self::FieldValue { field, wanted } => {
                format!("O valor do campo “{field}” não serve. Ele aceita {}.", wanted.portuguese())
            }
            Self::FieldKind { field } => {
                format!("O campo “{field}” é um botão ou uma assinatura, que não se preenche. Deixe-o de fora.")
            }
            Self::Image => "A imagem não é PNG nem JPEG, ou está danificada. Salve-a de novo como PNG ou JPEG.".into(),
            Self::ImageSize { pixels, limit } => format!(
                "A imagem tem {} milhões de pixels, mais que o limite de {}. Reduza-a primeiro.",
                pixels.div_ceil(1_000_000),
                limit / 1_000_000
            ),
            Self::QrText { bytes } => {
                format!("O texto do QR code tem {bytes} bytes, mais do que cabe. Use um endereço mais curto.")
            }
            Self::NothingToStamp => {
                "Não há o que carimbar: o texto está vazio. Informe um texto, uma imagem ou o texto de um QR code."
                    .into()
            }
        }
    }
}

impl From<ToolError> for crate::Error {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}
