//! Whatever is stopped or killed, the run ends right.

use nix::sys::signal::{Signal, kill};
use serde_json::{Value, json};

use crate::support::{Server, each};

/// Three steps: the second one takes a while, each counts its starts in a file through the HTTP node… of the flow itself.
async fn slow(server: &Server, seconds: f64) -> String {
    let flow = server
        .flow(
            "m>a a>slow slow>b",
            json!({
                "m": {"kind": "manual"},
                "a": {"kind": "code", "parameters": {"source": "return [{json: {a: Math.random()}}];"}},
                "slow": {"kind": "code", "parameters": {
                    "source": format!("const end = Date.now() + {}; while (Date.now() < end) {{}} return $input.all();", seconds * 1000.0),
                    "timeout_s": 60,
                }},
                "b": {"kind": "code", "parameters": {"source": "return [{json: {a: $('a').first().json.a}}];"}},
            }),
        )
        .await;
    let (status, run) = server.call("POST", &format!("/api/v1/flows/{flow}/runs"), json!({"published": true})).await;
    assert_eq!(status, 202, "{run}");
    run["id"].as_str().unwrap().to_owned()
}

fn at_work(run: &Value, node: &str) -> bool {
    run["steps"].as_array().is_some_and(|steps| steps.iter().any(|s| s["node"] == node && s["status"] == "running"))
}

fn attempts(run: &Value) -> Vec<u64> {
    run["steps"].as_array().unwrap().iter().map(|s| s["attempt"].as_u64().unwrap()).collect()
}

async fn item(server: &Server, run: &str, seq: u32) -> Value {
    let (_, items) = server.call("GET", &format!("/api/v1/runs/{run}/steps/{seq}/items?port=out"), Value::Null).await;
    items["items"][0]["json"]["a"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_killed_is_replaced() {
    each(async |place| {
        let server = Server::start(place).await;
        let run = slow(&server, 2.0).await;
        let detail = server.until(&run, "step at work", |run| at_work(run, "slow")).await;
        let first = item(&server, &run, 2).await;
        assert!(first.is_number(), "{first}");
        kill(server.pod(&detail), Signal::SIGKILL).unwrap();
        let detail = server.over(&run).await;
        assert_eq!(detail["status"], "succeeded", "{detail:#}\n{}", server.logs());
        assert!(detail["job"].as_str().unwrap().ends_with("-0-2-1"), "{detail:#}");
        // What had ended was not done again, what was at work was.
        assert_eq!(attempts(&detail), [1, 1, 2, 1]);
        assert_eq!((item(&server, &run, 2).await, item(&server, &run, 4).await), (first.clone(), first));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_is_told_to_stop_hands_over() {
    each(async |place| {
        let server = Server::start(place).await;
        let run = slow(&server, 1.5).await;
        let detail = server.until(&run, "step at work", |run| at_work(run, "slow")).await;
        kill(server.pod(&detail), Signal::SIGTERM).unwrap();
        let detail = server.over(&run).await;
        assert_eq!(detail["status"], "succeeded", "{detail:#}\n{}", server.logs());
        assert!(detail["job"].as_str().unwrap().ends_with("-0-2-1"), "{detail:#}");
        // The step got the time to end.
        assert_eq!(attempts(&detail), [1, 1, 1, 1], "{detail:#}\n{}", server.logs());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_goes_on_with_the_same_pod() {
    each(async |place| {
        let mut server = Server::start(place).await;
        let run = slow(&server, 2.0).await;
        let detail = server.until(&run, "step at work", |run| at_work(run, "slow")).await;
        let pod = server.pod(&detail);
        server.kill_and_start();
        let detail = server.over(&run).await;
        assert_eq!(detail["status"], "succeeded", "{detail:#}\n{}", server.logs());
        assert_eq!((server.pod(&detail), attempts(&detail)), (pod, vec![1, 1, 1, 1]));
        assert_eq!(item(&server, &run, 2).await, item(&server, &run, 4).await);
        server.gone(pod).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_goes_on_with_the_same_pod() {
    each(async |place| {
        let mut server = Server::start(place).await;
        let run = slow(&server, 2.0).await;
        let detail = server.until(&run, "step at work", |run| at_work(run, "slow")).await;
        let pod = server.pod(&detail);
        server.restart();
        let detail = server.over(&run).await;
        assert_eq!(detail["status"], "succeeded", "{detail:#}\n{}", server.logs());
        assert_eq!((server.pod(&detail), attempts(&detail)), (pod, vec![1, 1, 1, 1]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_its_pod() {
    each(async |place| {
        let server = Server::start(place).await;
        let run = slow(&server, 50.0).await;
        let detail = server.until(&run, "step at work", |run| at_work(run, "slow")).await;
        let (status, _) = server.call("POST", &format!("/api/v1/runs/{run}/cancel"), Value::Null).await;
        assert_eq!(status, 202);
        let over = server.over(&run).await;
        assert_eq!(over["status"], "cancelled", "{over:#}");
        assert!(over["steps"].as_array().unwrap().iter().all(|s| s["status"] != "running"), "{over:#}");
        server.gone(server.pod(&detail)).await;
    })
    .await;
}
