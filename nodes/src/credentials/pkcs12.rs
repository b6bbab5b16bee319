//! A certificate with its key for signing: a PKCS#12 file.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{CredentialType, describe, text, wrong};
use crate::error::NodeError;
use crate::kinds::common::unbase64;
use crate::kinds::describe::pt;
use pdf::{Identity, Lang};

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct Pkcs12Fields {
    /// The certificate with its key: a .p12 or .pfx file.
    #[schemars(title = "Certificate file", length(min = 1), extend("x-pt" = pt("Arquivo do certificado", "O certificado com sua chave: um arquivo .p12 ou .pfx."), "x-widget" = "upload"))]
    file: String,
    /// The file's password.
    #[schemars(title = "Password", extend("x-pt" = pt("Senha", "A senha do arquivo."), "x-widget" = "password", "default" = ""))]
    #[serde(default)]
    password: String,
}

pub(super) struct Pkcs12;

impl CredentialType for Pkcs12 {
    fn describe(&self) -> CredentialKind {
        let name = ["Certificate for signing (PKCS#12, A1)", "Certificado para assinar (PKCS#12, A1)"];
        describe::<Pkcs12Fields>("pkcs12", name, "signature")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let identity = identity(secret)?;
        let summary = serde_json::to_value(identity.summary()).unwrap_or(Value::Null);
        let Value::Object(mut summary) = summary else { return Ok(Map::new()) };
        if let Some(cpf) = summary.get("cpf").and_then(Value::as_str).map(masked) {
            summary.insert("cpf".into(), json!(cpf));
        }
        Ok(summary)
    }
}

/// The certificate and key of a `pkcs12` credential.
pub(crate) fn identity(secret: &Map<String, Value>) -> Result<Identity, NodeError> {
    let file = unbase64(text(secret, "file"))
        .ok_or_else(|| wrong("The certificate file did not arrive whole. Upload the .p12 or .pfx file again."))?;
    let password = secret.get("password").and_then(Value::as_str).unwrap_or("");
    Identity::from_pkcs12(&file, password).map_err(|e| NodeError::new(e.code(), e.message(Lang::En)))
}

/// `***.456.789-**`: as the Brazilian state masks a CPF.
fn masked(cpf: &str) -> String {
    let digits: String = cpf.chars().filter(char::is_ascii_digit).collect();
    match (digits.get(3..6), digits.get(6..9)) {
        (Some(middle), Some(end)) => format!("***.{middle}.{end}-**"),
        _ => "***".to_owned(),
    }
}
