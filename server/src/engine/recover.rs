//! Going on with runs that are in the database: after a crash, from a server that is gone, or out of a wait.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use flow::{Flow, RunError, RunStatus, StepStatus};
use futures_util::FutureExt;
use tokio::sync::OwnedSemaphorePermit;

use super::checkpoint::{self, Saved};
use super::drive::{Answered, Drive};
use super::live::{Facts, Live};
use super::plan::{Past, Plan};
use super::remote::Work;
use super::{Ended, EngineError, Prepared, Shared, VersionKey, queue};
use crate::store::{Op, RunRow, StepRow, StoreError};

/// At the start: everything that was queued or at work can be taken at once.
pub(super) async fn take_back(shared: &Arc<Shared>) -> Result<(), EngineError> {
    if !shared.alone() {
        // With replicas the leases decide.
        return Ok(());
    }
    let runs = shared.store.free_all().await?;
    if runs > 0 {
        tracing::info!(runs, "going on with the runs of the former start");
    }
    Ok(())
}

/// Keeps the leases of what this server has, and gives back what it does not have any more, until it is killed.
pub(super) async fn keep_runs(shared: Arc<Shared>) {
    let mut strays = HashSet::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(shared.options.lease / 3) => {}
            () = shared.killed.cancelled() => return,
        }
        if let Err(error) = look_after(&shared, &mut strays).await {
            tracing::warn!(%error, "the leases of the runs were not renewed");
        }
    }
}

/// How soon a run is left that another server took or ended.
const NOTICED: Duration = Duration::from_millis(750);

/// Leaves runs that another server took or ended (somebody cancelled them there) while nothing of them is written here,
/// until this one is killed.
pub(super) async fn leave_lost(shared: Arc<Shared>) {
    if shared.alone() {
        return;
    }
    let mut had = HashMap::new();
    loop {
        tokio::select! {
            () = tokio::time::sleep(NOTICED) => {}
            () = shared.killed.cancelled() => return,
        }
        if let Err(error) = leave_those(&shared, &mut had).await {
            tracing::warn!(%error, "it is not known which runs other servers took");
        }
    }
}

/// `had`: runs at work here that the database called ours at the former look. A new run is at work before it is written.
async fn leave_those(shared: &Shared, had: &mut HashMap<String, Arc<Live>>) -> Result<(), StoreError> {
    let ours: HashSet<String> = shared.store.owned(&shared.owner).await?.into_iter().collect();
    let here: Vec<(String, Arc<Live>)> =
        shared.runs().iter().filter_map(|(id, live)| Some((id.clone(), Arc::clone(live.as_ref()?)))).collect();
    let (kept, missed): (HashMap<_, _>, HashMap<_, _>) = here.into_iter().partition(|(id, _)| ours.contains(id));
    for (id, live) in missed {
        if !had.get(&id).is_some_and(|known| Arc::ptr_eq(known, &live)) {
            continue;
        }
        let row = shared.store.run(&id).await;
        let lost = match row {
            Ok(row) => row.status.is_final() || row.owner.as_deref() != Some(shared.owner.as_str()),
            Err(StoreError::NotFound(_)) => true,
            Err(error) => return Err(error),
        };
        if lost {
            // What it still writes is refused, and it leaves with that.
            live.stop.cancel();
        }
    }
    *had = kept;
    Ok(())
}

/// `strays`: runs that the database calls ours though nobody here has them, as the former look found them. A run is given
/// back when two looks find it, as one look may come between its taking and its work.
async fn look_after(shared: &Shared, strays: &mut HashSet<String>) -> Result<(), StoreError> {
    if !shared.alone() {
        shared.store.renew(&shared.owner, shared.lease_until()).await?;
    }
    let mut lost: HashSet<String> = shared.store.owned(&shared.owner).await?.into_iter().collect();
    lost.retain(|run| !shared.runs().contains_key(run));
    let again: Vec<String> = lost.intersection(strays).cloned().collect();
    *strays = lost;
    if !again.is_empty() {
        tracing::warn!(runs = again.len(), "runs that nobody works on are given back");
        shared.store.give_back(&shared.owner, &again).await?;
        shared.wake.notify_one();
    }
    Ok(())
}

/// Takes up a run that this server owns by now.
pub(super) fn go_on(shared: &Arc<Shared>, row: RunRow, slot: OwnedSemaphorePermit) {
    let shared = Arc::clone(shared);
    // Instead of its former life, which may be just about to leave.
    shared.runs().insert(row.id.clone(), None);
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let ended = match AssertUnwindSafe(load(&shared, &row)).catch_unwind().await {
            Ok(Ok(Some(mut drive))) => {
                drive.slot = Some(slot);
                shared.runs().insert(row.id.clone(), Some(Arc::clone(&drive.live)));
                return shared.work(drive).await;
            }
            Ok(Ok(None)) => Ok(()),
            Ok(Err(EngineError::Store(error))) => {
                // It stays ours until it is given back; whoever takes it then tries again.
                tracing::error!(run = row.id, error, "the run can't be taken up");
                Ok(())
            }
            Ok(Err(error)) => shared.fail_stored(&row.id, &error).await,
            Err(_) => shared.fail_stored(&row.id, &EngineError::Defect).await,
        };
        if let Err(error) = ended {
            tracing::error!(run = row.id, %error, "the run can't be ended");
        }
        let mut runs = shared.runs();
        if let Some(None) = runs.get(&row.id) {
            runs.remove(&row.id);
        }
    });
}

impl Shared {
    /// A run that can't go on fails with the reason.
    pub(super) async fn fail_stored(&self, run: &str, error: &EngineError) -> Result<(), EngineError> {
        self.end_stored(run, RunStatus::Failed, RunError::new(error.code(), error.to_string())).await
    }

    /// Ends a run in the database, whoever has it: what its owner still writes is refused from here on.
    pub(super) async fn end_stored(&self, run: &str, status: RunStatus, error: RunError) -> Result<(), EngineError> {
        let Some(row) = self.store.seize(run, &self.owner, self.lease_until()).await? else {
            // Says when there is no such run.
            self.store.run(run).await?;
            return Err(EngineError::Ended);
        };
        let mut update = row.update();
        update.status = status;
        update.error = Some(error.clone());
        update.finished_at = Some(self.now());
        (update.wake_at, update.owner, update.lease_until) = (None, None, None);
        let open = self.store.steps(run).await?.into_iter().filter(|step| step.finished_at.is_none());
        let closed: Vec<StepRow> = open
            .map(|step| StepRow {
                status: StepStatus::Cancelled,
                finished_at: update.finished_at,
                waiting: None,
                ..step
            })
            .collect();
        let mut ops = vec![Op::UpdateRun(Box::new(update))];
        if !closed.is_empty() {
            ops.push(Op::InsertSteps(closed));
        }
        self.store.commit(ops).await?;
        if let Some(caller) = self.callers().remove(run) {
            let ended = Ended { status, answer: None, last_items: Vec::new(), error: Some(error) };
            // A caller who left does not need it.
            let _ = caller.send(Answered::Ended(Box::new(ended)));
        }
        Ok(())
    }
}

/// The run as it is now; `None` when somebody ended or took it since it was claimed.
async fn load(shared: &Arc<Shared>, claimed: &RunRow) -> Result<Option<Drive>, EngineError> {
    let row = &shared.store.run(&claimed.id).await?;
    if row.status.is_final() || row.epoch != claimed.epoch {
        return Ok(None);
    }
    let prepared = prepared_of(shared, row).await?;
    let steps = shared.store.steps_with_data(&row.id).await?;
    let mut drive = drive_of(shared, row, prepared, &steps)?;
    drive.live.put_logs(shared.store.job_logs(&row.id, 0).await?);
    drive.caller = shared.callers().remove(&row.id);
    Ok(Some(drive))
}

/// The run in a Job, as the server has it.
pub(super) fn adopt(shared: &Arc<Shared>, work: Work) -> Result<(), EngineError> {
    let (row, steps, document, version) = work.into_rows();
    let version = version.map(|v| VersionKey { id: v.id, number: v.number });
    let prepared = shared.cache.get(&Arc::new(document), version.as_ref(), &shared.registry);
    let drive = drive_of(shared, &row, prepared, &steps)?;
    let live = Arc::clone(&drive.live);
    shared.runs().insert(row.id, Some(Arc::clone(&live)));
    let showing = Arc::clone(shared);
    tokio::spawn(async move {
        if let Some(uplink) = showing.uplink.get() {
            uplink.keep_showing(live).await;
        }
    });
    let working = Arc::clone(shared);
    shared.tasks.spawn(async move { working.work(drive).await });
    Ok(())
}

fn drive_of(
    shared: &Arc<Shared>,
    row: &RunRow,
    prepared: Arc<Prepared>,
    steps: &[StepRow],
) -> Result<Drive, EngineError> {
    let (live, plan) = restore(row, prepared, steps, RunStatus::Queued)?;
    let mut drive = Drive::new(Arc::clone(shared), Arc::new(live), plan);
    drive.epoch = row.epoch;
    drive.inserted = true;
    drive.wrote_steps = !steps.is_empty();
    drive.saved = row.state.as_deref().and_then(|json| serde_json::from_str::<Saved>(json).ok()).unwrap_or_default();
    drive.last = steps
        .iter()
        .filter(|s| s.status == StepStatus::Succeeded)
        .max_by_key(|s| (s.finished_at, s.seq))
        .map(|s| s.seq);
    if let Some(json) = &row.answer {
        let answer = serde_json::from_str(json).map_err(|_| {
            EngineError::Damaged("The run's answer can't be read any more. Start a new run instead.".to_owned())
        })?;
        drive.answer = Some((Arc::new(answer), Arc::clone(json)));
    }
    Ok(drive)
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
    live.set(|run| run.job = row.job.clone());
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
        on_cluster: row.job.is_some(),
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
