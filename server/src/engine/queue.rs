//! Taking runs: at once when there is a free slot, in their order otherwise, refused when too many wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flow::{RunStatus, TriggerKind};
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
        let mut drive = self.shared.drive(start, with)?;
        drive.take_given().await;
        let status = if self.shared.slots.available_permits() > 0 { RunStatus::Running } else { RunStatus::Queued };
        drive.insert(status).await.map_err(|error| match error {
            StoreError::Duplicate(_) => Submitted::Duplicate,
            other => Submitted::Failed(other.into()),
        })?;
        let id = drive.live.facts.id.clone();
        self.shared.enqueue(drive);
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
        self.shared.enqueue(drive);
        match (answer.await, again) {
            (Ok(Answered::Ended(ended)), _) => Ok((id, *ended)),
            (Ok(Answered::Other), Some(start)) => {
                let other = self.shared.same_run(&start).await?;
                self.shared.ended(other).await
            }
            (Ok(Answered::Failed(error)), _) => Err(error),
            (Ok(Answered::Other) | Err(_), _) => Err(EngineError::Stopping),
        }
    }

    /// Stops a run. `by` is named in the run's error.
    pub async fn cancel(&self, run: &str, by: &str) -> Result<(), EngineError> {
        if let Some(live) = self.shared.live(run) {
            // Who comes second finds it done.
            let _ = live.cancelled_by.set(by.to_owned());
            live.stop.cancel();
            return Ok(());
        }
        self.shared.cancel_parked_run(run, by).await
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
        let waiting = self.queued.load(Ordering::Relaxed);
        if waiting >= self.options.max_queued {
            return Err(EngineError::Busy(waiting));
        }
        let prepared = self.cache.get(&start.document, start.version.as_ref(), &self.registry);
        let id = start.id.unwrap_or_else(new_id);
        if let Some(key) = start.idempotency {
            let expires_at = self.now() + self.options.idempotency.as_millis() as i64;
            with.push(Op::Idempotency { flow: start.flow_id.clone(), key, run: id.clone(), expires_at });
        }
        let facts = Facts {
            id,
            flow_id: start.flow_id,
            flow_name: start.flow_name,
            trigger: start.trigger,
            trigger_node: start.node,
            until: start.until,
            retry_of: start.retry_of,
            created_at: self.now(),
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

    /// Lets a run work as soon as there is a slot.
    pub(super) fn enqueue(self: &Arc<Self>, drive: Drive) {
        self.runs().insert(drive.live.facts.id.clone(), Arc::clone(&drive.live));
        let shared = Arc::clone(self);
        // Taken here, so that runs get their slots in the order of their coming.
        let slot = Arc::clone(&self.slots).try_acquire_owned().ok();
        self.tasks.spawn(async move {
            if slot.is_some() {
                return shared.work(drive).await;
            }
            let stop = drive.live.stop.clone();
            tokio::select! {
                biased;
                // Cancelled while it waited: no slot is needed to write that down.
                () = stop.cancelled() => drive.run().await,
                slot = shared.slot() => match slot {
                    Some(_slot) => shared.work(drive).await,
                    None => drive.leave().await,
                },
            }
        });
    }

    /// A slot to work in, in the order of asking; `None` when the server stops.
    pub(super) async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let _waiting = Waiting::new(&self.queued);
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
        drive.run().await;
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

    /// Cancels a run that nobody works on.
    pub(super) async fn cancel_parked_run(&self, run: &str, by: &str) -> Result<(), EngineError> {
        let row = self.store.run(run).await?;
        if row.status.is_final() {
            return Err(EngineError::Ended);
        }
        let error =
            flow::RunError::new("cancelled", format!("{by} cancelled the run. Retry it to go on where it stopped."));
        let mut update = row.update();
        update.status = RunStatus::Cancelled;
        update.error = Some(error);
        update.finished_at = Some(self.now());
        (update.wake_at, update.owner, update.lease_until) = (None, None, None);
        let steps = self.store.steps_with_data(&row.id).await?;
        let open = steps.into_iter().filter(|s| s.finished_at.is_none());
        let closed: Vec<_> = open
            .map(|step| crate::store::StepRow {
                status: flow::StepStatus::Cancelled,
                finished_at: update.finished_at,
                waiting: None,
                data: None,
                ..step
            })
            .collect();
        let mut ops = vec![Op::UpdateRun(Box::new(update))];
        if !closed.is_empty() {
            ops.push(Op::InsertSteps(closed));
        }
        self.store.commit(ops).await?;
        let caller = self.callers.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&row.id);
        if let Some(caller) = caller {
            // A caller who left does not need it.
            let _ = caller.send(Answered::Failed(EngineError::Ended));
        }
        Ok(())
    }
}

/// Counts a waiting run as long as it lives.
struct Waiting<'a>(&'a AtomicU32);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
    /// Ends the trigger's step with what was given, so that it is written with the run.
    async fn take_given(&mut self) {
        if self.given.is_some()
            && let Some(next) = self.plan.next()
        {
            self.begin(next).await;
        }
    }
}

/// Runs from the editor use pinned output.
pub(super) fn from_editor(trigger: TriggerKind) -> bool {
    matches!(trigger, TriggerKind::Manual | TriggerKind::WebhookTest)
}
