//! Sending one request: credential, digest challenge, tries, and what a bad status says.

use std::time::Duration;

use flow::Item;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use url::Url;

use super::auth::{self, Auth, Kind};
use super::digest;
use super::parameters::Parameters;
use crate::context::Context;
use crate::error::NodeError;
use crate::world::{HttpRequest, HttpResponse, HttpResponseBody};

/// One item's call.
pub(super) struct Call<'a> {
    pub(super) context: &'a Context,
    pub(super) auth: &'a Auth,
    pub(super) parameters: &'a Parameters,
    pub(super) index: usize,
    pub(super) item: &'a Item,
}

/// Statuses that may pass when tried again.
const PASSING: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];
/// Codes of [`crate::world::Http::send`] that may pass.
const PASSING_ERRORS: [&str; 4] = ["http_connect", "http_connection_lost", "http_dns", "http_timeout"];

impl Call<'_> {
    /// Sends until it went well or the tries are used up. `with_credential`: false for another server's address.
    pub(super) async fn send(&self, request: HttpRequest, with_credential: bool) -> Result<HttpResponse, NodeError> {
        let retry = &self.parameters.retry;
        let tries = retry.tries.clamp(1, 20);
        let longest = Duration::from_secs(retry.max_wait_s.min(3_600));
        for attempt in 1u32.. {
            let result = self.once(request.clone(), with_credential).await;
            let asked = match &result {
                Ok(response) if PASSING.contains(&response.status) => self.retry_after(response),
                Err(e) if PASSING_ERRORS.contains(&e.code.as_str()) => None,
                _ => return result,
            };
            if attempt >= tries || asked.is_some_and(|asked| asked > longest) {
                return result;
            }
            let usual = Duration::from_millis(retry.wait_ms).saturating_mul(1 << (attempt - 1).min(20)).min(longest);
            // A fifth at random, so that many who failed together do not come back together.
            let wait = asked.unwrap_or_else(|| usual.mul_f64(0.9 + 0.2 * self.context.clock.random()));
            (self.context.log)(format!("attempt {attempt} of {tries} failed; trying again in {wait:.1?}"));
            self.context.clock.sleep(wait).await;
        }
        Err(NodeError::new("http_connect", "The request was never sent. Try again."))
    }

    async fn once(&self, request: HttpRequest, with_credential: bool) -> Result<HttpResponse, NodeError> {
        let mut request = request;
        self.auth.apply_proxy(&mut request);
        let mut first = request.clone();
        if with_credential {
            self.auth.apply(&mut first, None);
        }
        let response = self.context.http.send(first).await?;
        let Kind::Digest(user, password) = &self.auth.kind else { return Ok(response) };
        if response.status != 401 || !with_credential {
            return Ok(response);
        }
        let asked = response.headers.iter().filter(|(name, _)| name == "www-authenticate").map(|(_, v)| v.as_str());
        let Some(challenge) = digest::challenge(asked) else { return Ok(response) };
        let url =
            Url::parse(&request.url).map_err(|e| NodeError::new("url_invalid", format!("{e}. Correct the URL.")))?;
        let uri = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let nonce = format!("{:016x}", (self.context.clock.random() * u64::MAX as f64) as u64);
        let header = digest::answer(&challenge, user, password, &request.method, &uri, &nonce)?;
        let mut second = request;
        self.auth.apply(&mut second, Some(header));
        self.context.http.send(second).await
    }

    /// How long the server asks to wait: seconds, or until a date.
    fn retry_after(&self, response: &HttpResponse) -> Option<Duration> {
        let text = header(response, "retry-after")?.trim();
        if let Ok(seconds) = text.parse::<u64>() {
            return Some(Duration::from_secs(seconds));
        }
        let date: Timestamp = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        let seconds = date.duration_since(self.context.clock.now()).as_secs();
        Some(Duration::from_secs(seconds.max(0) as u64))
    }

    /// The error for a status of 400 and above.
    pub(super) async fn status_error(&self, request: &HttpRequest, response: &HttpResponse) -> NodeError {
        let advice = match response.status {
            401 | 403 => "Check the credential and what it may do.",
            404 | 410 => "Check the URL.",
            405 => "Check the method.",
            408 | 425 | 500..=599 => "The server may recover: try again later, or raise the attempts under “Retries”.",
            413 => "Send less at once.",
            429 => {
                "The server asks for fewer requests: use batches with a pause, or raise the attempts under “Retries”."
            }
            _ => "Check what the request sends; the details show the server's answer.",
        };
        let status = format!("{} {}", response.status, response.status_text);
        let text = format!("The server answered {}. {advice}", status.trim());
        let sent = request.headers.iter().map(|(n, v)| (n, auth::shown(n, v, &request.sensitive_headers)));
        let got = response.headers.iter().map(|(n, v)| (n, auth::shown(n, v, &[])));
        let mut details = json!({
            "request": {"method": request.method, "url": auth::shown_url(&request.url), "headers": object(sent)},
            "status": response.status,
            "headers": object(got),
            "body": self.first_bytes(response).await,
        });
        if let Some(wait) = self.retry_after(response) {
            details["retry_after_s"] = json!(wait.as_secs());
        }
        NodeError::new("http_status", text).with_details(details)
    }

    /// The body's first 4 KiB.
    async fn first_bytes(&self, response: &HttpResponse) -> String {
        let bytes = match &response.body {
            HttpResponseBody::Bytes(bytes) => bytes.clone(),
            HttpResponseBody::Blob(blob) if blob.size <= 1 << 20 => {
                self.context.blobs.read(blob, 1 << 20).await.unwrap_or_default()
            }
            HttpResponseBody::Blob(_) => return String::new(),
        };
        String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]).into_owned()
    }
}

fn object<'a>(pairs: impl Iterator<Item = (&'a String, String)>) -> Value {
    Value::Object(pairs.map(|(n, v)| (n.clone(), Value::String(v))).collect::<Map<_, _>>())
}

pub(super) fn header<'a>(response: &'a HttpResponse, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}
