//! Credential kinds: their forms, their checks, what may be shown of them. Values never reach a `Debug`, an error or a
//! summary.

mod http;
mod jwt;
pub(crate) mod mtls;
mod oauth2;
mod password;
pub(crate) mod pkcs12;

use flow::api::CredentialKind;
use serde_json::{Map, Value, json};

use crate::error::NodeError;
use crate::schema;

/// A kind of credential.
pub trait CredentialType: Send + Sync {
    fn describe(&self) -> CredentialKind;

    /// What may be shown of a secret that fits; else what is wrong with it. The schema has been checked before.
    fn summary(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError>;

    /// The secret without what comes along when it is copied: blanks and line breaks around it. A password may start or end
    /// with a blank, so it loses its line breaks alone.
    fn trimmed(&self, secret: Map<String, Value>) -> Map<String, Value> {
        let trim = |(name, value): (String, Value)| {
            let value = match value {
                Value::String(text) if name == "password" => Value::from(text.trim_matches(['\r', '\n'])),
                Value::String(text) => Value::from(text.trim()),
                other => other,
            };
            (name, value)
        };
        secret.into_iter().map(trim).collect()
    }

    /// Checks a secret before it is stored. Errors: `credential_invalid` for a form that is not filled in right, and what
    /// the kind itself finds (`wrong_password`, `damaged`…). Their details: `field`, `message_pt`.
    fn check(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let form = self.describe().schema;
        if let Some(misfit) = schema::check(&form, &Value::Object(secret.clone())).into_iter().next() {
            let name = misfit.pointer.trim_start_matches('/').to_owned();
            let title = form["properties"][&name]["title"].as_str().unwrap_or(&name).to_owned();
            let title_pt = form["properties"][&name]["x-pt"]["title"].as_str().unwrap_or(&title);
            let text = format!("“{title}” is not filled in right. {}", misfit.message.en);
            let text_pt = format!("“{title_pt}” não está preenchido corretamente. {}", misfit.message.pt);
            return Err(wrong(&name, &text, &text_pt));
        }
        self.summary(secret)
    }
}

/// The kinds whose summary is of a certificate: `name`, `cpf` (masked), `cnpj`, `issuer`, `serial`, `not_before`,
/// `not_after`, `key`, `icp_brasil`, `seal`.
pub const WITH_CERTIFICATE: [&str; 2] = ["pkcs12", "mtls"];

/// Every kind, as they stand in the menu.
pub fn all() -> Vec<Box<dyn CredentialType>> {
    vec![
        Box::new(pkcs12::Pkcs12),
        Box::new(http::Basic),
        Box::new(http::Bearer),
        Box::new(http::Header),
        Box::new(http::Query),
        Box::new(jwt::Jwt),
        Box::new(mtls::Mtls),
        Box::new(oauth2::Oauth2Client),
        Box::new(password::Password),
    ]
}

pub fn get(kind: &str) -> Option<Box<dyn CredentialType>> {
    all().into_iter().find(|known| known.describe().kind == kind)
}

fn describe<P: schemars::JsonSchema>(kind: &str, name: [&str; 2], icon: &str) -> CredentialKind {
    CredentialKind {
        kind: kind.to_owned(),
        name: flow::Text::new(name[0], name[1]),
        icon: icon.to_owned(),
        schema: crate::kinds::describe::schema::<P>(),
    }
}

/// A text field without the blanks that come with copying.
fn text<'a>(secret: &'a Map<String, Value>, field: &str) -> &'a str {
    secret.get(field).and_then(Value::as_str).unwrap_or("").trim()
}

/// What may be shown of a certificate.
fn certificate(summary: &pdf::CertificateSummary) -> Map<String, Value> {
    let Ok(Value::Object(mut shown)) = serde_json::to_value(summary) else { return Map::new() };
    if let Some(cpf) = &summary.cpf {
        shown.insert("cpf".into(), masked(cpf).into());
    }
    shown
}

/// `***.456.789-**`: as the Brazilian state masks a CPF.
fn masked(cpf: &str) -> String {
    let digits: String = cpf.chars().filter(char::is_ascii_digit).collect();
    match (digits.get(3..6), digits.get(6..9)) {
        (Some(middle), Some(end)) => format!("***.{middle}.{end}-**"),
        _ => "***".to_owned(),
    }
}

/// What is wrong with a field of the form, in English and Portuguese.
fn wrong(field: &str, en: &str, pt: &str) -> NodeError {
    refused("credential_invalid", field, en, pt)
}

/// An error about a field: the details name it, and say the sentence in Portuguese.
fn refused(code: &str, field: &str, en: &str, pt: &str) -> NodeError {
    NodeError::new(code, en).with_details(json!({"field": field, "message_pt": pt}))
}

/// A header name as HTTP wants it.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests;
