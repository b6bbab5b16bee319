//! What can go wrong beyond the signature itself: time stamps, proofs of revocation, policies, and
//! keys that answer later.

use jiff::Timestamp;

use super::{Lang, day, dia};

/// Why a signature did not reach its level.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LevelError {
    // Signing in two steps
    /// The signature or its time stamp is larger than the room that was left for it; bytes.
    NoRoom {
        needed: usize,
        room: usize,
    },
    NotPrepared,
    RawSignatureWrong,

    // Policies
    PolicyNeedsTimeStamp,
    PolicyFormat,
    /// The policy does not list how the key signs, such as `ECDSA-SHA384`.
    PolicyAlgorithm {
        algorithm: &'static str,
    },

    // Time stamps (RFC 3161)
    StampUnreachable {
        reason: String,
    },
    StampRefused {
        reason: String,
    },
    StampUnreadable,
    StampImprint,
    StampNonce,
    StampPolicy,
    StampBroken,
    StampCertificate,
    StampUntrusted {
        name: String,
    },

    // Proofs for long-term validation
    Revoked {
        name: String,
        on: Timestamp,
    },
    ChainIncomplete {
        name: String,
    },
    NoProof {
        name: String,
        reason: String,
    },
    TooMuchProof,
}

impl LevelError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoRoom { .. } => "pdf_signature_no_room",
            Self::NotPrepared => "pdf_not_prepared",
            Self::RawSignatureWrong => "pdf_raw_signature_wrong",
            Self::PolicyNeedsTimeStamp => "pdf_policy_needs_time_stamp",
            Self::PolicyFormat => "pdf_policy_format",
            Self::PolicyAlgorithm { .. } => "pdf_policy_algorithm",
            Self::StampUnreachable { .. } => "pdf_tsa_unreachable",
            Self::StampRefused { .. } => "pdf_tsa_refused",
            Self::StampUnreadable => "pdf_tsa_unreadable",
            Self::StampImprint => "pdf_tsa_imprint",
            Self::StampNonce => "pdf_tsa_nonce",
            Self::StampPolicy => "pdf_tsa_policy",
            Self::StampBroken => "pdf_tsa_broken",
            Self::StampCertificate => "pdf_tsa_certificate",
            Self::StampUntrusted { .. } => "pdf_tsa_untrusted",
            Self::Revoked { .. } => "pdf_certificate_revoked",
            Self::ChainIncomplete { .. } => "pdf_chain_incomplete",
            Self::NoProof { .. } => "pdf_revocation_unavailable",
            Self::TooMuchProof => "pdf_revocation_too_large",
        }
    }

    pub(super) fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::PtBr => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoRoom { needed, room } => format!("The signature needs {needed} bytes, but {room} were kept free for it in the PDF. Prepare the PDF again with more room."),
            Self::NotPrepared => "The PDF does not wait for a signature. Use the file that the step “Sign PDF” prepared for a key elsewhere, unchanged.".into(),
            Self::RawSignatureWrong => "The signature that came is not one of the certificate's key over what was to be signed. Check that the key belongs to the certificate and that it signed this file's digest.".into(),
            Self::PolicyNeedsTimeStamp => "The policy AD-RT demands a time stamp. Choose the level B-T or higher, or the policy AD-RB.".into(),
            Self::PolicyFormat => "A policy goes only with the PAdES format. Choose the PAdES format, or no policy.".into(),
            Self::PolicyAlgorithm { algorithm } => format!("The policy does not allow {algorithm}, which is how the certificate's key signs. Choose no policy, or a certificate with an RSA, P-256 or P-521 key."),
            Self::StampUnreachable { reason } => format!("The time-stamping authority could not be reached: {reason}. Check its address and whether it works, then try again."),
            Self::StampRefused { reason } => format!("The time-stamping authority refused: {reason}. Check the credential, the policy and your contract with it."),
            Self::StampUnreadable => "What the time-stamping authority answered is no time stamp. Check that the address is that of an RFC 3161 service.".into(),
            Self::StampImprint => "The time stamp is for other data than was sent. Do not use this time-stamping authority until it is clear why.".into(),
            Self::StampNonce => "The time stamp does not repeat the number that was sent with the request, so it may be an old one. Try again, or use another time-stamping authority.".into(),
            Self::StampPolicy => "The time stamp was made under another policy than was asked for. Correct the policy, or leave it empty.".into(),
            Self::StampBroken => "The time stamp's own signature does not hold. Try again, or use another time-stamping authority.".into(),
            Self::StampCertificate => "The time stamp's certificate is missing or not one for time stamps. Use another time-stamping authority.".into(),
            Self::StampUntrusted { name } => format!("None of the trusted authorities vouches for the time-stamping authority {name}. Add its root certificate, or use another authority."),
            Self::Revoked { name, on } => format!("The certificate of {name} was revoked on {}. Use another certificate.", day(*on)),
            Self::ChainIncomplete { name } => format!("The certificate that issued the one of {name} could not be found. Put the whole chain into the certificate file."),
            Self::NoProof { name, reason } => format!("It could not be proven that the certificate of {name} is not revoked: {reason}. Try again later, or choose to go on with a warning."),
            Self::TooMuchProof => "The proofs for long-term validation are more than may be put into a PDF. Choose the level B-T.".into(),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Self::NoRoom { needed, room } => format!("A assinatura precisa de {needed} bytes, mas {room} foram reservados para ela no PDF. Prepare o PDF de novo com mais espaço."),
            Self::NotPrepared => "O PDF não espera uma assinatura. Use, sem alterações, o arquivo que o passo “Assinar PDF” preparou para uma chave externa.".into(),
            Self::RawSignatureWrong => "A assinatura recebida não é da chave do certificado sobre o que devia ser assinado. Verifique se a chave pertence ao certificado e se ela assinou o resumo deste arquivo.".into(),
            Self::PolicyNeedsTimeStamp => "A política AD-RT exige um carimbo do tempo. Escolha o nível B-T ou superior, ou a política AD-RB.".into(),
            Self::PolicyFormat => "Uma política só combina com o formato PAdES. Escolha o formato PAdES ou nenhuma política.".into(),
            Self::PolicyAlgorithm { algorithm } => format!("A política não permite {algorithm}, que é como a chave do certificado assina. Não escolha política ou use um certificado com chave RSA, P-256 ou P-521."),
            Self::StampUnreachable { reason } => format!("Não foi possível falar com a autoridade de carimbo do tempo: {reason}. Verifique o endereço e se ela está funcionando e tente de novo."),
            Self::StampRefused { reason } => format!("A autoridade de carimbo do tempo recusou: {reason}. Verifique a credencial, a política e seu contrato com ela."),
            Self::StampUnreadable => "A resposta da autoridade de carimbo do tempo não é um carimbo. Verifique se o endereço é o de um serviço RFC 3161.".into(),
            Self::StampImprint => "O carimbo do tempo é de outros dados, não dos enviados. Não use esta autoridade de carimbo do tempo até entender o motivo.".into(),
            Self::StampNonce => "O carimbo do tempo não repete o número enviado no pedido, portanto pode ser antigo. Tente de novo ou use outra autoridade de carimbo do tempo.".into(),
            Self::StampPolicy => "O carimbo do tempo foi feito sob outra política, não a pedida. Corrija a política ou deixe-a vazia.".into(),
            Self::StampBroken => "A assinatura do próprio carimbo do tempo não confere. Tente de novo ou use outra autoridade de carimbo do tempo.".into(),
            Self::StampCertificate => "O certificado do carimbo do tempo falta ou não serve para carimbos. Use outra autoridade de carimbo do tempo.".into(),
            Self::StampUntrusted { name } => format!("Nenhuma das autoridades confiáveis responde pela autoridade de carimbo do tempo {name}. Acrescente o certificado raiz dela ou use outra autoridade."),
            Self::Revoked { name, on } => format!("O certificado de {name} foi revogado em {}. Use outro certificado.", dia(*on)),
            Self::ChainIncomplete { name } => format!("O certificado que emitiu o de {name} não foi encontrado. Coloque a cadeia completa no arquivo do certificado."),
            Self::NoProof { name, reason } => format!("Não foi possível provar que o certificado de {name} não está revogado: {reason}. Tente mais tarde ou escolha prosseguir com um aviso."),
            Self::TooMuchProof => "As provas para validação de longo prazo passam do que se pode pôr em um PDF. Escolha o nível B-T.".into(),
        }
    }
}
