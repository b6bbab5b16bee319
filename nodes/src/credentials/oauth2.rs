//! OAuth 2 for a program (client credentials, RFC 6749 4.4): an address gives tokens for an id and a secret.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{CredentialType, describe, text, wrong};
use crate::error::NodeError;
use crate::kinds::describe::pt;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct Fields {
    /// The address that gives tokens.
    #[schemars(title = "Token URL", length(min = 1), extend("x-pt" = pt("URL do token", "O endereço que fornece tokens."), "x-placeholder" = "https://gateway.example.com/token"))]
    token_url: String,
    /// The client's id, also called consumer key.
    #[schemars(title = "Client id", length(min = 1), extend("x-pt" = pt("Id do cliente", "O id do cliente, também chamado de consumer key.")))]
    client_id: String,
    /// The client's secret.
    #[schemars(title = "Client secret", length(min = 1), extend("x-pt" = pt("Segredo do cliente", "O segredo do cliente."), "x-widget" = "password"))]
    client_secret: String,
    /// What the token is for, when the service asks for it.
    #[schemars(title = "Scope", extend("x-pt" = pt("Escopo", "Para que serve o token, quando o serviço pede."), "default" = ""))]
    #[serde(default)]
    scope: String,
}

pub(super) struct Oauth2Client;

impl CredentialType for Oauth2Client {
    fn describe(&self) -> CredentialKind {
        let name = ["OAuth 2 (client credentials)", "OAuth 2 (credenciais de cliente)"];
        describe::<Fields>("oauth2_client", name, "key-round")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let url = text(secret, "token_url");
        let parsed = url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(parsed) = parsed.filter(|url| url.username().is_empty() && url.password().is_none()) else {
            return Err(wrong(
                "token_url",
                "The token URL is no web address. Write it from https:// to the end, without a password.",
                "A URL do token não é um endereço da web. Escreva-a desde https:// até o fim, sem senha.",
            ));
        };
        let origin = parsed.origin().ascii_serialization();
        Ok(Map::from_iter([("client_id".into(), json!(text(secret, "client_id"))), ("server".into(), json!(origin))]))
    }
}
