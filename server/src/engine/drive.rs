//! One run at work: a single task that starts what the plan says is ready, and writes what must be written.
//!
//! Steps are futures of this one task. A pure step that need not wait runs to its end at once; steps that act outside
//! start only after the run and everything before them is durable.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use flow::graph::History;
use flow::{Item, RunError, RunStatus, StepStatus};
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use nodes::Answer;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::checkpoint::Saved;
use super::flush::Flush;
use super::live::{Live, Record};
use super::plan::{Next, Plan};
use super::queue::{cancelled, from_editor};
use super::shape::Shape;
use super::step::{self, End, Job};
use super::{Ended, EngineError, Shared};
use crate::store::Op;

/// A run that nobody was told of is written after this time, so that it can be seen.
const VISIBLE_AFTER: Duration = Duration::from_millis(300);
/// Steps that run at once before other runs get their turn.
const STEPS_IN_A_ROW: u32 = 64;
/// A flow that was saved before there was a limit may ask for more time than a clock can count.
const LONGEST: u64 = flow::check::MAX_TIMEOUT_S;

/// What a caller who waits for an answer is told.
pub(super) enum Answered {
    Ended(Box<Ended>),
    /// Another run has the same idempotency key.
    Other,
    Failed(EngineError),
}

/// How much of a run is written: less when the database refuses what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    NoData,
    RunAlone,
}

pub(super) struct Drive {
    pub shared: Arc<Shared>,
    pub live: Arc<Live>,
    pub plan: Plan,
    /// What the trigger gives.
    pub given: Option<Vec<Item>>,
    pub caller: Option<oneshot::Sender<Answered>>,
    pub epoch: i64,
    pub inserted: bool,
    /// Goes into the commit that inserts the run.
    pub with_insert: Vec<Op>,
    /// Steps that changed since they were written.
    pub dirty: Vec<u32>,
    /// Files that the written steps name.
    pub files: HashSet<String>,
    pub keep: Keep,
    /// Some steps were written before the end.
    pub wrote_steps: bool,
    /// Something waits for being durable.
    pub urgent: bool,
    /// Steps that may start when the next flush is durable.
    pub held: Vec<Next>,
    pub flush: Option<Flush>,
    pub saved: Saved,
    pub answer: Option<(Arc<Answer>, Arc<str>)>,
    pub end: Option<(RunStatus, Option<RunError>)>,
    /// The last step that ended well.
    pub last: Option<u32>,
    pub since: Instant,
    /// Its place among the runs at work in this server.
    pub slot: Option<OwnedSemaphorePermit>,
    running: FuturesUnordered<BoxFuture<'static, (u32, End)>>,
    /// When waiting steps go on.
    waits: BTreeMap<(i64, u32), ()>,
}

impl Drive {
    pub fn new(shared: Arc<Shared>, live: Arc<Live>, plan: Plan) -> Self {
        Self {
            shared,
            live,
            plan,
            given: None,
            caller: None,
            epoch: 1,
            inserted: false,
            with_insert: Vec::new(),
            dirty: Vec::new(),
            files: HashSet::new(),
            keep: Keep::All,
            wrote_steps: false,
            urgent: false,
            held: Vec::new(),
            flush: None,
            saved: Saved::default(),
            answer: None,
            end: None,
            last: None,
            since: Instant::now(),
            slot: None,
            running: FuturesUnordered::new(),
            waits: BTreeMap::new(),
        }
    }

    pub fn history(&self) -> History {
        if self.shared.uplink.get().is_some() {
            // In a Job: the server decides what is kept.
            return History::AllSteps;
        }
        self.live.prepared.document.settings.history
    }

    /// Works until the run ends, parks or is left to another server.
    pub async fn run(mut self) {
        self.since = Instant::now();
        if self.live.prepared.graph.cyclic {
            let message =
                "The flow's nodes lead in a circle, so it can't be run. Delete one of the edges of the circle.";
            self.fail(RunError::new("cycle", message));
        }
        if self.live.facts.on_cluster && self.end.is_none() {
            return self.run_on_cluster().await;
        }
        let deadline = self.since + self.timeout().saturating_sub(Duration::from_millis(self.saved.worked_ms));
        loop {
            if self.live.stop.is_cancelled() {
                self.cancelled();
            }
            self.start_ready().await;
            if self.wake() {
                continue;
            }
            let waiting_only = self.running.is_empty() && self.held.is_empty() && !self.plan.has_ready();
            if self.end.is_none()
                && waiting_only
                && self.waits.is_empty()
                && self.flush.is_none()
                && self.plan.is_done()
            {
                self.end = Some((RunStatus::Succeeded, None));
            }
            if self.flush.is_none() {
                if self.end.is_some() {
                    self.finish().await;
                    return;
                }
                if self.shared.stopping.is_cancelled() && self.held.is_empty() && self.may_leave() {
                    self.running = FuturesUnordered::new();
                    return self.leave().await;
                }
                if waiting_only
                    && let Some(&(until, _)) = self.waits.keys().next()
                    && until.saturating_sub(self.shared.now()) > self.shared.options.keep_waiting.as_millis() as i64
                {
                    self.park(until).await;
                    return;
                }
                if self.urgent || !self.held.is_empty() || (self.inserted && !self.dirty.is_empty()) {
                    self.begin_flush();
                }
            }
            if !self.wait(deadline).await {
                return;
            }
        }
    }

    /// Nothing works here that a stop of the server would interrupt.
    fn may_leave(&self) -> bool {
        let outlives = |r: &Record| self.live.prepared.node(r.node).outlives_server();
        self.running.is_empty() || self.live.read().records().filter(|r| r.status == StepStatus::Running).all(outlives)
    }

    pub fn timeout(&self) -> Duration {
        let own = self.live.prepared.document.settings.timeout_s;
        own.map_or(self.shared.options.run_timeout, |seconds| Duration::from_secs(seconds.min(LONGEST)))
    }

    /// Waits for the next thing to happen; false when the run is no longer ours.
    async fn wait(&mut self, deadline: Instant) -> bool {
        let visible = (!self.inserted && self.flush.is_none()).then_some(self.since + VISIBLE_AFTER);
        let wake = self.waits.keys().next().map(|(until, _)| *until);
        let now = self.shared.now();
        let until_wake = wake.map(|until| Duration::from_millis((until - now).max(0) as u64));
        tokio::select! {
            biased;
            () = self.shared.killed.cancelled() => return false,
            () = self.live.stop.cancelled(), if self.end.is_none() => self.cancelled(),
            result = async { self.flush.as_mut().expect("polled only with a flush, by the condition below").done().await }, if self.flush.is_some() => {
                return self.flushed(result).await;
            }
            Some((seq, end)) = self.running.next(), if !self.running.is_empty() => self.ended(seq, end),
            () = tokio::time::sleep(until_wake.unwrap_or_default()), if until_wake.is_some() && self.end.is_none() => {}
            () = tokio::time::sleep_until(visible.unwrap_or(deadline)), if visible.is_some() => self.begin_flush(),
            () = tokio::time::sleep_until(deadline), if self.end.is_none() => {
                let limit = self.timeout().as_secs();
                let message = format!("The run worked for {limit} seconds, as long as it may. Give it more time in the flow's settings, or less to do.");
                self.fail(RunError::new("run_timeout", message));
            }
            () = self.shared.stopping.cancelled(), if !self.shared.stopping.is_cancelled() => {}
        }
        true
    }

    /// Starts what is ready, until nothing is or as much runs as may.
    async fn start_ready(&mut self) {
        let mut in_a_row = 0;
        while self.end.is_none() && !self.shared.stopping.is_cancelled() {
            if self.running.len() + self.held.len() >= self.shared.options.max_parallel_steps as usize {
                return;
            }
            let Some(next) = self.plan.next() else { return };
            if next.seq > self.shared.options.max_steps {
                let most = self.shared.options.max_steps;
                self.fail(RunError::new(
                    "too_many_steps",
                    format!("The run needs more than the {most} steps that it may take. Split the flow, or raise FLUXO_MAX_STEPS."),
                ));
                return;
            }
            self.begin(next).await;
            in_a_row += 1;
            if in_a_row % STEPS_IN_A_ROW == 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    pub async fn begin(&mut self, next: Next) {
        let (seq, node) = (next.seq, next.node);
        let former = self.live.read().record(seq).map(|r| (r.status, r.attempt));
        if let Some((StepStatus::Waiting, _)) = former {
            let until = self.saved.waits.get(&seq).copied().unwrap_or(0);
            self.waits.insert((until, seq), ());
            return;
        }
        let attempt = former.map_or(1, |(_, attempt)| attempt + 1);
        self.live.put(Record {
            seq,
            node,
            run_index: next.run_index,
            attempt,
            status: StepStatus::Running,
            started_at: self.shared.now(),
            finished_at: None,
            inputs: next.inputs.clone(),
            outputs: Vec::new(),
            error: None,
            waiting: None,
            pinned: false,
            changed: 0,
        });
        let prepared = Arc::clone(&self.live.prepared);
        let drawn = prepared.node(node);
        if former.is_some() && drawn.node.settings.at_most_once && drawn.acts_outside() && !drawn.outlives_server() {
            let message = format!(
                "The server stopped while '{}' worked, and this node must never start twice. Check what it did, then retry the run.",
                drawn.node.name
            );
            let error = RunError { node: Some(drawn.node.id.clone()), ..RunError::new("at_most_once", message) };
            return self.ended(seq, End::Failed(error));
        }
        // The first step is the trigger's.
        if let Some(items) = self.given.take() {
            return self.ended(seq, End::Done { outputs: step::given(items), answer: None, error: None });
        }
        if from_editor(&self.live) && !drawn.node.settings.disabled && drawn.node.pinned.is_some() {
            let inputs: Vec<_> =
                next.inputs.iter().map(|s| s.and_then(|s| self.live.read().batch(s).cloned())).collect();
            let shape = Shape { prepared: &prepared, node, inputs: &inputs, options: &self.shared.options };
            let outputs = step::pinned(&shape, &drawn.node).unwrap_or_default();
            self.live.update(seq, |r| r.pinned = true);
            return self.ended(seq, End::Done { outputs, answer: None, error: None });
        }
        if drawn.acts_outside() {
            self.dirty.push(seq);
            self.held.push(next);
            return;
        }
        let mut work = self.work(next);
        // Most pure steps end here, without ever waiting.
        match futures_util::poll!(&mut work) {
            std::task::Poll::Ready((seq, end)) => self.ended(seq, end),
            std::task::Poll::Pending => self.running.push(work),
        }
    }

    fn work(&self, next: Next) -> BoxFuture<'static, (u32, End)> {
        let attempt = self.live.read().record(next.seq).map_or(1, |r| r.attempt);
        let (shared, live) = (Arc::clone(&self.shared), Arc::clone(&self.live));
        Job { shared, live, next, attempt, epoch: self.epoch }.perform().boxed()
    }

    /// The starts of these steps are durable.
    pub fn release(&mut self, held: Vec<Next>) {
        if self.end.is_none() {
            for next in held {
                let work = self.work(next);
                self.running.push(work);
            }
        }
    }

    fn ended(&mut self, seq: u32, end: End) {
        let now = self.shared.now();
        let outside = self.live.read().record(seq).is_some_and(|r| self.live.prepared.node(r.node).acts_outside());
        self.dirty.push(seq);
        self.urgent |= outside;
        match end {
            End::Done { outputs, answer, error } => {
                let sent: Vec<u16> = outputs.iter().map(|(port, _)| *port).collect();
                self.live.update(seq, |r| {
                    r.status = StepStatus::Succeeded;
                    r.finished_at = Some(now);
                    r.outputs = outputs;
                    r.error = error;
                });
                self.last = Some(seq);
                if let Some(answer) = answer.filter(|_| self.answer.is_none()) {
                    // An answer is text, numbers and maps with text keys: JSON holds all of it.
                    let json = serde_json::to_string(&answer).unwrap_or_default();
                    self.answer = Some((Arc::new(answer), json.into()));
                    self.urgent = true;
                }
                self.plan.ended(seq, &sent);
            }
            End::Wait { until, reason, outputs } => {
                self.live.update(seq, |r| {
                    r.status = StepStatus::Waiting;
                    r.waiting = Some(reason);
                    r.outputs = outputs;
                });
                self.saved.waits.insert(seq, until);
                self.waits.insert((until, seq), ());
                self.urgent = true;
            }
            End::Failed(error) => {
                self.live.update(seq, |r| {
                    r.status = StepStatus::Failed;
                    r.finished_at = Some(now);
                    r.error = Some(error.clone());
                });
                self.fail(error);
            }
        }
    }

    /// Lets those waiting steps go on whose time has come; whether there were any.
    fn wake(&mut self) -> bool {
        let (now, before) = (self.shared.now(), self.waits.len());
        while let Some(&(until, seq)) = self.waits.keys().next()
            && until <= now
        {
            self.waits.remove(&(until, seq));
            self.saved.waits.remove(&seq);
            let sent = self.live.read().record(seq).map(Record::sent).unwrap_or_default();
            self.live.update(seq, |r| {
                r.status = StepStatus::Succeeded;
                r.waiting = None;
                r.finished_at = Some(now);
            });
            self.dirty.push(seq);
            self.urgent = true;
            self.last = Some(seq);
            self.plan.ended(seq, &sent);
        }
        self.waits.len() < before
    }

    pub fn cancelled(&mut self) {
        let by = self.live.cancelled_by.get().map_or("Somebody", String::as_str);
        self.stop(RunStatus::Cancelled, cancelled(by));
    }

    pub fn fail(&mut self, error: RunError) {
        self.stop(RunStatus::Failed, error);
    }

    /// Ends the run and everything that still works in it.
    fn stop(&mut self, status: RunStatus, error: RunError) {
        if self.end.is_some() {
            return;
        }
        self.end = Some((status, Some(error)));
        self.live.stop.cancel();
        self.running = FuturesUnordered::new();
        self.held.clear();
        self.waits.clear();
        let now = self.shared.now();
        let open = |r: &&Record| matches!(r.status, StepStatus::Running | StepStatus::Waiting);
        let open: Vec<u32> = self.live.read().records().filter(open).map(|r| r.seq).collect();
        for seq in open {
            self.live.update(seq, |r| {
                r.status = StepStatus::Cancelled;
                r.waiting = None;
                r.outputs.clear();
                r.finished_at = Some(now);
            });
            self.dirty.push(seq);
        }
    }
}
