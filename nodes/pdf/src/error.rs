//! What can go wrong: one enum, a stable code each, and a sentence in English and Portuguese that
//! says what happened and what to do.

mod level;
mod token;

use jiff::Timestamp;

pub use crate::tools::ToolError;
pub use level::LevelError;
pub use token::TokenError;

/// The languages that messages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Lang {
    #[default]
    #[serde(rename = "en")]
    En,
    #[serde(rename = "pt-BR")]
    PtBr,
}

/// Why a PDF could not be read, signed or verified, or a certificate file not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    // The PDF
    Empty,
    NotAPdf,
    TooLarge {
        bytes: usize,
        limit: usize,
    },
    Expands {
        limit: usize,
    },
    /// Not a single part, but all of them.
    ExpandsTogether {
        limit: usize,
    },
    Damaged,
    /// The cross-reference table had to be rebuilt and the file holds signatures: signing would break them.
    DamagedSigned,
    Encrypted,
    WrongPassword,
    UnsupportedEncryption,
    NoPages,
    DynamicForm,

    // The certificate file
    NotACertificateFile,
    CertificateFileTooLarge {
        bytes: usize,
        limit: usize,
    },
    CertificateFileDamaged,
    CertificateFileUnsupported,
    WrongCertificatePassword,
    NoPrivateKey,
    NoMatchingCertificate,
    UnsupportedKey,
    WeakKey {
        bits: usize,
    },
    WeakCertificate {
        algorithm: &'static str,
    },
    CertificateExpired {
        name: String,
        on: Timestamp,
    },
    CertificateNotYetValid {
        name: String,
        from: Timestamp,
    },
    CertificateKeyUsage {
        name: String,
    },

    // What the document allows
    /// Certified, or locked by a signature, with "no changes allowed".
    Locked {
        signer: String,
    },
    /// A new field that can be seen, in a document whose changes somebody limited by signing.
    VisibleAfterCertification {
        signer: String,
    },
    AlreadyCertified {
        signer: String,
    },
    CertifyAfterSignature,
    /// The certificate has signed the document as it is, and signing it twice was not wanted.
    AlreadySigned {
        name: String,
        field: String,
    },
    FieldLocked {
        field: String,
        signer: String,
    },
    FieldSigned {
        field: String,
    },
    FieldNotSignature {
        field: String,
    },
    FieldName {
        field: String,
    },

    // Options
    PageNotFound {
        page: i64,
        pages: usize,
    },
    OutsidePage,
    UnknownTimeZone {
        name: String,
    },

    // While signing
    SigningFailed {
        reason: String,
    },
    /// The key is in a token, which did not sign.
    Token(TokenError),
    /// The finished file did not pass the check that every file must pass before it is returned.
    CheckFailed {
        check: &'static str,
    },
    /// The signature did not reach its level.
    Level(LevelError),
    /// While changing or reading a PDF with one of the tools.
    Tool(ToolError),
}

impl From<LevelError> for Error {
    fn from(level: LevelError) -> Self {
        Self::Level(level)
    }
}

impl Error {
    /// A stable code, for programs and for the page that explains it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "pdf_empty",
            Self::NotAPdf => "pdf_not_a_pdf",
            Self::TooLarge { .. } => "pdf_too_large",
            Self::Expands { .. } | Self::ExpandsTogether { .. } => "pdf_expands_too_far",
            Self::Damaged => "pdf_damaged",
            Self::DamagedSigned => "pdf_damaged_signed",
            Self::Encrypted => "pdf_encrypted",
            Self::WrongPassword => "pdf_wrong_password",
            Self::UnsupportedEncryption => "pdf_unsupported_encryption",
            Self::NoPages => "pdf_no_pages",
            Self::DynamicForm => "pdf_dynamic_form",
            Self::NotACertificateFile => "pdf_not_a_certificate_file",
            Self::CertificateFileTooLarge { .. } => "pdf_certificate_file_too_large",
            Self::CertificateFileDamaged => "pdf_certificate_file_damaged",
            Self::CertificateFileUnsupported => "pdf_certificate_file_unsupported",
            Self::WrongCertificatePassword => "pdf_wrong_certificate_password",
            Self::NoPrivateKey => "pdf_no_private_key",
            Self::NoMatchingCertificate => "pdf_no_matching_certificate",
            Self::UnsupportedKey => "pdf_unsupported_key",
            Self::WeakKey { .. } => "pdf_weak_key",
            Self::WeakCertificate { .. } => "pdf_weak_certificate",
            Self::CertificateExpired { .. } => "pdf_certificate_expired",
            Self::CertificateNotYetValid { .. } => "pdf_certificate_not_yet_valid",
            Self::CertificateKeyUsage { .. } => "pdf_certificate_key_usage",
            Self::Locked { .. } => "pdf_locked",
            Self::VisibleAfterCertification { .. } => "pdf_visible_after_certification",
            Self::AlreadyCertified { .. } => "pdf_already_certified",
            Self::CertifyAfterSignature => "pdf_certify_after_signature",
            Self::AlreadySigned { .. } => "pdf_already_signed",
            Self::FieldLocked { .. } => "pdf_field_locked",
            Self::FieldSigned { .. } => "pdf_field_signed",
            Self::FieldNotSignature { .. } => "pdf_field_not_signature",
            Self::FieldName { .. } => "pdf_field_name",
            Self::PageNotFound { .. } => "pdf_page_not_found",
            Self::OutsidePage => "pdf_outside_page",
            Self::UnknownTimeZone { .. } => "pdf_unknown_time_zone",
            Self::SigningFailed { .. } => "pdf_signing_failed",
            Self::Token(error) => error.code(),
            Self::CheckFailed { .. } => "pdf_check_failed",
            Self::Level(level) => level.code(),
            Self::Tool(error) => error.code(),
        }
    }

    /// What happened and what to do, for a person.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Empty => "The file is empty. Check the step that provides it.".into(),
            Self::NotAPdf => "The file is not a PDF. Choose a PDF file, or convert this one to PDF first.".into(),
            Self::TooLarge { bytes, limit } => format!(
                "The PDF has {}, more than the limit of {}. Use a smaller file, or raise the limit.",
                megabytes(*bytes), megabytes(*limit)
            ),
            Self::Expands { limit } => format!(
                "A part of the PDF unpacks to more than {}. The file may be an attack; if you trust it, save it again with another program.",
                megabytes(*limit)
            ),
            Self::ExpandsTogether { limit } => format!(
                "The parts of the PDF together need more than {} of memory to be read. The file may be an attack; if you trust it, print it to a new PDF or split it with another program.",
                megabytes(*limit)
            ),
            Self::Damaged => "The PDF is damaged and could not be repaired. Open it in a PDF reader, save it again and try with the new file.".into(),
            Self::DamagedSigned => "The PDF is damaged and already carries signatures, which signing would break. Get an undamaged copy of the signed file.".into(),
            Self::Encrypted => "The PDF needs a password to be opened. Switch on “The PDF has a password” in the node and choose the credential with it.".into(),
            Self::WrongPassword => "The PDF password is wrong. Enter the password that opens the PDF.".into(),
            Self::UnsupportedEncryption => "The PDF is encrypted in a way that is not supported. Remove its protection in the program that made it.".into(),
            Self::NoPages => "The PDF has no pages. Check the step that provides it.".into(),
            Self::DynamicForm => "The PDF is a dynamic XFA form, which cannot be signed here. Print it to a PDF file and sign that one.".into(),
            Self::NotACertificateFile => "The file is not a PKCS#12 certificate file. Choose the .pfx or .p12 file that holds your certificate and its private key.".into(),
            Self::CertificateFileTooLarge { bytes, limit } => format!(
                "The certificate file has {}, more than the limit of {}. Choose the .pfx or .p12 file of one certificate.",
                megabytes(*bytes), megabytes(*limit)
            ),
            Self::CertificateFileDamaged => "The certificate file is damaged. Export the certificate again, with its private key.".into(),
            Self::CertificateFileUnsupported => "The certificate file is protected by a method that is not supported. Export the certificate again, choosing AES-256 or 3DES.".into(),
            Self::WrongCertificatePassword => "The certificate password is wrong. Enter the password that was chosen when the certificate file was exported.".into(),
            Self::NoPrivateKey => "The certificate file holds no private key, so it cannot sign. Export the certificate again, with its private key.".into(),
            Self::NoMatchingCertificate => "The certificate file holds no certificate that belongs to its private key. Export both together from the same certificate.".into(),
            Self::UnsupportedKey => "The certificate's key is of a kind that is not supported. Use an RSA key, or an elliptic curve key on P-256, P-384 or P-521.".into(),
            Self::WeakKey { bits } => format!("The certificate's RSA key has {bits} bits, which is too weak. Use a certificate with at least 2048 bits."),
            Self::WeakCertificate { algorithm } => format!("The certificate was issued with {algorithm}, which is broken. Ask its issuer for a certificate that uses SHA-256."),
            Self::CertificateExpired { name, on } => format!("The certificate of {name} expired on {}. Renew it and upload the new certificate file.", day(*on)),
            Self::CertificateNotYetValid { name, from } => format!("The certificate of {name} is valid only from {}. Check the server's clock, or wait until then.", day(*from)),
            Self::CertificateKeyUsage { name } => format!("The certificate of {name} may not be used for signatures. Use a certificate whose key usage includes digital signature or non-repudiation."),
            Self::Locked { signer } => format!("{signer} allowed no more changes when signing this PDF, so it cannot be signed any more. Ask for a copy that was signed or certified with further signatures allowed."),
            Self::VisibleAfterCertification { signer } => format!("{signer} limited by a signature what may change in this PDF, and a new visible field would break that signature. Make the new field invisible, sign in a field that is there already, or ask for a copy in which a field was reserved for you."),
            Self::AlreadyCertified { signer } => format!("{signer} has already certified this PDF, and only one certification is possible. Choose certification \"none\"."),
            Self::CertifyAfterSignature => "The PDF is already signed, and only its first signature can certify it. Choose certification \"none\".".into(),
            Self::AlreadySigned { name, field } => format!("{name} has already signed this PDF, in the field \"{field}\", and nothing was changed since. Choose another file, or another answer to \"If already signed\"."),
            Self::FieldLocked { field, signer } => format!("{signer} locked the field \"{field}\" when signing. Choose another field."),
            Self::FieldSigned { field } => format!("The field \"{field}\" is already signed. Choose another field, or leave the field empty for a new one."),
            Self::FieldNotSignature { field } => format!("The field \"{field}\" is not a signature field. Choose a signature field, or leave the field empty for a new one."),
            Self::FieldName { field } => format!("\"{field}\" cannot be the name of a new field. Use a name without dots, up to 120 characters."),
            Self::PageNotFound { page, pages } => format!("The PDF has no page {page}; it has {pages}. Choose a page from 1 to {pages}."),
            Self::OutsidePage => "The signature's rectangle is not inside the page. Choose a corner, or numbers in millimetres within the page.".into(),
            Self::UnknownTimeZone { name } => format!("The time zone \"{name}\" is unknown. Use a name like \"America/Sao_Paulo\"."),
            Self::SigningFailed { reason } => format!("The key could not sign: {reason}. Check the certificate and try again."),
            Self::Token(error) => error.message(Lang::En),
            Self::CheckFailed { check } => format!("The signed PDF did not pass our check ({check}), so it was not returned. Please report this with the PDF, if you can share it."),
            Self::Level(level) => level.message(Lang::En),
            Self::Tool(error) => error.message(Lang::En),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::Empty => "O arquivo está vazio. Verifique o passo que o fornece.".into(),
            Self::NotAPdf => "O arquivo não é um PDF. Escolha um arquivo PDF ou converta este para PDF primeiro.".into(),
            Self::TooLarge { bytes, limit } => format!(
                "O PDF tem {}, mais que o limite de {}. Use um arquivo menor ou aumente o limite.",
                megabytes(*bytes), megabytes(*limit)
            ),
            Self::Expands { limit } => format!(
                "Uma parte do PDF se expande para mais de {}. O arquivo pode ser um ataque; se confia nele, salve-o de novo com outro programa.",
                megabytes(*limit)
            ),
            Self::ExpandsTogether { limit } => format!(
                "As partes do PDF juntas precisam de mais de {} de memória para serem lidas. O arquivo pode ser um ataque; se confia nele, imprima-o em um novo PDF ou divida-o com outro programa.",
                megabytes(*limit)
            ),
            Self::Damaged => "O PDF está danificado e não pôde ser reparado. Abra-o em um leitor de PDF, salve-o de novo e tente com o novo arquivo.".into(),
            Self::DamagedSigned => "O PDF está danificado e já contém assinaturas, que seriam quebradas ao assinar. Obtenha uma cópia íntegra do arquivo assinado.".into(),
            Self::Encrypted => "O PDF precisa de senha para ser aberto. Ligue “O PDF tem senha” no nó e escolha a credencial com ela.".into(),
            Self::WrongPassword => "A senha do PDF está errada. Informe a senha que abre o PDF.".into(),
            Self::UnsupportedEncryption => "O PDF está criptografado de um modo não suportado. Remova a proteção no programa que o criou.".into(),
            Self::NoPages => "O PDF não tem páginas. Verifique o passo que o fornece.".into(),
            Self::DynamicForm => "O PDF é um formulário XFA dinâmico, que não pode ser assinado aqui. Imprima-o em um arquivo PDF e assine esse arquivo.".into(),
            Self::NotACertificateFile => "O arquivo não é um certificado PKCS#12. Escolha o arquivo .pfx ou .p12 que contém seu certificado e a chave privada.".into(),
            Self::CertificateFileTooLarge { bytes, limit } => format!(
                "O arquivo do certificado tem {}, mais que o limite de {}. Escolha o arquivo .pfx ou .p12 de um único certificado.",
                megabytes(*bytes), megabytes(*limit)
            ),
            Self::CertificateFileDamaged => "O arquivo do certificado está danificado. Exporte o certificado de novo, com a chave privada.".into(),
            Self::CertificateFileUnsupported => "O arquivo do certificado está protegido por um método não suportado. Exporte o certificado de novo, escolhendo AES-256 ou 3DES.".into(),
            Self::WrongCertificatePassword => "A senha do certificado está errada. Informe a senha escolhida quando o arquivo do certificado foi exportado.".into(),
            Self::NoPrivateKey => "O arquivo do certificado não contém chave privada e por isso não pode assinar. Exporte o certificado de novo, com a chave privada.".into(),
            Self::NoMatchingCertificate => "O arquivo não contém um certificado que corresponda à chave privada. Exporte os dois juntos, do mesmo certificado.".into(),
            Self::UnsupportedKey => "A chave do certificado é de um tipo não suportado. Use uma chave RSA ou de curva elíptica P-256, P-384 ou P-521.".into(),
            Self::WeakKey { bits } => format!("A chave RSA do certificado tem {bits} bits, o que é fraco demais. Use um certificado com pelo menos 2048 bits."),
            Self::WeakCertificate { algorithm } => format!("O certificado foi emitido com {algorithm}, que está quebrado. Peça ao emissor um certificado com SHA-256."),
            Self::CertificateExpired { name, on } => format!("O certificado de {name} venceu em {}. Renove-o e envie o novo arquivo do certificado.", dia(*on)),
            Self::CertificateNotYetValid { name, from } => format!("O certificado de {name} só vale a partir de {}. Verifique o relógio do servidor ou espere até lá.", dia(*from)),
            Self::CertificateKeyUsage { name } => format!("O certificado de {name} não pode ser usado para assinaturas. Use um certificado cujo uso de chave inclua assinatura digital ou não repúdio."),
            Self::Locked { signer } => format!("{signer} não permitiu mais alterações ao assinar este PDF, por isso ele não pode mais ser assinado. Peça uma cópia assinada ou certificada que permita outras assinaturas."),
            Self::VisibleAfterCertification { signer } => format!("{signer} limitou com sua assinatura o que pode mudar neste PDF, e um novo campo visível quebraria essa assinatura. Faça o novo campo invisível, assine em um campo que já existe ou peça uma cópia com um campo reservado para você."),
            Self::AlreadyCertified { signer } => format!("{signer} já certificou este PDF, e só é possível uma certificação. Escolha a certificação \"nenhuma\"."),
            Self::CertifyAfterSignature => "O PDF já está assinado, e só a primeira assinatura pode certificá-lo. Escolha a certificação \"nenhuma\".".into(),
            Self::AlreadySigned { name, field } => format!("{name} já assinou este PDF, no campo \"{field}\", e nada mudou desde então. Escolha outro arquivo ou outra resposta em \"Se já assinado\"."),
            Self::FieldLocked { field, signer } => format!("{signer} bloqueou o campo \"{field}\" ao assinar. Escolha outro campo."),
            Self::FieldSigned { field } => format!("O campo \"{field}\" já está assinado. Escolha outro campo ou deixe-o vazio para criar um novo."),
            Self::FieldNotSignature { field } => format!("O campo \"{field}\" não é um campo de assinatura. Escolha um campo de assinatura ou deixe-o vazio para criar um novo."),
            Self::FieldName { field } => format!("\"{field}\" não pode ser o nome de um campo novo. Use um nome sem pontos, com até 120 caracteres."),
            Self::PageNotFound { page, pages } => format!("O PDF não tem a página {page}; ele tem {pages}. Escolha uma página de 1 a {pages}."),
            Self::OutsidePage => "O retângulo da assinatura não está dentro da página. Escolha um canto ou números em milímetros dentro da página.".into(),
            Self::UnknownTimeZone { name } => format!("O fuso horário \"{name}\" é desconhecido. Use um nome como \"America/Sao_Paulo\"."),
            Self::SigningFailed { reason } => format!("A chave não conseguiu assinar: {reason}. Verifique o certificado e tente de novo."),
            Self::Token(error) => error.message(Lang::PtBr),
            Self::CheckFailed { check } => format!("O PDF assinado não passou na nossa verificação ({check}) e por isso não foi devolvido. Por favor, relate isso junto com o PDF, se puder compartilhá-lo."),
            Self::Level(level) => level.message(Lang::PtBr),
            Self::Tool(error) => error.message(Lang::PtBr),
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.english())
    }
}

impl std::error::Error for Error {}

fn megabytes(bytes: usize) -> String {
    match bytes {
        0..1_048_576 => format!("{} KB", bytes.div_ceil(1024)),
        _ => format!("{} MB", bytes.div_ceil(1_048_576)),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn dia(at: Timestamp) -> String {
    at.strftime("%d/%m/%Y").to_string()
}
