//! A server with a cluster of processes, in this process or in a child that can be killed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::Parser;
use flow::api::{NewApiKey, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use server::config::ServeOptions;
use server::http::{App, routes};

use crate::launcher::{Processes, is_alive, pid_of};

/// Longer than anything here may take.
pub const LONG: Duration = Duration::from_secs(60);
/// In the child process: the data folder, the port and the database.
const CHILD: &str = "FLUXO_TEST_REMOTE_CHILD";

#[derive(Parser)]
struct Options {
    #[command(flatten)]
    serve: ServeOptions,
}

pub fn options(folder: &Path, database: Option<&str>, flags: &[&str]) -> ServeOptions {
    let data = folder.join("data").display().to_string();
    let mut words = vec!["fluxo", "--data", &data, "--http-allow", "127.0.0.0/8"];
    if let Some(url) = database {
        words.extend(["--database-url", url]);
    }
    Options::parse_from(words.iter().chain(flags)).serve
}

/// Where a test has its data: a folder, and a database on PostgreSQL or in the folder.
pub struct Place {
    pub folder: tempfile::TempDir,
    pub database: Option<String>,
}

/// Runs the test on SQLite and, where there is one, on PostgreSQL.
pub async fn each(test: impl AsyncFn(Place)) {
    use sea_orm::{ConnectionTrait, Database};
    test(Place { folder: tempfile::tempdir().unwrap(), database: None }).await;
    let Ok(server) = std::env::var("FLUXO_TEST_POSTGRES_URL") else { return };
    let name = format!("fluxo_test_{}", server::store::new_id().replace('-', ""));
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let mut url = reqwest::Url::parse(&server).unwrap();
    url.set_path(&name);
    test(Place { folder: tempfile::tempdir().unwrap(), database: Some(url.into()) }).await;
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
    admin.close().await.unwrap();
}

/// A server as a process, and its Jobs.
pub struct Server {
    pub child: Child,
    pub url: String,
    pub key: String,
    pub jobs: PathBuf,
    place: Place,
    port: u16,
    http: reqwest::Client,
}

impl Server {
    pub async fn start(place: Place) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let jobs = place.folder.path().join("jobs");
        std::fs::create_dir_all(&jobs).unwrap();
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (child, key) = spawn(&place, port);
        let http = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
        Self { child, url: format!("http://127.0.0.1:{port}"), key, jobs, place, port, http }
    }

    /// `kill -9`, and a new start on the same data.
    pub fn kill_and_start(&mut self) {
        self.kill();
        std::thread::sleep(Duration::from_millis(300));
        (self.child, self.key) = spawn(&self.place, self.port);
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and a new start on the same data.
    pub fn restart(&mut self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM).unwrap();
        self.child.wait().unwrap();
        (self.child, self.key) = spawn(&self.place, self.port);
    }

    pub async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Makes and publishes a flow on the cluster; its id.
    pub async fn flow(&self, edges: &str, nodes: Value) -> String {
        let (status, made) = self.call("POST", "/api/v1/flows", json!({"document": document(edges, nodes)})).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap().to_owned();
        let (status, published) = self.call("POST", &format!("/api/v1/flows/{id}/publish"), json!({})).await;
        assert_eq!(status, 200, "{published}");
        id
    }

    /// Starts the published flow by its webhook and waits for its answer.
    pub async fn webhook(&self, path: &str, body: Value) -> (u16, Value, String) {
        let request =
            || self.http.post(format!("{}/webhook/{path}", self.url)).header("content-type", "application/json");
        let mut answer = request().body(body.to_string()).send().await.unwrap();
        while answer.status() == 404 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            answer = request().body(body.to_string()).send().await.unwrap();
        }
        let status = answer.status().as_u16();
        let run = answer.headers().get("x-fluxo-run").map_or("", |v| v.to_str().unwrap()).to_owned();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)), run)
    }

    /// The run's detail, once `ready` says so.
    pub async fn until(&self, run: &str, what: &str, ready: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let (_, detail) = self.call("GET", &format!("/api/v1/runs/{run}"), Value::Null).await;
            if ready(&detail) {
                return detail;
            }
            assert!(begun.elapsed() < LONG, "no {what}: {detail:#}\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn over(&self, run: &str) -> Value {
        self.until(run, "end", |run| {
            ["succeeded", "failed", "cancelled"].contains(&run["status"].as_str().unwrap_or(""))
        })
        .await
    }

    /// The process of the run's Job, as the run names it.
    pub fn pod(&self, run: &Value) -> Pid {
        let begun = Instant::now();
        loop {
            if let Some(pid) = pid_of(&self.jobs.join(run["job"].as_str().unwrap())) {
                return pid;
            }
            assert!(begun.elapsed() < LONG, "no pod: {run:#}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the Jobs wrote.
    pub fn logs(&self) -> String {
        let files = std::fs::read_dir(&self.jobs).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|e| e == "log"))
            .map(|p| std::fs::read_to_string(p).unwrap())
            .collect()
    }

    pub async fn gone(&self, pod: Pid) {
        let begun = Instant::now();
        while is_alive(pod) {
            assert!(begun.elapsed() < LONG, "the pod stays: {}", self.logs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for entry in std::fs::read_dir(&self.jobs).into_iter().flatten().flatten() {
            if entry.path().extension().is_none()
                && let Some(pid) = pid_of(&entry.path())
            {
                let _ = kill(pid, Signal::SIGKILL);
            }
        }
    }
}

fn spawn(place: &Place, port: u16) -> (Child, String) {
    let told = json!({"folder": place.folder.path(), "port": port, "database": place.database}).to_string();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "support::child", "--nocapture"])
        .env(CHILD, told)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        // The test harness writes before it on the same line.
        if let Some((_, key)) = line.unwrap().split_once("ready ") {
            return (child, key.to_owned());
        }
    }
    panic!("the server did not start: {:?}", child.wait());
}

/// The child process: serves until it is killed or told to stop.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let told: Value = serde_json::from_str(&told).unwrap();
    let folder = PathBuf::from(told["folder"].as_str().unwrap());
    let port = told["port"].as_u64().unwrap();
    let options = options(&folder, told["database"].as_str(), &["--max-run-bytes", "4000000"]);
    let leaving = Arc::new(AtomicBool::new(false));
    let (folder_of_jobs, stays) = (folder.join("jobs"), leaving.clone());
    let jobs: server::cli::serve::MakeJobs = Box::new(move |store| {
        Arc::new(Processes {
            store: store.clone(),
            url: format!("http://127.0.0.1:{port}"),
            folder: folder_of_jobs,
            leaving: stays,
        })
    });
    let app: App = server::cli::serve::build_on(options, Instant::now(), Some(jobs)).await.unwrap();
    let new = NewApiKey { name: "test".into(), role: Role::Owner, expires_in_days: None };
    let key = app.auth.add_key(new, "test").await.unwrap().secret;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port as u16)).await.unwrap();
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "ready {key}").unwrap();
        out.flush().unwrap();
    }
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    let stop = async {
        term.recv().await;
        leaving.store(true, std::sync::atomic::Ordering::SeqCst);
        app.engine.shutdown(Duration::from_secs(5)).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes::router(app.clone())) => served.unwrap(),
        () = stop => {}
    }
}

/// A flow on the cluster: `"t>a a>b"`, each node as `name: {kind, parameters…}`.
pub fn document(edges: &str, nodes: Value) -> Value {
    let Value::Object(nodes) = nodes else { panic!("nodes by name") };
    let nodes: Vec<Value> = nodes
        .into_iter()
        .enumerate()
        .map(|(i, (name, drawn))| {
            let mut node = json!({"id": name, "name": name, "position": [0, i as i32 * 96]});
            node.as_object_mut().unwrap().extend(drawn.as_object().unwrap().clone());
            node
        })
        .collect();
    let edges: Vec<Value> = edges
        .split_whitespace()
        .map(|edge| edge.split_once('>').unwrap())
        .map(|(from, to)| json!({"from": from, "to": to}))
        .collect();
    json!({"name": "On the cluster", "nodes": nodes, "edges": edges, "settings": {"runs_on": "cluster"}})
}
