//! `fluxo selftest` and `fluxo healthy`: asking a running server from outside, as a caller would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use flow::api::{NewApiKey, Role};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::parts;
use crate::auth::Auth;
use crate::config::DataOptions;

/// `fluxo healthy`: whether the server on `listen` takes work. For a container's health check.
pub async fn healthy(listen: SocketAddr) -> Result<(), String> {
    // Who listens everywhere is asked on the loopback.
    let ip = if listen.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { listen.ip() };
    let url = format!("http://{}/health/ready", SocketAddr::new(ip, listen.port()));
    let answer = client()?.get(&url).send().await.map_err(|e| format!("{url} does not answer: {}.", plain(&e)))?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(format!("{url} says {}.", answer.text().await.unwrap_or_default().trim())),
    }
}

/// `fluxo selftest`: makes a flow through the API at `url`, publishes it, calls its webhook, compares the answer, and
/// removes the flow with its run. The API key that it uses is gone afterwards, too.
pub async fn run(data: &DataOptions, url: &str) -> Result<(), String> {
    let auth = parts::open(data, false).await?.auth;
    let name = format!("selftest {}", uuid::Uuid::new_v4());
    let key = NewApiKey { name, role: Role::Editor, expires_in_days: Some(1) };
    let key = auth.add_key(key, "command line").await.map_err(|e| e.to_string())?;
    let server = Server { client: client()?, url: url.trim_end_matches('/').to_owned(), key: key.secret };
    let result = server.flow().await;
    remove(&auth, &key.key.id).await?;
    result
}

async fn remove(auth: &Auth, id: &str) -> Result<(), String> {
    auth.delete_key(id).await.map_err(|e| e.to_string())
}

/// Where the test goes to.
struct Server {
    client: Client,
    url: String,
    key: String,
}

impl Server {
    async fn flow(&self) -> Result<(), String> {
        let path = format!("selftest-{}", uuid::Uuid::new_v4());
        let flow = self.call(Method::POST, "/api/v1/flows", Some(&json!({ "document": document(&path) }))).await?;
        let id = flow["id"].as_str().ok_or("The server made a flow without an id.")?.to_owned();
        println!("ok    made a flow");
        let checked = self.webhook(&id, &path).await;
        self.call(Method::DELETE, &format!("/api/v1/flows/{id}"), None).await?;
        checked?;
        println!("ok    removed the flow");
        Ok(())
    }

    async fn webhook(&self, id: &str, path: &str) -> Result<(), String> {
        self.call(Method::POST, &format!("/api/v1/flows/{id}/publish"), Some(&json!({}))).await?;
        println!("ok    published it");
        let word = uuid::Uuid::new_v4().to_string();
        let answer = self.call(Method::POST, &format!("/webhook/{path}"), Some(&json!({ "word": word }))).await?;
        if answer["word"] != word.as_str() {
            return Err(format!("The webhook was to answer with the word {word}, but answered {answer}."));
        }
        println!("ok    its webhook ran and answered");
        Ok(())
    }

    /// The answer's JSON; null when it has no body.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, String> {
        let url = format!("{}{path}", self.url);
        let mut request = self.client.request(method.clone(), &url);
        if path.starts_with("/api/") {
            request = request.bearer_auth(&self.key);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|e| format!("{method} {url} failed: {}.", plain(&e)))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|e| format!("{method} {url} broke off: {}.", plain(&e)))?;
        if !status.is_success() {
            let start = text.chars().take(500).collect::<String>();
            return Err(format!("{method} {url} was answered with {status}: {start}"));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}

/// Takes a word by webhook, passes it through an expression, gives it back.
fn document(path: &str) -> Value {
    json!({
        "name": format!("Self-test {path}"),
        "nodes": [
            {"id": "hook", "name": "Webhook", "kind": "webhook", "position": [0, 0],
                "parameters": {"methods": ["POST"], "path": path, "answer_data": "first_item"}},
            {"id": "edit", "name": "Edit", "kind": "edit_fields", "position": [320, 0],
                "parameters": {"assignments": [{"name": "word", "value": "={{ $json.body.word }}"}], "include": "none"}},
        ],
        "edges": [{"from": "hook", "to": "edit"}],
    })
}

fn client() -> Result<Client, String> {
    // A second call finds it done.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = Client::builder().timeout(Duration::from_secs(30)).no_proxy().build();
    client.map_err(|e| format!("The HTTP client can't be made: {}.", plain(&e)))
}

/// The innermost reason: the outer ones only name the address again.
fn plain(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), plain)
}
