//! What a run on the cluster does is what it does in the server.

use serde_json::{Value, json};

use crate::support::{Server, each};

fn webhook(path: &str) -> Value {
    json!({"kind": "webhook", "parameters": {"path": path, "answer": "respond"}})
}

fn code(source: &str) -> Value {
    json!({"kind": "code", "parameters": {"source": source}})
}

fn respond(json: &str) -> Value {
    json!({"kind": "respond", "parameters": {"with": "json", "json": json}})
}

/// Nodes of the steps, each with its state.
fn steps(run: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    run["steps"].as_array().unwrap().iter().map(|s| (text(&s["node"]), text(&s["status"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_answered_by_a_run_on_the_cluster() {
    each(async |place| {
        let server = Server::start(place).await;
        server
            .flow(
                "w>c c>wait wait>r",
                json!({
                    "w": webhook("hook"),
                    "c": code("console.log('line of the code'); return $input.all().map(i => ({json: {twice: i.json.body.n * 2}}));"),
                    // Short enough to be waited for in the Job.
                    "wait": {"kind": "wait", "parameters": {"amount": 0.3}},
                    "r": respond("={{ ({twice: $json.twice, n: $('w').item.json.body.n}) }}"),
                }),
            )
            .await;
        let (status, answer, run) = server.webhook("hook", json!({"n": 21})).await;
        assert_eq!((status, &answer), (200, &json!({"twice": 42, "n": 21})), "{}", server.logs());
        let detail = server.over(&run).await;
        let expected = ["w", "c", "wait", "r"].map(|node| (node.to_owned(), "succeeded".to_owned()));
        assert_eq!(steps(&detail), expected);
        let job = detail["job"].as_str().unwrap();
        assert!(job.starts_with("fluxo-") && job.ends_with("-0-1-1"), "{job}");
        let (_, items) =
            server.call("GET", &format!("/api/v1/runs/{run}/steps/2/items?port=out"), Value::Null).await;
        assert_eq!(items["items"], json!([{"json": {"twice": 42}}]));
        let (_, list) = server.call("GET", "/api/v1/runs", Value::Null).await;
        assert_eq!(list["items"][0]["job"], job);
        server.gone(server.pod(&detail)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_live() {
    each(async |place| {
        let server = Server::start(place).await;
        let flow = server
            .flow(
                "m>c c>wait",
                json!({
                    "m": {"kind": "manual"},
                    "c": code("console.log('line of the code'); return [{json: {}}];"),
                    "wait": {"kind": "wait", "parameters": {"amount": 1}},
                }),
            )
            .await;
        let (_, run) = server.call("POST", &format!("/api/v1/flows/{flow}/runs"), json!({})).await;
        let id = run["id"].as_str().unwrap();
        let (_, text) = server.call("GET", &format!("/api/v1/runs/{id}/events"), Value::Null).await;
        let text = text.as_str().unwrap();
        let events: Vec<Value> =
            text.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok()).collect();
        let line = events.iter().find(|e| e["line"] == "line of the code");
        assert_eq!(line.map(|e| &e["node"]), Some(&json!("c")), "{events:#?}");
        assert!(
            events.iter().any(|e| e["line"].as_str().is_some_and(|l| l.starts_with("Starting fluxo-"))),
            "{events:#?}"
        );
        let states = |node: &str| -> Vec<&str> {
            let of = events.iter().filter(|e| e["step"]["node"] == node);
            of.map(|e| e["step"]["status"].as_str().unwrap()).collect()
        };
        assert!(states("c").contains(&"running"), "{events:#?}");
        assert_eq!(states("wait").last(), Some(&"succeeded"), "{events:#?}");
        assert!(states("wait").contains(&"waiting"), "{events:#?}");
        assert_eq!(events.last().map(|e| &e["run"]["status"]), Some(&json!("succeeded")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_node_fails_the_run_with_its_reason() {
    each(async |place| {
        let server = Server::start(place).await;
        server
            .flow(
                "w>s s>r",
                json!({
                    "w": webhook("hook"),
                    "s": {"kind": "stop_with_error", "parameters": {"message": "Not today."}},
                    "r": respond("={{ 1 }}"),
                }),
            )
            .await;
        let (status, answer, run) = server.webhook("hook", json!({})).await;
        assert_eq!(status, 500, "{answer}");
        let detail = server.over(&run).await;
        assert_eq!(
            (&detail["status"], &detail["error"]["message"], &detail["error"]["node"]),
            (&json!("failed"), &json!("Not today."), &json!("s"))
        );
        assert_eq!(steps(&detail)[1], ("s".to_owned(), "failed".to_owned()));
        server.gone(server.pod(&detail)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_there_and_back() {
    each(async |place| {
        let server = Server::start(place).await;
        // Large enough not to fit into one piece.
        let text = "0123456789".repeat(30_000);
        server
            .flow(
                "w>h h>r",
                json!({
                    "w": {"kind": "webhook", "parameters": {"path": "hook", "answer": "respond", "raw_body": true}},
                    // Reads the file from the server, sends it to another flow there, and keeps what it says as a file.
                    "h": {"kind": "http_request", "parameters": {
                        "method": "POST", "url": format!("{}/webhook/echo", server.url), "body": "file", "response": "file",
                    }},
                    "r": {"kind": "respond", "parameters": {"with": "file"}},
                }),
            )
            .await;
        let (status, made) = server
            .call("POST", "/api/v1/flows", json!({"document": {
                "name": "Echo",
                "nodes": [
                    {"id": "w", "name": "w", "kind": "webhook", "position": [0, 0], "parameters": {"path": "echo", "answer": "respond", "raw_body": true}},
                    {"id": "r", "name": "r", "kind": "respond", "position": [0, 96], "parameters": {"with": "file"}},
                ],
                "edges": [{"from": "w", "to": "r"}],
            }}))
            .await;
        assert_eq!(status, 201, "{made}");
        let echo = format!("/api/v1/flows/{}/publish", made["id"].as_str().unwrap());
        let (status, published) = server.call("POST", &echo, json!({})).await;
        assert_eq!(status, 200, "{published}");
        let (status, answer, run) = server.webhook("hook", json!(text)).await;
        assert_eq!(status, 200, "{answer}\n{}", server.logs());
        assert_eq!(answer, json!(text));
        assert_eq!(server.over(&run).await["status"], "succeeded");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_costs_no_pod() {
    each(async |place| {
        let server = Server::start(place).await;
        server
            .flow(
                "w>c c>wait wait>r",
                json!({
                    "w": webhook("hook"),
                    "c": code("return [{json: {first: 1}}];"),
                    "wait": {"kind": "wait", "parameters": {"amount": 4}},
                    "r": respond("={{ $('c').item.json }}"),
                }),
            )
            .await;
        let (status, answer, run) = server.webhook("hook", json!({})).await;
        assert_eq!((status, &answer), (200, &json!({"first": 1})), "{}", server.logs());
        let detail = server.over(&run).await;
        // A second Job went on after the wait, and did not do the first steps again.
        assert!(detail["job"].as_str().unwrap().ends_with("-0-2-1"), "{detail:#}");
        assert!(detail["steps"].as_array().unwrap().iter().all(|s| s["attempt"] == 1), "{detail:#}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_the_flow_says() {
    each(async |place| {
        let server = Server::start(place).await;
        let mut drawn =
            crate::support::document("m>c", json!({"m": {"kind": "manual"}, "c": {"kind": "no_operation"}}));
        drawn["settings"]["history"] = json!("outcome_only");
        let (_, made) = server.call("POST", "/api/v1/flows", json!({"document": drawn})).await;
        let path = format!("/api/v1/flows/{}/runs", made["id"].as_str().unwrap());
        let (_, run) = server.call("POST", &path, json!({})).await;
        let detail = server.over(run["id"].as_str().unwrap()).await;
        assert_eq!(detail["status"], "succeeded", "{detail:#}\n{}", server.logs());
        // In the server, for once.
        let (_, run) = server.call("POST", &path, json!({"runs_on": "server"})).await;
        let detail = server.over(run["id"].as_str().unwrap()).await;
        assert_eq!((&detail["status"], &detail["job"]), (&json!("succeeded"), &Value::Null));
    })
    .await;
}
