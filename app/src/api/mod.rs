//! The typed client of `/api/v1`: the only way that the app reaches data.
//!
//! In the browser a call is a `fetch` with cookies; while a page is rendered on the server it goes into the server's own
//! router through [`Server`]. Every function returns at once with a [`Call`] to await.

mod access;
mod credentials;
mod events;
#[cfg(not(feature = "ssr"))]
mod fetch;
mod flows;
mod runs;
mod tools;
mod transport;

use std::future::Future;
use std::pin::Pin;

use flow::api::{Page, Problem};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use access::*;
pub use credentials::*;
pub use events::{Subscription, follow_flow, follow_run};
#[cfg(not(feature = "ssr"))]
pub use fetch::refresh_session;
pub use flows::*;
pub use runs::*;
pub use tools::*;
pub use transport::{Answer, Request, Server, Transport};

/// A call on its way.
pub type Call<T> = Pin<Box<dyn Future<Output = Result<T, Problem>> + Send>>;

/// Where the API starts.
pub const BASE: &str = "/api/v1";

/// Sends `request` and reads the answer's JSON.
fn call<T: DeserializeOwned + 'static>(request: Request) -> Call<T> {
    let answer = transport::send(request);
    Box::pin(async move { read(&answer.await?) })
}

/// An answer that is read later, where its types are known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Text(String);

impl Text {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        parse(&self.0, 200)
    }
}

/// Sends a `GET` and keeps the answer's JSON as it is.
fn get_text(path: &str) -> Call<Text> {
    let answer = transport::send(Request::new("GET", path));
    Box::pin(async move { Ok(Text(String::from_utf8_lossy(&answer.await?.body).into_owned())) })
}

/// Sends `request` when its answer has no content that matters.
fn command(request: Request) -> Call<()> {
    let answer = transport::send(request);
    Box::pin(async move { answer.await.map(|_| ()) })
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Problem> {
    parse(&String::from_utf8_lossy(&answer.body), answer.status)
}

/// From text, like every other reader here: each type is compiled for one reader only.
fn parse<T: DeserializeOwned>(text: &str, status: u16) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem {
        kind: "/docs/errors#unreadable_answer".into(),
        title: "Unreadable answer".into(),
        status,
        code: "unreadable_answer".into(),
        detail: format!(
            "The server's answer can't be read ({error}). Reload the page; server and page may differ in version."
        ),
        ..Problem::default()
    })
}

fn get<T: DeserializeOwned + 'static>(path: &str) -> Call<T> {
    call(Request::new("GET", path))
}

/// All pages of a list, one after the other.
fn all<T: DeserializeOwned + Send + 'static>(path: &str) -> Call<Vec<T>> {
    // Taken before the first await, like every call's way to the server.
    let (send, path) = (transport::sender(), path.to_owned());
    let pages = async move {
        let (mut items, mut cursor) = (Vec::new(), None);
        loop {
            let limit = Some("200".to_owned());
            let path = with_query(&path, &[("limit", limit), ("cursor", cursor)]);
            let page: Page<T> = read(&send(Request::new("GET", &path)).await?)?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(items);
            }
        }
    };
    Box::pin(pages)
}

fn post<T: DeserializeOwned + 'static>(path: &str, body: &impl Serialize) -> Call<T> {
    call(Request::new("POST", path).json(body))
}

/// Percent-encodes a path segment or a query value.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// `path?name=value&…` of those pairs that have a value.
fn with_query(path: &str, pairs: &[(&str, Option<String>)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .filter_map(|(name, value)| value.as_deref().filter(|v| !v.is_empty()).map(|v| format!("{name}={}", encode(v))))
        .collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_leave_out_what_has_no_value() {
        let check = |pairs: &[(&str, Option<String>)], expected: &str| assert_eq!(with_query("/runs", pairs), expected);
        check(&[], "/runs");
        check(&[("flow", None), ("status", Some(String::new()))], "/runs");
        check(
            &[("search", Some("nota fiscal & ção".into())), ("limit", Some("50".into()))],
            "/runs?search=nota%20fiscal%20%26%20%C3%A7%C3%A3o&limit=50",
        );
    }
}
