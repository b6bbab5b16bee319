//! A server's engine in a temporary folder, with a few node kinds that tell what they did.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::{Batch, BlobRef, Effect, Flow, Group, Item, KindDescription, Node, Ports, Text, TriggerKind};
use jiff::Timestamp;
use nodes::context::{Context, Wait};
use nodes::world::{
    Blobs, Clock, ContainerJob, FileEntry, Files, Http, HttpRequest, HttpResponse, JobResult, Jobs, Secret, Secrets,
    WriteMode,
};
use nodes::{NodeError, NodeKind, Outcome, Output, Registry};
use serde_json::{Map, Value, json};
use server::engine::{Ended, Engine, EngineOptions, Parts, Start, StepPlace, StepWorld};
use server::script::{self, RunnerOptions, RunnerPool};
use server::store::{Store, StoreOptions};
use tempfile::TempDir;

pub struct World {
    pub engine: Engine,
    pub store: Store,
    pub calls: Calls,
    pub folder: PathBuf,
    pub database: String,
    /// Goes with the last world in it.
    keep: Option<Arc<(TempDir, Database)>>,
}

/// Set where the suite runs a second time, on PostgreSQL: see `on_postgres`.
pub const POSTGRES: &str = "FLUXO_TEST_ENGINE_POSTGRES";

/// The database of a folder: SQLite in it, or one of the PostgreSQL server's, whose address is in the folder.
pub struct Database(Option<(String, String)>);

impl Database {
    async fn of(folder: &Path) -> (Self, String) {
        let Ok(server) = std::env::var(POSTGRES) else {
            return (Self(None), StoreOptions::in_folder(folder).url);
        };
        let file = folder.join("database");
        if let Ok(url) = std::fs::read_to_string(&file) {
            return (Self(None), url);
        }
        let name = format!("fluxo_test_{}", server::engine::new_id().replace('-', ""));
        execute(&server, &format!("CREATE DATABASE {name}")).await;
        let mut url = reqwest::Url::parse(&server).unwrap();
        url.set_path(&name);
        std::fs::write(file, url.as_str()).unwrap();
        (Self(Some((server, name))), url.into())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.0.take() else { return };
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        };
        // A runtime can't be started within another one's thread.
        let _ = std::thread::spawn(drop).join();
    }
}

/// One statement, past the store.
pub async fn execute(url: &str, sql: &str) {
    use sea_orm::ConnectionTrait;
    let db = sea_orm::Database::connect(url).await.unwrap();
    db.execute_unprepared(sql).await.unwrap();
    db.close().await.unwrap();
}

pub fn on_postgres() -> bool {
    std::env::var(POSTGRES).is_ok()
}

/// What the probes did: node name → number of starts; and a file that survives the process.
#[derive(Clone, Default)]
pub struct Calls {
    counts: Arc<Mutex<HashMap<String, u32>>>,
    /// Most probes at work at the same time.
    pub side_by_side: Arc<AtomicU32>,
    working: Arc<AtomicU32>,
    file: Option<PathBuf>,
    pub store: Arc<Mutex<Option<Store>>>,
}

impl Calls {
    pub fn of(&self, node: &str) -> u32 {
        self.counts.lock().unwrap().get(node).copied().unwrap_or(0)
    }
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut EngineOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (database, _) = Database::of(folder.path()).await;
        let world = Self::open(folder.path(), change, None).await;
        Self { keep: Some(Arc::new((folder, database))), ..world }
    }

    /// A folder with a database for worlds that are opened by [`World::open`].
    pub async fn folder() -> (TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let (database, _) = Database::of(folder.path()).await;
        (folder, database)
    }

    /// In a folder that stays; `file` gets a line for each start of a probe.
    pub async fn open(folder: &Path, change: impl FnOnce(&mut EngineOptions), file: Option<PathBuf>) -> Self {
        let (_, database) = Database::of(folder).await;
        let store = Store::open(&StoreOptions { readers: 2, ..StoreOptions::new(&database) }).await.unwrap();
        let calls = Calls { file, ..Calls::default() };
        *calls.store.lock().unwrap() = Some(store.clone());
        let mut options = EngineOptions { lease: Duration::from_millis(1_500), ..EngineOptions::default() };
        change(&mut options);
        let engine = Engine::start(options, parts(store.clone(), calls.clone())).await.unwrap();
        Self { engine, store, calls, folder: folder.to_owned(), database, keep: None }
    }

    /// Stops the server, letting steps end for `grace`, and starts it again on the same data.
    pub async fn restart(self, grace: Duration) -> Self {
        self.engine.shutdown(grace).await;
        *self.calls.store.lock().unwrap() = None;
        self.store.close().await;
        let (folder, keep) = (self.folder.clone(), self.keep.clone());
        drop(self);
        let world = Self::open(&folder, |_| {}, None).await;
        Self { keep, ..world }
    }

    pub async fn run(&self, flow: &Flow, items: Value) -> Ended {
        self.run_id(start(flow, items)).await.1
    }

    pub async fn run_id(&self, start: Start) -> (String, Ended) {
        tokio::time::timeout(Duration::from_secs(60), self.engine.run_to_answer(start)).await.unwrap().unwrap()
    }

    /// Waits until a submitted run is over.
    pub async fn over(&self, run: &str) -> server::store::RunRow {
        for _ in 0..3_000 {
            if let Ok(row) = self.store.run(run).await
                && row.status.is_final()
            {
                return row;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("run {run} does not end: {:?}", self.store.run(run).await);
    }

    /// Names of the nodes of a run's steps in their order.
    pub async fn nodes_of(&self, run: &str) -> Vec<String> {
        self.store.steps(run).await.unwrap().into_iter().map(|s| s.node).collect()
    }
}

fn parts(store: Store, calls: Calls) -> Parts {
    let mut kinds = nodes::kinds::all();
    for (kind, outside) in [("probe", true), ("pure_probe", false), ("lasting_probe", true)] {
        kinds.push(Arc::new(Probe { kind, outside, calls: calls.clone() }));
    }
    let runners = RunnerOptions { most: 1, ready: 0, ..RunnerOptions::default() };
    Parts {
        store,
        registry: Registry::new(kinds),
        script: script::Engine::start(script::EngineOptions::default()),
        runners: RunnerPool::start(runners),
        clock: Arc::new(RealClock),
        world: Arc::new(Nothing),
        cluster: None,
    }
}

/// `"t>a a:true>b"`, each node as `name: {kind, parameters, settings…}`.
pub fn flow(edges: &str, nodes: Value) -> Flow {
    let Value::Object(nodes) = nodes else { panic!("nodes by name") };
    let nodes = nodes.into_iter().enumerate().map(|(i, (name, drawn))| {
        let mut node = json!({"id": name, "name": name, "position": [0, i as i32 * 96]});
        node.as_object_mut().unwrap().extend(drawn.as_object().unwrap().clone());
        serde_json::from_value::<Node>(node).unwrap()
    });
    let edges = edges.split_whitespace().map(|edge| {
        let (from, to) = edge.split_once('>').unwrap();
        let (from, from_port) = from.split_once(':').unwrap_or((from, "out"));
        let (to, to_port) = to.split_once(':').unwrap_or((to, "in"));
        serde_json::from_value(json!({"from": from, "from_port": from_port, "to": to, "to_port": to_port})).unwrap()
    });
    Flow { name: "Test".to_owned(), nodes: nodes.collect(), edges: edges.collect(), ..Flow::default() }
}

pub fn start(flow: &Flow, items: Value) -> Start {
    let mut start = Start::new("flow", Arc::new(flow.clone()), TriggerKind::Webhook, "t");
    start.items = Some(items.as_array().unwrap().iter().cloned().map(Item::from_value).collect());
    start
}

/// An edit-fields node that sets one field.
pub fn set(name: &str, value: &str) -> Value {
    json!({"kind": "edit_fields", "parameters": {"assignments": [{"name": name, "value": value}]}})
}

pub fn probe(parameters: Value) -> Value {
    json!({"kind": "probe", "parameters": parameters})
}

/// A probe whose work goes on without the server.
pub fn lasting(parameters: Value) -> Value {
    json!({"kind": "lasting_probe", "parameters": parameters})
}

pub fn trigger() -> Value {
    json!({"kind": "manual"})
}

pub fn fields(ended: &Ended) -> Value {
    ended.last_items.iter().map(|i| Value::Object(i.json.clone())).collect()
}

/// Passes its items on; by its parameters it first sleeps, fails a number of times, panics, waits or makes many items.
/// What a `lasting_probe` does goes on without the server.
struct Probe {
    kind: &'static str,
    outside: bool,
    calls: Calls,
}

#[async_trait]
impl NodeKind for Probe {
    fn describe(&self) -> KindDescription {
        KindDescription {
            kind: self.kind.to_owned(),
            version: 1,
            name: Text::default(),
            summary: Text::default(),
            group: Group::Flow,
            icon: String::new(),
            aliases: Vec::new(),
            inputs: Ports::one("in"),
            outputs: Ports::one("out"),
            effect: if self.outside { Effect::Outside } else { Effect::Pure },
            credentials: Vec::new(),
            parameters: json!({"type": "object"}),
            defaults: json!({}),
            subtitle: String::new(),
        }
    }

    fn outlives_server(&self) -> bool {
        self.kind == "lasting_probe"
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Map<String, Value> = context.once().await?;
        let number = |key: &str| p.get(key).and_then(Value::as_u64).unwrap_or(0);
        let started = {
            let mut counts = self.calls.counts.lock().unwrap();
            let count = counts.entry(context.node.name.clone()).or_default();
            *count += 1;
            *count
        };
        if let Some(file) = &self.calls.file {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
            let (run, node) = (&context.run_id, &context.node.name);
            // In one piece: steps side by side write to the same file.
            let line = format!("{run} {node} {} {}\n", context.idempotency_key, context.attempt);
            file.write_all(line.as_bytes()).unwrap();
        }
        (context.log)(format!("start {started}"));
        if self.outside {
            // Nothing may happen outside before the run and this step are in the database.
            let store = self.calls.store.lock().unwrap().clone();
            if let Some(store) = store {
                let steps = store.steps(&context.run_id).await.unwrap();
                assert!(steps.iter().any(|s| s.node == context.node.id), "not durable before it starts");
            }
        }
        let working = self.calls.working.fetch_add(1, Ordering::SeqCst) + 1;
        self.calls.side_by_side.fetch_max(working, Ordering::SeqCst);
        if number("sleep_ms") > 0 {
            tokio::time::sleep(Duration::from_millis(number("sleep_ms"))).await;
        }
        self.calls.working.fetch_sub(1, Ordering::SeqCst);
        if p.contains_key("panic") {
            panic!("the probe panics");
        }
        if u64::from(started) <= number("fail") {
            return Err(NodeError::new("probe_failed", "The probe failed.").with_details(json!({"start": started})));
        }
        if let Some(text) = p.get("text").and_then(Value::as_str) {
            return Ok(Output::one(Batch::each([(Arc::new(Item::from_value(json!({"text": text}))), 0)])).into());
        }
        if number("many") > 0 {
            return Ok(Output::one(Batch::each((0..number("many")).map(|_| (Arc::default(), 0)))).into());
        }
        let output = Output::one(context.input());
        if number("wait_ms") > 0 {
            let until = context.clock.now() + jiff::SignedDuration::from_millis(number("wait_ms") as i64);
            return Ok(Outcome::Wait(Wait { until, reason: "a while".to_owned(), then: output }));
        }
        Ok(output.into())
    }
}

struct RealClock;

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
    fn random(&self) -> f64 {
        0.5
    }
}

/// No network, files, blobs or secrets: the engine does not need them.
struct Nothing;

fn nothing() -> NodeError {
    NodeError::new("nothing", "There is no such thing in this test.")
}

#[async_trait]
impl Jobs for Nothing {
    async fn run(&self, _: u32, _: ContainerJob) -> Result<JobResult, NodeError> {
        Err(nothing())
    }
}

#[async_trait]
impl Http for Nothing {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, NodeError> {
        Err(nothing())
    }
}

#[async_trait]
impl Files for Nothing {
    async fn list(&self, _: &str, _: usize) -> Result<Vec<FileEntry>, NodeError> {
        Err(nothing())
    }
    async fn read(&self, _: &str) -> Result<BlobRef, NodeError> {
        Err(nothing())
    }
    async fn write(&self, _: &str, _: &BlobRef, _: WriteMode) -> Result<FileEntry, NodeError> {
        Err(nothing())
    }
    async fn rename(&self, _: &str, _: &str) -> Result<FileEntry, NodeError> {
        Err(nothing())
    }
}

#[async_trait]
impl Blobs for Nothing {
    async fn read(&self, _: &BlobRef, _: u64) -> Result<Bytes, NodeError> {
        Err(nothing())
    }
    async fn write(&self, _: &str, _: &str, _: Bytes) -> Result<BlobRef, NodeError> {
        Err(nothing())
    }
}

#[async_trait]
impl Secrets for Nothing {
    async fn get(&self, _: &str) -> Result<Option<Secret>, NodeError> {
        Err(nothing())
    }
}

impl StepWorld for Nothing {
    fn http(&self, _run: &str) -> Arc<dyn Http> {
        Arc::new(Nothing)
    }

    fn files(&self, _run: &str) -> Arc<dyn Files> {
        Arc::new(Nothing)
    }

    fn blobs(&self, _: &str) -> Arc<dyn Blobs> {
        Arc::new(Self)
    }
    fn secrets(&self, node: &Arc<Node>) -> Arc<dyn Secrets> {
        assert_ne!(node.name, "cursed", "a defect of the server, outside of any node");
        Arc::new(Self)
    }
    fn jobs(&self, _: StepPlace) -> Arc<dyn Jobs> {
        Arc::new(Self)
    }
}

/// Waits until it is so; fails after half a minute.
pub async fn until(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come true");
}
