//! Flows: saved with care, published whole or not at all, run by hand.

use flow::api::Role;
use serde_json::{Value, json};

use crate::support::Fluxo;

/// Manual → Edit fields, which sets `answer` to 42.
fn small() -> Value {
    json!({
        "name": "Small",
        "nodes": [
            {"id": "a", "name": "Manual", "kind": "manual", "position": [0, 0]},
            {"id": "b", "name": "Edit fields", "kind": "edit_fields", "position": [320, 0],
             "parameters": {"assignments": [{"name": "answer", "type": "number", "value": "={{ 6 * 7 }}"}]}}
        ],
        "edges": [{"from": "a", "to": "b"}]
    })
}

async fn create(fluxo: &Fluxo, key: &str, document: Value) -> String {
    let made = fluxo.call(key, "POST", "/api/v1/flows", json!({"document": document})).await.expect(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// Waits until the run has ended.
async fn ended(fluxo: &Fluxo, key: &str, run: &str) -> Value {
    for _ in 0..500 {
        let detail = fluxo.call(key, "GET", &format!("/api/v1/runs/{run}"), Value::Null).await.expect(200).json();
        if !["queued", "running"].contains(&detail["status"].as_str().unwrap()) {
            return detail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the run {run} did not end");
}

#[tokio::test]
async fn a_flow_is_made_changed_and_deleted() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let id = create(&fluxo, &key, small()).await;
    let path = format!("/api/v1/flows/{id}");
    let shown = fluxo.call(&key, "GET", &path, Value::Null).await.expect(200);
    let tag = shown.header("etag").to_owned();
    assert_eq!(shown.json()["draft"]["nodes"][1]["name"], "Edit fields");
    assert_eq!(shown.json()["findings"], json!([]));

    let mut changed = small();
    changed["name"] = json!("Small, renamed");
    fluxo.call(&key, "PUT", &path, changed.clone()).await.problem(428, "if_match_missing");
    let saved = fluxo.call_with(&key, "PUT", &path, changed, &[("if-match", &tag)]).await.expect(200);
    assert_eq!(saved.json()["name"], "Small, renamed");
    assert_ne!(saved.header("etag"), tag);

    let page = fluxo.call(&key, "GET", "/api/v1/flows?search=renamed", Value::Null).await.expect(200).json();
    assert_eq!(page["items"][0]["id"], json!(id));
    fluxo.call(&key, "DELETE", &path, Value::Null).await.expect(204);
    fluxo.call(&key, "GET", &path, Value::Null).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_conflict_says_who_changed_what_and_overwrites_nothing() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let id = create(&fluxo, &key, small()).await;
    let path = format!("/api/v1/flows/{id}");
    let tag = fluxo.call(&key, "GET", &path, Value::Null).await.header("etag").to_owned();
    let mut mine = small();
    mine["nodes"][1]["name"] = json!("Mine");
    fluxo.call_with(&key, "PUT", &path, mine, &[("if-match", &tag)]).await.expect(200);
    let mut yours = small();
    yours["nodes"][0]["name"] = json!("Yours");
    let refused = fluxo.call_with(&key, "PUT", &path, yours.clone(), &[("if-match", &tag)]).await;
    let problem = refused.problem(412, "conflict");
    assert_eq!(problem["more"]["by"], "test editor");
    // What the other one changed, not what I did.
    assert_eq!(problem["more"]["changed"], json!({"nodes": ["Mine"], "notes": false, "settings": false}));
    let kept = fluxo.call(&key, "GET", &path, Value::Null).await.json();
    assert_eq!(kept["draft"]["nodes"][1]["name"], "Mine");
    fluxo.call_with(&key, "PUT", &path, yours, &[("if-match", "*")]).await.expect(200);
    // Whoever sleeps through several saves is told of all of them.
    let mut more = small();
    more["nodes"][0]["name"] = json!("Yours");
    more["edges"] = json!([]);
    more["notes"] = json!([{"id": "n", "position": [0, 0], "size": [160, 160], "text": "hi"}]);
    fluxo.call_with(&key, "PUT", &path, more, &[("if-match", "*")]).await.expect(200);
    let problem = fluxo.call_with(&key, "PUT", &path, small(), &[("if-match", &tag)]).await.problem(412, "conflict");
    let nodes = json!(["Edit fields", "Mine", "Yours"]);
    let changed = json!({"nodes": nodes, "notes": true, "settings": false});
    assert_eq!(problem["more"]["changed"], changed);
}

#[tokio::test]
async fn what_cannot_run_is_not_published_and_the_reason_is_told() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let publish = async |document: Value| {
        let id = create(&fluxo, &key, document).await;
        fluxo.call(&key, "POST", &format!("/api/v1/flows/{id}/publish"), json!({})).await
    };
    let node = |kind: &str, parameters: Value| json!({"id": "x", "name": "X", "kind": kind, "position": [320, 0], "parameters": parameters});
    let with = |kind: &str, parameters: Value| {
        let mut document = small();
        document["nodes"].as_array_mut().unwrap().push(node(kind, parameters));
        document["edges"].as_array_mut().unwrap().push(json!({"from": "b", "to": "x"}));
        document
    };
    let refused = async |document: Value, node: &str, code: &str, advice: &str| {
        let problem = publish(document).await.problem(422, "flow_invalid");
        let found = &problem["more"][0];
        assert_eq!((&found["code"], &found["node"]), (&json!(code), &json!(node)), "{problem}");
        assert!(found["message"]["en"].as_str().unwrap().contains(advice), "{problem}");
        assert_ne!(found["message"]["pt"], found["message"]["en"], "{problem}");
    };
    let half = json!({"assignments": [{"name": "a", "value": "={{ 1 + "}]});
    refused(with("from_the_future", json!({})), "x", "kind_missing", "Replace the node").await;
    refused(with("edit_fields", half), "x", "expression_invalid", "Add }} behind it").await;
    let mut cycle = small();
    cycle["nodes"].as_array_mut().unwrap().push(node("no_operation", json!({})));
    cycle["edges"] = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "x"}, {"from": "x", "to": "b"}]);
    refused(cycle, "b", "cycle", "Delete one of their edges").await;
    let mut cron = small();
    cron["nodes"][0] = json!({"id": "a", "name": "Every", "kind": "schedule", "position": [0, 0],
        "parameters": {"mode": "cron", "cron": "61 * * * *"}});
    refused(cron, "a", "schedule_invalid", "minute").await;
    publish(small()).await.expect(200);
}

#[tokio::test]
async fn two_nodes_with_one_id_are_refused_when_saved() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let mut twice = small();
    twice["nodes"][1]["id"] = json!("a");
    fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": twice})).await.problem(422, "flow_invalid");
    fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": {"nodes": 5}})).await.problem(400, "body_invalid");
}

#[tokio::test]
async fn a_run_by_hand_shows_its_steps_and_items() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let id = create(&fluxo, &key, small()).await;
    let started = fluxo.call(&key, "POST", &format!("/api/v1/flows/{id}/runs"), Value::Null).await.expect(202).json();
    let run = started["id"].as_str().unwrap();
    let detail = ended(&fluxo, &key, run).await;
    assert_eq!(detail["status"], "succeeded", "{detail}");
    assert_eq!(detail["steps"].as_array().unwrap().len(), 2);
    assert_eq!(detail["steps"][1]["outputs"], json!({"out": 1}));
    let items = format!("/api/v1/runs/{run}/steps/2/items?side=output&port=out");
    let items = fluxo.call(&key, "GET", &items, Value::Null).await.expect(200).json();
    assert_eq!(items["items"][0]["json"]["answer"], 42);
    let events = fluxo.call(&key, "GET", &format!("/api/v1/runs/{run}/events"), Value::Null).await.expect(200).text();
    assert!(events.contains("event: step") && events.contains("\"status\":\"succeeded\""), "{events}");

    // Whoever lost the connection goes on after what came last, and the browser's header goes before the address.
    let numbers = |text: &str| text.lines().filter_map(|l| l.strip_prefix("id: ")?.parse().ok()).collect::<Vec<u64>>();
    let last = *numbers(&events).last().unwrap();
    let from = async |after: u64, header: Option<u64>| {
        let path = format!("/api/v1/runs/{run}/events?after={after}");
        let header = header.map(|number| number.to_string());
        let headers: Vec<(&str, &str)> = header.iter().map(|number| ("last-event-id", number.as_str())).collect();
        fluxo.call_with(&key, "GET", &path, Value::Null, &headers).await.expect(200).text()
    };
    // What lies within five seconds may be told once more.
    let known = last + 10_000_000;
    assert!(!from(known, None).await.contains("event: step"));
    assert!(!from(0, Some(known)).await.contains("event: step"));
    assert_eq!(from(known, Some(0)).await.matches("event: step").count(), 2);
}

#[tokio::test]
async fn an_expression_that_throws_or_never_ends_fails_its_run_with_a_sentence() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    for (expression, code) in [
        ("={{ nothing.here() }}", "expression_failed"),
        ("={{ (() => { throw new Error('no') })() }}", "expression_failed"),
        ("={{ (() => { while (true) {} })() }}", "expression_timeout"),
    ] {
        let mut document = small();
        document["nodes"][1]["parameters"]["assignments"][0]["value"] = json!(expression);
        let id = create(&fluxo, &key, document).await;
        let path = format!("/api/v1/flows/{id}/runs");
        let started = fluxo.call(&key, "POST", &path, Value::Null).await.expect(202).json();
        let detail = ended(&fluxo, &key, started["id"].as_str().unwrap()).await;
        assert_eq!(detail["status"], "failed");
        assert_eq!(detail["error"]["node"], "b", "{detail}");
        assert_eq!(detail["error"]["code"], code, "{detail}");
        assert!(detail["error"]["message"].as_str().unwrap().len() > 15, "{detail}");
    }
}

#[tokio::test]
async fn versions_are_kept_and_unpublishing_stops_triggers() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let id = create(&fluxo, &key, small()).await;
    let flow = format!("/api/v1/flows/{id}");
    for number in 1..=2 {
        let made = fluxo.call(&key, "POST", &format!("{flow}/publish"), json!({"name": "first"})).await.expect(200);
        assert_eq!(made.json()["number"], number);
    }
    let versions = fluxo.call(&key, "GET", &format!("{flow}/versions"), Value::Null).await.json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 2);
    let first = fluxo.call(&key, "GET", &format!("{flow}/versions/1"), Value::Null).await.expect(200).json();
    assert_eq!(first["document"]["name"], "Small");
    fluxo.call(&key, "POST", &format!("{flow}/unpublish"), Value::Null).await.expect(204);
    let shown = fluxo.call(&key, "GET", &flow, Value::Null).await.json();
    assert_eq!(shown.get("published"), None, "{shown}");
}

#[tokio::test]
async fn a_version_is_switched_on_again_without_publishing_the_draft() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let id = create(&fluxo, &key, small()).await;
    let flow = format!("/api/v1/flows/{id}");
    let publish = async |body: Value| fluxo.call(&key, "POST", &format!("{flow}/publish"), body).await;
    publish(json!({})).await.expect(200);
    let mut draft = small();
    draft["name"] = json!("Unfinished");
    fluxo.call_with(&key, "PUT", &flow, draft, &[("if-match", "*")]).await.expect(200);
    fluxo.call(&key, "POST", &format!("{flow}/unpublish"), Value::Null).await.expect(204);
    assert_eq!(publish(json!({"version": 1})).await.expect(200).json()["number"], 1);
    let shown = fluxo.call(&key, "GET", &flow, Value::Null).await.json();
    assert_eq!((&shown["published"], &shown["draft_changed"]), (&json!(1), &json!(true)), "{shown}");
    assert_eq!(shown["draft"]["name"], "Unfinished");
    let versions = fluxo.call(&key, "GET", &format!("{flow}/versions"), Value::Null).await.json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 1, "{versions}");
    publish(json!({"version": 7})).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_editor_does_not_keep_the_server_from_stopping() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let flow = fluxo.app.store.create_flow(&flow::Flow::default(), "Ada").await.unwrap();
    let path = format!("/api/v1/flows/{}/events", flow.id);
    let stopping = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        fluxo.app.engine.shutdown(std::time::Duration::from_secs(20)).await;
    };
    // The stream's body ends by itself.
    let events = fluxo.call(&key, "GET", &path, Value::Null);
    let both = futures_util::future::join(events, stopping);
    let (answer, ()) = tokio::time::timeout(std::time::Duration::from_secs(60), both).await.unwrap();
    answer.expect(200);
}
