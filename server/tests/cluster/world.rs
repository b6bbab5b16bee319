//! A server's database beside an API server in memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use flow::{RunStatus, TriggerKind};
use server::blobs::Blobs;
use server::cluster::{Cluster, Ended, Failure, Follow, Helper, Intent, JobSpec, Line, Settings};
use server::engine::new_id;
use server::store::{JobRow, LogChunk, Op, RunRow, Store, StoreOptions};
use server::vault::{Vault, VaultOptions};
use tempfile::TempDir;

use crate::fake::{Fake, Faults, Script};

pub struct World {
    pub store: Store,
    pub blobs: Blobs,
    pub fake: Arc<Fake>,
    pub client: kube::Client,
    pub cluster: Cluster,
    settings: Settings,
    /// Goes with the last world in it.
    _folder: Arc<TempDir>,
}

impl World {
    pub async fn new(script: impl Fn(&str, &serde_json::Value) -> Script + Send + Sync + 'static) -> Self {
        Self::with(Fake::new(1, Faults::default(), script)).await
    }

    pub async fn with(fake: Arc<Fake>) -> Self {
        let client = fake.client();
        Self::over(client, "flows", fake).await
    }

    async fn over(client: kube::Client, namespace: &str, fake: Arc<Fake>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let options = StoreOptions { readers: 2, ..StoreOptions::in_folder(folder.path()) };
        let store = Store::open(&options).await.unwrap();
        let blobs = Blobs::open(&folder.path().join("blobs"), store.clone()).unwrap();
        let vault = Vault::new(&VaultOptions { folder: folder.path().to_owned(), ..VaultOptions::default() }).unwrap();
        let helper = Helper { image: "fluxo".to_owned(), pull_policy: "Never", url: "http://fluxo".to_owned() };
        let settings = Settings {
            namespace: namespace.to_owned(),
            helper: Ok(helper),
            pull_secrets: vec!["registry".to_owned()],
            store: store.clone(),
            blobs: blobs.clone(),
            vault,
        };
        let cluster = Cluster::with_client(client.clone(), settings.clone()).await.unwrap();
        Self { store, blobs, fake, client, cluster, settings, _folder: folder }
    }

    /// The server is killed and starts again: what it waited for is forgotten, its runs get a new owner.
    pub async fn restart(self, run: &str) -> Self {
        self.cluster.close();
        self.own(run).await;
        let cluster = Cluster::with_client(self.client.clone(), self.settings.clone()).await.unwrap();
        Self { cluster, ..self }
    }

    /// A run at work with one step.
    pub async fn run(&self) -> String {
        let id = new_id();
        let row = RunRow {
            id: id.clone(),
            flow_id: "flow".to_owned(),
            flow_name: "Flow".to_owned(),
            version_id: None,
            version_number: None,
            document: None,
            trigger: TriggerKind::Manual,
            trigger_node: "t".to_owned(),
            status: RunStatus::Running,
            epoch: 1,
            owner: Some("us".to_owned()),
            lease_until: None,
            wake_at: None,
            created_at: 1,
            started_at: Some(1),
            finished_at: None,
            steps: 1,
            error: None,
            answer: None,
            retry_of: None,
            until_node: None,
            state: None,
            job: None,
        };
        self.store.commit(vec![Op::InsertRun(Box::new(row))]).await.unwrap();
        id
    }

    /// Takes the run; its new epoch.
    pub async fn own(&self, run: &str) -> i64 {
        self.store.seize(run, "next", i64::MAX / 2).await.unwrap().unwrap().epoch
    }

    pub async fn intent(&self, run: &str, part: u32) -> Intent {
        Intent { run: run.to_owned(), step: 2, part, epoch: self.store.run(run).await.unwrap().epoch }
    }

    /// Runs a container to its end.
    pub async fn dispatch(&self, run: &str, spec: JobSpec) -> (Result<Ended, Failure>, Arc<Heard>) {
        let heard = Heard::new(self.store.clone());
        let intent = self.intent(run, 0).await;
        let result = tokio::time::timeout(Duration::from_secs(60), self.cluster.dispatch(intent, spec, heard.clone()));
        (result.await.expect("it ends"), heard)
    }
}

pub fn spec() -> JobSpec {
    JobSpec { image: "example/tool:1".to_owned(), keep_log: true, ..JobSpec::default() }
}

/// What was heard of a Job.
pub struct Heard {
    store: Store,
    pub lines: Mutex<Vec<String>>,
    pub waits: Mutex<Vec<Option<String>>>,
    pub said: Mutex<Vec<String>>,
}

impl Heard {
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self { store, lines: Mutex::default(), waits: Mutex::default(), said: Mutex::default() })
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub fn waits(&self) -> Vec<String> {
        self.waits.lock().unwrap().iter().flatten().cloned().collect()
    }
}

#[async_trait]
impl Follow for Heard {
    async fn lines(&self, job: &JobRow, cursor: &str, lines: &[Line]) {
        static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let chunk = LogChunk {
            run: job.run.clone(),
            step: job.step,
            node: "n".to_owned(),
            number: NUMBER.fetch_add(lines.len() as u64, std::sync::atomic::Ordering::Relaxed),
            lines: lines.iter().map(|line| (line.time.as_millisecond(), line.text.clone())).collect(),
        };
        if self.store.append_log(&job.name, job.epoch, cursor, chunk).await.unwrap() {
            self.lines.lock().unwrap().extend(lines.iter().map(|line| line.text.clone()));
        }
    }

    fn waiting(&self, why: Option<String>) {
        self.waits.lock().unwrap().push(why);
    }

    fn say(&self, line: String) {
        self.said.lock().unwrap().push(line);
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
