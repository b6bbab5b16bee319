//! Rows of runs and steps as the engine writes and reads them, and the operations of a commit.

use std::sync::Arc;

use flow::{RunError, RunStatus, StepStatus, TriggerKind};

use super::PageOf;

/// One write of a commit; see [`super::Store::commit`].
#[derive(Clone, Debug)]
pub enum Op {
    /// A new run, in any state: a flow of pure steps inserts its finished run in one go.
    InsertRun(Box<RunRow>),
    /// Inserts steps, or replaces them by (run, seq). The same commit must hold an `InsertRun`, `UpdateRun` or `Fence`
    /// of each of their runs: that is what keeps an owner that lost its lease from writing.
    InsertSteps(Vec<StepRow>),
    /// The run's new state; `Fenced` when the epoch is not the run's any more.
    UpdateRun(Box<RunUpdate>),
    /// Writes nothing, but fails the commit with `Fenced` when the epoch is not the run's any more.
    Fence { run: String, epoch: i64 },
    /// The run's steps name these files: they stay as long as the run does.
    UseBlobs { run: String, blobs: Vec<String> },
    /// A due time of a schedule was dealt with; `Duplicate` when it was before. `next_at` becomes the schedule's next due time.
    Tick { schedule: String, at: i64, run: Option<String>, next_at: Option<i64> },
    /// The run that answers a repeated request; `Duplicate` when the key is in use and has not expired.
    Idempotency { flow: String, key: String, run: String, expires_at: i64 },
}

/// A run. Times are milliseconds UTC.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// UUIDv7, made at `created_at` ([`super::new_id`]): lists and pruning go by the id's time.
    pub id: String,
    pub flow_id: String,
    pub flow_name: String,
    /// Absent for a run of a draft.
    pub version_id: Option<String>,
    pub version_number: Option<u32>,
    /// JSON of the flow, for runs of a draft.
    pub document: Option<Arc<str>>,
    pub trigger: TriggerKind,
    /// Node id.
    pub trigger_node: String,
    pub status: RunStatus,
    /// Grows with each owner.
    pub epoch: i64,
    pub owner: Option<String>,
    pub lease_until: Option<i64>,
    /// When a waiting run goes on.
    pub wake_at: Option<i64>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    /// Steps that were started.
    pub steps: u32,
    pub error: Option<RunError>,
    /// JSON of what the webhook's caller gets.
    pub answer: Option<Arc<str>>,
    pub retry_of: Option<String>,
    /// "Run up to here".
    pub until_node: Option<String>,
    /// The engine's own checkpoint, JSON.
    pub state: Option<Arc<str>>,
    /// Name of the Kubernetes Job that does the steps; absent for a run inside the server.
    pub job: Option<String>,
}

/// The full new state of the part of a run that changes. `id` and `epoch` say which run, as its owner knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunUpdate {
    pub id: String,
    pub epoch: i64,
    pub status: RunStatus,
    pub owner: Option<String>,
    pub lease_until: Option<i64>,
    pub wake_at: Option<i64>,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub steps: u32,
    pub error: Option<RunError>,
    pub answer: Option<Arc<str>>,
    pub state: Option<Arc<str>>,
    pub job: Option<String>,
}

/// One execution of a node within a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRow {
    pub run_id: String,
    /// 1, 2, 3… within the run.
    pub seq: u32,
    /// Node id.
    pub node: String,
    pub run_index: u32,
    pub attempt: u32,
    pub status: StepStatus,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    /// JSON of a list of [`flow::api::StepInput`].
    pub inputs: Arc<str>,
    /// JSON of port → number of items.
    pub outputs: Arc<str>,
    pub error: Option<RunError>,
    pub waiting: Option<String>,
    pub pinned: bool,
    /// The engine's JSON of port → batch; absent when not kept, and in lists of steps.
    pub data: Option<Arc<str>>,
}

/// Which runs a list shows; everything when empty. Newest first.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    pub flow: Option<String>,
    /// Any of these; all when empty.
    pub status: Vec<RunStatus>,
    /// Any of these; all when empty.
    pub trigger: Vec<TriggerKind>,
    /// Made at or after, and before.
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub page: PageOf,
}

/// Whose unfinished runs.
#[derive(Clone, Copy, Debug)]
pub enum OwnerFilter<'a> {
    Any,
    /// Of this owner.
    Of(&'a str),
    /// Of nobody, or of an owner whose lease ended before this time.
    Free {
        now: i64,
    },
}

/// What [`super::Store::prune`] removes.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Finished runs made before this time go.
    pub before: i64,
    /// Beyond that, at most this many finished runs stay.
    pub keep: Option<u64>,
}

impl Retention {
    /// Days that runs and their files are kept unless set otherwise.
    pub const DAYS: i64 = 14;

    /// What is older than `days` at `now`.
    pub fn days(now: i64, days: i64) -> Self {
        Self { before: now - days * 86_400_000, keep: None }
    }
}

impl RunRow {
    /// The state that an update would write.
    pub fn update(&self) -> RunUpdate {
        RunUpdate {
            id: self.id.clone(),
            epoch: self.epoch,
            status: self.status,
            owner: self.owner.clone(),
            lease_until: self.lease_until,
            wake_at: self.wake_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            steps: self.steps,
            error: self.error.clone(),
            answer: self.answer.clone(),
            state: self.state.clone(),
            job: self.job.clone(),
        }
    }
}
