//! How a request gets to the server.

use std::future::Future;
use std::pin::Pin;
#[cfg(feature = "ssr")]
use std::sync::Arc;

use flow::api::Problem;
use serde::Serialize;

use super::Call;

/// A request to the API.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// From `/api/v1` on, with the query.
    pub path: String,
    /// Revision for `If-Match`.
    pub if_match: Option<u32>,
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Sends a request into the server's own router, with the cookies of the page's request. The server implements it.
pub trait Transport: Send + Sync {
    fn send(&self, request: Request) -> Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;
}

/// The context value by which the server gives its [`Transport`] to the pages that it renders.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub struct Server(pub Arc<dyn Transport>);

/// The context value by which the server gives its [`Transport`] to the pages that it renders; the browser has none.
#[cfg(not(feature = "ssr"))]
#[derive(Clone)]
pub struct Server;

impl Request {
    /// `path` is what follows `/api/v1`.
    pub fn new(method: &'static str, path: &str) -> Self {
        Self { method, path: format!("{}{path}", super::BASE), if_match: None, body: None }
    }

    pub fn json(mut self, body: &impl Serialize) -> Self {
        // Our types are maps with string keys and can't fail; an empty body would be refused with a clear problem.
        self.body = Some(serde_json::to_vec(body).unwrap_or_default());
        self
    }

    pub fn if_match(mut self, revision: u32) -> Self {
        self.if_match = Some(revision);
        self
    }
}

/// Sends a request; anything but a 2xx is an error.
pub(super) fn send(request: Request) -> Call<Answer> {
    sender()(request)
}

/// What sends requests, for several of them one after the other.
pub(super) fn sender() -> impl Fn(Request) -> Call<Answer> + Send + 'static {
    #[cfg(feature = "ssr")]
    {
        // Taken before the first await: later the page's context may be gone.
        let server = leptos::prelude::use_context::<Server>();
        move |request| {
            let server = server.clone();
            Box::pin(async move {
                match server {
                    Some(Server(transport)) => judge(transport.send(request).await?),
                    None => {
                        Err(failed("no_server", "The page was rendered without a server to ask. Reload it.".into()))
                    }
                }
            })
        }
    }
    #[cfg(not(feature = "ssr"))]
    |request| Box::pin(send_wrapper::SendWrapper::new(async move { judge(super::fetch::send(request).await?) }))
}

fn judge(answer: Answer) -> Result<Answer, Problem> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    Err(serde_json::from_str::<Problem>(&String::from_utf8_lossy(&answer.body)).unwrap_or_else(|_| Problem {
        status: answer.status,
        ..failed(
            "unexpected_answer",
            format!(
                "The server answered {} without saying why. Try again; if it stays, look at the server's log.",
                answer.status
            ),
        )
    }))
}

pub(super) fn failed(code: &str, detail: String) -> Problem {
    Problem {
        kind: format!("/docs/errors#{code}"),
        title: "The request failed".into(),
        status: 0,
        code: code.into(),
        detail,
        ..Problem::default()
    }
}
