//! The program in the Job: each commit of the engine becomes a post to the server, and what is only to be shown follows in
//! between.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::StepStatus;
use flow::api::RunEvent;
use tokio::sync::Mutex;

use super::super::checkpoint::{self, Saved};
use super::super::live::Live;
use super::wire::{Post, PostEnd, Work, WorkLog, WorkStep};
use crate::store::{Op, RunUpdate, StoreError};

/// What happens within this time is shown together.
const TOGETHER: Duration = Duration::from_millis(40);

/// The run ended, or another Job has it: nothing is taken any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Over;

/// The way to the server.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Tries until the server took it.
    async fn post(&self, post: &Post) -> Result<(), Over>;
    /// Tries once: what it says is not kept.
    async fn show(&self, post: &Post) -> Result<(), Over>;
}

pub(in crate::engine) struct Uplink {
    to: Arc<dyn Upstream>,
    process: String,
    state: Mutex<Sent>,
}

struct Sent {
    /// Number of the last post.
    posted: u64,
    /// Number of the last event that was told.
    shown: u64,
    /// Steps that the server knows to have ended: a start is told after the ends that it follows from.
    ended: HashSet<u32>,
    /// Steps whose start is not told yet for this reason.
    early: HashSet<u32>,
}

impl Uplink {
    pub fn new(to: Arc<dyn Upstream>, process: String, work: &Work) -> Self {
        let ended = work.steps.iter().filter(|step| step.finished_at.is_some()).map(|step| step.seq).collect();
        let sent = Sent { posted: work.posted, shown: 0, ended, early: HashSet::new() };
        Self { to, process, state: Mutex::new(sent) }
    }

    /// What a commit says, in one post; durable on return.
    pub async fn forward(&self, live: &Live, ops: &[Op]) -> Result<(), StoreError> {
        let mut sent = self.state.lock().await;
        let update = ops.iter().find_map(|op| match op {
            Op::UpdateRun(update) => Some(&**update),
            _ => None,
        });
        let saved = update.map(saved).unwrap_or_default();
        let rows = ops.iter().filter_map(|op| match op {
            Op::InsertSteps(rows) => Some(rows),
            _ => None,
        });
        let steps: Vec<WorkStep> = rows.flatten().map(|row| WorkStep::new(row.clone(), &saved.waits)).collect();
        sent.ended.extend(steps.iter().filter(|step| step.finished_at.is_some()).map(|step| step.seq));
        let (shown, mut post) = self.news(live, &mut sent);
        post.started.retain(|started| steps.iter().all(|step| step.seq != started.seq));
        post.steps = steps;
        post.number = sent.posted + 1;
        post.worked_ms = saved.worked_ms;
        if let Some(update) = update {
            post.answer = update.answer.as_deref().and_then(|json| serde_json::from_str(json).ok());
            let ends = update.status.is_final() || update.wake_at.is_some();
            post.end =
                ends.then(|| PostEnd { status: update.status, error: update.error.clone(), wake_at: update.wake_at });
        }
        self.to.post(&post).await.map_err(|Over| StoreError::Fenced)?;
        (sent.posted, sent.shown) = (post.number, shown);
        Ok(())
    }

    /// Shows what happens, until the run is over.
    pub async fn keep_showing(&self, live: Arc<Live>) {
        let mut changes = live.watch();
        while changes.changed().await.is_ok() {
            tokio::time::sleep(TOGETHER).await;
            let mut sent = self.state.lock().await;
            let (shown, post) = self.news(&live, &mut sent);
            if post.started.is_empty() && post.logs.is_empty() {
                continue;
            }
            if self.to.show(&post).await == Err(Over) {
                // Whoever tells it what is durable hears it as well.
                live.stop.cancel();
                return;
            }
            sent.shown = shown;
        }
    }

    /// Steps that started and lines that were written since the last time, and the number of the newest event.
    fn news(&self, live: &Live, sent: &mut Sent) -> (u64, Post) {
        let state = live.read();
        let new = |seq: u32, changed: u64| changed > sent.shown || sent.early.contains(&seq);
        let (told, early): (Vec<_>, Vec<_>) = state
            .records()
            .filter(|r| r.status == StepStatus::Running && new(r.seq, r.changed))
            .partition(|r| r.inputs.iter().flatten().all(|source| sent.ended.contains(&source.seq)));
        let early = early.iter().map(|r| r.seq).collect();
        let no_waits = BTreeMap::new();
        let started = told.iter().map(|r| WorkStep::new(checkpoint::row(live, &state, r, false), &no_waits)).collect();
        let logs = state.logs_since(sent.shown).filter_map(|event| match event {
            RunEvent::Log { seq, time, line, .. } => {
                let time = time.parse::<jiff::Timestamp>().map_or(0, |time| time.as_millisecond());
                Some(WorkLog { seq: *seq, time, line: line.clone() })
            }
            _ => None,
        });
        let post = Post { process: self.process.clone(), started, logs: logs.collect(), ..Post::default() };
        sent.early = early;
        (state.last_event(), post)
    }
}

fn saved(update: &RunUpdate) -> Saved {
    update.state.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
