//! `fluxo serve`: puts the parts together, answers until it is told to stop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nodes::kinds::pdf_verify::signatures::{Bounds, Verifier};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{listen, parts};
use crate::cluster::{Cluster, ClusterRuns};
use crate::config::{self, LogFormat, ServeOptions};
use crate::engine::cluster::RunJobs;
use crate::http::{App, Parts, routes, run_job, webhooks};
use crate::run_world::RunWorld;
use crate::store::Store;
use crate::{engine, schedule, script, world};

/// Runs until SIGTERM or SIGINT. An error is a sentence that says why it could not start.
pub async fn run(options: ServeOptions) -> Result<(), String> {
    log(options.log_format);
    let started = Instant::now();
    listen::raise_file_limit();
    // The address first: a second server on it shall not even open the database.
    let listener = TcpListener::bind(options.listen).await.map_err(|e| {
        format!("The address {} can't be listened on: {e}. Choose another one with --listen.", options.listen)
    })?;
    let app = build(options, started).await?;
    tracing::info!(
        url = %app.options.public_url(),
        database = app.store.kind(),
        data = %app.options.data.data.display(),
        ready_ms = started.elapsed().as_millis() as u64,
        "Fluxo is ready."
    );
    serve(listener, app).await;
    Ok(())
}

/// Opens and starts everything but the listener.
pub async fn build(options: ServeOptions, started: Instant) -> Result<App, String> {
    build_on(options, started, None).await
}

/// Makes what makes the Jobs of runs.
pub type MakeJobs = Box<dyn FnOnce(&Store) -> Arc<dyn RunJobs> + Send>;

/// As [`build`], with Jobs of runs made by something else than the cluster.
pub async fn build_on(options: ServeOptions, started: Instant, jobs: Option<MakeJobs>) -> Result<App, String> {
    // Pages are rendered on this runtime; a second call, in tests, finds it done.
    let _ = any_spawner::Executor::init_tokio();
    let parts::Opened { store, vault, blobs, auth } = parts::open(&options.data, true).await?;
    let registry = nodes::Registry::standard();
    config::check_zone(&options.timezone)?;
    let authorities = options.signature_authorities()?;
    let signatures = Verifier::new(authorities.clone(), Bounds::default());
    let allow = options.http_allow.join(",").parse::<world::AllowList>().map_err(|e| e.to_string())?;
    let proxies = options.trusted_proxies.join(",").parse::<world::Networks>().map_err(|e| e.to_string())?;
    let http = world::HttpClient::new(world::HttpOptions {
        allow,
        max_blob: options.max_body,
        ..world::HttpOptions::default()
    });
    let folders = file_folders(&options)?;
    let files = world::FileAccess::new(folders, options.max_body);
    let env = options.env_allow.iter().filter_map(|name| Some((name.clone(), std::env::var(name).ok()?.into())));
    let script = script::EngineOptions {
        env: env.collect(),
        time: Duration::from_millis(options.expression_time),
        memory: usize::try_from(options.expression_memory).unwrap_or(usize::MAX),
        ..script::EngineOptions::default()
    };
    let runners = script::RunnerOptions { most: options.code_processes as usize, ..script::RunnerOptions::default() };
    let engine_options = engine::EngineOptions {
        timezone: options.timezone.clone(),
        max_runs: options.max_runs,
        max_queued: options.max_queued_runs,
        max_queued_bytes: options.max_queued_bytes,
        max_steps: options.max_steps,
        max_items: options.max_items,
        max_run_bytes: options.max_run_bytes,
        max_blob_bytes: options.max_body,
        run_timeout: Duration::from_secs(options.run_timeout),
        max_parallel_steps: options.max_parallel_steps,
        max_cluster_runs: options.max_cluster_runs,
        http_allow: options.http_allow.join(","),
        certificate_days: options.certificate_warning_days,
        signature_roots: authorities.into(),
        ..engine::EngineOptions::default()
    };
    let cluster = Cluster::open(&options.cluster, options.public_url.as_deref(), &store, &blobs, &vault).await?;
    registry.needs_cluster({
        let cluster = cluster.clone();
        move || cluster.ready().err()
    });
    let run_world = RunWorld {
        store: store.clone(),
        vault: vault.clone(),
        blobs: blobs.clone(),
        http,
        files,
        cluster: cluster.clone(),
    };
    let parts = engine::Parts {
        store: store.clone(),
        registry: registry.clone(),
        script: script::Engine::start(script),
        runners: script::RunnerPool::start(runners),
        clock: Arc::new(world::SystemClock),
        world: Arc::new(run_world),
        cluster: match jobs {
            Some(jobs) => Some(jobs(&store)),
            None => cluster.is_on().then(|| Arc::new(ClusterRuns(cluster.clone())) as Arc<dyn RunJobs>),
        },
    };
    let engine = engine::Engine::start(engine_options, parts).await.map_err(|e| e.to_string())?;
    let scheduler = schedule::Scheduler::start(engine.clone(), Arc::new(world::SystemClock));
    let keep = schedule::HousekeepingOptions {
        run_days: options.keep_days.into(),
        certificate_days: options.certificate_warning_days,
        ..schedule::HousekeepingOptions::default()
    };
    let chores = schedule::Chores {
        store: store.clone(),
        blobs: blobs.clone(),
        vault: vault.clone(),
        clock: Arc::new(world::SystemClock),
    };
    let housekeeping = schedule::Housekeeping::start(chores, keep).await;
    let housekeeping = housekeeping.map_err(|e| e.to_string())?;
    let intake = run_job::Intake::new(engine.options());
    let webhooks = webhooks::Table::default();
    webhooks.refresh(&store).await.map_err(|e| e.to_string())?;
    webhooks.follow(store.clone());
    Ok(App::new(Parts {
        options,
        store,
        vault,
        blobs,
        auth,
        cluster,
        engine,
        scheduler,
        housekeeping,
        registry,
        webhooks,
        intake,
        proxies,
        signatures,
        started,
    }))
}

/// The folders for the file nodes; the default one is made.
fn file_folders(options: &ServeOptions) -> Result<Vec<PathBuf>, String> {
    let folders = options
        .file_folders()
        .map_err(|e| format!("A folder of --files can't be found: {e}. Make it, or correct --files."))?;
    if options.files.is_empty() {
        for folder in &folders {
            std::fs::create_dir_all(folder).map_err(|e| {
                format!("The folder {} can't be made: {e}. Correct the data folder's permissions.", folder.display())
            })?;
        }
    }
    Ok(folders)
}

/// Answers until a signal, then lets open requests and running steps end.
async fn serve(listener: TcpListener, app: App) {
    let grace = Duration::from_secs(app.options.grace);
    let stop = {
        let app = app.clone();
        async move {
            signalled().await;
            tracing::info!(grace_s = grace.as_secs(), "Stopping: no new runs, running steps may end.");
            app.cluster.leave();
            app.engine.shutdown(grace).await;
        }
    };
    let limits = listen::Limits {
        connections: app.options.max_connections,
        silence: Duration::from_secs(app.options.idle.max(1)),
    };
    let server = listen::serve(listener, routes::router(app.clone()), limits, stop);
    // Streams of events have no end of their own: they get a moment after the engine stopped.
    let limit = async {
        signalled().await;
        tokio::time::sleep(grace + Duration::from_secs(2)).await;
    };
    tokio::select! {
        () = server => {}
        () = limit => {}
    }
}

async fn signalled() {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        // Without handlers the signals end the process at once, which loses nothing that is durable.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
}

pub(super) fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,tokio_cron_scheduler=warn"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false).with_writer(std::io::stderr);
    // A second call, in tests, changes nothing.
    let _ = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}
