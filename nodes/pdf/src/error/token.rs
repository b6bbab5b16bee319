//! What can go wrong with a key in a token or smart card.

use super::Lang;

/// Why a token's key could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// The maker's PKCS#11 library is not there or does not start.
    Module {
        path: String,
    },
    /// No token is plugged in, or none with this label.
    NotFound {
        label: String,
    },
    /// Several tokens are plugged in and none was named.
    Several,
    WrongPin,
    /// Too many wrong PINs.
    PinLocked,
    /// No certificate on the token that was asked for, or none that belongs to a key.
    NoCertificate,
    /// Several certificates with a key fit, here as name and serial number, and nothing tells which is meant.
    SeveralCertificates {
        certificates: Vec<String>,
    },
    /// It was removed, or the session ended.
    Removed,
    /// Anything else, in the words of PKCS#11.
    Failed {
        reason: String,
    },
}

impl TokenError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Module { .. } => "pdf_token_module",
            Self::NotFound { .. } => "pdf_token_not_found",
            Self::Several => "pdf_token_several",
            Self::WrongPin => "pdf_token_wrong_pin",
            Self::PinLocked => "pdf_token_pin_locked",
            Self::NoCertificate => "pdf_token_no_certificate",
            Self::SeveralCertificates { .. } => "pdf_token_several_certificates",
            Self::Removed => "pdf_token_removed",
            Self::Failed { .. } => "pdf_token_failed",
        }
    }

    pub fn message(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, Self::Module { path }) => format!("The token's library {path} could not be started. Install the software of the token's maker on the server and enter the path of its PKCS#11 library."),
            (Lang::PtBr, Self::Module { path }) => format!("A biblioteca do token, {path}, não pôde ser iniciada. Instale no servidor o software do fabricante do token e informe o caminho da biblioteca PKCS#11."),
            (Lang::En, Self::NotFound { label }) if label.is_empty() => "No token is plugged in. Plug in the token or card and try again.".into(),
            (Lang::PtBr, Self::NotFound { label }) if label.is_empty() => "Não há token conectado. Conecte o token ou cartão e tente de novo.".into(),
            (Lang::En, Self::NotFound { label }) => format!("The token \"{label}\" is not plugged in. Plug it in, or check its name."),
            (Lang::PtBr, Self::NotFound { label }) => format!("O token \"{label}\" não está conectado. Conecte-o ou confira o nome."),
            (Lang::En, Self::Several) => "Several tokens are plugged in. Enter the name of the one to sign with.".into(),
            (Lang::PtBr, Self::Several) => "Há vários tokens conectados. Informe o nome daquele que deve assinar.".into(),
            (Lang::En, Self::WrongPin) => "The token's PIN is wrong. Enter the right one; after a few wrong ones the token locks itself.".into(),
            (Lang::PtBr, Self::WrongPin) => "O PIN do token está errado. Informe o PIN certo; depois de alguns erros o token se bloqueia.".into(),
            (Lang::En, Self::PinLocked) => "The token is locked after too many wrong PINs. Unlock it with its PUK in the maker's software.".into(),
            (Lang::PtBr, Self::PinLocked) => "O token está bloqueado depois de muitos PINs errados. Desbloqueie-o com o PUK no software do fabricante.".into(),
            (Lang::En, Self::NoCertificate) => "The token holds no such certificate with a private key. Check the certificate's name, or choose another token.".into(),
            (Lang::PtBr, Self::NoCertificate) => "O token não contém esse certificado com chave privada. Confira o nome do certificado ou escolha outro token.".into(),
            (Lang::En, Self::SeveralCertificates { certificates }) => format!("The token holds several certificates that could sign: {}. Enter the serial number of the one to sign with.", list(certificates)),
            (Lang::PtBr, Self::SeveralCertificates { certificates }) => format!("O token contém vários certificados que poderiam assinar: {}. Informe o número de série daquele que deve assinar.", list(certificates)),
            (Lang::En, Self::Removed) => "The token was removed. Plug it in again and try once more.".into(),
            (Lang::PtBr, Self::Removed) => "O token foi removido. Conecte-o de novo e tente outra vez.".into(),
            (Lang::En, Self::Failed { reason }) => format!("The token refused: {reason}. Try again, or check the token in its maker's software."),
            (Lang::PtBr, Self::Failed { reason }) => format!("O token recusou: {reason}. Tente de novo ou verifique o token no software do fabricante."),
        }
    }
}

/// The first of them in the order of names. What is on a token is not in our hands, so the list is cut.
fn list(certificates: &[String]) -> String {
    let mut sorted: Vec<&str> = certificates.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    let more = if sorted.len() > 10 { ", …" } else { "" };
    sorted.truncate(10);
    sorted.join(", ") + more
}

impl From<TokenError> for super::Error {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
