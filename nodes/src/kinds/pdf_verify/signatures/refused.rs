//! Why nothing is said about a file's signatures.

use pdf::Lang;

/// Each with a stable code and a sentence that says what to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    TooLarge {
        bytes: u64,
        limit: u64,
    },
    /// Others are being verified.
    Busy,
    /// It took longer than one file may take.
    Slow,
    /// A defect of ours.
    Broken,
    NoSignature,
    /// The signature does not cover a whole file.
    NoRevision,
    Pdf(pdf::Error),
}

impl Refused {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "pdf_too_large",
            Self::Busy => "pdf_verify_busy",
            Self::Slow => "pdf_verify_slow",
            Self::Broken => "internal",
            Self::NoSignature => "not_found",
            Self::NoRevision => "pdf_no_revision",
            Self::Pdf(error) => error.code(),
        }
    }

    /// What happened and what to do.
    pub fn message(&self, lang: Lang) -> String {
        if let Self::Pdf(error) = self
            && !matches!(error, pdf::Error::Encrypted | pdf::Error::WrongPassword)
        {
            return error.message(lang);
        }
        match lang {
            Lang::En => self.english(),
            Lang::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::TooLarge { bytes, limit } => format!(
                "The PDF has {} MB; signatures are shown here up to {} MB. Check it with Verify PDF in a flow.",
                bytes.div_ceil(1 << 20),
                limit >> 20
            ),
            Self::Busy => "Other PDFs are being checked. Try again in a moment.".into(),
            Self::Slow => "Checking this PDF takes longer than it may here. Check it with Verify PDF in a flow.".into(),
            Self::Broken => "The check broke off. Try again; if it happens again, report it with the file.".into(),
            Self::NoSignature => "The PDF has no such signature. Count from 1, in the order of the list.".into(),
            Self::NoRevision => {
                "The signature does not cover a whole file, so there is no version that was signed. Download the file itself."
                    .into()
            }
            Self::Pdf(_) => {
                "The PDF opens only with a password, so its signatures can't be checked here. Check it with Verify PDF in a flow, which can be given the password."
                    .into()
            }
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::TooLarge { bytes, limit } => format!(
                "O PDF tem {} MB; aqui as assinaturas são mostradas até {} MB. Confira-o com Verificar PDF em um fluxo.",
                bytes.div_ceil(1 << 20),
                limit >> 20
            ),
            Self::Busy => "Outros PDFs estão sendo conferidos. Tente de novo em instantes.".into(),
            Self::Slow => {
                "Conferir este PDF leva mais tempo do que é permitido aqui. Confira-o com Verificar PDF em um fluxo.".into()
            }
            Self::Broken => {
                "A conferência foi interrompida. Tente de novo; se acontecer outra vez, relate isso com o arquivo.".into()
            }
            Self::NoSignature => "O PDF não tem essa assinatura. Conte a partir de 1, na ordem da lista.".into(),
            Self::NoRevision => {
                "A assinatura não cobre um arquivo inteiro, portanto não há uma versão que foi assinada. Baixe o próprio arquivo."
                    .into()
            }
            Self::Pdf(_) => {
                "O PDF só abre com senha, por isso suas assinaturas não podem ser conferidas aqui. Confira-o com Verificar PDF em um fluxo, que pode receber a senha."
                    .into()
            }
        }
    }
}
