//! The server's side of the runner processes.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flow::{BlobRef, Item};
use nodes::NodeError;
use nodes::world::{CodeRequest, CodeResult};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;

use super::answer::{Answer, Ask, items_json};
use super::runner::{MARK, skip_to_hello};
use super::scope::Scope;
use super::wire::{FromRunner, MAX_FRAME, Made, Thrown, ToRunner, Work, encode};

/// Settings of the runner processes.
#[derive(Clone, Debug)]
pub struct RunnerOptions {
    /// The program and its arguments: this one, in the role `runner`.
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Processes at once; more calls wait.
    pub most: usize,
    /// Unused processes kept ready.
    pub ready: usize,
    /// Lines of `console.log` kept of one call.
    pub max_lines: usize,
}

impl Default for RunnerOptions {
    fn default() -> Self {
        Self {
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("fluxo")),
            arguments: vec!["runner".to_owned()],
            most: 4,
            ready: 1,
            max_lines: 1_000,
        }
    }
}

/// Starting a process, and its answers to the deadline, may take this much longer than the code.
const START_WAIT: Duration = Duration::from_secs(15);
/// A process is used again, by the same flow only, so often.
const MAX_CALLS: u32 = 200;
/// Characters of one line.
const MAX_LINE: usize = 16 * 1024;

/// Runner processes. A cheap clone; the processes end with the last one.
#[derive(Clone)]
pub struct RunnerPool(Arc<Shared>);

struct Shared {
    options: RunnerOptions,
    places: Semaphore,
    idle: Mutex<VecDeque<Runner>>,
}

struct Runner {
    /// Whose code it ran; `None` when it is unused.
    flow: Option<String>,
    calls: u32,
    // Killed when dropped.
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl RunnerPool {
    /// Must be called inside a tokio runtime; starts the ready processes in the background.
    pub fn start(options: RunnerOptions) -> Self {
        let places = Semaphore::new(options.most.max(1));
        let pool = Self(Arc::new(Shared { options, places, idle: Mutex::default() }));
        pool.refill();
        pool
    }

    /// Runs code; the process is killed at the deadline.
    pub async fn run(
        &self,
        scope: &Scope,
        env: &Map<String, Value>,
        code: CodeRequest,
        log: &(dyn Fn(String) + Send + Sync),
    ) -> Result<CodeResult, NodeError> {
        let failed =
            |e| NodeError::new("code_failed", format!("The Code node's process can't be used: {e}. Try again."));
        let _place = self.0.places.acquire().await.map_err(failed)?;
        let mut runner = match self.take(&scope.flow_id) {
            Some(runner) => runner,
            None => self.spawn().await?,
        };
        self.refill();
        let talk = self.talk(&mut runner, scope, env, &code, log);
        let (result, clean) = match tokio::time::timeout(code.timeout, talk).await {
            Ok(outcome) => outcome,
            Err(_) => (Err(too_slow(code.timeout)), false),
        };
        if clean && runner.calls < MAX_CALLS {
            runner.flow = Some(scope.flow_id.clone());
            runner.calls += 1;
            let mut idle = self.idle();
            idle.push_back(runner);
            while idle.iter().filter(|r| r.flow.is_some()).count() > self.0.options.most {
                let oldest = idle.iter().position(|r| r.flow.is_some()).unwrap_or(0);
                idle.remove(oldest);
            }
        } else {
            let _ = runner.child.start_kill();
        }
        result
    }

    /// Whether a process can be started.
    pub async fn check(&self) -> Result<(), NodeError> {
        self.spawn().await.map(drop)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<Runner>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, flow: &str) -> Option<Runner> {
        let mut idle = self.idle();
        let own = idle.iter().position(|r| r.flow.as_deref() == Some(flow));
        let at = own.or_else(|| idle.iter().position(|r| r.flow.is_none()))?;
        let mut runner = idle.remove(at)?;
        // One that died meanwhile is of no use.
        match runner.child.try_wait() {
            Ok(None) => Some(runner),
            _ => None,
        }
    }

    fn refill(&self) {
        let unused = self.idle().iter().filter(|r| r.flow.is_none()).count();
        if unused >= self.0.options.ready {
            return;
        }
        let pool = self.clone();
        tokio::spawn(async move {
            match pool.spawn().await {
                Ok(runner) => {
                    let mut idle = pool.idle();
                    if idle.iter().filter(|r| r.flow.is_none()).count() < pool.0.options.ready {
                        idle.push_back(runner);
                    }
                }
                Err(e) => tracing::warn!(error = %e, "no runner process could be made ready"),
            }
        });
    }

    async fn spawn(&self) -> Result<Runner, NodeError> {
        let broken = |e: &dyn std::fmt::Display| {
            NodeError::new(
                "code_failed",
                format!(
                    "The process for the Code node could not be started: {e}. Check that the server may start processes."
                ),
            )
        };
        let options = &self.0.options;
        let mut child = Command::new(&options.program)
            .args(&options.arguments)
            .env_clear()
            .env(MARK, "1")
            // The allocator takes memory as it is used, not a GiB ahead, which would be over the process's limit.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| broken(&e))?;
        let (Some(input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(broken(&"it has no pipes"));
        };
        let greeting = async {
            let mut seen = Vec::new();
            while !skip_to_hello(&mut seen, output.read_u8().await?) {}
            Ok::<_, std::io::Error>(())
        };
        match tokio::time::timeout(START_WAIT, greeting).await {
            Ok(Ok(())) => Ok(Runner { flow: None, calls: 0, child, input, output }),
            Ok(Err(e)) => Err(broken(&e)),
            Err(_) => Err(broken(&"it does not answer")),
        }
    }

    /// The result, and whether the process may be used again.
    async fn talk(
        &self,
        runner: &mut Runner,
        scope: &Scope,
        env: &Map<String, Value>,
        code: &CodeRequest,
        log: &(dyn Fn(String) + Send + Sync),
    ) -> (Result<CodeResult, NodeError>, bool) {
        let mut files = BTreeMap::new();
        let mut lines = Vec::new();
        let outcome = self.converse(runner, scope, env, code, log, &mut files, &mut lines).await;
        match outcome {
            Ok(Ok(made)) => (collect(made, &files, lines), true),
            Ok(Err(thrown)) => {
                let memory = thrown.name == "InternalError" && thrown.message == "out of memory";
                (Err(explain(&thrown, code)), !memory)
            }
            Err(e) => (Err(stopped(&e, code)), false),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one conversation's state")]
    async fn converse(
        &self,
        runner: &mut Runner,
        scope: &Scope,
        env: &Map<String, Value>,
        code: &CodeRequest,
        log: &(dyn Fn(String) + Send + Sync),
        files: &mut BTreeMap<String, BlobRef>,
        lines: &mut Vec<String>,
    ) -> std::io::Result<Result<Made, Thrown>> {
        let input = scope.input(0);
        remember(&input.items, files);
        let work = Work {
            source: code.source.clone(),
            each_item: code.each_item,
            keep_going: code.keep_going,
            memory: code.memory,
            cpu: code.timeout.as_secs().saturating_add(1),
            now: scope.now.as_millisecond(),
            zone: scope.timezone.clone(),
            items: items_json(&input, 0, usize::MAX),
        };
        runner.input.write_all(&encode(&ToRunner::Run(Box::new(work)))?).await?;
        loop {
            match read(&mut runner.output).await? {
                FromRunner::Ask(ask) => {
                    let answer = answer(scope, env, &ask, files);
                    runner.input.write_all(&encode(&ToRunner::Answer(answer))?).await?;
                }
                FromRunner::Log(mut line) => {
                    if lines.len() < self.0.options.max_lines {
                        if let Some((end, _)) = line.char_indices().nth(MAX_LINE) {
                            line.truncate(end);
                            line.push('…');
                        }
                        log(line.clone());
                        lines.push(line);
                    }
                }
                FromRunner::Done(made) => return Ok(Ok(made)),
                FromRunner::Failed(thrown) => return Ok(Err(thrown)),
            }
        }
    }
}

async fn read(output: &mut ChildStdout) -> std::io::Result<FromRunner> {
    let length = output.read_u32_le().await? as usize;
    if length > MAX_FRAME {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the data is too large"));
    }
    let mut body = Vec::new();
    output.take(length as u64).read_to_end(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}

/// Answers and remembers the files that the code has now seen.
fn answer(scope: &Scope, env: &Map<String, Value>, ask: &Ask, files: &mut BTreeMap<String, BlobRef>) -> Answer {
    match ask {
        Ask::Node { name, port, step, .. } => {
            if let Ok(batch) = scope.batch_of(name, port.as_ref(), *step) {
                remember(&batch.items, files);
            }
        }
        Ask::Paired { name, item } => {
            if let Ok(item) = scope.paired(name, *item) {
                remember(&[item], files);
            }
        }
        _ => {}
    }
    scope.answer(ask, env)
}

fn remember(items: &[Arc<Item>], files: &mut BTreeMap<String, BlobRef>) {
    for blob in items.iter().flat_map(|item| item.binary.values()) {
        files.entry(blob.id.clone()).or_insert_with(|| blob.clone());
    }
}

fn collect(made: Made, files: &BTreeMap<String, BlobRef>, lines: Vec<String>) -> Result<CodeResult, NodeError> {
    let mut items = Vec::with_capacity(made.items.len());
    for (index, item) in made.items.into_iter().enumerate() {
        let mut binary = BTreeMap::new();
        for (name, id) in item.binary {
            let Some(blob) = files.get(&id) else {
                return Err(NodeError::new(
                    "code_result",
                    format!(
                        "Item {index} that the code returned has a file “{name}” that did not come in. Code can pass on \
                         files, not make new ones."
                    ),
                ));
            };
            binary.insert(name, blob.clone());
        }
        items.push((Item { json: item.json, binary }, item.paired));
    }
    let failed = made.failed.iter().map(|t| (t.item.unwrap_or(0), explain_thrown(t))).collect();
    Ok(CodeResult { items, lines, failed })
}

fn explain(thrown: &Thrown, code: &CodeRequest) -> NodeError {
    if thrown.name == "InternalError" && thrown.message == "out of memory" {
        return out_of_memory(code);
    }
    explain_thrown(thrown)
}

fn explain_thrown(thrown: &Thrown) -> NodeError {
    let mut error = match thrown.name.as_str() {
        // Sentences of our own.
        "CodeError" => NodeError::new("code_result", thrown.message.clone()),
        "FlowError" => NodeError::new("expression_reference", thrown.message.clone()),
        name => {
            let place = line_of(&thrown.stack).map(|(line, column)| format!(" at line {line}, character {column}"));
            let place = place.unwrap_or_default();
            NodeError::new(
                "code_failed",
                format!("The code failed{place}: {name}: {}. Correct the code.", thrown.message),
            )
        }
    };
    if let Some((line, column)) = line_of(&thrown.stack) {
        error.details = serde_json::json!({ "line": line, "column": column });
    }
    match thrown.item {
        Some(item) => error.at_item(item as usize),
        None => error,
    }
}

/// Line and column in the user's code, which starts on the second line of `code`.
fn line_of(stack: &str) -> Option<(u32, u32)> {
    let at = stack.match_indices("code:").find(|(i, _)| !stack[..*i].ends_with(|c: char| c.is_alphanumeric()))?.0;
    let mut numbers = stack[at + "code:".len()..].split(|c: char| !c.is_ascii_digit());
    let line: u32 = numbers.next()?.parse().ok()?;
    let column = numbers.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    Some((line.checked_sub(1).filter(|l| *l > 0)?, column))
}

fn too_slow(limit: Duration) -> NodeError {
    NodeError::new(
        "code_timeout",
        format!(
            "The code took longer than {} s and was stopped. Make it do less at once, or raise the node's time limit.",
            limit.as_secs_f32()
        ),
    )
}

fn out_of_memory(code: &CodeRequest) -> NodeError {
    NodeError::new(
        "code_memory",
        format!(
            "The code needed more than {} MiB of memory and was stopped. Work on fewer items at once, or raise the \
             node's memory limit.",
            code.memory / 1024 / 1024
        ),
    )
}

fn stopped(error: &std::io::Error, code: &CodeRequest) -> NodeError {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return NodeError::new(
            "code_too_large",
            format!("The code's data can't be passed on: {error}. Work on fewer items at once."),
        );
    }
    NodeError::new(
        "code_stopped",
        format!(
            "The code's process ended before it had a result; most often it ran into a limit ({} MiB of memory, {} s). \
             Work on less data at once.",
            code.memory / 1024 / 1024,
            code.timeout.as_secs()
        ),
    )
}
