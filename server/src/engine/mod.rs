//! The run: what is ready next (`plan`), doing a step (`step`, `shape`), the run at work (`drive`), what is written when
//! (`flush`, `checkpoint`), taking runs (`queue`), waiting (`wait`), going on after a stop (`recover`, `retry`), and what
//! people see of it (`live`, `events`, `views`).
//!
//! **Invariant:** every write carries the run's epoch, so a server that lost a run can't change it.

mod checkpoint;
pub mod cluster;
mod drive;
mod error;
mod events;
mod flush;
mod history;
mod live;
mod options;
pub mod plan;
mod prepared;
mod preview;
mod queue;
mod recover;
pub mod remote;
mod retry;
mod shape;
mod start;
mod step;
mod views;
mod wait;
mod world;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flow::Flow;
use flow::api::FlowEvent;
use nodes::Registry;
use nodes::world::Clock;
use serde_json::{Map, Value};
use tokio::sync::{Notify, Semaphore, broadcast, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::script::{self, RunnerPool};
use crate::store::{Store, StoreError};
use drive::Answered;
use live::Live;

pub use crate::store::new_id;
pub use error::EngineError;
pub use options::EngineOptions;
pub use prepared::{Prepared, findings};
pub(crate) use queue::Submitted;
pub use start::{Ended, Start, VersionKey};
pub use views::Side;
pub use world::{StepPlace, StepWorld};

/// What the engine works with.
pub struct Parts {
    pub store: Store,
    pub registry: Registry,
    pub script: script::Engine,
    pub runners: RunnerPool,
    pub clock: Arc<dyn Clock>,
    /// What belongs to a run or a node.
    pub world: Arc<dyn StepWorld>,
    /// Where runs on the cluster work; `None` when there is no cluster.
    pub cluster: Option<Arc<dyn cluster::RunJobs>>,
}

/// Runs flows. A cheap clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    /// This start of this process, in the rows of the runs that it has. Never used again: the runs of a process that died
    /// belong to a stranger, whose lease ends.
    owner: String,
    options: EngineOptions,
    store: Store,
    registry: Registry,
    script: script::Engine,
    runners: RunnerPool,
    clock: Arc<dyn Clock>,
    world: Arc<dyn StepWorld>,
    cluster: Option<Arc<dyn cluster::RunJobs>>,
    /// In a Job: where the run's commits go instead of the store.
    uplink: std::sync::OnceLock<remote::Uplink>,
    /// `$vars`
    vars: Arc<Map<String, Value>>,
    cache: prepared::Cache,
    /// Runs that are queued or at work here; those without anything yet are just being read from the database.
    runs: Mutex<HashMap<String, Option<Arc<Live>>>>,
    /// Callers who wait for the answer of a parked run.
    callers: Mutex<HashMap<String, oneshot::Sender<Answered>>>,
    /// Everyone who has a flow open.
    flows: Mutex<HashMap<String, broadcast::Sender<FlowEvent>>>,
    slots: Arc<Semaphore>,
    /// For runs on the cluster, instead of the former.
    cluster_slots: Arc<Semaphore>,
    queue: queue::Queue,
    /// When the earliest parked run goes on, as far as this server knows.
    earliest: Mutex<Option<i64>>,
    wake: Notify,
    /// No step is started any more.
    stopping: CancellationToken,
    /// Nothing goes on any more.
    killed: CancellationToken,
    tasks: TaskTracker,
}

impl Engine {
    /// Takes back the runs that this server had not ended, then is ready.
    pub async fn start(options: EngineOptions, parts: Parts) -> Result<Self, EngineError> {
        let engine = Self::new(options, parts);
        let shared = &engine.shared;
        recover::take_back(shared).await?;
        shared.tasks.spawn(wait::keep_taking(Arc::clone(shared)));
        // Not among the tasks that a shutdown waits for: leases are kept until the last of them is done.
        tokio::spawn(recover::keep_runs(Arc::clone(shared)));
        tokio::spawn(recover::leave_lost(Arc::clone(shared)));
        Ok(engine)
    }

    /// In a Job: goes on with the run of `work`, telling the server what happens. `process` names this process to it.
    /// Ends when the run left: [`Engine::active`] is 0 then.
    pub fn go_on(
        options: EngineOptions,
        parts: Parts,
        work: remote::Work,
        process: String,
        upstream: Arc<dyn remote::Upstream>,
    ) -> Result<Self, EngineError> {
        let engine = Self::new(options, parts);
        let uplink = remote::Uplink::new(upstream, process, &work);
        // Set once, by this one.
        let _ = engine.shared.uplink.set(uplink);
        recover::adopt(&engine.shared, work)?;
        Ok(engine)
    }

    fn new(options: EngineOptions, parts: Parts) -> Self {
        let Parts { store, registry, script, runners, clock, world, cluster } = parts;
        let shared = Arc::new(Shared {
            cache: prepared::Cache::new(options.max_prepared),
            slots: Arc::new(Semaphore::new(options.max_runs.max(1) as usize)),
            cluster_slots: Arc::new(Semaphore::new(options.max_cluster_runs.max(1) as usize)),
            vars: Arc::default(),
            runs: Mutex::default(),
            callers: Mutex::default(),
            flows: Mutex::default(),
            queue: queue::Queue::default(),
            owner: new_id(),
            earliest: Mutex::default(),
            wake: Notify::new(),
            stopping: CancellationToken::new(),
            killed: CancellationToken::new(),
            tasks: TaskTracker::new(),
            uplink: std::sync::OnceLock::new(),
            options,
            store,
            registry,
            script,
            runners,
            clock,
            world,
            cluster,
        });
        Self { shared }
    }

    /// Runs can work on a cluster.
    pub fn has_cluster(&self) -> bool {
        self.shared.cluster.is_some()
    }

    pub fn options(&self) -> &EngineOptions {
        &self.shared.options
    }

    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Makes a document ready to run; versions are kept.
    pub fn prepare(&self, document: &Arc<Flow>, version: Option<&VersionKey>) -> Arc<Prepared> {
        self.shared.cache.get(document, version, &self.shared.registry)
    }

    /// A version that is ready already: saves reading its document from the database.
    pub fn prepared(&self, version: &str) -> Option<Arc<Prepared>> {
        self.shared.cache.find(version)
    }

    /// Everything that is wrong with a flow, errors first.
    pub fn findings(&self, flow: &Flow) -> Vec<flow::check::Finding> {
        findings(&self.shared.registry, flow)
    }

    /// No run is taken any more.
    pub fn stopping(&self) -> bool {
        self.shared.stopping.is_cancelled()
    }

    /// Ends when no run is taken any more: for streams that would keep a server from stopping.
    pub fn until_stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shared.stopping.clone().cancelled_owned()
    }

    /// Runs that are queued or working here.
    pub fn active(&self) -> u32 {
        self.shared.runs().len() as u32
    }

    /// Runs that wait for their turn.
    pub fn queued(&self) -> u32 {
        self.shared.queue.waiting()
    }

    /// Takes no more runs, lets working steps end for `grace`, and leaves the rest for the next start.
    pub async fn shutdown(&self, grace: Duration) {
        let shared = &self.shared;
        shared.stopping.cancel();
        shared.tasks.close();
        if tokio::time::timeout(grace, shared.tasks.wait()).await.is_err() {
            tracing::warn!(runs = self.active(), "steps did not end in time; their runs go on at the next start");
        }
        shared.killed.cancel();
        shared.callers().clear();
        if shared.uplink.get().is_some() {
            return;
        }
        if let Err(error) = shared.store.release(&shared.owner).await {
            tracing::warn!(%error, "the runs could not be handed over; the next server takes them when their lease ends");
        }
    }
}

impl Shared {
    /// Writes what happened in a run: to the database, or in a Job to the server.
    async fn write(&self, live: &Live, ops: Vec<crate::store::Op>) -> Result<(), StoreError> {
        match self.uplink.get() {
            Some(uplink) => uplink.forward(live, &ops).await,
            None => self.store.commit(ops).await,
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Nobody else can use the database.
    fn alone(&self) -> bool {
        self.store.kind() == "sqlite"
    }

    fn lease_until(&self) -> i64 {
        match self.alone() {
            // It ends with the lock on the database file.
            true => i64::MAX / 2,
            false => self.now() + self.options.lease.as_millis() as i64,
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<String, Option<Arc<Live>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Answered>>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self, run: &str) -> Option<Arc<Live>> {
        self.runs().get(run).cloned().flatten()
    }

    /// This life of the run ends; a later one that began already stays.
    fn forget(&self, live: &Arc<Live>) {
        let mut runs = self.runs();
        if runs.get(&live.facts.id).and_then(Option::as_ref).is_some_and(|known| Arc::ptr_eq(known, live)) {
            runs.remove(&live.facts.id);
        }
    }

    fn know_earliest(&self, at: Option<i64>) {
        *self.earliest.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn expect_wake(&self, at: i64) {
        let mut earliest = self.earliest.lock().unwrap_or_else(PoisonError::into_inner);
        if earliest.is_none_or(|known| at < known) {
            *earliest = Some(at);
            self.wake.notify_one();
        }
    }

    /// Tells everyone who has the flow open that a run of it started.
    fn tell_flow(&self, live: &Live) {
        let flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listeners) = flows.get(&live.facts.flow_id) {
            // Nobody listens: nobody misses it.
            let _ = listeners.send(FlowEvent::Run { run: Box::new(live.summary()) });
        }
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::NotFound,
            other => Self::Store(other.to_string()),
        }
    }
}
