//! Doing a step: what the node is given, its attempts, and what its result means by the node's settings.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use flow::graph::Retry;
use flow::{Batch, Item, OnError, RunError, StepStatus};
use futures_util::FutureExt;
use nodes::context::Context;
use nodes::{Answer, NodeError, Outcome, Output};
use serde_json::{Map, Value, json};

use super::Shared;
use super::history::StepHistory;
use super::live::Live;
use super::plan::Next;
use super::shape::{self, Shape};
use super::world::StepPlace;
use crate::script::{Compiled, Previous, Scope, StepParameters, StepScript};

/// One step to do.
pub(super) struct Job {
    pub shared: Arc<Shared>,
    pub live: Arc<Live>,
    pub next: Next,
    /// The first attempt's number: above 1 after a crash.
    pub attempt: u32,
    /// With which this server owns the run.
    pub epoch: i64,
}

/// What a step ended with.
pub(super) enum End {
    Done {
        outputs: Vec<(u16, Batch)>,
        answer: Option<Answer>,
        error: Option<RunError>,
    },
    /// Until when (milliseconds), why, and what it sends then.
    Wait {
        until: i64,
        reason: String,
        outputs: Vec<(u16, Batch)>,
    },
    Failed(RunError),
}

impl Job {
    pub async fn perform(self) -> (u32, End) {
        let seq = self.next.seq;
        let end = match self.attempts().await {
            Ok(end) => end,
            Err(error) => End::Failed(error),
        };
        (seq, end)
    }

    async fn attempts(&self) -> Result<End, RunError> {
        let node = Arc::clone(&self.live.prepared.node(self.next.node).node);
        let inputs = self.inputs(node.settings.run_once);
        let shape = Shape {
            prepared: &self.live.prepared,
            node: self.next.node,
            inputs: &inputs,
            options: &self.shared.options,
        };
        if node.settings.disabled {
            return Ok(End::Done { outputs: shape.passed(), answer: None, error: None });
        }
        let Some(registered) = &self.live.prepared.node(self.next.node).registered else {
            let message =
                format!("This server has no node of the kind '{}'. Replace the node, or update the server.", node.kind);
            return Err(RunError { node: Some(node.id.clone()), ..RunError::new("kind_missing", message) });
        };
        let retry = node.settings.retry.as_ref().filter(|_| !node.settings.at_most_once);
        let tries = retry.map_or(1, |r| r.tries.clamp(1, 100)).max(self.attempt);
        let mut attempt = self.attempt;
        loop {
            let scope = self.scope(&inputs);
            let context = self.context(attempt, &inputs, &scope);
            let work = AssertUnwindSafe(registered.kind.run(&context)).catch_unwind();
            // Without a setting the node's own limits hold, and the run's in the end.
            let done = match node.settings.timeout_s {
                Some(seconds) => tokio::time::timeout(Duration::from_secs(seconds), work).await.map_err(|_| seconds),
                None => Ok(work.await),
            };
            let result = match done {
                Ok(Ok(result)) => result,
                Ok(Err(panic)) => Err(panicked(&*panic, &node.name)),
                Err(seconds) => Err(NodeError::new(
                    "step_timeout",
                    format!(
                        "'{}' did not end within {seconds} seconds. Give it more time in its settings, or less to do.",
                        node.name
                    ),
                )),
            };
            let error = match result {
                Ok(outcome) => match self.accept(&shape, outcome) {
                    Ok(end) => return Ok(end),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            if attempt < tries
                && let Some(retry) = retry
                && let Some(pause) = pause(retry, attempt, self.shared.clock.random(), asked(&error))
                && self.worth_retrying(retry, &scope, &error).await
            {
                self.shared.clock.sleep(pause).await;
                attempt += 1;
                self.live.update(self.next.seq, |r| r.attempt = attempt);
                continue;
            }
            let error = RunError { node: Some(node.id.clone()), ..error.into() };
            return match node.settings.on_error {
                OnError::Stop => Err(error),
                _ => Ok(End::Done { outputs: shape.failed(&error), answer: None, error: Some(error) }),
            };
        }
    }

    fn accept(&self, shape: &Shape<'_>, outcome: Outcome) -> Result<End, NodeError> {
        Ok(match outcome {
            Outcome::Done(mut output) => {
                let answer = output.answer.take();
                let (outputs, error) = shape.outputs(output)?;
                End::Done { outputs, answer, error }
            }
            Outcome::Wait(wait) => {
                let mut then: Output = wait.then;
                let answer = then.answer.take();
                let (outputs, error) = shape.outputs(then)?;
                let until = wait.until.as_millisecond();
                if until <= self.shared.now() {
                    return Ok(End::Done { outputs, answer, error });
                }
                End::Wait { until, reason: wait.reason, outputs }
            }
        })
    }

    /// What arrived, as the step's own first generation: where it came from is known from the step's inputs.
    fn inputs(&self, first_only: bool) -> Vec<Option<Batch>> {
        let state = self.live.read();
        let arrived = |source| {
            let batch: &Batch = state.batch(source)?;
            let items = match first_only && batch.len() > 1 {
                true => Arc::new(batch.items.iter().take(1).cloned().collect()),
                false => Arc::clone(&batch.items),
            };
            Some(Batch { items, ..Batch::default() })
        };
        self.next.inputs.iter().map(|source| source.and_then(arrived)).collect()
    }

    fn scope(&self, inputs: &[Option<Batch>]) -> Arc<Scope> {
        Arc::new(scope(&self.shared, &self.live, &self.next, inputs.to_vec()))
    }

    fn context(&self, attempt: u32, inputs: &[Option<Batch>], scope: &Arc<Scope>) -> Context {
        let node = self.live.prepared.node(self.next.node);
        let shared = &self.shared;
        let log: Arc<dyn Fn(String) + Send + Sync> = {
            let (live, clock, seq, id) =
                (Arc::clone(&self.live), Arc::clone(&shared.clock), self.next.seq, node.node.id.clone());
            Arc::new(move |line| live.log(seq, &id, clock.now().as_millisecond(), &line))
        };
        Context {
            flow: Arc::clone(&self.live.prepared.document),
            node: Arc::clone(&node.node),
            run_id: self.live.facts.id.clone(),
            idempotency_key: format!("{}-{}", self.live.facts.id, self.next.seq),
            attempt,
            inputs: inputs.to_vec(),
            keep_going: node.node.settings.on_error != OnError::Stop,
            cancelled: self.live.stop.clone(),
            timezone: scope.timezone.clone(),
            max_bytes: shared.options.max_blob_bytes,
            certificate_days: shared.options.certificate_days,
            signature_roots: Arc::clone(&shared.options.signature_roots),
            parameters: Arc::new(StepParameters {
                compiled: node.compiled().clone(),
                engine: shared.script.clone(),
                scope: Arc::clone(scope),
            }),
            http: shared.world.http(&self.live.facts.id),
            blobs: shared.world.blobs(&self.live.facts.id),
            files: shared.world.files(&self.live.facts.id),
            secrets: shared.world.secrets(&node.node),
            jobs: shared.world.jobs(self.place(&node.node)),
            script: Arc::new(StepScript {
                engine: shared.script.clone(),
                scope: Arc::clone(scope),
                runners: shared.runners.clone(),
                log: Arc::clone(&log),
            }),
            clock: Arc::clone(&shared.clock),
            log,
        }
    }

    fn place(&self, node: &flow::Node) -> StepPlace {
        let seq = self.next.seq;
        let (live, id) = (Arc::clone(&self.live), node.id.clone());
        let waits = Arc::clone(&self.live);
        StepPlace {
            run: self.live.facts.id.clone(),
            seq,
            node: node.id.clone(),
            epoch: self.epoch,
            at_most_once: node.settings.at_most_once,
            log: Arc::new(move |time, line| live.log(seq, &id, time, line)),
            waiting: Arc::new(move |why| {
                // An end that was told already stays.
                if waits.read().record(seq).is_some_and(|r| r.status == StepStatus::Running && r.waiting != why) {
                    waits.update(seq, |r| r.waiting = why);
                }
            }),
        }
    }

    async fn worth_retrying(&self, retry: &Retry, scope: &Arc<Scope>, error: &NodeError) -> bool {
        if self.live.stop.is_cancelled() {
            return false;
        }
        let Some(condition) = retry.only_if.as_deref().map(str::trim).filter(|c| !c.is_empty()) else { return true };
        let condition = condition.strip_prefix('=').unwrap_or(condition);
        let template =
            if condition.contains("{{") { format!("={condition}") } else { format!("={{{{ {condition} }}}}") };
        let about = json!({"code": error.code, "message": error.message, "details": error.details});
        let names = Map::from_iter([("$error".to_owned(), about)]);
        let decided =
            Compiled::value(&Value::String(template)).resolve_one(&self.shared.script, scope, 0, &names).await;
        decided.is_ok_and(|value| value == Value::Bool(true) || value == "true")
    }
}

/// What the expressions of a step see.
pub(super) fn scope(shared: &Shared, live: &Arc<Live>, next: &Next, inputs: Vec<Option<Batch>>) -> Scope {
    let prepared = &live.prepared;
    let previous = next.inputs.first().copied().flatten().and_then(|source| {
        let state = live.read();
        let record = state.record(source.seq)?;
        let node_name = prepared.node(record.node).node.name.clone();
        Some(Previous { node_name, output: u32::from(source.port), run_index: record.run_index })
    });
    Scope {
        flow: Arc::clone(&prepared.document),
        flow_id: live.facts.flow_id.clone(),
        run_id: live.facts.id.clone(),
        mode: live.facts.trigger,
        node: Arc::clone(&prepared.node(next.node).node),
        run_index: next.run_index,
        inputs,
        previous,
        vars: Arc::clone(&shared.vars),
        timezone: prepared.document.settings.timezone.clone().unwrap_or_else(|| shared.options.timezone.clone()),
        now: shared.clock.now(),
        history: Arc::new(StepHistory { live: Arc::clone(live), inputs: next.inputs.clone() }),
    }
}

fn panicked(panic: &(dyn std::any::Any + Send), name: &str) -> NodeError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(node = name, panic = text.unwrap_or("unknown"), "a node panicked");
    NodeError::new(
        "node_panicked",
        format!(
            "'{name}' failed on something that it did not expect. This is a defect of the server: please report it."
        ),
    )
}

/// How long the other side asks to be left alone, when the node says so.
fn asked(error: &NodeError) -> Duration {
    Duration::from_secs(error.details["retry_after_s"].as_u64().unwrap_or(0))
}

/// How long to wait before the next attempt: growing, with a random share, within the longest wait, and not less than is
/// asked for. `None` when more is asked for than the longest wait: coming back too early would be refused again.
fn pause(retry: &Retry, attempt: u32, random: f64, asked: Duration) -> Option<Duration> {
    let grown = retry.wait_ms as f64 * retry.factor.max(1.0).powi(attempt.saturating_sub(1).min(1_000) as i32);
    let share = retry.jitter.clamp(0.0, 1.0);
    let wait = grown * (1.0 - share + 2.0 * share * random);
    let longest = retry.max_wait_ms as f64;
    let pause = Duration::from_millis(wait.clamp(0.0, longest) as u64).max(asked);
    (asked <= Duration::from_millis(retry.max_wait_ms)).then_some(pause)
}

/// The items of a trigger as its output.
pub(super) fn given(items: Vec<Item>) -> Vec<(u16, Batch)> {
    if items.is_empty() {
        return Vec::new();
    }
    vec![(
        0,
        Batch { items: Arc::new(items.into_iter().map(Arc::new).collect()), lineage: flow::Lineage::Each(Vec::new()) },
    )]
}

/// The pinned output of a node.
pub(super) fn pinned(shape: &Shape<'_>, node: &flow::Node) -> Option<Vec<(u16, Batch)>> {
    let ports = node.pinned.as_ref()?;
    let batch = |items: &Vec<Item>| shape::guessed(items.iter().cloned().map(Arc::new).collect(), shape.inputs);
    let with_items = ports.iter().filter(|(_, items)| !items.is_empty());
    let known =
        with_items.filter_map(|(port, items)| Some((shape.prepared.output_index(shape.node, port)?, batch(items))));
    Some(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_limits() {
        let retry = Retry { wait_ms: 100, factor: 3.0, max_wait_ms: 2_000, jitter: 0.0, ..Retry::default() };
        let pause = |retry: &Retry, attempt, random| pause(retry, attempt, random, Duration::ZERO).unwrap();
        let check = |attempt: u32, expected: u64| assert_eq!(pause(&retry, attempt, 0.5).as_millis() as u64, expected);
        check(1, 100);
        check(2, 300);
        check(3, 900);
        check(4, 2_000);
        check(5_000, 2_000);
        let jitter = Retry { jitter: 0.5, ..retry.clone() };
        assert_eq!(pause(&jitter, 1, 0.0).as_millis(), 50);
        assert_eq!(pause(&jitter, 1, 0.999_9).as_millis(), 149);
    }

    #[test]
    fn who_is_asked_to_wait_waits() {
        let retry = Retry { wait_ms: 100, max_wait_ms: 20_000, jitter: 0.0, ..Retry::default() };
        let check = |seconds: u64, expected: Option<u64>| {
            let error = NodeError::new("http_status", "Busy.").with_details(json!({"retry_after_s": seconds}));
            assert_eq!(pause(&retry, 1, 0.5, asked(&error)).map(|p| p.as_millis() as u64), expected);
        };
        check(0, Some(100));
        check(7, Some(7_000));
        check(20, Some(20_000));
        check(21, None);
        assert_eq!(asked(&NodeError::new("x", "y")), Duration::ZERO);
    }
}
