//! What HTTP requests and webhooks use: user and password, token, header, query parameter.

use flow::api::CredentialKind;
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{CredentialType, describe, is_token, text, wrong};
use crate::error::NodeError;
use crate::kinds::describe::pt;

type Summary = Result<Map<String, Value>, NodeError>;

fn summary(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect()
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct BasicFields {
    /// The user's name.
    #[schemars(title = "User", length(min = 1), extend("x-pt" = pt("Usuário", "O nome do usuário.")))]
    user: String,
    /// The password.
    #[schemars(title = "Password", length(min = 1), extend("x-pt" = pt("Senha", "A senha."), "x-widget" = "password"))]
    password: String,
}

pub(super) struct Basic;

impl CredentialType for Basic {
    fn describe(&self) -> CredentialKind {
        describe::<BasicFields>("http_basic", ["User and password (HTTP)", "Usuário e senha (HTTP)"], "user-check")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Summary {
        let user = text(secret, "user");
        if user.contains(':') {
            return Err(wrong(
                "user",
                "A user name can't have a colon (HTTP Basic). Correct it.",
                "Um nome de usuário não pode ter dois-pontos (HTTP Basic). Corrija-o.",
            ));
        }
        Ok(summary(&[("user", user)]))
    }
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct BearerFields {
    /// The token, without the word Bearer.
    #[schemars(title = "Token", length(min = 1), extend("x-pt" = pt("Token", "O token, sem a palavra Bearer."), "x-widget" = "password"))]
    token: String,
}

pub(super) struct Bearer;

impl CredentialType for Bearer {
    fn describe(&self) -> CredentialKind {
        describe::<BearerFields>("http_bearer", ["Bearer token", "Token Bearer"], "key-round")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Summary {
        let token = text(secret, "token");
        if token.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(wrong(
                "token",
                "The token has blanks or line breaks in it. Paste the token alone, without the word Bearer.",
                "O token tem espaços ou quebras de linha. Cole só o token, sem a palavra Bearer.",
            ));
        }
        Ok(Map::new())
    }
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct HeaderFields {
    /// The header's name.
    #[schemars(title = "Header", length(min = 1), extend("x-pt" = pt("Cabeçalho", "O nome do cabeçalho."), "x-placeholder" = "X-API-Key"))]
    name: String,
    /// The header's value.
    #[schemars(title = "Value", length(min = 1), extend("x-pt" = pt("Valor", "O valor do cabeçalho."), "x-widget" = "password"))]
    value: String,
}

pub(super) struct Header;

impl CredentialType for Header {
    fn describe(&self) -> CredentialKind {
        describe::<HeaderFields>("http_header", ["Secret header (HTTP)", "Cabeçalho secreto (HTTP)"], "tag")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Summary {
        let name = text(secret, "name");
        if !is_token(name) {
            return Err(wrong(
                "name",
                "The header's name has characters that HTTP forbids. Use letters, digits and hyphens.",
                "O nome do cabeçalho tem caracteres que o HTTP proíbe. Use letras, dígitos e hífens.",
            ));
        }
        if text(secret, "value").chars().any(char::is_control) {
            return Err(wrong(
                "value",
                "The header's value has line breaks or control characters in it. Paste the value alone.",
                "O valor do cabeçalho tem quebras de linha ou caracteres de controle. Cole só o valor.",
            ));
        }
        Ok(summary(&[("name", name)]))
    }
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used: the form")]
struct QueryFields {
    /// The query parameter's name.
    #[schemars(title = "Parameter", length(min = 1), extend("x-pt" = pt("Parâmetro", "O nome do parâmetro da consulta."), "x-placeholder" = "api_key"))]
    name: String,
    /// The query parameter's value.
    #[schemars(title = "Value", length(min = 1), extend("x-pt" = pt("Valor", "O valor do parâmetro da consulta."), "x-widget" = "password"))]
    value: String,
}

pub(super) struct Query;

impl CredentialType for Query {
    fn describe(&self) -> CredentialKind {
        let name = ["Secret query parameter (HTTP)", "Parâmetro secreto da consulta (HTTP)"];
        describe::<QueryFields>("http_query", name, "search")
    }

    fn summary(&self, secret: &Map<String, Value>) -> Summary {
        Ok(summary(&[("name", text(secret, "name"))]))
    }
}
