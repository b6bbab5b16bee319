//! Sending a request: redirects one by one, within the limits.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use nodes::NodeError;
use nodes::world::{Http, HttpBody, HttpRequest, HttpResponse};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::body;
use super::client::HttpClient;
use super::depot::Depot;
use super::fault;

/// HTTP for the steps of one run.
#[derive(Clone)]
pub struct RunHttp {
    pub(super) client: HttpClient,
    pub(super) depot: Arc<dyn Depot>,
}

#[async_trait]
impl Http for RunHttp {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NodeError> {
        let url = parse_url(&request.url)?;
        let work = self.follow(&request, url.clone());
        match tokio::time::timeout(request.timeout, work).await {
            Ok(response) => response,
            Err(_) => Err(fault::timeout(request.timeout, &url)),
        }
    }
}

impl RunHttp {
    async fn follow(&self, request: &HttpRequest, mut url: Url) -> Result<HttpResponse, NodeError> {
        let mut request = Cow::Borrowed(request);
        let mut method = Method::from_bytes(request.method.to_ascii_uppercase().as_bytes()).map_err(|_| {
            NodeError::new(
                "http_request",
                format!("“{}” is not an HTTP method. Use GET, POST, PUT or another.", request.method),
            )
        })?;
        let mut headers = read_headers(&request.headers)?;
        let mut with_body = true;
        let mut client = self.client.client(&request)?;
        if let Some(proxy) = &request.proxy {
            let proxy = Url::parse(proxy).ok();
            self.client.check_literal(proxy.as_ref().and_then(Url::host_str).unwrap_or(""))?;
        }
        for hops in 0.. {
            let host = url.host_str().unwrap_or_default().to_owned();
            self.client.check_literal(&host)?;
            if request.proxy.is_some() {
                self.client.check_name(&host).await?;
            }
            let mut sending = client.request(method.clone(), url.clone()).headers(headers.clone());
            if with_body {
                sending = body::attach(sending, &request.body, &headers, &*self.depot).await?;
            }
            let response = sending.send().await.map_err(|e| fault::explain(&e, &url, request.timeout))?;
            let next = redirect(&response, &url).filter(|_| request.max_redirects > 0);
            let Some(next) = next else { return self.read(response, &request, &url).await };
            if hops >= request.max_redirects {
                return Err(NodeError::new(
                    "http_redirects",
                    format!(
                        "The server redirects more than {} times. Check the URL, or allow more redirects.",
                        request.max_redirects
                    ),
                ));
            }
            let next = parse_url(next?.as_str())?;
            let status = response.status();
            let to_get = status == StatusCode::SEE_OTHER && method != Method::HEAD
                || matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND) && method == Method::POST;
            if to_get {
                method = Method::GET;
                with_body = false;
                headers.retain_not(|name| name.as_str().starts_with("content-"));
            }
            if next.origin() != url.origin() {
                request = Cow::Owned(request.into_owned().for_other_origin());
                headers.retain_not(|name| !HttpRequest::says_no_secret(name.as_str()));
                client = self.client.client(&request)?;
            }
            url = next;
        }
        Err(NodeError::new("http_redirects", "The server redirects without end. Check the URL."))
    }

    async fn read(
        &self,
        response: reqwest::Response,
        request: &HttpRequest,
        url: &Url,
    ) -> Result<HttpResponse, NodeError> {
        let status = response.status();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(n, v)| (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned())).collect();
        let options = self.client.options();
        let body = if request.response_to_blob {
            body::to_blob(response, request, url, options.max_blob, &*self.depot).await?
        } else {
            body::to_memory(response, request, url, options.max_response).await?
        };
        let mut shown = url.clone();
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        Ok(HttpResponse {
            status: status.as_u16(),
            status_text: status.canonical_reason().unwrap_or("").to_owned(),
            headers,
            body,
            url: shown.to_string(),
        })
    }
}

fn parse_url(text: &str) -> Result<Url, NodeError> {
    let bad =
        |why: &str| NodeError::new("http_url", format!("The URL is not valid: {why}. Write it as https://host/path."));
    let url = Url::parse(text.trim()).map_err(|e| bad(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(&format!("“{}:” is neither http: nor https:", url.scheme())));
    }
    Ok(url)
}

fn read_headers(pairs: &[(String, String)]) -> Result<HeaderMap, NodeError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let bad = |what: &str| {
            NodeError::new(
                "http_request",
                format!("The header “{name}” has a {what} that HTTP does not allow. Correct it."),
            )
        };
        let key = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| bad("name"))?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| bad("value"))?;
        headers.append(key, value);
    }
    Ok(headers)
}

/// Where the response redirects to.
fn redirect(response: &reqwest::Response, from: &Url) -> Option<Result<Url, NodeError>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let to = response.headers().get(LOCATION)?.to_str().ok()?;
    let joined = from.join(to);
    Some(joined.map_err(|e| {
        NodeError::new(
            "http_redirects",
            format!("The server redirects to something that is not a URL: {e}. Check the URL."),
        )
    }))
}

trait RetainNot {
    /// Removes all headers whose name fits.
    fn retain_not(&mut self, drop: impl Fn(&HeaderName) -> bool);
}

impl RetainNot for HeaderMap {
    fn retain_not(&mut self, drop: impl Fn(&HeaderName) -> bool) {
        let gone: Vec<HeaderName> = self.keys().filter(|name| drop(name)).cloned().collect();
        for name in gone {
            self.remove(name);
        }
    }
}

/// Whether a body is there at all.
pub(super) fn is_empty(body: &HttpBody) -> bool {
    matches!(body, HttpBody::Empty)
}
