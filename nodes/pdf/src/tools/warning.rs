//! What a person should know although the tool did its work.

use crate::error::Lang;

/// Something worth knowing about what a tool made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolWarning {
    /// The input was encrypted, the result is not.
    ProtectionRemoved,
    /// Signatures became pictures.
    SignaturesRemoved { signers: String },
    /// The change breaks signatures, as was asked for.
    SignaturesBroken { signers: String },
    /// The structure for screen readers is not in the result.
    TagsRemoved,
    /// The input said that it is PDF/A, which the result is not.
    PdfaLost,
    /// The embedded font lacks letters.
    MissingLetters { letters: String },
    /// The XFA twin of the form was taken out.
    XfaRemoved,
    /// The form computes values with scripts, which did not run.
    ScriptsNotRun,
    /// There is more text than was asked for.
    TextCut,
    /// Some letters have no known meaning.
    UnknownLetters { count: usize },
    /// Transparency is not allowed in PDF/A-1, so the stamp is opaque.
    OpacityIgnored,
    /// The cross-reference table was damaged.
    Repaired,
    /// Names that the form does not have.
    UnknownFields { names: String },
}

impl ToolWarning {
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProtectionRemoved => "pdf_protection_removed",
            Self::SignaturesRemoved { .. } => "pdf_signatures_removed",
            Self::SignaturesBroken { .. } => "pdf_signatures_broken",
            Self::TagsRemoved => "pdf_tags_removed",
            Self::PdfaLost => "pdf_pdfa_lost",
            Self::MissingLetters { .. } => "pdf_missing_letters",
            Self::XfaRemoved => "pdf_xfa_removed",
            Self::ScriptsNotRun => "pdf_scripts_not_run",
            Self::TextCut => "pdf_text_cut",
            Self::UnknownLetters { .. } => "pdf_unknown_letters",
            Self::OpacityIgnored => "pdf_opacity_ignored",
            Self::Repaired => "pdf_repaired",
            Self::UnknownFields { .. } => "pdf_unknown_fields",
        }
    }

    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::ProtectionRemoved => "The PDF was protected with a password; the new file is not.".into(),
            Self::SignaturesRemoved { signers } => {
                format!("The signatures of {signers} are only pictures in the new file. Keep the signed file as proof.")
            }
            Self::SignaturesBroken { signers } => format!(
                "The signatures of {signers} are broken by this change, as was chosen. Keep the signed file as proof."
            ),
            Self::TagsRemoved => "The structure for screen readers (tags) is not in the new file.".into(),
            Self::PdfaLost => "The PDF was marked as PDF/A; the new file is not.".into(),
            Self::MissingLetters { letters } => {
                format!("“?” stands in place of these letters, which the font lacks: {letters}")
            }
            Self::XfaRemoved => "The form's XFA twin was taken out, so that readers show the new values.".into(),
            Self::ScriptsNotRun => {
                "The form computes some values with scripts, which did not run. Fill in those fields too.".into()
            }
            Self::TextCut => "There is more text than the limit; the rest is left out.".into(),
            Self::UnknownLetters { count } => format!(
                "{count} letters could not be read, because the PDF does not say what they mean; “\u{fffd}” stands in their place."
            ),
            Self::OpacityIgnored => "PDF/A-1 allows no transparency, so the stamp is opaque.".into(),
            Self::Repaired => "The PDF's internal table was damaged and has been repaired.".into(),
            Self::UnknownFields { names } => format!("The form has no such fields, so they were left out: {names}"),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::ProtectionRemoved => "O PDF estava protegido por senha; o novo arquivo não está.".into(),
            Self::SignaturesRemoved { signers } => format!("As assinaturas de {signers} são apenas imagens no novo arquivo. Guarde o arquivo assinado como prova."),
            Self::SignaturesBroken { signers } => format!("As assinaturas de {signers} são quebradas por esta alteração, como foi escolhido. Guarde o arquivo assinado como prova."),
            Self::TagsRemoved => "A estrutura para leitores de tela (tags) não está no novo arquivo.".into(),
            Self::PdfaLost => "O PDF estava marcado como PDF/A; o novo arquivo não está.".into(),
            Self::MissingLetters { letters } => format!("“?” fica no lugar destas letras, que faltam na fonte: {letters}"),
            Self::XfaRemoved => "A versão XFA do formulário foi retirada, para que os leitores mostrem os novos valores.".into(),
            Self::ScriptsNotRun => "O formulário calcula alguns valores com scripts, que não foram executados. Preencha também esses campos.".into(),
            Self::TextCut => "Há mais texto que o limite; o resto ficou de fora.".into(),
            Self::UnknownLetters { count } => format!("{count} letras não puderam ser lidas, porque o PDF não diz o que significam; “\u{fffd}” fica no lugar delas."),
            Self::OpacityIgnored => "O PDF/A-1 não permite transparência, por isso o carimbo é opaco.".into(),
            Self::Repaired => "A tabela interna do PDF estava danificada e foi reparada.".into(),
            Self::UnknownFields { names } => format!("O formulário não tem estes campos, que ficaram de fora: {names}"),
        }
    }
}
