//! A run in memory: what its steps did so far. The driver writes it; expressions, events and previews read it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use flow::api::{RunEvent, RunSummary, Step, StepInput};
use flow::{Batch, RunError, RunStatus, StepStatus, TriggerKind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Prepared;
use super::plan::{Inputs, NodeIx, Source};
use super::remote::Port;
use crate::store::JobLog;
use crate::store::time::rfc3339;

/// Log lines that a run keeps for people who look later.
const LOG_LINES: usize = 1_000;
/// Characters of one line.
const LOG_LINE: usize = 4_000;

/// What does not change while a run works.
pub(super) struct Facts {
    pub id: String,
    pub flow_id: String,
    pub flow_name: String,
    pub trigger: TriggerKind,
    /// Node id.
    pub trigger_node: String,
    pub until: Option<String>,
    pub retry_of: Option<String>,
    pub created_at: i64,
    /// A Job does its steps.
    pub on_cluster: bool,
}

pub(super) struct Live {
    pub facts: Facts,
    pub prepared: Arc<Prepared>,
    /// Stops the run's steps.
    pub stop: CancellationToken,
    /// Who cancelled it.
    pub cancelled_by: OnceLock<String>,
    /// Where its Job reaches it.
    port: Mutex<Option<Port>>,
    state: RwLock<State>,
    /// Number of the last event.
    changed: watch::Sender<u64>,
}

pub(super) struct State {
    pub status: RunStatus,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub error: Option<RunError>,
    /// Name of its Job.
    pub job: Option<String>,
    /// By number; the step with `seq` 1 is first. A number is empty when its step was lost in a crash.
    records: Vec<Option<Record>>,
    by_node: HashMap<NodeIx, Vec<u32>>,
    logs: VecDeque<(u64, RunEvent)>,
    last: u64,
    run_changed: u64,
}

/// One step.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub seq: u32,
    pub node: NodeIx,
    pub run_index: u32,
    pub attempt: u32,
    pub status: StepStatus,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    pub inputs: Inputs,
    /// By output port; only ports with items. For a waiting step: what it will send.
    pub outputs: Vec<(u16, Batch)>,
    pub error: Option<RunError>,
    pub waiting: Option<String>,
    pub pinned: bool,
    /// Number of its last event.
    pub changed: u64,
}

impl Record {
    pub fn output(&self, port: u16) -> Option<&Batch> {
        self.outputs.iter().find(|(p, _)| *p == port).map(|(_, batch)| batch)
    }

    pub fn sent(&self) -> Vec<u16> {
        self.outputs.iter().map(|(port, _)| *port).collect()
    }
}

impl Live {
    pub fn new(facts: Facts, prepared: Arc<Prepared>, status: RunStatus, started_at: Option<i64>) -> Self {
        let first = microseconds();
        let state = State {
            status,
            started_at,
            finished_at: None,
            error: None,
            job: None,
            records: Vec::new(),
            by_node: HashMap::new(),
            logs: VecDeque::new(),
            last: first,
            run_changed: first,
        };
        Self {
            facts,
            prepared,
            stop: CancellationToken::new(),
            cancelled_by: OnceLock::new(),
            port: Mutex::default(),
            state: RwLock::new(state),
            changed: watch::Sender::new(first),
        }
    }

    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn open_port(&self, port: Port) {
        *self.port.lock().unwrap_or_else(PoisonError::into_inner) = Some(port);
    }

    pub fn port(&self) -> Option<Port> {
        self.port.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn put(&self, record: Record) {
        let mut state = self.write();
        let number = state.next();
        let at = record.seq as usize - 1;
        if state.records.len() <= at {
            state.records.resize_with(at + 1, || None);
        }
        if state.records[at].is_none() {
            state.by_node.entry(record.node).or_default().push(record.seq);
        }
        state.records[at] = Some(Record { changed: number, ..record });
        self.changed.send_replace(number);
    }

    /// Changes a step.
    pub fn update(&self, seq: u32, change: impl FnOnce(&mut Record)) {
        let mut state = self.write();
        let number = state.next();
        if let Some(record) = state.records.get_mut(seq as usize - 1).and_then(Option::as_mut) {
            change(record);
            record.changed = number;
        }
        self.changed.send_replace(number);
    }

    /// Changes the run itself.
    pub fn set(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.write();
        let number = state.next();
        change(&mut state);
        state.run_changed = number;
        self.changed.send_replace(number);
    }

    pub fn log(&self, seq: u32, node: &str, time: i64, line: &str) {
        let mut state = self.write();
        let number = state.next();
        if state.logs.len() >= LOG_LINES {
            state.logs.pop_front();
        }
        let line = line.chars().take(LOG_LINE).collect();
        state.logs.push_back((number, RunEvent::Log { seq, node: node.to_owned(), time: rfc3339(time), line }));
        self.changed.send_replace(number);
    }

    /// Lines that a former life of the run showed, under their former numbers.
    pub fn put_logs(&self, kept: Vec<JobLog>) {
        let mut state = self.write();
        let first = kept.len().saturating_sub(LOG_LINES);
        for kept in kept.into_iter().skip(first) {
            let number = kept.number;
            state.logs.push_back((number, log_event(kept)));
        }
    }

    /// Tells about every new event; only the newest number is kept.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub fn summary(&self) -> RunSummary {
        self.read().summary(&self.facts, &self.prepared)
    }

    pub fn steps(&self) -> (u64, Vec<Step>) {
        let state = self.read();
        (state.last, state.records().map(|r| state.step(r, &self.prepared)).collect())
    }

    /// What changed after event `after`, each thing once in its newest state, in the order of the changes.
    pub fn since(&self, after: u64) -> Vec<(u64, RunEvent)> {
        let state = self.read();
        let mut events: Vec<(u64, RunEvent)> = state
            .records()
            .filter(|r| r.changed > after)
            .map(|r| (r.changed, RunEvent::Step { step: Box::new(state.step(r, &self.prepared)) }))
            .collect();
        events.extend(state.logs.iter().filter(|(number, _)| *number > after).cloned());
        if state.run_changed > after {
            let run = Box::new(state.summary(&self.facts, &self.prepared));
            events.push((state.run_changed, RunEvent::Run { run }));
        }
        events.sort_by_key(|(number, _)| *number);
        events
    }
}

/// A kept line as an event.
pub(super) fn log_event(kept: JobLog) -> RunEvent {
    let line = kept.line.chars().take(LOG_LINE).collect();
    RunEvent::Log { seq: kept.step, node: kept.node, time: rfc3339(kept.time), line }
}

/// Since 1970.
fn microseconds() -> u64 {
    jiff::Timestamp::now().as_microsecond().max(1) as u64
}

impl State {
    /// Events are numbered by time: numbers go on from where a former life of this run on any server stopped, and a reader
    /// that comes back after the run's end is told what the database has from after its last event.
    fn next(&mut self) -> u64 {
        self.last = microseconds().max(self.last + 1);
        self.last
    }

    /// Number of the last event.
    pub fn last_event(&self) -> u64 {
        self.last
    }

    /// Lines that were written after event `after`, as far as they are kept.
    pub fn logs_since(&self, after: u64) -> impl Iterator<Item = &RunEvent> {
        self.logs.iter().filter(move |(number, _)| *number > after).map(|(_, event)| event)
    }

    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().flatten()
    }

    pub fn record(&self, seq: u32) -> Option<&Record> {
        self.records.get(seq.checked_sub(1)? as usize)?.as_ref()
    }

    /// Steps of a node in the order of their start.
    pub fn of_node(&self, node: NodeIx) -> impl DoubleEndedIterator<Item = &Record> {
        self.by_node.get(&node).into_iter().flatten().filter_map(|seq| self.record(*seq))
    }

    pub fn steps(&self) -> u32 {
        self.records().count() as u32
    }

    pub fn batch(&self, source: Source) -> Option<&Batch> {
        self.record(source.seq)?.output(source.port)
    }

    pub fn inputs(&self, record: &Record, prepared: &Prepared) -> Vec<StepInput> {
        let names = &prepared.graph.node(record.node).inputs;
        let given = record.inputs.iter().zip(names).filter_map(|(source, port)| Some(((*source)?, port)));
        given
            .map(|(source, port)| StepInput {
                port: port.clone(),
                from_seq: source.seq,
                from_port: self.record(source.seq).map_or("", |r| prepared.output(r.node, source.port)).to_owned(),
                items: self.batch(source).map_or(0, |b| b.len() as u32),
            })
            .collect()
    }

    fn step(&self, record: &Record, prepared: &Prepared) -> Step {
        let sent = if record.status == StepStatus::Succeeded { &record.outputs[..] } else { &[] };
        Step {
            seq: record.seq,
            node: prepared.node(record.node).node.id.clone(),
            run_index: record.run_index,
            attempt: record.attempt,
            status: record.status,
            started_at: rfc3339(record.started_at),
            duration_ms: record.finished_at.map(|end| (end - record.started_at).max(0) as u64),
            inputs: self.inputs(record, prepared),
            outputs: sent
                .iter()
                .map(|(port, b)| (prepared.output(record.node, *port).to_owned(), b.len() as u32))
                .collect(),
            error: record.error.clone(),
            waiting: record.waiting.clone(),
            pinned: record.pinned,
        }
    }

    fn summary(&self, facts: &Facts, prepared: &Prepared) -> RunSummary {
        RunSummary {
            id: facts.id.clone(),
            flow: facts.flow_id.clone(),
            flow_name: facts.flow_name.clone(),
            version: prepared.version.as_ref().map(|v| v.number),
            trigger: facts.trigger,
            status: self.status,
            created_at: rfc3339(facts.created_at),
            started_at: self.started_at.map(rfc3339),
            finished_at: self.finished_at.map(rfc3339),
            duration_ms: self.started_at.zip(self.finished_at).map(|(a, b)| (b - a).max(0) as u64),
            steps: self.steps(),
            error: self.error.clone(),
            retry_of: facts.retry_of.clone(),
            job: self.job.clone(),
        }
    }
}
