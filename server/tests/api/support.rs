//! A server for tests, and a client that sends into its router.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use clap::Parser;
use flow::api::{NewApiKey, Role};
use serde_json::Value;
use server::config::ServeOptions;
use server::http::{App, routes};
use tempfile::TempDir;
use tower::ServiceExt;

/// A server with a data folder of its own.
pub struct Fluxo {
    pub app: App,
    pub router: Router,
    /// Its data; removed with the server.
    pub folder: TempDir,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The answer, if its status is `status`; otherwise the test fails and shows it.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }

    /// The answer, if it is a problem with this status and code whose sentence ends with a full stop.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{problem}");
        problem
    }
}

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    serve: ServeOptions,
}

impl Fluxo {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    pub async fn start_with(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = Self::app(folder.path(), flags).await;
        Self { router: routes::router(app.clone()), app, folder }
    }

    async fn app(folder: &Path, flags: &[&str]) -> App {
        let data = folder.to_str().unwrap();
        let words = ["fluxo", "--data", data, "--http-allow", "127.0.0.0/8"];
        let options = Options::parse_from(words.iter().chain(flags)).serve;
        server::cli::serve::build(options, std::time::Instant::now()).await.unwrap()
    }

    /// An API key with this role.
    pub async fn key(&self, role: Role) -> String {
        let new = NewApiKey { name: format!("test {}", role.as_str()), role, expires_in_days: None };
        self.app.auth.add_key(new, "test").await.unwrap().secret
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// A request with a key; `body` is sent as JSON unless it is `Null`.
    pub async fn call(&self, key: &str, method: &str, path: &str, body: Value) -> Answer {
        self.call_with(key, method, path, body, &[]).await
    }

    pub async fn call_with(
        &self,
        key: &str,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
        };
        self.send(request.body(body).unwrap()).await
    }
}

/// Runs a program of the test's toolbox.
pub fn run(program: &str, arguments: &[&str]) {
    let output = std::process::Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program} did not start: {error}. Run `cargo xtask setup`."));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// As a form sends a file.
pub fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
