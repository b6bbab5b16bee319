//! A certificate with its key for signing: a PKCS#12 file.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{CredentialType, certificate, describe, refused, text, wrong};
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
        Ok(certificate(&identity(secret)?.summary()))
    }
}

/// The certificate and key of a `pkcs12` credential.
pub(crate) fn identity(secret: &Map<String, Value>) -> Result<Identity, NodeError> {
    let file = unbase64(text(secret, "file")).ok_or_else(|| {
        let en = "The certificate file did not arrive whole. Upload the .p12 or .pfx file again.";
        wrong("file", en, "O arquivo do certificado não chegou inteiro. Envie o arquivo .p12 ou .pfx de novo.")
    })?;
    let password = secret.get("password").and_then(Value::as_str).unwrap_or("");
    Identity::from_pkcs12(&file, password).map_err(|e| {
        let field = if e == pdf::Error::WrongCertificatePassword { "password" } else { "file" };
        refused(e.code(), field, &e.message(Lang::En), &e.message(Lang::PtBr))
    })
}
