//! What nodes need from the world, as traits that the server implements. Nodes do no I/O of their own.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::{BlobRef, Item};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::error::NodeError;

/// HTTP with the server's rules: no request to private addresses unless allowed (SSRF), response size capped,
/// redirects checked one by one.
///
/// Errors that may pass when tried again: `http_connect`, `http_connection_lost`, `http_dns`, `http_timeout`; all others
/// stay.
#[async_trait]
pub trait Http: Send + Sync {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NodeError>;
}

/// Its `Debug` shows where it goes and which headers it has, but no value: they may be secret.
#[derive(Clone)]
pub struct HttpRequest {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: HttpBody,
    pub timeout: Duration,
    /// 0: a redirect is returned as it is.
    pub max_redirects: u32,
    /// Accepts any certificate; a setting of the node, never the default.
    pub insecure_tls: bool,
    /// `http://user:password@host:port` or `socks5://…`.
    pub proxy: Option<String>,
    /// PEM: client certificate and key.
    pub client_identity: Option<(String, String)>,
    /// PEM: certificates to trust beside the system's.
    pub extra_roots: Option<String>,
    /// Streams the body into the blob store instead of memory.
    pub response_to_blob: bool,
    /// Name for the blob when the response gives none.
    pub blob_name: Option<String>,
    /// Headers (lower case) that carry a secret and are never shown.
    pub sensitive_headers: Vec<String>,
}

impl HttpRequest {
    /// A request with nothing but what every one has: 60 s, five redirects, the system's certificates.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: HttpBody::Empty,
            timeout: Duration::from_secs(60),
            max_redirects: 5,
            insecure_tls: false,
            proxy: None,
            client_identity: None,
            extra_roots: None,
            response_to_blob: false,
            blob_name: None,
            sensitive_headers: Vec::new(),
        }
    }

    /// The request as another origin than the one that it was made for may have it: without the client certificate, and
    /// without headers that may be secret, whoever gave them. A redirect or the next page leads there, and both are what
    /// the first server says.
    pub fn for_other_origin(mut self) -> Self {
        self.headers.retain(|(name, _)| Self::says_no_secret(name));
        self.client_identity = None;
        self
    }

    /// Whether a header of this name describes the request rather than its sender.
    pub fn says_no_secret(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        name.starts_with("content-")
            || name.starts_with("if-")
            || [
                "accept",
                "accept-charset",
                "accept-encoding",
                "accept-language",
                "cache-control",
                "range",
                "user-agent",
            ]
            .contains(&name.as_str())
    }
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origin = url::Url::parse(&self.url).map(|url| url.origin().ascii_serialization());
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("origin", &origin.unwrap_or_default())
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Debug)]
pub enum HttpBody {
    Empty,
    Bytes(Bytes),
    Blob(BlobRef),
    Multipart(Vec<HttpPart>),
}

#[derive(Clone, Debug)]
pub struct HttpPart {
    pub name: String,
    pub value: HttpPartValue,
}

#[derive(Clone, Debug)]
pub enum HttpPartValue {
    Text(String),
    Blob(BlobRef),
}

#[derive(Clone, Debug)]
pub struct HttpResponse {
    pub status: u16,
    pub status_text: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: HttpResponseBody,
    /// After redirects.
    pub url: String,
}

#[derive(Clone, Debug)]
pub enum HttpResponseBody {
    Bytes(Bytes),
    Blob(BlobRef),
}

/// The blob store, seen by one run: what it writes belongs to the run.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// The whole blob; an error when it is over `max_bytes`.
    async fn read(&self, blob: &BlobRef, max_bytes: u64) -> Result<Bytes, NodeError>;
    async fn write(&self, file_name: &str, mime: &str, content: Bytes) -> Result<BlobRef, NodeError>;
}

/// Files of the server's machine, inside the folders that the administrator allowed (`FLUXO_FILES`); none by default.
#[async_trait]
pub trait Files: Send + Sync {
    /// Files that match a path or glob (`/inbox/*.pdf`), sorted by path.
    async fn list(&self, pattern: &str, max: usize) -> Result<Vec<FileEntry>, NodeError>;
    /// Reads a file into the blob store.
    async fn read(&self, path: &str) -> Result<BlobRef, NodeError>;
    /// Writes whole or not at all (temporary file, then rename).
    async fn write(&self, path: &str, content: &BlobRef, mode: WriteMode) -> Result<FileEntry, NodeError>;
    /// Moves within the allowed folders.
    async fn rename(&self, from: &str, to: &str) -> Result<FileEntry, NodeError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// An error when the file exists.
    New,
    Replace,
    Append,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FileEntry {
    pub path: String,
    pub size: u64,
    pub modified: Timestamp,
}

/// The node's credentials, decrypted at use.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The credential in `slot`; `None` when none is chosen.
    async fn get(&self, slot: &str) -> Result<Option<Secret>, NodeError>;
}

/// A decrypted credential. Its `Debug` shows no value.
#[derive(Clone)]
pub struct Secret {
    pub kind: String,
    pub name: String,
    pub fields: Map<String, Value>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Secret {
    /// The text of a field, empty when absent.
    pub fn text(&self, field: &str) -> &str {
        self.fields.get(field).and_then(Value::as_str).unwrap_or("")
    }
}

/// JavaScript.
#[async_trait]
pub trait Script: Send + Sync {
    /// Resolves expressions inside `template` (any JSON value, strings with a leading `=`) for one input item, with
    /// further names in scope (`$response`, `$pageCount`…).
    async fn resolve(&self, template: &Value, item: usize, names: &Map<String, Value>) -> Result<Value, NodeError>;
    /// Runs the Code node's source in a child process that is killed at the deadline.
    async fn run_code(&self, code: CodeRequest) -> Result<CodeResult, NodeError>;
}

#[derive(Clone, Debug)]
pub struct CodeRequest {
    pub source: String,
    /// Once for each item instead of once for all.
    pub each_item: bool,
    pub timeout: Duration,
    /// Bytes.
    pub memory: u64,
    /// With `each_item`: an item that throws is told in [`CodeResult::failed`] and the others go on.
    pub keep_going: bool,
}

#[derive(Clone, Debug, Default)]
pub struct CodeResult {
    /// Items that the code returned and, where the code said or it follows, the input items that each came from.
    pub items: Vec<(Item, Option<Vec<u32>>)>,
    /// What `console.log` wrote; already sent to the run's log.
    pub lines: Vec<String>,
    /// Input items that threw, when [`CodeRequest::keep_going`].
    pub failed: Vec<(u32, NodeError)>,
}

/// Containers on the cluster.
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Runs a container to its end, as a Kubernetes Job. `part` tells several of one step apart: after a restart of the
    /// server the same part finds the Job that it started before. When the future is dropped the Job is deleted, unless the
    /// server is stopping.
    ///
    /// Errors: `cluster_off` without a cluster, `job_failed` when the container ended with another exit code than 0, and
    /// what the cluster says (`image_pull`, `out_of_memory`, `unschedulable`…).
    async fn run(&self, part: u32, job: ContainerJob) -> Result<JobResult, NodeError>;
}

/// A container to run. Its `Debug` shows no value of the environment.
#[derive(Clone, Default)]
pub struct ContainerJob {
    pub image: String,
    /// Instead of the image's own entry point, when there is any.
    pub command: Vec<String>,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Values that are kept in a Secret, and masked in what the container writes.
    pub secret_environment: Vec<(String, String)>,
    /// What is at `FLUXO_INPUT`.
    pub input: Option<Bytes>,
    /// Files by their path below the folder `FLUXO_FILES`.
    pub files: Vec<(String, BlobRef)>,
    /// Keeps the files that the container writes into the folder `FLUXO_OUTPUT`.
    pub keep_files: bool,
    /// Kubernetes quantities, blank for none: `500m`, `1`, `256Mi`.
    pub cpu_request: String,
    pub cpu_limit: String,
    pub memory_request: String,
    pub memory_limit: String,
    /// Size of the scratch folders.
    pub scratch: String,
    /// How long the Job may take in all.
    pub timeout: Duration,
    /// How long it may take until the container starts.
    pub start_within: Duration,
    /// `Always`, `IfNotPresent` or `Never`.
    pub pull_policy: String,
    /// User id, not 0.
    pub user: u32,
    /// Bytes of the log that are returned; what is over is cut off.
    pub max_output: usize,
}

impl std::fmt::Debug for ContainerJob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContainerJob").field("image", &self.image).finish_non_exhaustive()
    }
}

/// What a container left that ended with exit code 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobResult {
    /// The Job's name.
    pub job: String,
    /// What the container wrote, both streams as the cluster keeps them.
    pub text: String,
    /// The text is longer than it may be, and cut off.
    pub cut: bool,
    /// By their path in the output folder.
    pub files: Vec<(String, BlobRef)>,
    pub exit_code: i32,
    /// From the container's start to its end.
    pub duration: Duration,
    /// Where it ran.
    pub node: String,
    /// The log as a file; absent when it is empty.
    pub log: Option<BlobRef>,
    /// The tries that it took, 1 when the first one did it.
    pub attempt: u32,
}

/// Time and chance, injected so that tests decide.
#[async_trait]
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
    async fn sleep(&self, duration: Duration);
    /// Uniform in 0..1.
    fn random(&self) -> f64;
}
