//! Fresh databases for tests: SQLite in a temporary folder, and PostgreSQL where `FLUXO_TEST_POSTGRES_URL` names a server
//! (`cargo xtask test` always sets it).

use flow::{RunStatus, StepStatus, TriggerKind};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;

use super::{RunRow, StepRow, Store, StoreOptions, new_id, time};

/// The variable that names a PostgreSQL server where databases may be made.
pub const POSTGRES: &str = "FLUXO_TEST_POSTGRES_URL";

/// A store of its own on SQLite. The folder goes when it is dropped.
pub async fn sqlite() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&StoreOptions::in_folder(folder.path())).await.unwrap();
    (store, folder)
}

impl Store {
    /// Makes every write but those of runs fail, as on a full disk, or work again.
    pub fn refuse_writes(&self, refuse: bool) {
        self.inner.full.store(refuse, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Runs the test on SQLite and, where there is one, on PostgreSQL, each with an empty database.
pub async fn each(test: impl AsyncFn(Store)) {
    each_options(async |options| {
        let store = Store::open(&options).await.unwrap();
        test(store.clone()).await;
        store.close().await;
    })
    .await;
}

/// Like [`each`], for tests that open the store themselves. They close it as well.
pub async fn each_options(test: impl AsyncFn(StoreOptions)) {
    let folder = tempfile::tempdir().unwrap();
    test(StoreOptions::in_folder(folder.path())).await;
    let Ok(server) = std::env::var(POSTGRES) else { return };
    let name = format!("fluxo_test_{}", new_id().replace('-', ""));
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    test(StoreOptions::new(with_database(&server, &name))).await;
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    admin.close().await.unwrap();
}

/// The URL of another database on the same server.
fn with_database(url: &str, name: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let start = base.find("://").unwrap() + 3;
    let host_end = base[start..].find('/').map_or(base.len(), |at| start + at);
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    format!("{}/{name}{query}", &base[..host_end])
}

/// A queued run of the flow `flow`.
pub fn run(flow: &str) -> RunRow {
    RunRow {
        id: new_id(),
        flow_id: flow.to_owned(),
        flow_name: "Flow".into(),
        version_id: Some("version".into()),
        version_number: Some(3),
        document: None,
        trigger: TriggerKind::Webhook,
        trigger_node: "hook".into(),
        status: RunStatus::Queued,
        epoch: 1,
        owner: None,
        lease_until: None,
        wake_at: None,
        created_at: time::now(),
        started_at: None,
        finished_at: None,
        steps: 0,
        error: None,
        answer: None,
        retry_of: None,
        until_node: None,
        state: None,
        job: None,
    }
}

/// A finished step.
pub fn step(run: &str, seq: u32) -> StepRow {
    StepRow {
        run_id: run.to_owned(),
        seq,
        node: format!("node{seq}"),
        run_index: 0,
        attempt: 1,
        status: StepStatus::Succeeded,
        started_at: time::now(),
        finished_at: Some(time::now()),
        inputs: "[]".into(),
        outputs: r#"{"out":1}"#.into(),
        error: None,
        waiting: None,
        pinned: false,
        data: Some(r#"{"out":{"items":[{"json":{"a":1}}]}}"#.into()),
    }
}
