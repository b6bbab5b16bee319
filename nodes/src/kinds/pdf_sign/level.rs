//! Where the key is and what a signature reaches beyond itself: the parameters that signing and finishing share.

use flow::check::Finding;
use flow::{CredentialSlot, Node};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kinds::describe::{choice, finding, needed, pt, slot, when};

choice! {
    /// The level of the signature.
    #[derive(PartialOrd, Ord)]
    pub enum Profile {
        #[default]
        B = "b", "B-B: the signature alone", "B-B: só a assinatura";
        T = "t", "B-T: with a time stamp", "B-T: com carimbo do tempo";
        Lt = "lt", "B-LT: with proofs for many years", "B-LT: com provas para muitos anos";
        Lta = "lta", "B-LTA: for archives", "B-LTA: para arquivamento";
    }
}

choice! {
    /// Where the key is.
    pub enum Key {
        #[default]
        Credential = "credential", "In the credential", "Na credencial";
        Elsewhere = "elsewhere", "Elsewhere: sign in two steps", "Fora daqui: assinar em duas etapas";
    }
}

choice! {
    /// The policy of ICP-Brasil that the signature names.
    pub enum Policy {
        #[default]
        None = "none", "None", "Nenhuma";
        AdRb = "ad_rb", "AD-RB 1.3, readable everywhere", "AD-RB 1.3, legível em todo lugar";
        AdRt = "ad_rt", "AD-RT 1.3, readable everywhere", "AD-RT 1.3, legível em todo lugar";
        AdRbStrict = "ad_rb_pbad", "AD-RB 1.3 as PBAD.PAdES", "AD-RB 1.3 como PBAD.PAdES";
        AdRtStrict = "ad_rt_pbad", "AD-RT 1.3 as PBAD.PAdES", "AD-RT 1.3 como PBAD.PAdES";
    }
}

impl From<Policy> for pdf::Policy {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::None => Self::None,
            Policy::AdRb => Self::AdRb,
            Policy::AdRt => Self::AdRt,
            Policy::AdRbStrict => Self::AdRbStrict,
            Policy::AdRtStrict => Self::AdRtStrict,
        }
    }
}

choice! {
    /// How the time-stamping authority is shown who asks.
    pub enum Authentication {
        #[default]
        None = "none", "None", "Nenhuma";
        Basic = "basic", "User and password", "Usuário e senha";
        Oauth2 = "oauth2", "OAuth 2 (client credentials)", "OAuth 2 (credenciais de cliente)";
        Certificate = "certificate", "Client certificate (mTLS)", "Certificado do cliente (mTLS)";
    }
}

choice! {
    /// What happens when something cannot be had.
    pub enum Lacking {
        #[default]
        Error = "error", "It is an error", "É um erro";
        Warn = "warn", "Go on without, with a warning", "Prosseguir sem, com um aviso";
    }
}

const STAMPED: &[&str] = &["t", "lt", "lta"];
const PROVEN: &[&str] = &["lt", "lta"];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Level {
    /// How long and how well the signature can be proven. B-T proves when it was made. B-LT keeps in the file what
    /// proves that no certificate was revoked. B-LTA stamps all of it once more.
    #[schemars(title = "Level", extend("x-pt" = pt("Nível", "Por quanto tempo e quão bem a assinatura pode ser provada. B-T prova quando foi feita. B-LT guarda no arquivo o que prova que nenhum certificado estava revogado. B-LTA carimba tudo mais uma vez."), "x-no-expression" = true))]
    pub profile: Profile,
    /// Address of the time-stamping authority (RFC 3161).
    #[schemars(title = "Time-stamping authority", extend("x-pt" = pt("Autoridade de carimbo do tempo", "Endereço da autoridade de carimbo do tempo (RFC 3161)."), "x-placeholder" = "https://tsa.example.com", "x-show-when" = when("/level/profile", STAMPED)))]
    pub url: String,
    /// How the authority is shown who asks; the secret comes from a credential.
    #[schemars(title = "Authentication", extend("x-pt" = pt("Autenticação", "Como se mostra à autoridade quem pede; o segredo vem de uma credencial."), "x-no-expression" = true, "x-show-when" = when("/level/profile", STAMPED)))]
    pub authentication: Authentication,
    /// Policy that the time stamp has to be made under, such as 2.16.76.1.6.2; the authority's own when empty.
    #[schemars(title = "Policy (OID)", extend("x-pt" = pt("Política (OID)", "Política sob a qual o carimbo deve ser feito, como 2.16.76.1.6.2; a da própria autoridade quando vazio."), "x-show-when" = when("/level/profile", STAMPED)))]
    pub policy: String,
    /// Certificates (PEM) of roots; one of them has to vouch for the time-stamping authority. Without any, the stamp is
    /// checked, but not whose it is.
    #[schemars(title = "Trusted roots", extend("x-pt" = pt("Raízes confiáveis", "Certificados (PEM) de raízes; uma delas tem de responder pela autoridade de carimbo do tempo. Sem nenhuma, o carimbo é conferido, mas não de quem ele é."), "x-widget" = "multiline", "x-show-when" = when("/level/profile", STAMPED)))]
    pub trusted: String,
    /// Seconds that each answer may take.
    #[schemars(title = "Timeout", range(min = 1, max = 300), extend("x-pt" = pt("Tempo limite", "Segundos que cada resposta pode levar."), "x-show-when" = when("/level/profile", STAMPED)))]
    pub timeout_s: u32,
    /// What happens when no time stamp can be had.
    #[schemars(title = "Without time stamp", extend("x-pt" = pt("Sem carimbo do tempo", "O que acontece quando não se consegue um carimbo do tempo."), "x-show-when" = when("/level/profile", STAMPED)))]
    pub without_stamp: Lacking,
    /// What happens when a proof cannot be had. A revoked certificate is always an error.
    #[schemars(title = "Without proof", extend("x-pt" = pt("Sem prova", "O que acontece quando não se consegue uma prova. Um certificado revogado é sempre um erro."), "x-show-when" = when("/level/profile", PROVEN)))]
    pub without_proof: Lacking,
}

impl Default for Level {
    fn default() -> Self {
        Self {
            profile: Profile::B,
            url: String::new(),
            authentication: Authentication::None,
            policy: String::new(),
            trusted: String::new(),
            timeout_s: 20,
            without_stamp: Lacking::Error,
            without_proof: Lacking::Error,
        }
    }
}

/// The slots of the credential for the time-stamping authority.
pub(crate) fn slots() -> Vec<CredentialSlot> {
    let shown = |value: &str| Some(("/level/authentication", json!(value)));
    vec![
        slot("tsa_basic", ["Time stamp: user", "Carimbo: usuário"], &["http_basic"], shown("basic")),
        slot("tsa_oauth2", ["Time stamp: OAuth 2", "Carimbo: OAuth 2"], &["oauth2_client"], shown("oauth2")),
        slot("tsa_certificate", ["Time stamp: certificate", "Carimbo: certificado"], &["mtls"], shown("certificate")),
    ]
}

/// What is wrong with the level as drawn.
pub(crate) fn check(node: &Node) -> Vec<Finding> {
    let level = node.parameters.get("level").unwrap_or(&Value::Null);
    let text = |name: &str| level.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_stamped = STAMPED.contains(&text("profile"));
    if is_stamped && text("url").trim().is_empty() {
        let message = [
            "Give the address of the time-stamping authority, or choose the level B-B.",
            "Informe o endereço da autoridade de carimbo do tempo ou escolha o nível B-B.",
        ];
        return vec![finding(node, "parameter_missing", "/level/url", message)];
    }
    Vec::new()
}

/// What is wrong with key, policy and level of a signature as drawn.
pub(crate) fn check_signing(node: &Node) -> Vec<Finding> {
    let text = |name: &str| node.parameters.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("key") == "elsewhere" {
        let message = ["Give the certificate of the key elsewhere.", "Informe o certificado da chave externa."];
        return needed(node, "certificate", message).into_iter().collect();
    }
    let mut found = check(node);
    let level = node.parameters.get("level").and_then(|level| level.get("profile"));
    if text("policy").starts_with("ad_rt") && level.is_none_or(|profile| profile == "b") {
        let message = [
            "AD-RT demands a time stamp. Choose the level B-T or higher, or the policy AD-RB.",
            "AD-RT exige um carimbo do tempo. Escolha o nível B-T ou superior, ou a política AD-RB.",
        ];
        found.push(finding(node, "parameter_invalid", "/policy", message));
    }
    found
}
