//! Threads that evaluate expressions. Work is done in slices, so that a step with many items does not keep others
//! waiting; a thread that does not come back is given up and replaced.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nodes::NodeError;
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::scope::Scope;
use super::vm::{Limits, Vm};

/// Settings of the expression threads.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    pub threads: usize,
    /// Bytes of JavaScript memory for each thread.
    pub memory: usize,
    /// For one expression.
    pub time: Duration,
    /// Bytes of one result as JSON.
    pub max_result: usize,
    /// What `$env` shows. Empty by default: the server's environment holds secrets.
    pub env: Map<String, Value>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            threads: 2,
            memory: 32 * 1024 * 1024,
            time: Duration::from_millis(200),
            max_result: 4 * 1024 * 1024,
            env: Map::new(),
        }
    }
}

/// Bytes of stack that JavaScript may use.
pub(super) const STACK: usize = 512 * 1024;
/// The thread's own stack: JavaScript's and that of the functions it calls.
const THREAD_STACK: usize = 8 * 1024 * 1024;
/// How long one thread works for one step before others get their turn.
const SLICE: Duration = Duration::from_millis(50);
/// Added to an expression's time before its thread is given up.
const GRACE: Duration = Duration::from_millis(1_500);
/// Longest wait for a free thread.
const QUEUE_WAIT: Duration = Duration::from_secs(30);
/// Threads that may be given up and still run; no more are replaced.
const MAX_LOST: usize = 4;

/// The expression threads. A cheap clone; they end when the last one is dropped.
#[derive(Clone)]
pub struct Engine(Arc<Owner>);

struct Owner(Arc<Shared>);

struct Shared {
    options: EngineOptions,
    queue: Mutex<VecDeque<Job>>,
    wake: Condvar,
    closed: AtomicBool,
    lost: AtomicUsize,
}

/// The scripts that one item needs, by their number.
pub(super) struct Wanted {
    pub item: usize,
    pub scripts: Vec<(usize, Arc<str>)>,
}

/// Script number → JSON value, `None` for `undefined`.
pub(super) type Results = HashMap<usize, Result<Option<Value>, NodeError>>;

pub(super) struct Job {
    pub scope: Arc<Scope>,
    pub names: Arc<Map<String, Value>>,
    pub wanted: Arc<Vec<Wanted>>,
    pub from: usize,
    started: oneshot::Sender<()>,
    done: oneshot::Sender<Vec<Results>>,
    /// Set when the caller gave up and another thread took this one's place.
    replaced: Arc<AtomicBool>,
}

impl Engine {
    /// Starts the threads.
    pub fn start(options: EngineOptions) -> Self {
        let threads = options.threads.max(1);
        let shared = Arc::new(Shared {
            options,
            queue: Mutex::default(),
            wake: Condvar::new(),
            closed: AtomicBool::new(false),
            lost: AtomicUsize::new(0),
        });
        for _ in 0..threads {
            shared.spawn();
        }
        Self(Arc::new(Owner(shared)))
    }

    /// What `$env` shows.
    pub fn env(&self) -> &Map<String, Value> {
        &self.0.0.options.env
    }

    /// Evaluates scripts for items, in order.
    pub(super) async fn evaluate(
        &self,
        scope: &Arc<Scope>,
        names: &Arc<Map<String, Value>>,
        wanted: Vec<Wanted>,
    ) -> Vec<Results> {
        let shared = &self.0.0;
        let wanted = Arc::new(wanted);
        let mut results: Vec<Results> = Vec::with_capacity(wanted.len());
        while results.len() < wanted.len() {
            let (started, has_started) = oneshot::channel();
            let (done, mut is_done) = oneshot::channel();
            let replaced = Arc::new(AtomicBool::new(false));
            shared.push(Job {
                scope: scope.clone(),
                names: names.clone(),
                wanted: wanted.clone(),
                from: results.len(),
                started,
                done,
                replaced: replaced.clone(),
            });
            let error = match tokio::time::timeout(QUEUE_WAIT, has_started).await {
                Err(_) => Some(busy()),
                Ok(_) => match tokio::time::timeout(shared.options.time + SLICE + GRACE, &mut is_done).await {
                    Ok(Ok(more)) if !more.is_empty() => {
                        results.extend(more);
                        None
                    }
                    // The thread ended without an answer.
                    Ok(_) => Some(NodeError::new(
                        "expression_failed",
                        "The expression stopped its JavaScript thread. Simplify it, or move the work to a Code node.",
                    )),
                    Err(_) => {
                        shared.give_up(&replaced);
                        Some(too_slow(shared.options.time))
                    }
                },
            };
            if let Some(error) = error {
                let rest = &wanted[results.len()..];
                let failed = rest.iter().map(|w| w.scripts.iter().map(|(id, _)| (*id, Err(error.clone()))).collect());
                results.extend(failed.collect::<Vec<Results>>());
            }
        }
        results
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.0.wake.notify_all();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Job) {
        self.queue().push_back(job);
        self.wake.notify_one();
    }

    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if self.closed.load(Ordering::SeqCst) {
                return None;
            }
            match queue.pop_front() {
                // Nobody waits for it any more.
                Some(job) if job.done.is_closed() => {}
                Some(job) => return Some(job),
                None => queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn spawn(self: &Arc<Self>) {
        let shared = self.clone();
        let thread = std::thread::Builder::new().name("expressions".into()).stack_size(THREAD_STACK);
        if let Err(e) = thread.spawn(move || shared.work()) {
            tracing::error!(error = %e, "no thread for expressions could be started");
        }
    }

    /// The loop of one thread.
    fn work(self: Arc<Self>) {
        let limits =
            Limits { memory: self.options.memory, time: self.options.time, max_result: self.options.max_result };
        let mut vm: Option<Vm> = None;
        while let Some(job) = self.next() {
            let Job { scope, names, wanted, from, started, done, replaced } = job;
            let _ = started.send(());
            let worked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let engine = match &mut vm {
                    Some(vm) => vm,
                    None => vm.insert(Vm::new(limits.clone())?),
                };
                let out = engine.evaluate(&scope, &names, &self.options.env, &wanted[from..], SLICE);
                if engine.is_spoiled() {
                    vm = None;
                }
                Ok::<_, NodeError>(out)
            }));
            let results = match worked {
                Ok(Ok(results)) => results,
                Ok(Err(e)) => {
                    vm = None;
                    let scripts = wanted[from].scripts.iter();
                    vec![scripts.map(|(id, _)| (*id, Err(e.clone()))).collect()]
                }
                // The caller sees the closed channel.
                Err(_) => {
                    vm = None;
                    continue;
                }
            };
            let _ = done.send(results);
            if replaced.load(Ordering::SeqCst) {
                self.lost.fetch_sub(1, Ordering::SeqCst);
                return;
            }
        }
    }

    fn give_up(self: &Arc<Self>, replaced: &AtomicBool) {
        let more = |lost: usize| (lost < MAX_LOST).then_some(lost + 1);
        if self.lost.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok() {
            replaced.store(true, Ordering::SeqCst);
            tracing::warn!("an expression does not end; its thread was replaced");
            self.spawn();
        }
    }
}

fn busy() -> NodeError {
    NodeError::new(
        "expression_busy",
        "No JavaScript thread became free for 30 s. Try again later; look for flows with endless expressions.",
    )
}

pub(super) fn too_slow(limit: Duration) -> NodeError {
    NodeError::new(
        "expression_timeout",
        format!(
            "The expression took longer than {} ms and was stopped. Simplify it, or move the work to a Code node.",
            limit.as_millis()
        ),
    )
}
