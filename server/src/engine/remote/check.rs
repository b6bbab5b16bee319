//! A step that a Job tells of, looked at before it is believed: a Job runs other people's JavaScript and is no part of the
//! server. What passes could have been done by the server's own engine.

use std::sync::Arc;

use flow::StepStatus;

use super::super::EngineOptions;
use super::super::checkpoint;
use super::super::live::{Live, Record};
use super::wire::WorkStep;

/// How far from now a time may be that a Job tells, in milliseconds: clocks of machines differ.
const SKEW: i64 = 3_600_000;
/// The longest wait, in milliseconds: ten years.
const LONGEST_WAIT: i64 = 10 * 366 * 86_400_000;
/// More than any node's retries.
const MAX_ATTEMPTS: u32 = 100_000;

/// What a Job may post in one attempt.
#[derive(Clone, Copy, Debug)]
pub struct Limits;

impl Limits {
    /// Bytes of one post: a step may put out as much as a run may keep, and a little around it.
    pub fn post(options: &EngineOptions) -> u64 {
        options.max_run_bytes + (8 << 20)
    }

    /// Bytes of all posts.
    pub fn posts(options: &EngineOptions) -> u64 {
        2 * options.max_run_bytes + (64 << 20)
    }

    /// Files that are made.
    pub const FILES: u32 = 10_000;

    /// Bytes of all files that are made.
    pub fn file_bytes(options: &EngineOptions) -> u64 {
        32 * options.max_blob_bytes
    }
}

/// Why a post was not taken, as a sentence.
pub(super) type Refused = String;

/// The step as a record of the run, and until when it waits.
pub(super) fn step(
    live: &Live,
    options: &EngineOptions,
    now: i64,
    told: WorkStep,
) -> Result<(Record, Option<i64>), Refused> {
    let seq = told.seq;
    let refuse = |what: &str| Err(format!("Step {seq} {what}"));
    if seq == 0 || seq > options.max_steps {
        return refuse("has a number that no step of this run may have.");
    }
    if told.attempt == 0 || told.attempt > MAX_ATTEMPTS {
        return refuse("has an impossible number of attempts.");
    }
    let wait_until = told.wait_until.map(|until| until.clamp(0, now + LONGEST_WAIT));
    let consistent = match told.status {
        StepStatus::Running => told.finished_at.is_none() && told.data.is_none(),
        StepStatus::Waiting => told.finished_at.is_none() && wait_until.is_some(),
        StepStatus::Succeeded | StepStatus::Failed | StepStatus::Cancelled => told.finished_at.is_some(),
    };
    if !consistent {
        return refuse("contradicts itself.");
    }
    let inputs = told.inputs.len();
    let row = told.into_row(&live.facts.id);
    let state = live.read();
    let record = match checkpoint::record(&live.prepared, &state, &row) {
        Ok(Some(record)) => record,
        Ok(None) => return refuse("is of a node that the flow does not have."),
        Err(_) => return refuse("has output that can't be read."),
    };
    let sources = || record.inputs.iter().flatten();
    let ended = |seq: u32| state.record(seq).is_some_and(|r| r.status == StepStatus::Succeeded);
    if sources().count() != inputs || !sources().all(|source| source.seq < seq && ended(source.seq)) {
        return refuse("has input that no step before it sent.");
    }
    if let Some(former) = state.record(seq) {
        if former.finished_at.is_some() {
            return refuse("ended before; what ended does not change.");
        }
        if (former.node, former.run_index, &former.inputs) != (record.node, record.run_index, &record.inputs) {
            return refuse("is another one than it was.");
        }
    }
    let items: usize = record.outputs.iter().map(|(_, batch)| batch.len()).sum();
    if items > options.max_items as usize {
        return refuse("put out more items than a step may.");
    }
    // Items may only be pointed to where they passed through: the pointer is what is kept of them.
    let passed = |items| sources().any(|s| state.batch(*s).is_some_and(|batch| Arc::ptr_eq(&batch.items, items)));
    if record.outputs.iter().any(|(_, batch)| Arc::strong_count(&batch.items) > 1 && !passed(&batch.items)) {
        return refuse("points to items that did not reach it.");
    }
    let started_at = record.started_at.clamp(live.facts.created_at - SKEW, now + SKEW);
    let finished_at = record.finished_at.map(|at| at.clamp(started_at, now + 2 * SKEW));
    drop(state);
    Ok((Record { started_at, finished_at, ..record }, wait_until))
}
