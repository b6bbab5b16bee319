//! Credential kinds: their forms, their checks, what may be shown of them. Values never reach a `Debug`, an error or a
//! summary.

mod http;
mod jwt;
pub(crate) mod mtls;
mod oauth2;
mod password;
pub(crate) mod pkcs12;

use flow::api::CredentialKind;
use serde_json::{Map, Value};

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
    /// the kind itself finds (`wrong_password`, `damaged`…).
    fn check(&self, secret: &Map<String, Value>) -> Result<Map<String, Value>, NodeError> {
        let form = self.describe().schema;
        if let Some(misfit) = schema::check(&form, &Value::Object(secret.clone())).into_iter().next() {
            let name = misfit.pointer.trim_start_matches('/').to_owned();
            let title = form["properties"][&name]["title"].as_str().unwrap_or(&name).to_owned();
            let text = format!("“{title}” is not filled in right. {}", misfit.message.en);
            return Err(NodeError::new("credential_invalid", text));
        }
        self.summary(secret)
    }
}

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

fn wrong(text: &str) -> NodeError {
    NodeError::new("credential_invalid", text)
}

/// A header name as HTTP wants it.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests;
