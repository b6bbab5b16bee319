//! Going on with runs that are in the database: after a crash, from a server that is gone, or out of a wait.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use flow::{Flow, RunError, RunStatus, StepStatus};

use super::checkpoint::{self, Saved};
use super::drive::Drive;
use super::live::{Facts, Live};
use super::plan::{Past, Plan};
use super::{EngineError, Prepared, Shared, VersionKey, queue};
use crate::store::{Op, RunRow, StepRow};

/// How long a server owns its runs without renewing; replicas only.
pub(super) const LEASE: Duration = Duration::from_secs(30);
const RENEW: Duration = Duration::from_secs(10);

/// At the start: everything that was queued or at work goes on at once.
pub(super) async fn take_back(shared: &Arc<Shared>) -> Result<(), EngineError> {
    if !shared.alone() {
        // With replicas the leases decide; the waking loop claims what is free.
        return Ok(());
    }
    let rows = shared.store.take_back(&shared.options.owner, shared.lease_until()).await?;
    if !rows.is_empty() {
        tracing::info!(runs = rows.len(), "going on with the runs of the former start");
    }
    for row in rows {
        go_on(shared, row);
    }
    Ok(())
}

/// Renews this server's leases until it stops.
pub(super) async fn keep_leases(shared: Arc<Shared>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEW) => {}
            () = shared.killed.cancelled() => return,
        }
        if let Err(error) = shared.store.renew(&shared.options.owner, shared.lease_until()).await {
            tracing::warn!(%error, "the leases of the runs were not renewed");
        }
        if shared.stopping.is_cancelled() && shared.runs().is_empty() {
            return;
        }
    }
}

/// Takes up a run that this server owns by now, when there is a slot: what waits for one is not in memory.
pub(super) fn go_on(shared: &Arc<Shared>, row: RunRow) {
    let shared = Arc::clone(shared);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let Some(_slot) = shared.slot().await else { return };
        if shared.live(&row.id).is_some() {
            return;
        }
        match load(&shared, &row).await {
            Ok(Some(drive)) => {
                shared.runs().insert(drive.live.facts.id.clone(), Arc::clone(&drive.live));
                shared.work(drive).await;
            }
            Ok(None) => {}
            Err(EngineError::Store(error)) => {
                // The row stays ours and unfinished: the next start tries again.
                tracing::error!(run = row.id, error, "the run can't be taken up");
            }
            Err(error) => fail(&shared, &row, &error).await,
        }
    });
}

/// A run that can't go on fails with the reason.
async fn fail(shared: &Shared, row: &RunRow, error: &EngineError) {
    let mut update = row.update();
    update.status = RunStatus::Failed;
    update.error = Some(RunError::new(error.code(), error.to_string()));
    update.finished_at = Some(shared.now());
    (update.wake_at, update.owner, update.lease_until) = (None, None, None);
    if let Err(error) = shared.store.commit(vec![Op::UpdateRun(Box::new(update))]).await {
        tracing::error!(run = row.id, %error, "the run can't be ended");
    }
}

/// The run as it is now; `None` when somebody cancelled it while it waited for a slot.
async fn load(shared: &Arc<Shared>, row: &RunRow) -> Result<Option<Drive>, EngineError> {
    let row = &shared.store.run(&row.id).await?;
    if row.status.is_final() {
        return Ok(None);
    }
    let prepared = prepared_of(shared, row).await?;
    let steps = shared.store.steps_with_data(&row.id).await?;
    let (live, plan) = restore(row, prepared, &steps, RunStatus::Queued)?;
    let mut drive = Drive::new(Arc::clone(shared), Arc::new(live), plan);
    drive.epoch = row.epoch;
    drive.inserted = true;
    drive.wrote_steps = !steps.is_empty();
    drive.saved = row.state.as_deref().and_then(|json| serde_json::from_str::<Saved>(json).ok()).unwrap_or_default();
    drive.caller = shared.callers.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
    drive.last = steps
        .iter()
        .filter(|s| s.status == StepStatus::Succeeded)
        .max_by_key(|s| (s.finished_at, s.seq))
        .map(|s| s.seq);
    if let Some(json) = &row.answer {
        let answer =
            serde_json::from_str(json).map_err(|_| EngineError::Store("the run's answer can't be read".to_owned()))?;
        drive.answer = Some((Arc::new(answer), Arc::clone(json)));
    }
    Ok(Some(drive))
}

/// The flow that a run runs.
pub(super) async fn prepared_of(shared: &Shared, row: &RunRow) -> Result<Arc<Prepared>, EngineError> {
    let unreadable = |_| EngineError::NoVersion;
    match (&row.version_id, &row.document) {
        (Some(id), _) => {
            if let Some(found) = shared.cache.find(id) {
                return Ok(found);
            }
            let version = shared.store.version_by_id(id).await.map_err(|error| match EngineError::from(error) {
                EngineError::NotFound => EngineError::NoVersion,
                other => other,
            })?;
            let document: Flow = serde_json::from_str(&version.document).map_err(unreadable)?;
            let key = VersionKey { id: id.clone(), number: version.number };
            Ok(shared.cache.get(&Arc::new(document), Some(&key), &shared.registry))
        }
        (None, Some(document)) => {
            let document: Flow = serde_json::from_str(document).map_err(unreadable)?;
            Ok(shared.cache.get(&Arc::new(document), None, &shared.registry))
        }
        (None, None) => Err(EngineError::NoVersion),
    }
}

/// The run as it was: its steps in memory and its plan.
pub(super) fn restore(
    row: &RunRow,
    prepared: Arc<Prepared>,
    steps: &[StepRow],
    status: RunStatus,
) -> Result<(Live, Plan), EngineError> {
    let live = Live::new(facts(row), prepared, status, row.started_at);
    fill(&live, steps)?;
    let (reach, order) = queue::reach(&live.prepared, &row.trigger_node, row.until_node.as_deref())?;
    let state = live.read();
    let mut past: Vec<(Option<i64>, Past)> = state
        .records()
        .filter(|r| matches!(r.status, StepStatus::Running | StepStatus::Waiting | StepStatus::Succeeded))
        .map(|r| {
            let sent = (r.status == StepStatus::Succeeded).then(|| r.sent());
            (r.finished_at, Past { seq: r.seq, node: r.node, run_index: r.run_index, inputs: r.inputs.clone(), sent })
        })
        .collect();
    drop(state);
    past.sort_by_key(|(finished_at, step)| (finished_at.unwrap_or(i64::MAX), step.seq));
    let past: Vec<Past> = past.into_iter().map(|(_, step)| step).collect();
    let plan = Plan::restore(Arc::clone(&live.prepared.graph), reach, order, &past);
    Ok((live, plan))
}

pub(super) fn facts(row: &RunRow) -> Facts {
    Facts {
        id: row.id.clone(),
        flow_id: row.flow_id.clone(),
        flow_name: row.flow_name.clone(),
        trigger: row.trigger,
        trigger_node: row.trigger_node.clone(),
        until: row.until_node.clone(),
        retry_of: row.retry_of.clone(),
        created_at: row.created_at,
    }
}

/// Puts the steps of rows into memory, in their order.
pub(super) fn fill(live: &Live, steps: &[StepRow]) -> Result<(), EngineError> {
    for row in steps {
        let record = checkpoint::record(&live.prepared, &live.read(), row)?;
        if let Some(record) = record {
            live.put(record);
        }
    }
    Ok(())
}
