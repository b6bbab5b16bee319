//! `fluxo run-job`: does the steps of one run in a Job, with the same engine as the server, and tells the server what
//! happens. It has no database and no key; what it needs it asks for with a token that ends with this run's attempt.

mod client;
mod depot;
mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::signal::unix::{SignalKind, signal};

use crate::engine::remote::{PROTOCOL, Post, Upstream, Work, WorkOptions};
use crate::engine::{self, Engine, EngineOptions};
use crate::store::Store;
use crate::{script, world as server_world};

use client::Client;

/// What it is told by its environment.
pub struct JobOptions {
    /// Address of the server.
    pub url: String,
    pub token: String,
    /// Folder for files on their way.
    pub scratch: PathBuf,
    /// Longer waits are left to the server. Shorter than a new Job takes to start would be a waste.
    pub wait: Duration,
    /// What running steps get to end when the Job is told to stop.
    pub grace: Duration,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The server knows how the run ended, or that it waits; or it needs this Job no more.
    All,
    /// It was told to stop before: another Job may go on.
    Stopped,
}

/// How often the server is asked whether it still needs this Job, when there is nothing to tell.
const ASK: Duration = Duration::from_secs(15);

/// Does the run. An error is a sentence for the Job's log.
pub async fn run(options: JobOptions) -> Result<Done, String> {
    let client = Arc::new(Client::new(&options.url, &options.token)?);
    let Some(work) = client.work().await? else { return Ok(Done::All) };
    if work.protocol != PROTOCOL {
        return Err(format!(
            "The server speaks version {} of what Jobs and servers tell each other, this image version {PROTOCOL}. Set FLUXO_CLUSTER_IMAGE to the image of the server's own version.",
            work.protocol
        ));
    }
    tracing::info!(run = work.run, flow = work.flow_name, steps = work.steps.len(), "The run is here.");
    let engine = start(&client, work, &options).await?;
    let done = attend(&engine, &client, options.grace).await;
    tracing::info!(?done, "The Job is done.");
    match done {
        Done::All if !client.is_over() => {
            Err("The run stopped on something that nobody expected. This is a defect of Fluxo: please report it."
                .to_owned())
        }
        done => Ok(done),
    }
}

async fn start(client: &Arc<Client>, work: Box<Work>, options: &JobOptions) -> Result<Engine, String> {
    let told: WorkOptions = work.options.clone();
    let allow = told.http_allow.parse::<server_world::AllowList>().map_err(|error| error.to_string())?;
    let http = server_world::HttpClient::new(server_world::HttpOptions {
        allow,
        max_blob: told.max_blob_bytes,
        ..server_world::HttpOptions::default()
    });
    let script_options = script::EngineOptions { env: told.env, ..script::EngineOptions::default() };
    let has_code = work.document.nodes.iter().any(|node| node.kind == "code");
    let runners = script::RunnerOptions { ready: usize::from(has_code), ..script::RunnerOptions::default() };
    let parts = engine::Parts {
        store: Store::nowhere().await.map_err(|error| error.to_string())?,
        registry: nodes::Registry::standard(),
        script: script::Engine::start(script_options),
        runners: script::RunnerPool::start(runners),
        clock: Arc::new(server_world::SystemClock),
        world: Arc::new(world::JobWorld::new(Arc::clone(client), http, options.scratch.clone(), told.max_blob_bytes)),
        cluster: None,
    };
    let engine_options = EngineOptions {
        timezone: told.timezone,
        max_steps: told.max_steps,
        max_items: told.max_items,
        max_run_bytes: told.max_run_bytes,
        max_blob_bytes: told.max_blob_bytes,
        certificate_days: told.certificate_days,
        signature_roots: told.signature_roots.iter().filter_map(|root| BASE64_STANDARD.decode(root).ok()).collect(),
        run_timeout: Duration::from_secs(told.run_timeout_s),
        keep_waiting: options.wait,
        ..EngineOptions::default()
    };
    let upstream: Arc<dyn Upstream> = Arc::clone(client) as _;
    let process = client.process().to_owned();
    Engine::go_on(engine_options, parts, *work, process, upstream).map_err(|error| error.to_string())
}

/// Until the run left, the server needs it no more, or the Job is told to stop.
async fn attend(engine: &Engine, client: &Client, grace: Duration) -> Done {
    let mut ask = tokio::time::interval(ASK);
    let mut look = tokio::time::interval(Duration::from_millis(200));
    let (mut term, mut int) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let nothing = || Post { process: client.process().to_owned(), ..Post::default() };
    loop {
        tokio::select! {
            () = client.over() => return Done::All,
            _ = look.tick() => if engine.active() == 0 { return Done::All },
            // An answer that the Job is over is heard above.
            _ = ask.tick() => { let _ = client.show(&nothing()).await; }
            () = told(&mut term) => break,
            () = told(&mut int) => break,
        }
    }
    if client.show(&nothing()).await.is_err() {
        return Done::All;
    }
    tracing::info!(grace_s = grace.as_secs(), "Stopping: running steps may end, another Job goes on.");
    engine.shutdown(grace).await;
    if client.is_over() { Done::All } else { Done::Stopped }
}

async fn told(signal: &mut std::io::Result<tokio::signal::unix::Signal>) {
    match signal {
        Ok(signal) => drop(signal.recv().await),
        // Without a handler the signal ends the process at once, which loses nothing that was posted.
        Err(_) => std::future::pending().await,
    }
}
