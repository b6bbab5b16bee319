//! Asking the server and telling it: tried again until it answers, as long as this Job is needed.

use std::time::Duration;

use async_trait::async_trait;
use flow::api::Problem;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::engine::remote::{Over, Post, Upstream, Work};
use crate::store::new_id;

/// Waited before the second try; each further one waits twice as long.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that was never reached: the address may be wrong.
const FIRST: Duration = Duration::from_secs(120);

pub struct Client {
    base: String,
    token: String,
    process: String,
    http: reqwest::Client,
    /// The server needs this Job no more.
    over: CancellationToken,
}

/// Why the server did not do it.
#[derive(Debug)]
pub enum Failed {
    Over,
    /// It refuses, and would again.
    Refused(Box<Problem>),
    /// It was not reached.
    Away(String),
}

impl Client {
    pub fn new(base: &str, token: &str) -> Result<Self, String> {
        // Fails when another part was first: then one is there.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(Duration::from_secs(120))
            .user_agent(concat!("Fluxo-job/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("The HTTP client could not be made: {error}."))?;
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            token: token.trim().to_owned(),
            process: new_id(),
            http,
            over: CancellationToken::new(),
        })
    }

    /// The name that the server knows this process by.
    pub fn process(&self) -> &str {
        &self.process
    }

    pub fn is_over(&self) -> bool {
        self.over.is_cancelled()
    }

    /// Ends when the server needs this Job no more.
    pub async fn over(&self) {
        self.over.cancelled().await;
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}/api/v1/run-job/{path}", self.base)).bearer_auth(&self.token)
    }

    pub fn to(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}/api/v1/run-job/{path}", self.base)).bearer_auth(&self.token)
    }

    /// The run; `None` when the server needs this Job no more.
    pub async fn work(&self) -> Result<Option<Box<Work>>, String> {
        let path = format!("work?process={}", self.process);
        let asked = match self.until_answered(|| self.get(&path), FIRST).await {
            Ok(response) => read(response).await,
            Err(failed) => Err(failed),
        };
        match asked {
            Ok(work) => Ok(Some(work)),
            Err(Failed::Over) => Ok(None),
            Err(Failed::Refused(problem)) => Err(format!("The server does not give the run: {}", problem.detail)),
            Err(Failed::Away(why)) => Err(format!(
                "The server can't be reached at {}: {why}. Set FLUXO_CLUSTER_URL to an address by which pods reach it.",
                self.base
            )),
        }
    }

    /// Sends until there is an answer that trying again would not change.
    pub async fn answered(&self, make: impl Fn() -> RequestBuilder) -> Result<Response, Failed> {
        self.until_answered(make, Duration::MAX).await
    }

    async fn until_answered(&self, make: impl Fn() -> RequestBuilder, patience: Duration) -> Result<Response, Failed> {
        let (begun, mut pause, mut said) = (Instant::now(), PAUSE, Instant::now());
        loop {
            let failed = match self.once(make()).await {
                Ok(response) => return Ok(response),
                Err(Failed::Away(why)) => why,
                Err(failed) => return Err(failed),
            };
            if begun.elapsed() >= patience {
                return Err(Failed::Away(failed));
            }
            if said.elapsed() > Duration::from_secs(5) {
                tracing::warn!(url = self.base, why = failed, "The server does not answer; trying again.");
                said = Instant::now();
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.over.cancelled() => return Err(Failed::Over),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Response, Failed> {
        let response = request.send().await.map_err(|error| Failed::Away(causes(&error)))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        // What is no answer of ours comes from something on the way: it will pass.
        let problem = read::<Problem>(response).await.ok();
        let passing =
            status.is_server_error() || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(&status);
        match problem {
            Some(_) if status == StatusCode::GONE || status == StatusCode::UNAUTHORIZED => {
                self.over.cancel();
                Err(Failed::Over)
            }
            Some(problem) if !passing => Err(Failed::Refused(Box::new(problem))),
            Some(problem) => Err(Failed::Away(problem.detail)),
            None => Err(Failed::Away(format!("it answered with status {status}"))),
        }
    }
}

#[async_trait]
impl Upstream for Client {
    async fn post(&self, post: &Post) -> Result<(), Over> {
        let body = bytes::Bytes::from(serde_json::to_vec(post).unwrap_or_default());
        let sent = self.answered(|| self.to("posts").header(CONTENT_TYPE, "application/json").body(body.clone()));
        match sent.await {
            Ok(_) => {
                if post.end.is_some() {
                    self.over.cancel();
                }
                Ok(())
            }
            Err(Failed::Refused(problem)) => {
                tracing::error!(code = problem.code, why = problem.detail, "The server refuses what this Job did.");
                Err(Over)
            }
            Err(_) => Err(Over),
        }
    }

    async fn show(&self, post: &Post) -> Result<(), Over> {
        let body = serde_json::to_vec(post).unwrap_or_default();
        match self.once(self.to("posts").header(CONTENT_TYPE, "application/json").body(body)).await {
            Err(Failed::Over) => Err(Over),
            // What is only shown may be missed.
            _ => Ok(()),
        }
    }
}

/// A JSON answer.
pub async fn read<T: DeserializeOwned>(response: Response) -> Result<T, Failed> {
    let bytes = response.bytes().await.map_err(|error| Failed::Away(causes(&error)))?;
    serde_json::from_slice(&bytes).map_err(|error| Failed::Away(format!("its answer can't be read ({error})")))
}

/// What went wrong, down to its first cause.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
