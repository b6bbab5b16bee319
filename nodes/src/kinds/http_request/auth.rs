//! What the request shows of its sender, and keeping it out of errors.

use serde_json::Value;

use super::parameters::{Authentication, Parameters};
use crate::context::Context;
use crate::error::NodeError;
use crate::kinds::common::base64;
use crate::world::{HttpRequest, Secret};

/// The credential of a request. Has no `Debug` on purpose.
pub(super) struct Auth {
    pub(super) kind: Kind,
    /// PEM: certificate and key.
    identity: Option<(String, String)>,
    /// PEM.
    roots: String,
    /// User and password.
    proxy: Option<(String, String)>,
    /// Texts that must not be seen.
    secrets: Vec<String>,
}

pub(super) enum Kind {
    None,
    /// Name in lower case, value.
    Header(String, String),
    Query(String, String),
    /// User, password.
    Digest(String, String),
}

const HIDDEN: &str = "•••";

impl Auth {
    pub(super) async fn load(context: &Context, p: &Parameters) -> Result<Self, NodeError> {
        let mut auth =
            Self { kind: Kind::None, identity: None, roots: String::new(), proxy: None, secrets: Vec::new() };
        let slot = match p.authentication {
            Authentication::None => None,
            Authentication::Basic => Some("basic"),
            Authentication::Bearer => Some("bearer"),
            Authentication::Header => Some("header"),
            Authentication::Query => Some("query"),
            Authentication::Digest => Some("digest"),
        };
        if let Some(slot) = slot {
            let secret = chosen(context, slot).await?;
            auth.secrets.extend(["password", "token", "value"].map(|f| secret.text(f).to_owned()));
            auth.kind = match p.authentication {
                Authentication::Basic => {
                    let pair = base64(format!("{}:{}", secret.text("user"), secret.text("password")));
                    auth.secrets.push(pair.clone());
                    Kind::Header("authorization".into(), format!("Basic {pair}"))
                }
                Authentication::Bearer => {
                    Kind::Header("authorization".into(), format!("Bearer {}", secret.text("token")))
                }
                Authentication::Header => {
                    Kind::Header(secret.text("name").trim().to_ascii_lowercase(), secret.text("value").to_owned())
                }
                Authentication::Query => {
                    let value = secret.text("value");
                    auth.secrets.push(url::form_urlencoded::byte_serialize(value.as_bytes()).collect());
                    Kind::Query(secret.text("name").to_owned(), value.to_owned())
                }
                Authentication::Digest => {
                    Kind::Digest(secret.text("user").to_owned(), secret.text("password").to_owned())
                }
                Authentication::None => Kind::None,
            };
        }
        if p.client_certificate {
            let secret = chosen(context, "client_certificate").await?;
            auth.identity = Some((secret.text("certificate").to_owned(), secret.text("key").to_owned()));
            auth.roots = secret.text("ca").to_owned();
            auth.secrets.push(secret.text("key").to_owned());
        }
        if p.proxy_password {
            let secret = chosen(context, "proxy").await?;
            auth.secrets.push(secret.text("password").to_owned());
            auth.proxy = Some((secret.text("user").to_owned(), secret.text("password").to_owned()));
        }
        // A very short text would blot out half of every message and protects nothing.
        auth.secrets.retain(|s| s.len() >= 4);
        Ok(auth)
    }

    /// Adds the credential. `digest`: the header that answers the server's challenge.
    pub(super) fn apply(&self, request: &mut HttpRequest, digest: Option<String>) {
        match &self.kind {
            Kind::None => {}
            Kind::Header(name, value) => {
                request.headers.retain(|(known, _)| known != name);
                request.headers.push((name.clone(), value.clone()));
                request.sensitive_headers.push(name.clone());
            }
            Kind::Query(name, value) => {
                if let Ok(mut url) = url::Url::parse(&request.url) {
                    url.query_pairs_mut().append_pair(name, value);
                    request.url = url.into();
                }
            }
            Kind::Digest(..) => {
                if let Some(header) = digest {
                    request.headers.retain(|(known, _)| known != "authorization");
                    request.headers.push(("authorization".into(), header));
                    request.sensitive_headers.push("authorization".into());
                }
            }
        }
        request.client_identity = self.identity.clone();
        if !self.roots.trim().is_empty() {
            let given = request.extra_roots.take().unwrap_or_default();
            request.extra_roots = Some(format!("{given}\n{}", self.roots));
        }
    }

    /// Adds the proxy's user and password, which every request through it needs wherever it goes.
    pub(super) fn apply_proxy(&self, request: &mut HttpRequest) {
        let Some((user, password)) = &self.proxy else { return };
        let address = request.proxy.as_deref().map(|proxy| {
            let full = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
            url::Url::parse(&full)
        });
        // An address that is none is told by whoever connects.
        if let Some(Ok(mut address)) = address {
            let _ = address.set_username(user);
            let _ = address.set_password(Some(password));
            request.proxy = Some(address.into());
        }
    }

    pub(super) fn mask(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
    }

    /// The error without the credential, wherever it hides.
    pub(super) fn mask_error(&self, mut error: NodeError) -> NodeError {
        error.message = self.mask(&error.message);
        self.mask_value(&mut error.details);
        error
    }

    fn mask_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.mask(text),
            Value::Array(list) => list.iter_mut().for_each(|v| self.mask_value(v)),
            Value::Object(map) => {
                for (_, inner) in map.iter_mut() {
                    self.mask_value(inner);
                }
            }
            _ => {}
        }
    }
}

/// A header as it may be shown.
pub(super) fn shown(name: &str, value: &str, sensitive: &[String]) -> String {
    let usual = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key"];
    let hidden = usual.contains(&name) || sensitive.iter().any(|s| s == name);
    if hidden { HIDDEN.to_owned() } else { value.to_owned() }
}

/// An address without the password that may be in it.
pub(super) fn shown_url(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) if parsed.password().is_some() => {
            // Fails for addresses without a host only, and those have no password.
            let _ = parsed.set_password(Some("hidden"));
            parsed.into()
        }
        _ => url.to_owned(),
    }
}

async fn chosen(context: &Context, slot: &str) -> Result<Secret, NodeError> {
    context.secrets.get(slot).await?.ok_or_else(|| {
        let text = "No credential is chosen for the authentication. Choose one in the node's parameters.";
        NodeError::new("credential_missing", text)
    })
}
