//! Webhooks: called, checked, answered.

use axum::body::Body;
use axum::http::Request;
use flow::api::Role;
use serde_json::{Value, json};

use crate::support::{Answer, Fluxo};

/// Webhook (with these parameters) → Edit fields → Respond (with these).
pub fn document(webhook: Value, respond: Value) -> Value {
    json!({
        "name": format!("Webhook {webhook}"),
        "nodes": [
            {"id": "w", "name": "Webhook", "kind": "webhook", "position": [0, 0], "parameters": webhook},
            {"id": "e", "name": "Edit fields", "kind": "edit_fields", "position": [320, 0], "parameters": {"assignments": [
                {"name": "twice", "type": "number", "value": "={{ $json.body.price * 2 }}"},
                {"name": "who", "value": "={{ $json.params.who }}"}
            ]}},
            {"id": "r", "name": "Respond", "kind": "respond", "position": [640, 0], "parameters": respond}
        ],
        "edges": [{"from": "w", "to": "e"}, {"from": "e", "to": "r"}]
    })
}

pub async fn publish(fluxo: &Fluxo, key: &str, document: Value) -> String {
    let made = fluxo.call(key, "POST", "/api/v1/flows", json!({"document": document})).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    fluxo.call(key, "POST", &format!("/api/v1/flows/{id}/publish"), json!({})).await.expect(200);
    id
}

pub async fn post(fluxo: &Fluxo, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    fluxo.send(request.body(body.into()).unwrap()).await
}

pub const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_call_runs_the_flow_and_gets_its_answer() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let respond = json!({"with": "json", "json": "={{ ({sum: $json.twice, who: $json.who}) }}", "status": 201});
    publish(&fluxo, &key, document(json!({"path": "sum/:who"}), respond)).await;
    let answer = post(&fluxo, "/webhook/sum/ana", &[JSON], r#"{"price": 21}"#).await.expect(201);
    assert_eq!(answer.json(), json!({"sum": 42, "who": "ana"}));
    // The run that answered is on the runs page.
    let run = answer.header("x-fluxo-run").to_owned();
    let run = fluxo.call(&key, "GET", &format!("/api/v1/runs/{run}"), Value::Null).await.expect(200).json();
    assert_eq!((run["status"].as_str(), run["trigger"].as_str()), (Some("succeeded"), Some("webhook")), "{run}");
    assert_eq!(run["steps"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn wrong_calls_are_told_what_is_wrong() {
    let fluxo = Fluxo::start_with(&["--max-body", "1000"]).await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, document(json!({"path": "a"}), json!({}))).await;
    post(&fluxo, "/webhook/b", &[JSON], "{}").await.problem(404, "webhook_not_found");
    let get = fluxo.call("", "GET", "/webhook/a", Value::Null).await;
    assert_eq!(get.header("allow"), "POST");
    get.problem(405, "method_not_allowed");
    post(&fluxo, "/webhook/a", &[JSON], "{").await.expect(400);
    post(&fluxo, "/webhook/a", &[JSON], format!("\"{}\"", "x".repeat(2000))).await.problem(413, "body_too_large");
    let file = [("content-type", "application/pdf")];
    post(&fluxo, "/webhook/a", &file, vec![b'x'; 2000]).await.problem(413, "body_too_large");
    post(&fluxo, "/webhook-test/a", &[JSON], "{}").await.problem(404, "webhook_not_found");
}

#[tokio::test]
async fn a_path_in_use_is_not_taken_twice() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, document(json!({"path": "orders/:id"}), json!({}))).await;
    let second = document(json!({"path": "orders/:number"}), json!({}));
    let made = fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": second})).await.json();
    let path = format!("/api/v1/flows/{}/publish", made["id"].as_str().unwrap());
    let problem = fluxo.call(&key, "POST", &path, json!({})).await.problem(409, "webhook_taken");
    assert!(problem["detail"].as_str().unwrap().contains("Webhook {\"path\":\"orders/:id\"}"), "{problem}");
}

#[tokio::test]
async fn the_same_key_means_the_same_run() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, document(json!({"path": "once", "answer": "at_once"}), json!({}))).await;
    let call = async |idempotency: &str| {
        let headers = [JSON, ("idempotency-key", idempotency)];
        post(&fluxo, "/webhook/once", &headers, "{}").await.expect(202).json()["run"].clone()
    };
    let first = call("order-1").await;
    assert_eq!(call("order-1").await, first);
    assert_ne!(call("order-2").await, first);
}

#[tokio::test]
async fn callers_are_checked_and_the_secret_stays_out_of_the_run() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let secret =
        json!({"name": "For partners", "kind": "http_header", "secret": {"name": "X-Token", "value": "s3cr3t-value"}});
    let made = fluxo.call(&key, "POST", "/api/v1/credentials", secret).await.expect(201);
    assert!(!made.text().contains("s3cr3t-value"));
    let credential = made.json()["id"].clone();
    let mut flow = document(json!({"path": "safe", "authentication": "header"}), json!({}));
    flow["nodes"][0]["credentials"] = json!({"header": credential});
    publish(&fluxo, &key, flow).await;
    post(&fluxo, "/webhook/safe", &[JSON], "{}").await.problem(401, "credential_wrong");
    post(&fluxo, "/webhook/safe", &[JSON, ("x-token", "wrong")], "{}").await.problem(401, "credential_wrong");
    let answer =
        post(&fluxo, "/webhook/safe", &[JSON, ("x-token", "s3cr3t-value")], r#"{"price": 1}"#).await.expect(200);
    let run = answer.header("x-fluxo-run").to_owned();
    for path in [format!("/api/v1/runs/{run}"), format!("/api/v1/runs/{run}/steps/1/items")] {
        let shown = fluxo.call(&key, "GET", &path, Value::Null).await.expect(200).text();
        assert!(!shown.contains("s3cr3t-value"), "{shown}");
    }
    let in_use = format!("/api/v1/credentials/{}", credential.as_str().unwrap());
    fluxo.call(&key, "DELETE", &in_use, Value::Null).await.problem(409, "credential_in_use");
}

#[tokio::test]
async fn files_arrive_and_leave_whole() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let mut flow = document(json!({"path": "echo"}), json!({"with": "file", "file": "data"}));
    flow["nodes"].as_array_mut().unwrap().remove(1);
    flow["edges"] = json!([{"from": "w", "to": "r"}]);
    publish(&fluxo, &key, flow).await;
    let file: Vec<u8> = b"%PDF-1.7\n".iter().copied().chain((0..200_000).map(|i| (i % 251) as u8)).collect();
    // As it should be sent, as curl sends it when told nothing, and as a form.
    for headers in
        [vec![("content-type", "application/pdf")], vec![("content-type", "application/x-www-form-urlencoded")], vec![]]
    {
        let answer = post(&fluxo, "/webhook/echo", &headers, file.clone()).await.expect(200);
        assert_eq!(answer.header("content-type"), "application/pdf", "{headers:?}");
        assert!(answer.bytes == file, "{headers:?}");
    }
    let mut form = b"--B\r\nContent-Disposition: form-data; name=\"data\"; filename=\"a.pdf\"\r\nContent-Type: application/pdf\r\n\r\n".to_vec();
    form.extend(&file);
    form.extend(b"\r\n--B--\r\n");
    let answer =
        post(&fluxo, "/webhook/echo", &[("content-type", "multipart/form-data; boundary=B")], form).await.expect(200);
    assert!(answer.bytes == file);
    assert!(answer.header("content-disposition").contains("a.pdf"));
}

#[tokio::test]
async fn a_draft_answers_one_test_call_while_somebody_listens() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let made =
        fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": document(json!({"path": "draft"}), json!({}))}));
    let id = made.await.expect(201).json()["id"].as_str().unwrap().to_owned();
    let listening =
        fluxo.call(&key, "POST", &format!("/api/v1/flows/{id}/listen"), json!({"node": "w"})).await.expect(200);
    assert!(listening.json()["test_url"].as_str().unwrap().ends_with("/webhook-test/draft"));
    post(&fluxo, "/webhook/draft", &[JSON], "{}").await.problem(404, "webhook_not_found");
    let answer = post(&fluxo, "/webhook-test/draft", &[JSON], r#"{"price": 2}"#).await.expect(200);
    assert_eq!(answer.json()["twice"], 4);
    post(&fluxo, "/webhook-test/draft", &[JSON], "{}").await.problem(404, "webhook_not_found");
}

/// Webhook → Respond with what the webhook put out.
pub fn echo(webhook: Value) -> Value {
    let mut flow = document(webhook, json!({"with": "first_item"}));
    flow["nodes"].as_array_mut().unwrap().remove(1);
    flow["edges"] = json!([{"from": "w", "to": "r"}]);
    flow
}

#[tokio::test]
async fn who_reads_a_run_does_not_become_who_called() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, echo(json!({"path": "mine"}))).await;
    let cookies = "a=1; fluxo_refresh=r3fr3sh; fluxo_access=4cc3ss; b=2";
    let bearer = format!("Bearer {key}");
    let headers = [JSON, ("cookie", cookies), ("cookie", "fluxo_refresh=r3fr3sh"), ("authorization", &bearer)];
    let answer = post(&fluxo, "/webhook/mine", &headers, "{}").await.expect(200);
    assert_eq!(answer.json()["headers"], json!({"content-type": "application/json", "cookie": "a=1; b=2"}));
    // What is not ours is the flow's business.
    let answer = post(&fluxo, "/webhook/mine", &[JSON, ("authorization", "Basic eDp5")], "{}").await.expect(200);
    assert_eq!(answer.json()["headers"]["authorization"], "Basic eDp5");
}

#[tokio::test]
async fn the_most_exact_path_answers() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    for path in [":any/new", "orders/:id", "orders/new"] {
        publish(&fluxo, &key, echo(json!({"path": path}))).await;
    }
    for (path, params) in [("orders/new", json!({})), ("orders/7", json!({"id": "7"})), ("x/new", json!({"any": "x"}))]
    {
        let answer = post(&fluxo, &format!("/webhook/{path}"), &[JSON], "{}").await.expect(200);
        assert_eq!(answer.json()["params"], params, "{path}");
    }
}

#[tokio::test]
async fn a_test_call_that_is_refused_does_not_use_up_the_listening() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let secret = json!({"name": "T", "kind": "http_header", "secret": {"name": "X-Token", "value": "s3cr3t-value"}});
    let credential = fluxo.call(&key, "POST", "/api/v1/credentials", secret).await.expect(201).json()["id"].clone();
    let listen = async |mut flow: Value, credential: Option<&Value>| {
        if let Some(id) = credential {
            flow["nodes"][0]["credentials"] = json!({"header": id});
        }
        let made = fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": flow})).await.expect(201).json();
        let path = format!("/api/v1/flows/{}/listen", made["id"].as_str().unwrap());
        fluxo.call(&key, "POST", &path, json!({"node": "w"})).await
    };
    let safe = json!({"path": "draft/new", "authentication": "header"});
    listen(echo(safe.clone()), Some(&credential)).await.expect(200);
    // A less exact path of another draft does not take its calls.
    listen(echo(json!({"path": "draft/:id"})), None).await.expect(200);
    let call = async |path: &str, headers: &[(&str, &str)], body: &'static str| {
        post(&fluxo, &format!("/webhook-test/draft/{path}"), headers, body).await
    };
    let token = ("x-token", "s3cr3t-value");
    call("new", &[JSON], "{}").await.problem(401, "credential_wrong");
    call("new", &[JSON, token], "{").await.problem(400, "json_invalid");
    fluxo.call("", "GET", "/webhook-test/draft/new", Value::Null).await.problem(405, "method_not_allowed");
    call("new", &[JSON, token], "{}").await.expect(200);
    assert_eq!(call("7", &[JSON], "{}").await.expect(200).json()["params"], json!({"id": "7"}));
    call("7", &[JSON], "{}").await.problem(404, "webhook_not_found");
    // What could not run does not listen.
    listen(echo(safe), None).await.problem(422, "flow_invalid");
    let mut broken = echo(json!({"path": "draft/broken"}));
    broken["nodes"][1]["kind"] = json!("from_the_future");
    listen(broken, None).await.problem(422, "flow_invalid");
    call("broken", &[JSON], "{}").await.expect(404);
}

#[tokio::test]
async fn an_answer_is_a_page_of_its_own_and_has_no_power_over_ours() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let page = json!({"with": "text", "text": "<script>1</script>",
        "headers": [{"name": "Content-Type", "value": "text/html"}, {"name": "X-Ação", "value": "1"}]});
    let mut flow = document(json!({"path": "page"}), page);
    flow["nodes"][2]["parameters"]["headers"][1]["name"] = json!("X-Name");
    flow["nodes"][2]["parameters"]["headers"][1]["value"] = json!("ação");
    publish(&fluxo, &key, flow.clone()).await;
    let answer = post(&fluxo, "/webhook/page", &[JSON], r#"{"price": 1}"#).await.expect(200);
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("sandbox ") && policy.contains("allow-scripts"), "{policy}");
    assert!(!policy.contains("allow-same-origin"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.headers["x-name"].as_bytes(), "ação".as_bytes());
    for name in ["Set-Cookie", "Clear-Site-Data", "Content-Security-Policy"] {
        flow["name"] = json!(name);
        flow["nodes"][0]["parameters"]["path"] = json!(name);
        flow["nodes"][2]["parameters"]["headers"][1]["name"] = json!(name);
        let made = fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": flow})).await.expect(201).json();
        let path = format!("/api/v1/flows/{}/publish", made["id"].as_str().unwrap());
        let problem = fluxo.call(&key, "POST", &path, json!({})).await.problem(422, "flow_invalid");
        assert_eq!(problem["more"][0]["code"], "header_refused", "{problem}");
    }
    // A name that only the run knows.
    flow["nodes"][2]["parameters"]["headers"][1]["name"] = json!("={{ 'set-' + 'cookie' }}");
    publish(&fluxo, &key, flow).await;
    let answer = post(&fluxo, "/webhook/Content-Security-Policy", &[JSON], r#"{"price": 1}"#).await;
    answer.problem(500, "header_refused");
}
