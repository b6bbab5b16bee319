//! A world for tests of nodes: blobs, files and secrets in memory, HTTP by a function, a clock that does not wait.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::{Batch, BlobRef, Flow, Item, Node};
use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use crate::context::{Context, Outcome, Output, Parameters};
use crate::error::NodeError;
use crate::kinds::dotted;
use crate::registry::Registry;
use crate::world::{
    Blobs, Clock, CodeRequest, CodeResult, ContainerJob, FileEntry, Files, Http, HttpRequest, HttpResponse,
    HttpResponseBody, JobResult, Jobs, Script, Secret, Secrets, WriteMode,
};

type Answering = Box<dyn Fn(&HttpRequest) -> Result<HttpResponse, NodeError> + Send + Sync>;
type Containing = Box<dyn Fn(&ContainerJob) -> Result<JobResult, NodeError> + Send + Sync>;

/// Everything outside the node.
pub struct World {
    pub blobs: Mutex<BTreeMap<String, Bytes>>,
    pub files: Mutex<BTreeMap<String, Bytes>>,
    pub secrets: BTreeMap<String, Secret>,
    /// What was sent, in order.
    pub requests: Mutex<Vec<HttpRequest>>,
    /// What the node waited for.
    pub slept: Mutex<Vec<Duration>>,
    pub log: Mutex<Vec<String>>,
    /// The clock stands still here; [`NOW`] unless a test says otherwise.
    pub now: Timestamp,
    http: Answering,
    /// What was run on the cluster: part and container, in order.
    pub jobs: Mutex<Vec<(u32, ContainerJob)>>,
    container: Containing,
}

/// An [`Http`] answer with this code never comes.
pub const NEVER: &str = "never";
/// The clock stands still here.
pub const NOW: &str = "2026-11-24T10:00:00Z";

/// One run of one node.
pub struct Bench {
    pub world: World,
    pub node: Node,
    pub inputs: Vec<Option<Batch>>,
    pub keep_going: bool,
    pub cancelled: CancellationToken,
    pub timezone: String,
    /// Days before its end that a certificate is warned of; 0, so that short-lived ones of tests are not.
    pub certificate_days: u32,
    pub signature_roots: Arc<[Vec<u8>]>,
}

impl Bench {
    /// A node of this kind as it was just placed, without input.
    pub fn new(kind: &str) -> Self {
        let world = World {
            blobs: Mutex::default(),
            files: Mutex::default(),
            secrets: BTreeMap::new(),
            requests: Mutex::default(),
            slept: Mutex::default(),
            log: Mutex::default(),
            now: NOW.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            http: Box::new(|_| Ok(response(200, "application/json", "{}"))),
            jobs: Mutex::default(),
            container: Box::new(|_| Ok(JobResult { text: "{\"ok\":true}\n".into(), ..JobResult::default() })),
        };
        let defaults = Registry::standard().get(kind).map(|k| k.description.defaults.clone());
        let Some(Value::Object(parameters)) = defaults else { panic!("there is no node kind {kind}") };
        let node = Node { id: "n1".into(), name: "Node".into(), kind: kind.into(), parameters, ..Node::default() };
        Self {
            world,
            node,
            inputs: Vec::new(),
            keep_going: false,
            cancelled: CancellationToken::new(),
            timezone: "America/Sao_Paulo".into(),
            certificate_days: 0,
            signature_roots: Arc::new([]),
        }
    }

    /// Parameters that differ from the defaults; texts such as `={{ $json.a }}` are resolved per item.
    pub fn parameters(mut self, parameters: Value) -> Self {
        if let Value::Object(map) = parameters {
            self.node.parameters.extend(map);
        }
        self
    }

    /// One list of objects for each input port; `None` for a silent one.
    pub fn inputs(mut self, inputs: impl IntoIterator<Item = Option<Value>>) -> Self {
        self.inputs = inputs.into_iter().map(|input| input.map(batch)).collect();
        self
    }

    /// The items of the only input.
    pub fn items(self, items: Value) -> Self {
        self.inputs([Some(items)])
    }

    /// Gives item `index` of the first input a file.
    pub fn file(
        mut self,
        index: usize,
        property: &str,
        file_name: &str,
        mime: &str,
        content: impl Into<Bytes>,
    ) -> Self {
        let blob = self.world.put(file_name, mime, content.into());
        let mut items: Vec<Item> = self.input_items();
        items[index].binary.insert(property.into(), blob);
        self.inputs = vec![Some(Batch::same(items))];
        self
    }

    fn input_items(&self) -> Vec<Item> {
        let batch = self.inputs.first().cloned().flatten().unwrap_or_default();
        batch.items.iter().map(|item| item.as_ref().clone()).collect()
    }

    pub fn secret(mut self, slot: &str, kind: &str, fields: Value) -> Self {
        let Value::Object(fields) = fields else { panic!("the fields of a secret are an object") };
        let secret = Secret { kind: kind.into(), name: "Test".into(), fields };
        self.world.secrets.insert(slot.into(), secret);
        self
    }

    pub fn http(
        mut self,
        answer: impl Fn(&HttpRequest) -> Result<HttpResponse, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.world.http = Box::new(answer);
        self
    }

    /// What a container on the cluster leaves.
    pub fn container(
        mut self,
        run: impl Fn(&ContainerJob) -> Result<JobResult, NodeError> + Send + Sync + 'static,
    ) -> Self {
        self.world.container = Box::new(run);
        self
    }

    pub fn keep_going(mut self) -> Self {
        self.keep_going = true;
        self
    }

    /// Runs the node; see [`Self::run_in`] to look at the world afterwards.
    pub async fn run(self) -> Result<Outcome, NodeError> {
        self.run_in().await.0
    }

    pub async fn run_in(self) -> (Result<Outcome, NodeError>, Arc<World>) {
        let world = Arc::new(self.world);
        let input = self.inputs.first().cloned().flatten().unwrap_or_default();
        let parameters = Resolved { parameters: self.node.parameters.clone(), input };
        let log = world.clone();
        let kind = Registry::standard().get(&self.node.kind).map(|k| k.kind.clone());
        let context = Context {
            flow: Arc::new(Flow { nodes: vec![self.node.clone()], ..Flow::default() }),
            node: Arc::new(self.node),
            run_id: "run".into(),
            idempotency_key: "key".into(),
            attempt: 1,
            inputs: self.inputs,
            keep_going: self.keep_going,
            cancelled: self.cancelled,
            timezone: self.timezone,
            max_bytes: 64 << 20,
            certificate_days: self.certificate_days,
            signature_roots: self.signature_roots.clone(),
            parameters: Arc::new(parameters),
            http: world.clone(),
            blobs: world.clone(),
            files: world.clone(),
            secrets: world.clone(),
            jobs: world.clone(),
            script: world.clone(),
            clock: world.clone(),
            log: Arc::new(move |line| lock(&log.log).push(line)),
        };
        let Some(kind) = kind else { panic!("the node kind is known since `new`") };
        (kind.run(&context).await, world)
    }
}

/// The output of a run that is done.
pub fn outcome(result: Result<Outcome, NodeError>) -> Output {
    match result {
        Ok(Outcome::Done(output)) => output,
        Ok(Outcome::Wait(wait)) => panic!("it waits {}", wait.reason),
        Err(e) => panic!("it failed: {e:?}"),
    }
}

/// The fields of the items that leave by `port`, as JSON.
pub fn fields(output: &Output, port: &str) -> Value {
    let batch = output.ports.iter().find(|(name, _)| name == port).map(|(_, batch)| batch.clone()).unwrap_or_default();
    batch.items.iter().map(|item| Value::Object(item.json.clone())).collect()
}

/// Items of a list of objects.
pub fn batch(list: Value) -> Batch {
    match list {
        Value::Array(list) => Batch::same(list.into_iter().map(Item::from_value).collect()),
        single => Batch::same(vec![Item::from_value(single)]),
    }
}

/// A response with a body.
pub fn response(status: u16, mime: &str, body: &str) -> HttpResponse {
    let headers = if mime.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), mime.to_owned())] };
    HttpResponse {
        status,
        status_text: String::new(),
        headers,
        body: HttpResponseBody::Bytes(Bytes::from(body.to_owned())),
        url: "http://127.0.0.1/".into(),
    }
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// Stores a blob.
    pub fn put(&self, file_name: &str, mime: &str, content: Bytes) -> BlobRef {
        let mut blobs = lock(&self.blobs);
        let id = format!("blob{}", blobs.len() + 1);
        let blob =
            BlobRef { id: id.clone(), file_name: file_name.into(), mime: mime.into(), size: content.len() as u64 };
        blobs.insert(id, content);
        blob
    }

    pub fn content(&self, blob: &BlobRef) -> Bytes {
        lock(&self.blobs).get(&blob.id).cloned().unwrap_or_default()
    }
}

/// Parameters with the simplest of expressions: a path.
struct Resolved {
    parameters: Map<String, Value>,
    input: Batch,
}

#[async_trait]
impl Parameters for Resolved {
    async fn resolve_all(&self) -> Vec<Result<Arc<Value>, NodeError>> {
        let template = Value::Object(self.parameters.clone());
        let items = self.input.items.iter().map(|item| item.json.clone());
        let items: Vec<Map<String, Value>> = if self.input.is_empty() { vec![Map::new()] } else { items.collect() };
        if !has_expression(&template) {
            let shared = Arc::new(template);
            return items.iter().map(|_| Ok(shared.clone())).collect();
        }
        let names = |json: Map<String, Value>| Map::from_iter([("$json".to_owned(), Value::Object(json))]);
        items.into_iter().map(|json| resolve(&template, &names(json)).map(Arc::new)).collect()
    }
}

fn has_expression(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("={{"),
        Value::Array(list) => list.iter().any(has_expression),
        Value::Object(map) => map.values().any(has_expression),
        _ => false,
    }
}

fn resolve(value: &Value, names: &Map<String, Value>) -> Result<Value, NodeError> {
    match value {
        Value::String(text) if text.starts_with("={{") => expression(text, names),
        Value::Array(list) => list.iter().map(|v| resolve(v, names)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| Ok((k.clone(), resolve(v, names)?))).collect(),
        other => Ok(other.clone()),
    }
}

/// `={{ $json.a.b }}`, `={{ $pageCount + 1 }}`, `={{ !$response.body.more }}`; `={{ throw }}` fails.
fn expression(text: &str, names: &Map<String, Value>) -> Result<Value, NodeError> {
    let inner = text.trim_start_matches("={{").trim_end_matches("}}").trim();
    if inner == "throw" {
        return Err(NodeError::new("expression", "An expression failed. Correct it."));
    }
    if let Some((path, number)) = inner.split_once(" + ") {
        let left = dotted::get(names, path, true).and_then(Value::as_i64).unwrap_or(0);
        return Ok(Value::from(left + number.parse::<i64>().unwrap_or(0)));
    }
    let (path, negated) = inner.strip_prefix('!').map_or((inner, false), |path| (path, true));
    let value = dotted::get(names, path, true).cloned().unwrap_or(Value::Null);
    let falsy = matches!(value, Value::Null | Value::Bool(false));
    Ok(if negated { Value::Bool(falsy) } else { value })
}

#[async_trait]
impl Http for World {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NodeError> {
        let answer = (self.http)(&request);
        lock(&self.requests).push(request);
        if answer.as_ref().is_err_and(|e| e.code == NEVER) {
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
        answer
    }
}

#[async_trait]
impl Jobs for World {
    async fn run(&self, part: u32, job: ContainerJob) -> Result<JobResult, NodeError> {
        let result = (self.container)(&job);
        lock(&self.jobs).push((part, job));
        if result.as_ref().is_err_and(|e| e.code == NEVER) {
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
        result
    }
}

#[async_trait]
impl Blobs for World {
    async fn read(&self, blob: &BlobRef, max_bytes: u64) -> Result<Bytes, NodeError> {
        let content = lock(&self.blobs).get(&blob.id).cloned();
        let content = content.ok_or_else(|| NodeError::new("blob_missing", "The file is gone. Run the flow again."))?;
        if content.len() as u64 > max_bytes {
            return Err(NodeError::new("file_too_big", "The file is too big. Send a smaller one."));
        }
        Ok(content)
    }

    async fn write(&self, file_name: &str, mime: &str, content: Bytes) -> Result<BlobRef, NodeError> {
        Ok(self.put(file_name, mime, content))
    }
}

fn entry(path: &str, content: &Bytes) -> FileEntry {
    FileEntry { path: path.into(), size: content.len() as u64, modified: Timestamp::UNIX_EPOCH }
}

#[async_trait]
impl Files for World {
    /// `*` stands for anything within one folder.
    async fn list(&self, pattern: &str, max: usize) -> Result<Vec<FileEntry>, NodeError> {
        let fits = |path: &str| match pattern.split_once('*') {
            None => path == pattern,
            Some((before, after)) => {
                let middle = path.strip_prefix(before).and_then(|p| p.strip_suffix(after));
                middle.is_some_and(|m| !m.contains('/'))
            }
        };
        let files = lock(&self.files);
        Ok(files.iter().filter(|(path, _)| fits(path)).take(max).map(|(path, c)| entry(path, c)).collect())
    }

    async fn read(&self, path: &str) -> Result<BlobRef, NodeError> {
        let content = lock(&self.files).get(path).cloned();
        let content = content.ok_or_else(|| NodeError::new("file_not_found", "The file is gone. Check the path."))?;
        let name = path.rsplit('/').next().unwrap_or(path);
        Ok(self.put(name, crate::kinds::common::mime_of(name), content))
    }

    async fn write(&self, path: &str, content: &BlobRef, mode: WriteMode) -> Result<FileEntry, NodeError> {
        let new = self.content(content);
        let mut files = lock(&self.files);
        let content = match (mode, files.get(path)) {
            (WriteMode::New, Some(_)) => {
                return Err(NodeError::new("file_exists", "The file exists. Choose another name."));
            }
            (WriteMode::Append, Some(old)) => Bytes::from([old.as_ref(), new.as_ref()].concat()),
            _ => new,
        };
        files.insert(path.into(), content.clone());
        Ok(entry(path, &content))
    }

    async fn rename(&self, from: &str, to: &str) -> Result<FileEntry, NodeError> {
        let mut files = lock(&self.files);
        let content = files.remove(from).ok_or_else(|| NodeError::new("file_not_found", "There is no such file."))?;
        files.insert(to.into(), content.clone());
        Ok(entry(to, &content))
    }
}

#[async_trait]
impl Secrets for World {
    async fn get(&self, slot: &str) -> Result<Option<Secret>, NodeError> {
        Ok(self.secrets.get(slot).cloned())
    }
}

#[async_trait]
impl Script for World {
    async fn resolve(&self, template: &Value, _: usize, names: &Map<String, Value>) -> Result<Value, NodeError> {
        resolve(template, names)
    }

    /// Gives one item, `{source, each_item}`; a source that contains `throw` fails, one that contains `loop` never ends.
    async fn run_code(&self, code: CodeRequest) -> Result<CodeResult, NodeError> {
        if code.source.contains("loop") {
            pending::<()>().await;
        }
        if code.source.contains("throw") {
            let error = NodeError::new("code_threw", "The code threw an error. Correct it.");
            return if code.keep_going {
                Ok(CodeResult { failed: vec![(0, error)], ..CodeResult::default() })
            } else {
                Err(error)
            };
        }
        let json = Map::from_iter([
            ("source".to_owned(), Value::from(code.source)),
            ("each_item".to_owned(), Value::from(code.each_item)),
        ]);
        Ok(CodeResult { items: vec![(Item::new(json), None)], ..CodeResult::default() })
    }
}

#[async_trait]
impl Clock for World {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn sleep(&self, duration: Duration) {
        lock(&self.slept).push(duration);
        tokio::task::yield_now().await;
    }

    fn random(&self) -> f64 {
        0.5
    }
}
