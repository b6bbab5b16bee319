//! When a run's state becomes durable, and how a run leaves the server: ended, parked or handed over.
//!
//! One flush is under way at a time and takes everything that changed; so what is durable is always what the run looked
//! like at one moment, and a run can go on from it.

use std::sync::Arc;
use std::time::Duration;

use flow::graph::History;
use flow::{RunError, RunStatus};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::checkpoint;
use super::drive::{Answered, Drive, Keep};
use super::live::Live;
use super::plan::Next;
use super::{Ended, EngineError, Shared};
use crate::store::{Op, RunRow, StepRow, StoreError};

/// A commit under way.
pub(super) struct Flush {
    work: BoxFuture<'static, Result<(), StoreError>>,
    /// Steps that may start then.
    held: Vec<Next>,
    /// Steps in it.
    steps: Vec<u32>,
    answered: bool,
}

impl Flush {
    pub async fn done(&mut self) -> Result<(), StoreError> {
        (&mut self.work).await
    }
}

/// How a run is written.
struct Written {
    status: RunStatus,
    error: Option<RunError>,
    wake_at: Option<i64>,
    finished_at: Option<i64>,
    owned: bool,
}

impl Drive {
    /// Writes what changed in the background.
    pub fn begin_flush(&mut self) {
        let steps = self.dirty.clone();
        let ops = self.ops(Written {
            status: RunStatus::Running,
            error: None,
            wake_at: None,
            finished_at: None,
            owned: true,
        });
        self.urgent = false;
        self.wrote_steps = true;
        let held = std::mem::take(&mut self.held);
        let work = commit(Arc::clone(&self.shared), Arc::clone(&self.live), ops, self.inserted).boxed();
        self.flush = Some(Flush { work, held, steps, answered: self.answer.is_some() });
    }

    /// False when the run is not ours any more.
    pub async fn flushed(&mut self, result: Result<(), StoreError>) -> bool {
        let Some(flush) = self.flush.take() else { return true };
        match result {
            Ok(()) => {
                self.mark_inserted();
                self.release(flush.held);
                if flush.answered {
                    self.tell(RunStatus::Running, None);
                }
                true
            }
            Err(error) => {
                self.dirty.extend(flush.steps);
                if self.write_less(&error) {
                    return true;
                }
                self.give_up(error).await;
                false
            }
        }
    }

    /// The database refuses something in this run, and will again: the run fails, and less of it is written. False when
    /// that would not help.
    fn write_less(&mut self, error: &StoreError) -> bool {
        if !self.inserted || !matches!(error, StoreError::Database(_)) || self.keep == Keep::RunAlone {
            return false;
        }
        tracing::error!(run = self.live.facts.id, %error, "the run's data can't be written; it fails without it");
        self.keep = if self.keep == Keep::All { Keep::NoData } else { Keep::RunAlone };
        let reason = "The database refused the data of this run, so it ended without it. The server's log says why; change what the flow makes, then start a new run.";
        let reason = RunError::new("run_unwritable", reason);
        self.fail(reason.clone());
        if let Some((status, error)) = &mut self.end
            && *status != RunStatus::Cancelled
        {
            (*status, *error) = (RunStatus::Failed, Some(reason));
        }
        true
    }

    fn mark_inserted(&mut self) {
        if !self.inserted {
            self.inserted = true;
            self.shared.tell_flow(&self.live);
        }
    }

    /// The run's end, its last steps and its answer share one commit. False when it could not be written.
    pub async fn finish(mut self) -> bool {
        let now = self.shared.now();
        loop {
            let (status, error) = self.end.clone().unwrap_or((RunStatus::Succeeded, None));
            let steps = self.dirty.clone();
            let ops =
                self.ops(Written { status, error: error.clone(), wake_at: None, finished_at: Some(now), owned: false });
            // Writing may have found that the run is too large.
            let (status, error) = self.end.clone().unwrap_or((status, error));
            match commit(Arc::clone(&self.shared), Arc::clone(&self.live), ops, self.inserted).await {
                Ok(()) => {
                    self.mark_inserted();
                    self.live.set(|run| {
                        run.status = status;
                        run.error = error.clone();
                        run.finished_at = Some(now);
                    });
                    self.tell(status, error);
                    self.shared.forget(&self.live);
                    return true;
                }
                Err(error) => {
                    self.dirty.extend(steps);
                    if !self.write_less(&error) {
                        self.give_up(error).await;
                        return false;
                    }
                }
            }
        }
    }

    /// Every step that is left waits: the run goes to the database and holds nothing here. False when it could not be
    /// written.
    pub async fn park(mut self, until: i64) -> bool {
        self.saved.worked_ms += self.since.elapsed().as_millis() as u64;
        let (id, answered, steps) = (self.live.facts.id.clone(), self.answer.is_some(), self.dirty.clone());
        let ops = self.ops(Written {
            status: RunStatus::Waiting,
            error: None,
            wake_at: Some(until),
            finished_at: None,
            owned: false,
        });
        // Before the run can be taken by somebody: who goes on with it answers.
        if !answered && let Some(caller) = self.caller.take() {
            self.shared.callers().insert(id.clone(), caller);
        }
        match commit(Arc::clone(&self.shared), Arc::clone(&self.live), ops, self.inserted).await {
            Ok(()) => {
                self.mark_inserted();
                self.live.set(|run| run.status = RunStatus::Waiting);
                if answered {
                    self.tell(RunStatus::Waiting, None);
                }
                self.shared.forget(&self.live);
                self.shared.expect_wake(until);
                self.cancel_after_all().await;
                true
            }
            Err(error) => {
                self.caller = self.caller.take().or_else(|| self.shared.callers().remove(&id));
                self.dirty.extend(steps);
                if self.write_less(&error) {
                    return self.finish().await;
                }
                self.give_up(error).await;
                false
            }
        }
    }

    /// The run left this server, but somebody was told before that it is cancelled.
    async fn cancel_after_all(&mut self) {
        let live = Arc::clone(&self.live);
        let Some(by) = live.cancelled_by.get() else { return };
        match self.shared.cancel(&live.facts.id, by).await {
            Ok(()) | Err(EngineError::Ended | EngineError::NotFound) => {}
            Err(error) => tracing::warn!(run = live.facts.id, %error, "the run was not cancelled"),
        }
    }

    /// The server stops: what is known is written, and the run is free for whoever comes next.
    pub async fn leave(mut self) {
        if self.inserted {
            let ops = self.ops(Written {
                status: RunStatus::Running,
                error: None,
                wake_at: None,
                finished_at: None,
                owned: false,
            });
            if let Err(error) = self.shared.write(&self.live, ops).await {
                tracing::warn!(run = self.live.facts.id, %error, "the run's last steps were not written; they will be done again");
            }
        }
        self.answer_with(Answered::Failed(EngineError::Stopping));
        self.shared.forget(&self.live);
    }

    /// The run can't be written here any more. If it still is ours, it is given back ([`super::recover::keep_runs`]).
    async fn give_up(&mut self, error: StoreError) {
        let id = self.live.facts.id.clone();
        self.live.stop.cancel();
        self.shared.forget(&self.live);
        let told = match error {
            StoreError::Duplicate(_) if !self.inserted && !self.with_insert.is_empty() => Answered::Other,
            StoreError::Fenced => {
                self.cancel_after_all().await;
                match self.shared.store.run(&id).await {
                    Ok(row) if row.status.is_final() => Answered::Ended(Box::new(Ended {
                        status: row.status,
                        answer: None,
                        last_items: Vec::new(),
                        error: row.error,
                    })),
                    _ => Answered::Failed(StoreError::Fenced.into()),
                }
            }
            error => {
                tracing::error!(run = id, %error, "the run can't be written");
                Answered::Failed(error.into())
            }
        };
        self.answer_with(told);
    }

    /// Tells the caller how far the run is, once.
    fn tell(&mut self, status: RunStatus, error: Option<RunError>) {
        if self.caller.is_none() {
            return;
        }
        let last_items = match (status.is_final(), self.last) {
            (true, Some(seq)) => {
                let state = self.live.read();
                let batch = state.record(seq).and_then(|r| r.outputs.first());
                batch.map(|(_, batch)| batch.items.to_vec()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let answer = self.answer.as_ref().map(|(answer, _)| Arc::clone(answer));
        self.answer_with(Answered::Ended(Box::new(Ended { status, answer, last_items, error })));
    }

    fn answer_with(&mut self, told: Answered) {
        if let Some(caller) = self.caller.take() {
            // A caller who left does not need it.
            let _ = caller.send(told);
        }
    }

    /// The writes of one commit.
    fn ops(&mut self, mut written: Written) -> Vec<Op> {
        let rows = self.rows(&mut written);
        let mut ops = Vec::with_capacity(2 + self.with_insert.len());
        let row = self.row(&written);
        if self.inserted {
            ops.push(Op::UpdateRun(Box::new(row.update())));
        } else {
            ops.push(Op::InsertRun(Box::new(row)));
            ops.extend(self.with_insert.iter().cloned());
        }
        if !rows.is_empty() {
            let named = self.named_files(&rows);
            ops.push(Op::InsertSteps(rows));
            if !named.is_empty() {
                ops.push(Op::UseBlobs { run: self.live.facts.id.clone(), blobs: named });
            }
        }
        ops
    }

    /// Files that the data of these steps names and no former write did: they stay as long as this run, whoever made them.
    fn named_files(&mut self, rows: &[StepRow]) -> Vec<String> {
        let live = Arc::clone(&self.live);
        let state = live.read();
        let kept = rows.iter().filter(|row| row.data.is_some()).filter_map(|row| state.record(row.seq));
        let items = kept.flat_map(|record| &record.outputs).flat_map(|(_, batch)| batch.items.iter());
        let files = items.flat_map(|item| item.binary.values());
        files.filter(|file| self.files.insert(file.id.clone())).map(|file| file.id.clone()).collect()
    }

    fn rows(&mut self, written: &mut Written) -> Vec<StepRow> {
        let live = Arc::clone(&self.live);
        let state = live.read();
        let mut seqs = std::mem::take(&mut self.dirty);
        let forget = written.status == RunStatus::Succeeded && self.history() != History::AllSteps;
        if forget && self.wrote_steps {
            seqs = state.records().map(|r| r.seq).collect();
        } else if forget && self.history() == History::OutcomeOnly {
            seqs.clear();
        }
        seqs.sort_unstable();
        seqs.dedup();
        let records = seqs.iter().filter_map(|seq| state.record(*seq));
        let mut rows: Vec<StepRow> = records.map(|record| checkpoint::row(&live, &state, record, !forget)).collect();
        let bytes: u64 = rows.iter().filter_map(|r| r.data.as_ref()).map(|data| data.len() as u64).sum();
        self.saved.bytes += bytes;
        let most = self.shared.options.max_run_bytes;
        drop(state);
        match self.keep {
            Keep::All => {}
            Keep::NoData => rows.iter_mut().for_each(|row| (row.data, row.error, row.waiting) = (None, None, None)),
            Keep::RunAlone => rows.clear(),
        }
        if self.saved.bytes > most {
            self.saved.bytes -= bytes;
            rows.iter_mut().for_each(|row| row.data = None);
            if !matches!(written.status, RunStatus::Failed | RunStatus::Cancelled) {
                let error = RunError::new(
                    "run_too_large",
                    format!(
                        "The run's items are more than the {most} bytes that one run may keep. Work with less at a time, or raise FLUXO_MAX_RUN_BYTES."
                    ),
                );
                if written.finished_at.is_some() {
                    written.status = RunStatus::Failed;
                    written.error = Some(error.clone());
                    self.end = Some((RunStatus::Failed, Some(error)));
                } else {
                    self.fail(error);
                }
            }
        }
        rows
    }

    fn row(&self, written: &Written) -> RunRow {
        let facts = &self.live.facts;
        let state = self.live.read();
        let version = self.live.prepared.version.as_ref();
        let ended = written.finished_at.is_some();
        let document = (version.is_none() && !self.inserted)
            .then(|| serde_json::to_string(&*self.live.prepared.document).unwrap_or_default().into());
        let saved = (!ended).then(|| serde_json::to_string(&self.saved).unwrap_or_default().into());
        RunRow {
            id: facts.id.clone(),
            flow_id: facts.flow_id.clone(),
            flow_name: facts.flow_name.clone(),
            version_id: version.map(|v| v.id.clone()),
            version_number: version.map(|v| v.number),
            document,
            trigger: facts.trigger,
            trigger_node: facts.trigger_node.clone(),
            status: written.status,
            epoch: self.epoch,
            owner: written.owned.then(|| self.shared.owner.clone()),
            lease_until: written.owned.then(|| self.shared.lease_until()),
            wake_at: written.wake_at,
            created_at: facts.created_at,
            started_at: state.started_at,
            finished_at: written.finished_at,
            steps: state.steps(),
            error: written.error.clone(),
            answer: self.answer.as_ref().filter(|_| self.keep == Keep::All).map(|(_, json)| Arc::clone(json)),
            retry_of: facts.retry_of.clone(),
            until_node: facts.until.clone(),
            state: saved,
            // Of a run on the cluster it is known before it is made.
            job: facts
                .on_cluster
                .then(|| state.job.clone().unwrap_or_else(|| super::cluster::RunJob::name_of(&facts.id, 1))),
        }
    }

    /// Writes the run for the first time, before anybody works on it.
    pub async fn insert(&mut self, status: RunStatus, owned: bool) -> Result<(), StoreError> {
        let ops = self.ops(Written { status, error: None, wake_at: None, finished_at: None, owned });
        self.shared.store.commit(ops).await?;
        self.wrote_steps = true;
        self.urgent = false;
        self.mark_inserted();
        Ok(())
    }
}

/// Tries of a commit in which the database refuses something.
const TRIES: u32 = 3;

/// Commits. For a run that somebody was told of, what passes (a full disk, a lost connection) is tried again until it
/// works, and what the database refuses a few times, as it may not be the commit's fault.
async fn commit(shared: Arc<Shared>, live: Arc<Live>, ops: Vec<Op>, told: bool) -> Result<(), StoreError> {
    if !told {
        return shared.write(&live, ops).await;
    }
    let (mut pause, mut refused) = (Duration::from_millis(250), 0);
    loop {
        let Err(error) = shared.write(&live, ops.clone()).await else { return Ok(()) };
        refused += u32::from(matches!(error, StoreError::Database(_)));
        let worth_it = error.is_passing() || (1..TRIES).contains(&refused);
        if !worth_it || shared.killed.is_cancelled() {
            return Err(error);
        }
        tracing::warn!(%error, "a run can't be written and waits");
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.killed.cancelled() => return Err(error),
        }
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}
