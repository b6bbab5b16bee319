//! What can be found: each finding with a stable code, a weight, and a sentence in two languages.

use super::report::{Finding, Severity};
use crate::error::Lang;

/// All findings there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    BadRange,
    Altered,
    WrongSignature,
    OtherCertificate,
    Unreadable,
    NoSignerCertificate,
    UnknownKind,
    UnknownAlgorithm,
    ChangedAfter,
    ExtendedAfter,
    CertificationBroken,
    LockedFieldChanged,
    CommentsAdded,
    CoversPart,
    OutsideForm,
    Untrusted,
    TrustNotChecked,
    TrustIgnored,
    SignerExpired,
    SignerNotYetValid,
    SignedOutsideValidity,
    KeyUsage,
    WeakDigest,
    HashesDiffer,
    WeakKey,
    WeakCertificate,
    TooManySignatures,
    TooManyRevisions,
    Repaired,
    NotPades,
    Seal,
    TimeNotProven,
    TimeInside,
    TimesContradict,
    StampBroken,
    StampUntrusted,
    StampWeak,
    Revoked,
    RevokedUnproven,
    RevokedLater,
    AuthorityRevoked,
    RevocationUnknown,
    RevocationNotChecked,
    PolicyUnknown,
    PolicyDiffers,
    PolicyUnstamped,
}

impl Code {
    pub fn finding(self, lang: Lang) -> Finding {
        let (code, severity, english, portuguese) = self.about();
        let message = match lang {
            Lang::En => english,
            Lang::PtBr => portuguese,
        };
        Finding { code, severity, message: message.into() }
    }

    pub fn severity(self) -> Severity {
        self.about().1
    }

    /// Code, weight, and the sentence in English and Portuguese.
    fn about(self) -> (&'static str, Severity, &'static str, &'static str) {
        use Severity::{Indeterminate, Info, Invalid};
        match self {
            Self::BadRange => (
                "pdf_signature_range",
                Invalid,
                "The signature's range of bytes is not that of a signature; the file was tampered with or badly made.",
                "O intervalo de bytes da assinatura não é o de uma assinatura; o arquivo foi adulterado ou malfeito.",
            ),
            Self::Altered => (
                "pdf_signature_altered",
                Invalid,
                "The signed content was changed after signing.",
                "O conteúdo assinado foi alterado depois da assinatura.",
            ),
            Self::WrongSignature => (
                "pdf_signature_forged",
                Invalid,
                "The signature was not made by the key of its certificate.",
                "A assinatura não foi feita com a chave do seu certificado.",
            ),
            Self::OtherCertificate => (
                "pdf_signature_other_certificate",
                Invalid,
                "The certificate in the signature is not the one that was used for signing.",
                "O certificado na assinatura não é o que foi usado para assinar.",
            ),
            Self::Unreadable => (
                "pdf_signature_unreadable",
                Invalid,
                "The signature's data cannot be read.",
                "Os dados da assinatura não podem ser lidos.",
            ),
            Self::NoSignerCertificate => (
                "pdf_signature_no_certificate",
                Invalid,
                "The signer's certificate is not in the signature.",
                "O certificado do signatário não está na assinatura.",
            ),
            Self::UnknownKind => (
                "pdf_signature_unknown_kind",
                Indeterminate,
                "The signature is of a kind that is not known here, so nothing can be said about it.",
                "A assinatura é de um tipo desconhecido aqui, portanto nada se pode dizer sobre ela.",
            ),
            Self::UnknownAlgorithm => (
                "pdf_signature_unknown_algorithm",
                Indeterminate,
                "The signature uses an algorithm that is not known here, so nothing can be said about it.",
                "A assinatura usa um algoritmo desconhecido aqui, portanto nada se pode dizer sobre ela.",
            ),
            Self::ChangedAfter => (
                "pdf_changed_after_signing",
                Invalid,
                "The document was changed after this signature in a way that no signature allows.",
                "O documento foi alterado depois desta assinatura de um modo que nenhuma assinatura permite.",
            ),
            Self::ExtendedAfter => (
                "pdf_extended_after_signing",
                Info,
                "The file was extended after this signature, in ways that it allows: signatures, form values or proofs.",
                "O arquivo foi estendido depois desta assinatura, de modos que ela permite: assinaturas, valores de formulário ou provas.",
            ),
            Self::CertificationBroken => (
                "pdf_certification_broken",
                Invalid,
                "The document was changed after this signature further than its certification, or its lock, allows.",
                "O documento foi alterado depois desta assinatura além do que a certificação, ou o bloqueio dela, permite.",
            ),
            Self::LockedFieldChanged => (
                "pdf_locked_field_changed",
                Invalid,
                "A form field that this signature locks was changed afterwards.",
                "Um campo de formulário que esta assinatura bloqueia foi alterado depois.",
            ),
            Self::CommentsAdded => (
                "pdf_comments_added",
                Indeterminate,
                "Comments were added after this signature, as its certification or its lock allows. They can hide what is on the page, so look at them.",
                "Comentários foram acrescentados depois desta assinatura, como a certificação ou o bloqueio dela permite. Eles podem esconder o que está na página; confira-os.",
            ),
            Self::CoversPart => (
                "pdf_signature_partial",
                Invalid,
                "The signature covers only a part of the document.",
                "A assinatura cobre apenas uma parte do documento.",
            ),
            Self::OutsideForm => (
                "pdf_signature_outside_form",
                Indeterminate,
                "No form field leads to this signature, so readers do not show it.",
                "Nenhum campo do formulário leva a esta assinatura, por isso os leitores não a mostram.",
            ),
            Self::Untrusted => (
                "pdf_signer_untrusted",
                Indeterminate,
                "None of the trusted authorities vouches for the signer's certificate.",
                "Nenhuma das autoridades confiáveis responde pelo certificado do signatário.",
            ),
            Self::TrustNotChecked => (
                "pdf_trust_not_checked",
                Indeterminate,
                "No trusted authorities were given, so nobody vouches for the signer's name.",
                "Nenhuma autoridade confiável foi informada, portanto ninguém responde pelo nome do signatário.",
            ),
            Self::TrustIgnored => (
                "pdf_trust_ignored",
                Info,
                "Nobody vouches for the signer's name; only the integrity was judged, as asked.",
                "Ninguém responde pelo nome do signatário; só a integridade foi avaliada, como pedido.",
            ),
            Self::SignerExpired => (
                "pdf_signer_expired",
                Indeterminate,
                "The signer's certificate has expired, and no time-stamp proves that the signature is older.",
                "O certificado do signatário venceu, e nenhum carimbo do tempo prova que a assinatura é anterior.",
            ),
            Self::SignerNotYetValid => (
                "pdf_signer_not_yet_valid",
                Indeterminate,
                "The signer's certificate is not valid yet.",
                "O certificado do signatário ainda não é válido.",
            ),
            Self::SignedOutsideValidity => (
                "pdf_signed_outside_validity",
                Indeterminate,
                "The certificate was not valid at the time of signing.",
                "O certificado não era válido no momento da assinatura.",
            ),
            Self::KeyUsage => (
                "pdf_signer_key_usage",
                Indeterminate,
                "The signer's certificate may not be used for signatures.",
                "O certificado do signatário não pode ser usado para assinaturas.",
            ),
            Self::WeakDigest => (
                "pdf_weak_digest",
                Indeterminate,
                "The signature relies on SHA-1, with which different documents can be given the same signature.",
                "A assinatura depende de SHA-1, com o qual documentos diferentes podem ter a mesma assinatura.",
            ),
            Self::HashesDiffer => (
                "pdf_signature_hashes_differ",
                Indeterminate,
                "The signature hashes the document with one algorithm and itself with another, which the standard forbids; ask the signer for one made by another program.",
                "A assinatura usa um algoritmo de hash para o documento e outro para si mesma, o que a norma proíbe; peça ao signatário uma feita por outro programa.",
            ),
            Self::WeakKey => (
                "pdf_signer_weak_key",
                Indeterminate,
                "The signer's RSA key has fewer than 2048 bits and could be broken.",
                "A chave RSA do signatário tem menos de 2048 bits e poderia ser quebrada.",
            ),
            Self::WeakCertificate => (
                "pdf_signer_weak_certificate",
                Indeterminate,
                "The signer's certificate was issued with a broken hash and could be forged.",
                "O certificado do signatário foi emitido com um hash quebrado e poderia ser falsificado.",
            ),
            Self::TooManySignatures => (
                "pdf_too_many_signatures",
                Indeterminate,
                "The document has more signatures than are checked.",
                "O documento tem mais assinaturas do que são verificadas.",
            ),
            Self::TooManyRevisions => (
                "pdf_too_many_revisions",
                Indeterminate,
                "The file has more revisions than are compared, so changes after signing are not known.",
                "O arquivo tem mais revisões do que são comparadas, portanto não se sabe o que mudou depois da assinatura.",
            ),
            Self::Repaired => (
                "pdf_repaired",
                Indeterminate,
                "The file is damaged and was read after a repair, so programs may show it differently.",
                "O arquivo está danificado e foi lido após um reparo, por isso programas podem mostrá-lo de modos diferentes.",
            ),
            Self::NotPades => (
                "pdf_not_pades",
                Info,
                "The signature does not name its certificate, as PAdES demands.",
                "A assinatura não nomeia seu certificado, como o PAdES exige.",
            ),
            Self::Seal => (
                "pdf_seal_certificate",
                Info,
                "The certificate is an electronic seal: it shows where the document comes from and is not a person's signature.",
                "O certificado é um selo eletrônico: mostra a origem do documento e não é assinatura de uma pessoa.",
            ),
            Self::TimeNotProven => (
                "pdf_time_not_proven",
                Info,
                "The time of signing is what the signer's computer claimed; no time-stamp proves it.",
                "A hora da assinatura é a que o computador do signatário informou; nenhum carimbo do tempo a prova.",
            ),
            Self::TimeInside => (
                "pdf_signing_time_inside",
                Info,
                "The signature has a signing time inside, which PAdES forbids; ITI's validator (VALIDAR) rejects that.",
                "A assinatura tem a hora da assinatura em seu interior, o que o PAdES proíbe; o validador do ITI (VALIDAR) rejeita isso.",
            ),
            Self::TimesContradict => (
                "pdf_time_contradicted",
                Info,
                "The signer claims a later time than the one at which a time-stamp proves that the signature existed; rely on the proven time.",
                "O signatário informa uma hora posterior àquela em que um carimbo do tempo prova que a assinatura já existia; confie na hora provada.",
            ),
            Self::StampBroken => (
                "pdf_time_stamp_broken",
                Indeterminate,
                "The signature's time-stamp is not one of this signature, or was changed.",
                "O carimbo do tempo da assinatura não é desta assinatura ou foi alterado.",
            ),
            Self::StampUntrusted => (
                "pdf_time_stamp_untrusted",
                Info,
                "None of the trusted authorities vouches for the signature's time-stamp, so it proves nothing.",
                "Nenhuma das autoridades confiáveis responde pelo carimbo do tempo da assinatura, portanto ele nada prova.",
            ),
            Self::StampWeak => (
                "pdf_time_stamp_weak",
                Info,
                "The signature's time-stamp relies on SHA-1, on a short key, or on two algorithms that contradict each other, so it proves nothing.",
                "O carimbo do tempo da assinatura depende de SHA-1, de uma chave curta ou de dois algoritmos que se contradizem, portanto nada prova.",
            ),
            Self::Revoked => (
                "pdf_signer_revoked",
                Invalid,
                "The signer's certificate had been revoked before it was used.",
                "O certificado do signatário havia sido revogado antes do uso.",
            ),
            Self::RevokedUnproven => (
                "pdf_signer_revoked_unproven",
                Indeterminate,
                "The signer's certificate has been revoked, and no time-stamp proves that the signature is older.",
                "O certificado do signatário foi revogado, e nenhum carimbo do tempo prova que a assinatura é anterior.",
            ),
            Self::RevokedLater => (
                "pdf_signer_revoked_later",
                Info,
                "The signer's certificate was revoked after a time-stamp had proven that the signature existed.",
                "O certificado do signatário foi revogado depois que um carimbo do tempo provou que a assinatura existia.",
            ),
            Self::AuthorityRevoked => (
                "pdf_authority_revoked",
                Indeterminate,
                "The certificate of an authority above the signer has been revoked.",
                "O certificado de uma autoridade acima do signatário foi revogado.",
            ),
            Self::RevocationUnknown => (
                "pdf_revocation_unknown",
                Indeterminate,
                "Whether the certificates were revoked could not be found out: no current list or answer of their authorities is there.",
                "Não foi possível saber se os certificados foram revogados: falta uma lista ou resposta atual das suas autoridades.",
            ),
            Self::RevocationNotChecked => (
                "pdf_revocation_not_checked",
                Info,
                "Whether the certificate was revoked was not checked.",
                "Não foi verificado se o certificado foi revogado.",
            ),
            Self::PolicyUnknown => (
                "pdf_policy_unknown",
                Info,
                "The signature names a policy whose text is not known here, so whether it keeps that policy's rules was not checked.",
                "A assinatura nomeia uma política cujo texto não é conhecido aqui, portanto não se verificou se ela segue as regras dessa política.",
            ),
            Self::PolicyDiffers => (
                "pdf_policy_differs",
                Indeterminate,
                "The signature names a policy with another hash than the published policy has, so it was made under other rules.",
                "A assinatura nomeia uma política com um hash diferente do da política publicada, portanto foi feita sob outras regras.",
            ),
            Self::PolicyUnstamped => (
                "pdf_policy_without_time_stamp",
                Indeterminate,
                "The signature names the policy AD-RT, which demands a time-stamp over the signature, and has none that holds; ask the signer for one with it.",
                "A assinatura nomeia a política AD-RT, que exige um carimbo do tempo sobre a assinatura, e não tem nenhum íntegro; peça ao signatário uma com ele.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: [Code; 46] = [
        Code::BadRange,
        Code::Altered,
        Code::WrongSignature,
        Code::OtherCertificate,
        Code::Unreadable,
        Code::NoSignerCertificate,
        Code::UnknownKind,
        Code::UnknownAlgorithm,
        Code::ChangedAfter,
        Code::ExtendedAfter,
        Code::CertificationBroken,
        Code::LockedFieldChanged,
        Code::CommentsAdded,
        Code::CoversPart,
        Code::OutsideForm,
        Code::Untrusted,
        Code::TrustNotChecked,
        Code::TrustIgnored,
        Code::SignerExpired,
        Code::SignerNotYetValid,
        Code::SignedOutsideValidity,
        Code::KeyUsage,
        Code::WeakDigest,
        Code::HashesDiffer,
        Code::WeakKey,
        Code::WeakCertificate,
        Code::TooManySignatures,
        Code::TooManyRevisions,
        Code::Repaired,
        Code::NotPades,
        Code::Seal,
        Code::TimeNotProven,
        Code::TimeInside,
        Code::TimesContradict,
        Code::StampBroken,
        Code::StampUntrusted,
        Code::StampWeak,
        Code::Revoked,
        Code::RevokedUnproven,
        Code::RevokedLater,
        Code::AuthorityRevoked,
        Code::RevocationUnknown,
        Code::RevocationNotChecked,
        Code::PolicyUnknown,
        Code::PolicyDiffers,
        Code::PolicyUnstamped,
    ];

    /// The compiler sees that each has its text; that the list is complete, the codes in the source show.
    #[test]
    fn each_has_a_sentence_in_both_languages() {
        let codes: BTreeSet<&str> = ALL.iter().map(|code| code.finding(Lang::En).code).collect();
        let lines = include_str!("findings.rs").lines().filter(|line| line.trim_start().starts_with("\"pdf_"));
        assert_eq!((codes.len(), lines.count()), (ALL.len(), ALL.len()));
        for code in ALL {
            let [english, portuguese] = [Lang::En, Lang::PtBr].map(|lang| code.finding(lang));
            assert_eq!((english.code, english.severity), (portuguese.code, portuguese.severity));
            assert_ne!(english.message, portuguese.message);
            for text in [english.message, portuguese.message] {
                assert!(text.ends_with('.') && text.chars().next().is_some_and(char::is_uppercase), "{text}");
            }
        }
    }
}
