//! The runner process (`fluxo runner`): runs the Code node's JavaScript. It has no network, few resources, an empty
//! environment, and is killed by the server when time is up. One runtime for each call; nothing is kept.

use std::cell::RefCell;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use rquickjs::context::EvalOptions;
use rquickjs::function::Func;
use rquickjs::promise::PromiseState;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Object, Promise, Runtime};

use super::answer::Ask;
use super::host::{self, Mode};
use super::vm::{Asker, Failure};
use super::wire::{self, FromRunner, HELLO, Made, Thrown, ToRunner, Work};

/// Set by the server for its runners.
pub const MARK: &str = "FLUXO_RUNNER";

/// Bytes of stack for JavaScript; the main thread has 8 MiB.
const STACK: usize = 2 * 1024 * 1024;

type Pipe = Rc<RefCell<(io::Stdin, io::Stdout)>>;

/// The `runner` role: serves the server on standard input and output until it closes them. Call it first thing in `main`,
/// before any thread is started.
pub fn main() -> ExitCode {
    if std::env::var_os(MARK).is_none() {
        eprintln!("This role is started by the server itself, for the Code node. Start the server with: fluxo serve");
        return ExitCode::from(2);
    }
    #[cfg(target_os = "linux")]
    super::jail::enter();
    let pipe: Pipe = Rc::new(RefCell::new((io::stdin(), io::stdout())));
    if send_hello(&pipe).is_err() {
        return ExitCode::FAILURE;
    }
    loop {
        let message = wire::read::<ToRunner>(&mut pipe.borrow_mut().0);
        match message {
            Ok(ToRunner::Run(work)) => {
                let answer = match run(&work, &pipe) {
                    Ok(made) => FromRunner::Done(made),
                    Err(thrown) => FromRunner::Failed(thrown),
                };
                if wire::write(&mut pipe.borrow_mut().1, &answer).is_err() {
                    return ExitCode::FAILURE;
                }
            }
            Ok(ToRunner::Answer(_)) => return ExitCode::FAILURE,
            // The server closed the pipe: it stops, or has enough runners.
            Err(_) => return ExitCode::SUCCESS,
        }
    }
}

fn send_hello(pipe: &Pipe) -> io::Result<()> {
    let out = &mut pipe.borrow_mut().1;
    out.write_all(HELLO)?;
    out.flush()
}

fn ask(pipe: &Pipe, question: &Ask) -> Result<Option<String>, String> {
    let gone = |e: io::Error| format!("The server does not answer the Code node ({e}). Run the flow again.");
    let (input, output) = &mut *pipe.borrow_mut();
    wire::write(output, &FromRunner::Ask(question.clone())).map_err(gone)?;
    match wire::read::<ToRunner>(input).map_err(gone)? {
        ToRunner::Answer(answer) => answer,
        ToRunner::Run(_) => Err("The server sent something unexpected to the Code node. Run the flow again.".into()),
    }
}

fn run(work: &Work, pipe: &Pipe) -> Result<Made, Thrown> {
    #[cfg(target_os = "linux")]
    super::jail::limit(work.memory, work.cpu);
    let internal =
        |e: rquickjs::Error| Thrown { name: "InternalError".into(), message: e.to_string(), ..Thrown::default() };
    let runtime = Runtime::new().map_err(internal)?;
    runtime.set_memory_limit(usize::try_from(work.memory).unwrap_or(usize::MAX));
    runtime.set_max_stack_size(STACK);
    let context = Context::full(&runtime).map_err(internal)?;
    let (asking, asker) = (pipe.clone(), Asker::default());
    *asker.borrow_mut() = Some(Box::new(move |question| ask(&asking, question)));
    let text = context.with(|ctx| call(&ctx, work, pipe, &asker))?;
    serde_json::from_str(&text).map_err(|e| Thrown {
        name: "CodeError".into(),
        message: format!("What the code returned can't be read: {e}. Return plain data."),
        ..Thrown::default()
    })
}

fn call(ctx: &Ctx<'_>, work: &Work, pipe: &Pipe, asker: &Asker) -> Result<String, Thrown> {
    let log = pipe.clone();
    let globals = ctx.globals();
    // Taken away again by the prelude.
    let write = Func::from(move |line: String| {
        let _ = wire::write(&mut log.borrow_mut().1, &FromRunner::Log(line));
    });
    globals.set("__log", write).catch(ctx).map_err(thrown)?;
    let run = host::install(ctx, asker, Mode::Code).catch(ctx).map_err(thrown)?;
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some("code".to_owned());
    let source = format!("(async function (items, item) {{\n{}\n}})", work.source);
    let user: Function<'_> = ctx.eval_with_options(source, options).catch(ctx).map_err(thrown)?;
    let promise: Promise<'_> = run
        .call((user, work.items.as_str(), work.each_item, work.keep_going, work.now as f64, work.zone.as_str()))
        .catch(ctx)
        .map_err(thrown)?;
    let tick: Function<'_> = run
        .as_object()
        .map_or_else(|| Err(rquickjs::Error::Unknown), |o: &Object<'_>| o.get("tick"))
        .catch(ctx)
        .map_err(thrown)?;
    loop {
        while ctx.execute_pending_job() {}
        if promise.state() != PromiseState::Pending {
            break;
        }
        match tick.call::<_, Option<f64>>(()).catch(ctx).map_err(thrown)? {
            Some(wait) => std::thread::sleep(Duration::from_secs_f64((wait / 1000.0).clamp(0.0, 3600.0))),
            None => {
                return Err(Thrown {
                    name: "CodeError".into(),
                    message: "The code waits for something that never happens. Look for an await on a promise that nothing resolves.".into(),
                    ..Thrown::default()
                });
            }
        }
    }
    match promise.result::<String>() {
        Some(result) => result.catch(ctx).map_err(thrown),
        None => Err(Thrown { name: "InternalError".into(), message: "no result".into(), ..Thrown::default() }),
    }
}

fn thrown(error: CaughtError<'_>) -> Thrown {
    let item = match &error {
        CaughtError::Exception(e) => e.as_object().get::<_, Option<u32>>("item").ok().flatten(),
        _ => None,
    };
    let failure = Failure::of(error);
    Thrown { item, name: failure.name, message: failure.message, stack: failure.stack }
}

/// Reads until the runner's greeting has gone by.
pub(super) fn skip_to_hello(seen: &mut Vec<u8>, byte: u8) -> bool {
    seen.push(byte);
    if seen.len() > HELLO.len() {
        seen.remove(0);
    }
    seen == HELLO
}
