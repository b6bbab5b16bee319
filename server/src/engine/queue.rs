//! Taking runs: at once when there is a free slot, in their order otherwise, refused when too many wait.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use flow::{RunError, RunStatus, RunsOn, TriggerKind};
use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::drive::{Answered, Drive};
use super::live::{Facts, Live};
use super::plan::Plan;
use super::{Ended, Engine, EngineError, Prepared, Shared, Start, new_id};
use crate::store::{Op, StoreError};

impl Engine {
    /// Takes a run; it is durable when this returns its id.
    pub async fn submit(&self, start: Start) -> Result<String, EngineError> {
        match self.submit_with(start.clone(), Vec::new()).await {
            Err(Submitted::Duplicate) => self.shared.same_run(&start).await,
            Err(Submitted::Failed(error)) => Err(error),
            Ok(id) => Ok(id),
        }
    }

    /// As [`Engine::submit`], with further writes in the commit of the run.
    pub(crate) async fn submit_with(&self, start: Start, with: Vec<Op>) -> Result<String, Submitted> {
        if let Some(id) = self.shared.known(&start).await? {
            return Ok(id);
        }
        let drive = self.shared.drive(start, with)?;
        let id = drive.live.facts.id.clone();
        self.shared.take(drive, true).await.map_err(|error| match error {
            StoreError::Duplicate(_) => Submitted::Duplicate,
            other => Submitted::Failed(other.into()),
        })?;
        Ok(id)
    }

    /// Runs until the flow answers or ends; the answer is durable when this returns. A run of pure steps costs one commit.
    pub async fn run_to_answer(&self, start: Start) -> Result<(String, Ended), EngineError> {
        if let Some(id) = self.shared.known(&start).await? {
            return self.shared.ended(id).await;
        }
        let again = start.idempotency.is_some().then(|| start.clone());
        let mut drive = self.shared.drive(start, Vec::new())?;
        let (caller, answer) = oneshot::channel();
        drive.caller = Some(caller);
        let id = drive.live.facts.id.clone();
        let answered = match self.shared.take(drive, false).await {
            Ok(()) => answer.await,
            Err(StoreError::Duplicate(_)) => Ok(Answered::Other),
            Err(error) => return Err(error.into()),
        };
        match (answered, again) {
            (Ok(Answered::Ended(ended)), _) => Ok((id, *ended)),
            (Ok(Answered::Other), Some(start)) => {
                let other = self.shared.same_run(&start).await?;
                self.shared.ended(other).await
            }
            (Ok(Answered::Failed(error)), _) => Err(error),
            _ if self.stopping() => Err(EngineError::Stopping),
            _ => Err(EngineError::Defect),
        }
    }

    /// Stops a run. `by` is named in the run's error.
    pub async fn cancel(&self, run: &str, by: &str) -> Result<(), EngineError> {
        self.shared.cancel(run, by).await
    }
}

/// Why a run was not taken.
pub(crate) enum Submitted {
    /// The tick or the idempotency key belongs to another run.
    Duplicate,
    Failed(EngineError),
}

impl From<EngineError> for Submitted {
    fn from(error: EngineError) -> Self {
        Self::Failed(error)
    }
}

impl Shared {
    /// The run that answers a repeated request.
    async fn known(&self, start: &Start) -> Result<Option<String>, EngineError> {
        let Some(key) = &start.idempotency else { return Ok(None) };
        Ok(self.store.idempotent_run(&start.flow_id, key, self.now()).await?)
    }

    async fn same_run(&self, start: &Start) -> Result<String, EngineError> {
        self.known(start).await?.ok_or(EngineError::NotFound)
    }

    fn drive(self: &Arc<Self>, start: Start, mut with: Vec<Op>) -> Result<Drive, EngineError> {
        if self.stopping.is_cancelled() {
            return Err(EngineError::Stopping);
        }
        let waiting = self.queue.waiting();
        if waiting >= self.options.max_queued {
            return Err(EngineError::Busy(waiting));
        }
        let prepared = self.cache.get(&start.document, start.version.as_ref(), &self.registry);
        let id = start.id.unwrap_or_else(new_id);
        if let Some(key) = start.idempotency {
            let expires_at = self.now() + self.options.idempotency.as_millis() as i64;
            with.push(Op::Idempotency { flow: start.flow_id.clone(), key, run: id.clone(), expires_at });
        }
        let on_cluster = start.runs_on.unwrap_or(start.document.settings.runs_on) == RunsOn::Cluster;
        let facts = Facts {
            id,
            flow_id: start.flow_id,
            flow_name: start.flow_name,
            trigger: start.trigger,
            trigger_node: start.node,
            until: start.until,
            retry_of: start.retry_of,
            created_at: self.now(),
            on_cluster,
        };
        let live = Arc::new(Live::new(facts, prepared, RunStatus::Queued, None));
        let plan = self.plan(&live)?;
        let mut drive = Drive::new(Arc::clone(self), live, plan);
        drive.given = start.items;
        drive.with_insert = with;
        Ok(drive)
    }

    fn plan(&self, live: &Live) -> Result<Plan, EngineError> {
        let (reach, order) = reach(&live.prepared, &live.facts.trigger_node, live.facts.until.as_deref())?;
        Ok(Plan::new(Arc::clone(&live.prepared.graph), reach, order))
    }

    /// Gives a new run a slot, a place in the queue here, or one in the database. `durable`: it is written before this
    /// returns.
    pub(super) async fn take(self: &Arc<Self>, mut drive: Drive, durable: bool) -> Result<(), StoreError> {
        // Taken here, so that runs get their slots in the order of their coming.
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        let place = if slot.is_none() { Place::take(self, &drive) } else { None };
        if slot.is_none() && place.is_none() {
            return self.store_queued(drive).await;
        }
        let live = Arc::clone(&drive.live);
        // Known here before it is in the database as ours.
        self.runs().insert(live.facts.id.clone(), Some(Arc::clone(&live)));
        if durable {
            drive.take_given().await;
            let status = if slot.is_some() { RunStatus::Running } else { RunStatus::Queued };
            if let Err(error) = drive.insert(status, true).await {
                self.forget(&live);
                return Err(error);
            }
        }
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            if slot.is_some() {
                drive.slot = slot;
                return shared.work(drive).await;
            }
            tokio::select! {
                biased;
                // Cancelled while it waited: no slot is needed to write that down.
                () = live.stop.cancelled() => shared.drive_on(drive).await,
                slot = shared.slot() => {
                    drop(place);
                    match slot {
                        Some(slot) => {
                            drive.slot = Some(slot);
                            shared.work(drive).await;
                        }
                        None => drive.leave().await,
                    }
                }
            }
        });
        Ok(())
    }

    /// The run waits for its turn in the database and holds nothing here but its caller.
    async fn store_queued(&self, mut drive: Drive) -> Result<(), StoreError> {
        let id = drive.live.facts.id.clone();
        if let Some(caller) = drive.caller.take() {
            self.callers().insert(id.clone(), caller);
        }
        drive.take_given().await;
        let stored = drive.insert(RunStatus::Queued, false).await;
        if stored.is_err() {
            self.callers().remove(&id);
        } else {
            self.queue.stored.fetch_add(1, Ordering::Relaxed);
            self.wake.notify_one();
        }
        stored
    }

    /// A slot to work in, in the order of asking; `None` when the server stops.
    async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => None,
            slot = Arc::clone(&self.slots).acquire_owned() => slot.ok(),
        }
    }

    pub(super) async fn work(&self, drive: Drive) {
        let now = self.now();
        drive.live.set(|run| {
            run.status = RunStatus::Running;
            run.started_at.get_or_insert(now);
        });
        self.drive_on(drive).await;
    }

    /// Drives the run as far as it goes here. A defect ends it: what made it panic once would do so after each start.
    async fn drive_on(&self, drive: Drive) {
        let live = Arc::clone(&drive.live);
        if AssertUnwindSafe(drive.run()).catch_unwind().await.is_ok() {
            return;
        }
        let run = &live.facts.id;
        tracing::error!(run, "the run panicked; it fails");
        live.stop.cancel();
        match self.fail_stored(run, &EngineError::Defect).await {
            // Nobody was told of a run that is not written yet.
            Ok(()) | Err(EngineError::NotFound | EngineError::Ended) => {}
            Err(error) => tracing::error!(run, %error, "the run can't be ended"),
        }
        self.forget(&live);
    }

    /// Waits for the end of a run that somebody else started.
    async fn ended(&self, id: String) -> Result<(String, Ended), EngineError> {
        if let Some(live) = self.live(&id) {
            let mut changes = live.watch();
            while !live.read().status.is_final() && self.live(&id).is_some() {
                tokio::select! {
                    changed = changes.changed() => if changed.is_err() { break },
                    () = self.killed.cancelled() => return Err(EngineError::Stopping),
                    // A parked run leaves without an event.
                    () = tokio::time::sleep(std::time::Duration::from_secs(1)) => {}
                }
            }
        }
        let row = self.store.run(&id).await?;
        let answer = row.answer.as_deref().and_then(|json| serde_json::from_str(json).ok()).map(Arc::new);
        let last_items = if answer.is_none() { self.last_items(&row).await? } else { Vec::new() };
        Ok((id, Ended { status: row.status, answer, last_items, error: row.error }))
    }

    /// Stops a run, at work here or wherever it is.
    pub(super) async fn cancel(&self, run: &str, by: &str) -> Result<(), EngineError> {
        if let Some(live) = self.live(run) {
            // Who comes second finds it done.
            let _ = live.cancelled_by.set(by.to_owned());
            live.stop.cancel();
            return Ok(());
        }
        self.end_stored(run, RunStatus::Cancelled, cancelled(by)).await
    }
}

pub(super) fn cancelled(by: &str) -> RunError {
    RunError::new("cancelled", format!("{by} cancelled the run. Retry it to go on where it stopped."))
}

/// What waits for its turn: in memory, and in the database beyond what memory may hold.
#[derive(Default)]
pub(super) struct Queue {
    here: AtomicU32,
    bytes: AtomicU64,
    /// Runs in the database that could be worked on, as far as this server knows.
    stored: AtomicU32,
}

impl Queue {
    pub fn waiting(&self) -> u32 {
        self.here.load(Ordering::Relaxed) + self.stored.load(Ordering::Relaxed)
    }

    /// So many runs in the database can be worked on; more than that unless it is `all` of them.
    pub fn counted(&self, runs: u32, all: bool) {
        match all {
            true => self.stored.store(runs, Ordering::Relaxed),
            false => drop(self.stored.fetch_max(runs, Ordering::Relaxed)),
        }
    }

    /// So many of them were taken.
    pub fn taken(&self, runs: u32) {
        // The count is always there, so the update does not fail.
        let _ =
            self.stored.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |stored| Some(stored.saturating_sub(runs)));
    }
}

/// A place in the queue in memory, as long as it lives.
struct Place {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Place {
    /// `None` when the run must queue in the database: there is no room, or others that came before it queue there.
    fn take(shared: &Arc<Shared>, drive: &Drive) -> Option<Self> {
        let queue = &shared.queue;
        if queue.stored.load(Ordering::Relaxed) > 0 {
            return None;
        }
        let bytes = drive.bytes();
        queue.here.fetch_add(1, Ordering::Relaxed);
        queue.bytes.fetch_add(bytes, Ordering::Relaxed);
        // Made before the limit is looked at: who does not fit gives it back by dropping it.
        let place = Self { shared: Arc::clone(shared), bytes };
        (queue.bytes.load(Ordering::Relaxed) <= shared.options.max_queued_bytes).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.queue.here.fetch_sub(1, Ordering::Relaxed);
        self.shared.queue.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The part of the graph that a run can reach, and in which order it runs.
pub(super) fn reach(
    prepared: &Prepared,
    trigger: &str,
    until: Option<&str>,
) -> Result<(Arc<super::plan::Reach>, flow::graph::Order), EngineError> {
    let node = prepared.graph.index(trigger).ok_or_else(|| EngineError::NoTrigger(trigger.to_owned()))?;
    let until = until.and_then(|id| prepared.graph.index(id));
    Ok((prepared.reach(node, until), prepared.document.settings.order))
}

impl Drive {
    /// What its items take, by their JSON.
    fn bytes(&self) -> u64 {
        let mut count = Count(0);
        // Items have text keys and plain values: they can be written, and counting does not fail.
        let _ = serde_json::to_writer(&mut count, &self.given);
        let state = self.live.read();
        for (_, batch) in state.records().flat_map(|record| &record.outputs) {
            let _ = serde_json::to_writer(&mut count, &batch.items);
        }
        count.0
    }

    /// Ends the trigger's step with what was given, so that it is written with the run.
    pub(super) async fn take_given(&mut self) {
        if self.given.is_some()
            && let Some(next) = self.plan.next()
        {
            self.begin(next).await;
        }
    }
}

/// Runs from the editor use pinned output; so do their retries, and only there are drafts run.
pub(super) fn from_editor(live: &Live) -> bool {
    match live.facts.trigger {
        TriggerKind::Manual | TriggerKind::WebhookTest => true,
        TriggerKind::Retry => live.prepared.version.is_none(),
        _ => false,
    }
}

/// Counts what is written and keeps nothing of it.
struct Count(u64);

impl std::io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
