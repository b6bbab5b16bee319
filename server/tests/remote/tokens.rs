//! A Job's token is good for its own attempt of its own run, as long as that is at work, and for nothing else.

use serde_json::{Value, json};
use server::cluster::name;

use crate::launcher::{open, open_for};
use crate::posts::Held;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_one_attempt_of_one_run() {
    let held = Held::start(&[]).await;
    let (run, token) = held.run().await;
    let (other, others) = held.run().await;
    held.job("GET", "/api/v1/run-job/work?process=a", &token, Value::Null).await.expect(200);
    held.job("GET", "/api/v1/run-job/work?process=a", "", Value::Null).await.problem(401, "job_token");
    for wrong in ["nonsense", &token[..token.len() - 2], &held.key] {
        held.job("GET", "/api/v1/run-job/work?process=a", wrong, Value::Null).await.problem(401, "job_token");
    }
    let second = open(&held.app.store, &run, 2, 1).await;
    held.job("GET", "/api/v1/run-job/work?process=a", &second, Value::Null).await.problem(410, "job_over");
    // It is no API key and no session.
    for path in ["/api/v1/runs", "/api/v1/flows", "/api/v1/users", "/api/v1/credentials"] {
        let answer = held.job("GET", path, &token, Value::Null).await;
        assert_eq!(answer.status, 401, "{path}: {}", answer.text);
    }
    let cookie = held.with_cookie("/api/v1/runs", &token).await;
    assert_eq!(cookie.status, 401, "{}", cookie.text);
    // Another run's items and files are none of its business.
    let file = held.job("POST", "/api/v1/run-job/blobs?name=a.txt", &others, json!("secret")).await.expect(201);
    let file = format!("/api/v1/run-job/blobs/{}", file["id"].as_str().unwrap());
    held.job("GET", &file, &others, Value::Null).await.expect(200);
    held.job("GET", &file, &token, Value::Null).await.problem(404, "not_found");
    // It ends with the run.
    held.app.engine.cancel(&other, "test").await.unwrap();
    held.over(&other).await;
    for (method, path) in [("GET", "/api/v1/run-job/work?process=a"), ("POST", "/api/v1/run-job/blobs"), ("GET", &file)]
    {
        held.job(method, path, &others, json!("x")).await.problem(410, "job_over");
    }
    // And with its own Job, though the run goes on.
    assert!(held.app.store.drop_job(&name::job(&run, 0, 1, 1), 0).await.unwrap());
    held.job("GET", "/api/v1/run-job/work?process=a", &token, Value::Null).await.problem(401, "job_token");
}

/// A step's container brings and takes files; it neither sees another run's nor has a part in its own run, nor the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn a_steps_token_and_a_runs_token_are_not_each_others() {
    let held = Held::start(&[]).await;
    let ((run, whole), (other, _)) = (held.run().await, held.run().await);
    let step = open_for(&held.app.store, &run, 2, 0, 1).await;
    let others = open_for(&held.app.store, &other, 2, 0, 1).await;
    let file = held.job("POST", "/api/v1/job/files?path=a.txt", &step, json!("secret")).await.expect(201);
    let file = format!("/api/v1/job/blobs/{}", file["id"].as_str().unwrap());
    held.job("GET", &file, &step, Value::Null).await.expect(200);
    // Another run's file, and a token of nobody.
    held.job("GET", &file, &others, Value::Null).await.problem(404, "not_found");
    held.job("GET", &file, "nonsense", Value::Null).await.problem(401, "job_token");
    held.job("POST", "/api/v1/job/files?path=b.txt", "nonsense", json!("x")).await.problem(401, "job_token");
    // The Job of the whole run has other addresses.
    held.job("GET", &file, &whole, Value::Null).await.problem(403, "forbidden");
    held.job("POST", "/api/v1/job/files?path=b.txt", &whole, json!("x")).await.problem(403, "forbidden");
    for (method, path) in [("GET", "/api/v1/run-job/work?process=a"), ("POST", "/api/v1/run-job/blobs")] {
        held.job(method, path, &step, json!("x")).await.problem(403, "forbidden");
    }
    // It is good no longer than its Job.
    assert!(held.app.store.drop_job(&name::job(&run, 2, 0, 1), 0).await.unwrap());
    held.job("GET", &file, &step, Value::Null).await.problem(401, "job_token");
    held.job("POST", "/api/v1/job/files?path=b.txt", &step, json!("x")).await.problem(401, "job_token");
}
