//! Asks authorities for what verifying would need: issuers' certificates, OCSP answers, revocation lists. The requests
//! go by the server's rules for addresses, since the addresses come from files.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use pdf::{VerifyOptions, Wanted};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::NodeError;
use crate::context::Context;
use crate::credentials::mtls::pem;
use crate::world::{HttpBody, HttpRequest, HttpResponseBody};

/// Requests for one document.
const MOST_REQUESTS: usize = 32;
/// The largest answer; lists of large authorities have some megabytes.
const MOST_BYTES: usize = 32 << 20;
/// Answers of one step that are kept for its other items.
const MOST_KEPT: usize = 64;
const MOST_KEPT_BYTES: usize = 64 << 20;

/// What an authority said, or the code of what went wrong; empty while it is being asked.
type Answer = Arc<OnceCell<Result<Bytes, String>>>;

/// What the authorities said in this step: items of one batch often have the same signer.
#[derive(Default)]
pub struct Asked(Mutex<HashMap<Wanted, Answer>>);

/// What was asked for one document.
#[derive(Default)]
pub struct Answers {
    asked: Vec<(Wanted, Option<String>)>,
}

impl Answers {
    /// Gets what is wanted and was not asked yet, into `options`. False when there is nothing left to ask.
    ///
    /// Issuers and OCSP come first; lists, which are long, only when they did not help.
    pub async fn get(
        &mut self,
        context: &Context,
        known: &Asked,
        wanted: &[Wanted],
        timeout: u32,
        options: &mut VerifyOptions,
    ) -> bool {
        let is_list = |wanted: &Wanted| matches!(wanted, Wanted::Crl { .. });
        let is_new = |wanted: &&Wanted| !self.asked.iter().any(|(asked, _)| asked == *wanted);
        let new: Vec<Wanted> = wanted.iter().filter(is_new).cloned().collect();
        let small = new.iter().any(|wanted| !is_list(wanted));
        let left = MOST_REQUESTS - self.asked.len();
        let mut any = false;
        for wanted in new.into_iter().filter(|wanted| !small || !is_list(wanted)).take(left) {
            any = true;
            let answer = known.get(context, &wanted, timeout).await;
            if let Ok(body) = &answer {
                match wanted {
                    Wanted::Issuer { .. } => options.certificates.extend(certificates(body)),
                    Wanted::Ocsp { .. } => options.ocsps.push(body.to_vec()),
                    Wanted::Crl { .. } => options.crls.push(list(body)),
                }
            }
            self.asked.push((wanted, answer.err()));
        }
        any
    }

    /// For the report: which address was asked for what, and the code of what went wrong.
    pub fn told(self) -> Vec<Value> {
        let told = self.asked.into_iter().map(|(wanted, error)| {
            let (what, url) = match wanted {
                Wanted::Issuer { url } => ("issuer", url),
                Wanted::Ocsp { url, .. } => ("ocsp", url),
                Wanted::Crl { url } => ("crl", url),
            };
            json!({"what": what, "url": url, "error": error})
        });
        told.collect()
    }
}

impl Asked {
    /// The answer, or the code of what went wrong. Two items that ask at once wait for one answer.
    async fn get(&self, context: &Context, wanted: &Wanted, timeout: u32) -> Result<Bytes, String> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = lock().entry(wanted.clone()).or_default().clone();
        let ask = || async { send(context, wanted, timeout).await.map_err(|e| e.code) };
        let answer = cell.get_or_init(ask).await.clone();
        let mut kept = lock();
        let bytes: usize = kept.values().filter_map(|cell| cell.get()).flatten().map(Bytes::len).sum();
        if kept.len() > MOST_KEPT || bytes > MOST_KEPT_BYTES {
            kept.remove(wanted);
        }
        answer
    }
}

async fn send(context: &Context, wanted: &Wanted, timeout: u32) -> Result<Bytes, NodeError> {
    let mut request = match wanted {
        Wanted::Issuer { url } | Wanted::Crl { url } => HttpRequest::new("GET", url),
        Wanted::Ocsp { url, request } => {
            let mut post = HttpRequest::new("POST", url);
            post.headers.push(("Content-Type".into(), "application/ocsp-request".into()));
            post.body = HttpBody::Bytes(Bytes::from(request.clone()));
            post
        }
    };
    request.timeout = Duration::from_secs(u64::from(timeout.clamp(1, 120)));
    request.max_redirects = 3;
    let response = context.http.send(request).await?;
    let body = match response.body {
        HttpResponseBody::Bytes(bytes) => bytes,
        HttpResponseBody::Blob(blob) => context.blobs.read(&blob, MOST_BYTES as u64).await?,
    };
    if response.status != 200 || body.len() > MOST_BYTES {
        let text = format!("The authority answered with status {}. Try again later.", response.status);
        return Err(NodeError::new("http_status", text));
    }
    Ok(body)
}

/// The certificates of an answer: DER, PEM or a bundle.
fn certificates(body: &Bytes) -> Vec<Vec<u8>> {
    match std::str::from_utf8(body) {
        Ok(text) if text.contains("-----BEGIN ") => {
            pem(text).iter().flat_map(|(_, der)| pdf::certificates_in(der)).collect()
        }
        _ => pdf::certificates_in(body),
    }
}

/// A list in DER; some authorities write PEM.
fn list(body: &Bytes) -> Vec<u8> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.contains("-----BEGIN "));
    text.and_then(|text| pem(text).into_iter().next()).map_or_else(|| body.to_vec(), |(_, der)| der)
}
