//! What signing asks of others: time stamps, and proofs that certificates are not revoked. Everything goes through the
//! world's HTTP with its address rules.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use pdf::{Collector, Fetch, Lang, Proofs, Stamp, StampRequest};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::level::{Authentication, Level};
use super::{blocking, error};
use crate::NodeError;
use crate::context::Context;
use crate::credentials::mtls::pem;
use crate::kinds::common::base64;
use crate::world::{HttpBody, HttpRequest, HttpResponseBody, Secret};

/// The world outside for one run of the node: what is the same for all items is fetched once.
pub(crate) struct Outside<'a> {
    context: &'a Context,
    authentication: Authentication,
    secret: Option<Secret>,
    /// A token that OAuth 2 gave.
    token: Mutex<Option<String>>,
    fetched: Mutex<HashMap<Fetch, Bytes>>,
}

/// Bytes of lists and answers that a run keeps for its next items.
const KEPT: usize = 64 << 20;

/// Why an answer did not come: its code or status, for sentences in every language, and more for one in English.
struct Failed {
    reason: String,
    /// The other side said no.
    refused: bool,
}

impl<'a> Outside<'a> {
    /// Takes the credential of the time-stamping authority, if one is asked for.
    pub(crate) async fn new(context: &'a Context) -> Result<Self, NodeError> {
        // Both take no expressions, so they are the same for all items.
        let drawn = context.node.parameters.get("level").cloned().unwrap_or_default();
        let is_stamped = drawn.get("profile").is_some_and(|profile| profile != "b");
        let authentication = drawn.get("authentication").filter(|_| is_stamped).cloned().unwrap_or_default();
        let authentication = serde_json::from_value(authentication).unwrap_or_default();
        let slot = match authentication {
            Authentication::None => None,
            Authentication::Basic => Some("tsa_basic"),
            Authentication::Oauth2 => Some("tsa_oauth2"),
            Authentication::Certificate => Some("tsa_certificate"),
        };
        let secret = match slot {
            Some(slot) => Some(context.secrets.get(slot).await?.ok_or_else(|| {
                let text =
                    "No credential is chosen for the time-stamping authority. Choose one in the node's parameters.";
                NodeError::new("credential_missing", text)
            })?),
            None => None,
        };
        let (token, fetched) = (Mutex::default(), Mutex::default());
        Ok(Self { context, authentication, secret, token, fetched })
    }

    /// A time stamp over `data`, checked.
    pub(crate) async fn stamp(&self, data: &[&[u8]], level: &Level) -> Result<Stamp, NodeError> {
        let mut nonce = [0; 8];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|_| NodeError::new("internal", "The system gives no random numbers. Restart the server."))?;
        let roots: Vec<Vec<u8>> =
            pem(&level.trusted).into_iter().filter(|(label, _)| label == "CERTIFICATE").map(|(_, der)| der).collect();
        if roots.is_empty() && !level.trusted.trim().is_empty() {
            let text = "“Trusted roots” has no PEM certificate. Paste it from -----BEGIN CERTIFICATE----- to the end.";
            return Err(NodeError::new("certificate_invalid", text));
        }
        let request = StampRequest::new(data, nonce, &level.policy).map_err(|e| error(&e))?;
        let answer = match self.ask_authority(&request, level).await {
            Err(failed) if failed.refused && self.authentication == Authentication::Oauth2 => {
                // The token may have run out.
                self.token.lock().await.take();
                self.ask_authority(&request, level).await
            }
            other => other,
        };
        let answer = answer.map_err(|failed| {
            let reason = failed.reason;
            let level = if failed.refused {
                pdf::LevelError::StampRefused { reason }
            } else {
                pdf::LevelError::StampUnreachable { reason }
            };
            error(&level.into())
        })?;
        request.token(&answer, &roots).map_err(|e| error(&e))
    }

    async fn ask_authority(&self, request: &StampRequest, level: &Level) -> Result<Bytes, Failed> {
        let mut http = HttpRequest::new("POST", level.url.trim());
        http.headers =
            vec![("content-type".into(), pdf::STAMP_QUERY.into()), ("accept".into(), pdf::STAMP_REPLY.into())];
        http.body = HttpBody::Bytes(request.bytes().into());
        http.timeout = timeout(level);
        match (self.authentication, &self.secret) {
            (Authentication::Basic, Some(secret)) => {
                authorize(&mut http, "Basic", &base64(format!("{}:{}", secret.text("user"), secret.text("password"))));
            }
            (Authentication::Oauth2, Some(secret)) => {
                let token = self.oauth2_token(secret, level).await?;
                authorize(&mut http, "Bearer", &token);
            }
            (Authentication::Certificate, Some(secret)) => {
                http.client_identity = Some((secret.text("certificate").to_owned(), secret.text("key").to_owned()));
                http.extra_roots = Some(secret.text("ca").to_owned()).filter(|ca| !ca.trim().is_empty());
            }
            _ => {}
        }
        self.send(http, pdf::MAX_STAMP).await
    }

    /// A token for the client's id and secret (RFC 6749 4.4.2), kept for the run.
    async fn oauth2_token(&self, secret: &Secret, level: &Level) -> Result<String, Failed> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref() {
            return Ok(token.clone());
        }
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let mut form = "grant_type=client_credentials".to_owned();
        let scope = secret.text("scope").trim();
        if !scope.is_empty() {
            form += &format!("&scope={}", encoded(scope));
        }
        let mut http = HttpRequest::new("POST", secret.text("token_url").trim());
        http.headers = vec![
            ("content-type".into(), "application/x-www-form-urlencoded".into()),
            ("accept".into(), "application/json".into()),
        ];
        http.body = HttpBody::Bytes(form.into());
        http.timeout = timeout(level);
        http.max_redirects = 0;
        let pair = format!("{}:{}", encoded(secret.text("client_id")), encoded(secret.text("client_secret")));
        authorize(&mut http, "Basic", &base64(pair));
        let named = |failed: Failed| Failed { reason: format!("OAuth 2: {}", failed.reason), ..failed };
        let answer = self.send(http, 64 << 10).await.map_err(named)?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        let token = answer.get("access_token").and_then(Value::as_str).filter(|t| !t.is_empty() && t.is_ascii());
        let token = token.ok_or_else(|| Failed { reason: "OAuth 2: access_token".into(), refused: true })?;
        *kept = Some(token.to_owned());
        Ok(token.to_owned())
    }

    async fn send(&self, http: HttpRequest, limit: usize) -> Result<Bytes, Failed> {
        let answer = self.context.http.send(http).await;
        // The sentence of the error may hold what the address gave; its code may not.
        let answer = answer.map_err(|e| Failed { reason: e.code, refused: false })?;
        if !(200..300).contains(&answer.status) {
            let refused = matches!(answer.status, 400..=403 | 407);
            return Err(Failed { reason: format!("HTTP {}", answer.status), refused });
        }
        match answer.body {
            HttpResponseBody::Bytes(bytes) if bytes.len() <= limit => Ok(bytes),
            _ => Err(Failed { reason: "too large".into(), refused: false }),
        }
    }

    /// The proofs for signatures (`/Contents`).
    pub(crate) async fn proofs(&self, signatures: &[&[u8]], level: &Level) -> Result<Proofs, NodeError> {
        let mut collector = Collector::new(signatures, self.context.clock.now());
        while let Some(fetch) = collector.next_fetch().map_err(|e| error(&e))? {
            let got = self.fetch(fetch, level).await;
            // Lists are long, and looking through them keeps a core busy.
            collector = blocking(move || {
                collector.answer(got.as_deref().map_err(Clone::clone)).map_err(|e| error(&e))?;
                Ok(collector)
            })
            .await?;
        }
        Ok(collector.proofs())
    }

    async fn fetch(&self, fetch: Fetch, level: &Level) -> Result<Bytes, String> {
        // Held while fetching: the items beside this one mostly need the same.
        let mut kept = self.fetched.lock().await;
        if let Some(known) = kept.get(&fetch) {
            return Ok(known.clone());
        }
        let mut http = HttpRequest::new(if fetch.post.is_some() { "POST" } else { "GET" }, fetch.url.clone());
        if let Some((body, kind)) = &fetch.post {
            http.headers.push(("content-type".into(), (*kind).into()));
            http.body = HttpBody::Bytes(body.clone().into());
        }
        http.timeout = timeout(level);
        let got = self.send(http, fetch.limit).await.map_err(|failed| failed.reason)?;
        let used: usize = kept.values().map(Bytes::len).sum();
        if used + got.len() <= KEPT {
            kept.insert(fetch, got.clone());
        }
        Ok(got)
    }
}

fn timeout(level: &Level) -> Duration {
    Duration::from_secs(u64::from(level.timeout_s.clamp(1, 300)))
}

fn authorize(http: &mut HttpRequest, scheme: &str, value: &str) {
    http.headers.push(("authorization".into(), format!("{scheme} {value}")));
    http.sensitive_headers.push("authorization".into());
}

/// An error as the sentence of a warning.
pub(crate) fn reason(e: &NodeError) -> String {
    e.message.clone()
}

/// Warnings as they stand in an item.
pub(crate) fn warnings(list: &[pdf::Warning]) -> Value {
    list.iter().map(|w| json!({"code": w.code(), "message": w.message(Lang::En)})).collect()
}
