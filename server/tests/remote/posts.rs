//! What a Job posts is taken once, and only when it fits its run: a server whose Jobs are this test.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use flow::api::{NewApiKey, Role};
use flow::{Flow, Item, RunStatus, TriggerKind};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use server::engine::Start;
use server::engine::cluster::{JobOver, RunJob, RunJobs, Say};
use server::http::{App, routes};
use tower::ServiceExt;

use crate::launcher::open;
use crate::support::{LONG, document, options};

/// Jobs that nobody does.
#[derive(Clone, Default)]
struct Nobody(Arc<Mutex<Vec<RunJob>>>);

impl RunJobs for Nobody {
    fn run(&self, job: RunJob, _say: Say) -> BoxFuture<'static, JobOver> {
        self.0.lock().unwrap().push(job);
        std::future::pending().boxed()
    }
}

pub struct Held {
    pub app: App,
    pub key: String,
    router: Router,
    jobs: Nobody,
    _folder: tempfile::TempDir,
}

pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or(Value::String(self.text))
    }

    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        problem
    }
}

impl Held {
    pub async fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Nobody::default();
        let made = jobs.clone();
        let cluster: server::cli::serve::MakeJobs = Box::new(move |_| Arc::new(made));
        let options = options(folder.path(), None, flags);
        let app = server::cli::serve::build_on(options, Instant::now(), Some(cluster)).await.unwrap();
        let new = NewApiKey { name: "test".into(), role: Role::Owner, expires_in_days: None };
        let key = app.auth.add_key(new, "test").await.unwrap().secret;
        Self { router: routes::router(app.clone()), app, key, jobs, _folder: folder }
    }

    /// A run of `t > c > d` at work in a Job, and the Job's token.
    pub async fn run(&self) -> (String, String) {
        let drawn = document(
            "t>c c>d",
            json!({
                "t": {"kind": "webhook", "parameters": {"path": "x"}},
                "c": {"kind": "no_operation"},
                "d": {"kind": "no_operation"},
            }),
        );
        let drawn: Flow = serde_json::from_value(drawn).unwrap();
        let mut start = Start::new("flow", Arc::new(drawn), TriggerKind::Webhook, "t");
        start.items = Some(vec![Item::from_value(json!({"n": 1}))]);
        let run = self.app.engine.submit(start).await.unwrap();
        let begun = Instant::now();
        loop {
            if self.jobs.0.lock().unwrap().iter().any(|job| job.run == run) {
                break;
            }
            assert!(begun.elapsed() < LONG, "no Job");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let token = open(&self.app.store, &run, 1, 1).await;
        (run, token)
    }

    pub async fn job(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(request.header("content-length", body.len()).body(Body::from(body)).unwrap()).await
    }

    pub async fn post(&self, token: &str, post: Value) -> Answer {
        self.job("POST", "/api/v1/run-job/posts", token, post).await
    }

    pub async fn with_cookie(&self, path: &str, token: &str) -> Answer {
        self.send(Request::get(path).header("cookie", format!("fluxo_access={token}")).body(Body::empty()).unwrap())
            .await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    pub async fn over(&self, run: &str) -> server::store::RunRow {
        let begun = Instant::now();
        loop {
            let row = self.app.store.run(run).await.unwrap();
            // And the engine let go of it.
            if row.status.is_final() && self.app.engine.summary(run).is_none() {
                return row;
            }
            assert!(begun.elapsed() < LONG, "the run does not end: {row:?}");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// A step as a Job posts it; its input is what the step before it sent.
    pub fn step(&self, seq: u32, node: &str, status: &str, data: Value) -> Value {
        let now = jiff::Timestamp::now().as_millisecond();
        let mut step = json!({
            "seq": seq, "node": node, "run_index": 0, "attempt": 1, "status": status, "started_at": now,
            "inputs": [{"port": "in", "from_seq": seq.saturating_sub(1), "from_port": "out", "items": 1}],
        });
        if status != "running" {
            step["finished_at"] = json!(now);
        }
        if !data.is_null() {
            step["data"] = data;
        }
        step
    }
}

fn sent(n: i64) -> Value {
    json!({"out": {"items": [{"json": {"n": n}}]}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_post_changes_nothing() {
    let held = Held::start(&[]).await;
    let (run, token) = held.run().await;
    let work = held.job("GET", "/api/v1/run-job/work?process=a", &token, Value::Null).await.expect(200);
    assert_eq!((&work["run"], &work["posted"], &work["steps"][0]["node"]), (&json!(run), &json!(0), &json!("t")));
    assert_eq!(work["steps"][0]["data"], json!({"out": {"items": [{"json": {"n": 1}}], "lineage": {"each": []}}}));
    let first = json!({"process": "a", "number": 1, "steps": [held.step(2, "c", "succeeded", sent(2))]});
    held.post(&token, first.clone()).await.expect(204);
    // The same again, and the same number with something else in it: the answer was lost, no more.
    held.post(&token, first).await.expect(204);
    let other = json!({"process": "a", "number": 1, "steps": [held.step(2, "c", "succeeded", sent(3))]});
    held.post(&token, other).await.expect(204);
    // Another process of the same Job takes over; the former one is not heard any more.
    let work = held.job("GET", "/api/v1/run-job/work?process=b", &token, Value::Null).await.expect(200);
    assert_eq!((&work["posted"], &work["steps"][1]["data"]), (&json!(1), &sent(2)));
    let last = |process: &str| {
        json!({
            "process": process, "number": 2, "steps": [held.step(3, "d", "succeeded", json!({"out": {"from": [2, "out"]}}))],
            "end": {"status": "succeeded"},
        })
    };
    held.post(&token, last("a")).await.problem(410, "job_over");
    held.post(&token, last("b")).await.expect(204);
    held.post(&token, last("b")).await.problem(410, "job_over");
    let row = held.over(&run).await;
    assert_eq!((row.status, row.steps, row.error), (RunStatus::Succeeded, 3, None));
    let data = held.app.store.step_data(&run, 3).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&data).unwrap(), json!({"out": {"from": [2, "out"]}}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_its_run_fails_the_run() {
    let held = Held::start(&["--max-steps", "50", "--max-items", "10"]).await;
    let (_, others) = held.run().await;
    let theirs = held.job("POST", "/api/v1/run-job/blobs?name=a.txt", &others, json!("secret")).await.expect(201);
    let stolen = json!({"out": {"items": [{"json": {}, "binary": {"f": theirs}}]}});
    let many: Vec<Value> = (0..11).map(|n| json!({"json": {"n": n}})).collect();
    let with = |mut step: Value, name: &str, value: Value| {
        step[name] = value;
        step
    };
    let done = |seq, node| held.step(seq, node, "succeeded", sent(2));
    let from = |seq: u32, port: &str| json!([{"port": "in", "from_seq": seq, "from_port": port, "items": 1}]);
    let wrong: Vec<(&str, Value)> = vec![
        ("a node of no flow", done(2, "other")),
        ("no number", done(0, "c")),
        ("a number beyond the limit", done(51, "c")),
        ("a step that ended before", with(done(1, "t"), "inputs", json!([]))),
        ("input of a step that there is not", with(done(2, "c"), "inputs", from(7, "out"))),
        ("input of itself", with(done(2, "c"), "inputs", from(2, "out"))),
        ("input of a port that there is not", with(done(2, "c"), "inputs", from(1, "nowhere"))),
        ("too many items", held.step(2, "c", "succeeded", json!({"out": {"items": many}}))),
        (
            "items that did not reach it",
            with(held.step(3, "d", "succeeded", json!({"out": {"from": [1, "out"]}})), "inputs", json!([])),
        ),
        ("output that is none", held.step(2, "c", "succeeded", json!({"out": 7}))),
        ("another run's file", held.step(2, "c", "succeeded", stolen)),
        ("an end without an end", with(held.step(2, "c", "running", Value::Null), "status", json!("succeeded"))),
        ("no attempt", with(done(2, "c"), "attempt", json!(0))),
    ];
    for (what, step) in wrong {
        let (run, token) = held.run().await;
        held.post(&token, json!({"process": "a", "number": 1, "steps": [step]})).await.problem(422, "job_post");
        let row = held.over(&run).await;
        let code = row.error.map(|error| error.code);
        assert_eq!((row.status, code.as_deref()), (RunStatus::Failed, Some("job_post")), "{what}");
    }
    let (run, token) = held.run().await;
    held.post(&token, json!({"process": "a", "number": 3})).await.problem(422, "job_post");
    assert_eq!(held.over(&run).await.status, RunStatus::Failed);
    let (run, token) = held.run().await;
    let open = held.step(2, "c", "running", Value::Null);
    let early = json!({"process": "a", "number": 1, "steps": [open], "end": {"status": "succeeded"}});
    held.post(&token, early).await.problem(422, "job_post");
    assert_eq!(held.over(&run).await.status, RunStatus::Failed);
    // A time far away is only a wrong clock.
    let (run, token) = held.run().await;
    let far = with(with(done(2, "c"), "started_at", json!(i64::MIN)), "finished_at", json!(i64::MAX));
    held.post(&token, json!({"process": "a", "number": 1, "steps": [far], "end": {"status": "succeeded"}}))
        .await
        .expect(204);
    assert_eq!(held.over(&run).await.status, RunStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_not_taken() {
    let held = Held::start(&["--max-run-bytes", "1000000", "--max-body", "1000"]).await;
    let (run, token) = held.run().await;
    let long = "x".repeat(9_500_000);
    let post = json!({"process": "a", "number": 1, "steps": [held.step(2, "c", "succeeded", json!({"out": {"items": [{"json": {"x": long}}]}}))]});
    held.post(&token, post).await.problem(413, "body_too_large");
    let request = Request::post("/api/v1/run-job/posts").header("authorization", format!("Bearer {token}"));
    held.send(request.body(Body::from("{}")).unwrap()).await.problem(411, "length_missing");
    // A body that says that it is short.
    let request = Request::post("/api/v1/run-job/posts").header("authorization", format!("Bearer {token}"));
    let lying = request.header("content-length", 10).body(Body::from("x".repeat(1000))).unwrap();
    held.send(lying).await.problem(400, "body_broken");
    held.post(&token, json!([])).await.problem(422, "job_post");
    held.job("POST", "/api/v1/run-job/blobs", &token, json!("x".repeat(2_000))).await.problem(413, "body_too_large");
    // Items beyond what a run may keep end the run as in the server.
    let items = "x".repeat(1_500_000);
    let post = json!({"process": "a", "number": 1, "steps": [held.step(2, "c", "succeeded", json!({"out": {"items": [{"json": {"x": items}}]}}))]});
    held.post(&token, post).await.problem(410, "job_over");
    let row = held.over(&run).await;
    assert_eq!((row.status, row.error.unwrap().code.as_str()), (RunStatus::Failed, "run_too_large"));
}
