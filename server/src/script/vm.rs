//! One QuickJS runtime with limits, and in it one hardened context for each flow that it lately served.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nodes::NodeError;
use rquickjs::context::{EvalOptions, intrinsic};
use rquickjs::function::Args;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Persistent, Runtime, Value as Js};
use serde_json::{Map, Value};

use super::answer::{Answer, Ask};
use super::engine::{Results, STACK, Wanted, too_slow};
use super::host;
use super::scope::Scope;

#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Bytes.
    pub memory: usize,
    /// For one expression.
    pub time: Duration,
    /// Bytes of JSON.
    pub max_result: usize,
}

/// Contexts kept for reuse. Each flow has its own, so nothing can pass from one flow to another; within one, everything
/// that an expression can reach is frozen.
const MAX_CONTEXTS: usize = 8;
/// Compiled expressions kept in a context.
const MAX_COMPILED: usize = 512;

/// Answers the questions of the running JavaScript.
pub(super) type Asker = Rc<RefCell<Option<Box<dyn FnMut(&Ask) -> Answer>>>>;

// Fields are dropped in this order: what lives in the runtime goes first.
pub(super) struct Vm {
    rooms: Vec<Room>,
    runtime: Runtime,
    clock: Rc<Deadline>,
    asker: Asker,
    limits: Limits,
    spoiled: bool,
}

/// A flow's context.
struct Room {
    flow: String,
    compiled: HashMap<String, Persistent<Function<'static>>>,
    /// `(item index, now in ms, zone, whether the step is new)`: begins the evaluation of one expression.
    begin: Persistent<Function<'static>>,
    context: Context,
}

/// Which evaluation it is: the item's index, and whether it is the first of this step in this thread.
#[derive(Clone, Copy)]
struct Moment {
    item: usize,
    fresh: bool,
}

#[derive(Default)]
pub(super) struct Deadline {
    pub at: Cell<Option<Instant>>,
    pub passed: Cell<bool>,
}

impl Deadline {
    /// Installs the check that QuickJS makes while it runs.
    pub(super) fn watch(self: &Rc<Self>, runtime: &Runtime) {
        let clock = self.clone();
        runtime.set_interrupt_handler(Some(Box::new(move || {
            let over = clock.at.get().is_some_and(|at| Instant::now() >= at);
            if over {
                clock.passed.set(true);
            }
            over
        })));
    }
}

impl Vm {
    pub(super) fn new(limits: Limits) -> Result<Self, NodeError> {
        let runtime = Runtime::new().map_err(|e| broken(&e))?;
        runtime.set_memory_limit(limits.memory);
        runtime.set_max_stack_size(STACK);
        let clock = Rc::new(Deadline::default());
        clock.watch(&runtime);
        Ok(Self { rooms: Vec::new(), runtime, clock, asker: Asker::default(), limits, spoiled: false })
    }

    /// Whether the runtime has to be thrown away: memory ran out, time ran out, or work was left behind.
    pub(super) fn is_spoiled(&self) -> bool {
        self.spoiled || self.runtime.is_job_pending()
    }

    /// Evaluates scripts, item by item, until `slice` is used up; at least one item.
    pub(super) fn evaluate(
        &mut self,
        scope: &Arc<Scope>,
        names: &Arc<Map<String, Value>>,
        env: &Map<String, Value>,
        wanted: &[Wanted],
        slice: Duration,
    ) -> Vec<Results> {
        let begun = Instant::now();
        let mut done: Vec<Results> = Vec::new();
        self.clock.at.set(None);
        let room = match self.room(&scope.flow_id) {
            Ok(room) => room,
            Err(e) => {
                self.spoiled = true;
                let scripts = wanted.first().map(|w| w.scripts.as_slice()).unwrap_or_default();
                return vec![scripts.iter().map(|(id, _)| (*id, Err(e.clone()))).collect()];
            }
        };
        let (answering, env) = (scope.clone(), env.clone());
        *self.asker.borrow_mut() = Some(Box::new(move |ask| answering.answer(ask, &env)));
        let mut fresh = true;
        for want in wanted {
            let mut results = Results::new();
            for (id, source) in &want.scripts {
                let moment = Moment { item: want.item, fresh: std::mem::take(&mut fresh) };
                let result = self.one(room, scope, names, moment, source);
                results.insert(*id, result);
                // The runtime is gone; the item has failed as a whole.
                if self.spoiled {
                    break;
                }
            }
            let first_error = results.values().find_map(|r| r.as_ref().err().cloned());
            for (id, _) in &want.scripts {
                if let (false, Some(e)) = (results.contains_key(id), &first_error) {
                    results.insert(*id, Err(e.clone()));
                }
            }
            done.push(results);
            if self.spoiled || begun.elapsed() >= slice {
                break;
            }
        }
        *self.asker.borrow_mut() = None;
        done
    }

    /// The index of the flow's context, made when it has none.
    fn room(&mut self, flow: &str) -> Result<usize, NodeError> {
        if let Some(at) = self.rooms.iter().position(|r| r.flow == flow) {
            let room = self.rooms.remove(at);
            self.rooms.push(room);
        } else {
            if self.rooms.len() >= MAX_CONTEXTS {
                self.rooms.remove(0);
                self.runtime.run_gc();
            }
            let context = Context::builder()
                .with::<intrinsic::Date>()
                .with::<intrinsic::Eval>()
                .with::<intrinsic::RegExpCompiler>()
                .with::<intrinsic::RegExp>()
                .with::<intrinsic::Json>()
                .with::<intrinsic::Proxy>()
                .with::<intrinsic::MapSet>()
                .with::<intrinsic::Promise>()
                .build(&self.runtime)
                .map_err(|e| broken(&e))?;
            let begin = context.with(|ctx| {
                let begin =
                    host::install(&ctx, &self.asker, host::Mode::Expressions).catch(&ctx).map_err(|e| broken(&e))?;
                Ok::<_, NodeError>(Persistent::save(&ctx, begin))
            })?;
            self.rooms.push(Room { flow: flow.to_owned(), compiled: HashMap::new(), begin, context });
        }
        Ok(self.rooms.len() - 1)
    }

    fn one(
        &mut self,
        room: usize,
        scope: &Scope,
        names: &Map<String, Value>,
        moment: Moment,
        source: &str,
    ) -> Result<Option<Value>, NodeError> {
        let (clock, limits) = (self.clock.clone(), &self.limits);
        let room = &mut self.rooms[room];
        clock.passed.set(false);
        clock.at.set(Some(Instant::now() + limits.time));
        let Room { compiled, begin, context, .. } = room;
        let result = context.with(|ctx| {
            let outcome = run(&ctx, compiled, begin, scope, names, moment, source, limits);
            outcome.map_err(|failure| failure.explain(source, limits))
        });
        clock.at.set(None);
        if clock.passed.get() {
            self.spoiled = true;
            return Err(too_slow(limits.time));
        }
        match result {
            Err(e) if e.code == "expression_memory" => {
                self.spoiled = true;
                Err(e)
            }
            other => other,
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of one borrowed room")]
fn run<'js>(
    ctx: &Ctx<'js>,
    compiled: &mut HashMap<String, Persistent<Function<'static>>>,
    begin: &Persistent<Function<'static>>,
    scope: &Scope,
    names: &Map<String, Value>,
    moment: Moment,
    source: &str,
    limits: &Limits,
) -> Result<Option<Value>, Failure> {
    let parameters = names.keys().map(String::as_str).collect::<Vec<_>>().join(",");
    let key = format!("{parameters}\n{source}");
    let function = match compiled.get(&key) {
        Some(function) => function.clone().restore(ctx).catch(ctx).map_err(Failure::of)?,
        None => {
            let mut options = EvalOptions::default();
            options.strict = true;
            options.filename = Some("expression".to_owned());
            let code = format!("(function({parameters}){{return (\n{source}\n)}})");
            let made: Function<'js> = ctx.eval_with_options(code, options).catch(ctx).map_err(Failure::syntax)?;
            if compiled.len() >= MAX_COMPILED {
                compiled.clear();
            }
            compiled.insert(key, Persistent::save(ctx, made.clone()));
            made
        }
    };
    let start = begin.clone().restore(ctx).catch(ctx).map_err(Failure::of)?;
    start
        .call::<_, ()>((moment.item, scope.now.as_millisecond() as f64, scope.timezone.as_str(), moment.fresh))
        .catch(ctx)
        .map_err(Failure::of)?;
    let mut args = Args::new(ctx.clone(), names.len());
    for value in names.values() {
        let value = ctx.json_parse(value.to_string()).catch(ctx).map_err(Failure::of)?;
        args.push_arg(value).catch(ctx).map_err(Failure::of)?;
    }
    let value: Js<'js> = match function.call_arg(args).catch(ctx) {
        Ok(value) => value,
        Err(e) => {
            let failure = Failure::of(e);
            return if failure.is_missing_data() { Ok(None) } else { Err(failure) };
        }
    };
    if value.is_promise() {
        return Err(Failure::new("TypeError", "it gives a promise, and expressions can't wait"));
    }
    let Some(text) = ctx.json_stringify(value).catch(ctx).map_err(Failure::of)? else { return Ok(None) };
    let text = text.to_string().catch(ctx).map_err(Failure::of)?;
    if text.len() > limits.max_result {
        return Err(Failure::new("TooLarge", &format!("{} KiB", text.len() / 1024)));
    }
    serde_json::from_str(&text).map(Some).map_err(|e| Failure::new("TypeError", &e.to_string()))
}

/// What JavaScript threw.
pub(super) struct Failure {
    pub name: String,
    pub message: String,
    pub stack: String,
    syntax: bool,
}

impl Failure {
    fn new(name: &str, message: &str) -> Self {
        Self { name: name.into(), message: message.into(), stack: String::new(), syntax: false }
    }

    fn syntax(error: CaughtError<'_>) -> Self {
        Self { syntax: true, ..Self::of(error) }
    }

    pub(super) fn of(error: CaughtError<'_>) -> Self {
        match error {
            CaughtError::Exception(e) => {
                let text = |key: &str| e.as_object().get::<_, Option<String>>(key).ok().flatten().unwrap_or_default();
                Self { name: text("name"), message: text("message"), stack: text("stack"), syntax: false }
            }
            // QuickJS throws `null` when there is no memory left for an error.
            CaughtError::Value(value) if value.is_null() => Self::new("InternalError", "out of memory"),
            CaughtError::Value(value) => {
                let shown = value.as_string().and_then(|s| s.to_string().ok());
                Self::new("Error", &shown.unwrap_or_else(|| format!("threw a value of type {}", value.type_name())))
            }
            CaughtError::Error(rquickjs::Error::Allocation) => Self::new("InternalError", "out of memory"),
            CaughtError::Error(e) => Self::new("Error", &e.to_string()),
        }
    }

    /// A property of something that is not there: gives `undefined`, as in n8n.
    fn is_missing_data(&self) -> bool {
        self.name == "TypeError"
            && self.message.starts_with("cannot read property")
            && (self.message.ends_with("of undefined") || self.message.ends_with("of null"))
    }

    pub(super) fn is_out_of_memory(&self) -> bool {
        self.name == "InternalError" && self.message == "out of memory"
    }

    fn explain(&self, source: &str, limits: &Limits) -> NodeError {
        let shown = shorten(source);
        let (name, message) = (&self.name, &self.message);
        if self.is_out_of_memory() {
            return NodeError::new(
                "expression_memory",
                format!(
                    "The expression {shown} needed more than {} MiB of memory and was stopped. Work on less data, or \
                     move it to a Code node.",
                    limits.memory / 1024 / 1024
                ),
            );
        }
        if name == "TooLarge" {
            return NodeError::new(
                "expression_too_large",
                format!(
                    "The expression {shown} gives {message}, more than the {} KiB that are allowed. Pick a smaller part \
                     of the data.",
                    limits.max_result / 1024
                ),
            );
        }
        if name == "FlowError" {
            return NodeError::new("expression_reference", message.clone());
        }
        if self.syntax {
            let place = self.position().map(|(line, column)| match line {
                0 | 1 => format!(" at character {column}"),
                _ => format!(" at line {line}, character {column}"),
            });
            return NodeError::new(
                "expression_syntax",
                format!(
                    "The expression {shown} is not valid JavaScript{}: {message}. Correct it.",
                    place.unwrap_or_default()
                ),
            );
        }
        NodeError::new("expression_failed", format!("The expression {shown} failed: {name}: {message}. Correct it."))
    }

    /// Line and column in the user's code, from 1; the code starts on the second line.
    pub(super) fn position(&self) -> Option<(u32, u32)> {
        let (_, rest) = self.stack.split_once("expression:")?;
        let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
        let line: u32 = numbers.next()?.parse().ok()?;
        let column: u32 = numbers.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        Some((line.checked_sub(1)?, column))
    }
}

fn shorten(source: &str) -> String {
    const LONGEST: usize = 60;
    match source.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("“{}…”", &source[..end]),
        None => format!("“{source}”"),
    }
}

fn broken(error: &dyn std::fmt::Display) -> NodeError {
    NodeError::new("expression_failed", format!("The JavaScript engine could not start: {error}. Restart the server."))
}
