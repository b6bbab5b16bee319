//! Lists are pages; what does not fit is told.

use flow::api::{NewUser, Role};
use serde_json::{Value, json};

use crate::support::Fluxo;

/// The pages of a list, one row each.
async fn pages(fluxo: &Fluxo, key: &str, path: &str, field: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let address = format!("{path}?limit=1&cursor={cursor}");
        let page = fluxo.call(key, "GET", &address, Value::Null).await.expect(200).json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 1, "{page}");
        found.extend(items.iter().map(|item| item[field].clone()));
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return found,
        }
    }
}

#[tokio::test]
async fn every_list_is_read_page_by_page() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Owner).await;
    for name in ["c", "a", "b"] {
        let secret = json!({"name": name, "kind": "http_bearer", "secret": {"token": "abc"}});
        fluxo.call(&key, "POST", "/api/v1/credentials", secret).await.expect(201);
        let user = NewUser {
            email: format!("{name}@example.com"),
            name: name.into(),
            password: "correct horse battery".into(),
            role: Role::Viewer,
        };
        fluxo.app.auth.add_user(user).await.unwrap();
        fluxo.call(&key, "POST", "/api/v1/keys", json!({"name": name})).await.expect(201);
        let flow = json!({"document": {"name": name, "nodes": [{"id": "m", "name": "M", "kind": "manual", "position": [0, 0]}]}});
        fluxo.call(&key, "POST", "/api/v1/flows", flow).await.expect(201);
    }
    let flows = fluxo.call(&key, "GET", "/api/v1/flows", Value::Null).await.expect(200).json();
    assert_eq!((&flows["items"][0]["nodes"], &flows["items"][0]["triggers"]), (&json!(1), &json!(["manual"])));
    let versions = format!("/api/v1/flows/{}/versions", flows["items"][0]["id"].as_str().unwrap());
    for _ in 0..3 {
        fluxo.call(&key, "POST", &versions.replace("versions", "publish"), json!({})).await.expect(200);
    }
    let check = async |path: &str, field: &str, expected: Value| {
        assert_eq!(Value::from(pages(&fluxo, &key, path, field).await), expected, "{path}");
    };
    check("/api/v1/credentials", "name", json!(["a", "b", "c"])).await;
    check("/api/v1/users", "name", json!(["a", "b", "c"])).await;
    check("/api/v1/keys", "name", json!(["b", "a", "c", "test owner"])).await;
    check("/api/v1/flows", "name", json!(["b", "a", "c"])).await;
    check(&versions, "number", json!([3, 2, 1])).await;
}

#[tokio::test]
async fn what_no_list_can_show_is_told() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Owner).await;
    let check = async |path: &str, code: &str| {
        fluxo.call(&key, "GET", &format!("/api/v1{path}"), Value::Null).await.problem(400, code);
    };
    for list in ["flows", "runs", "users", "keys", "credentials", "notices"] {
        for cursor in ["x", "x.y", "0198c0de-0000-7000-8000-000000000000", "bnVsbA", "%20"] {
            check(&format!("/{list}?cursor={cursor}"), "cursor_invalid").await;
        }
    }
    check("/runs?trigger=manual,clock", "query_invalid").await;
    check("/runs?status=lost", "query_invalid").await;
    fluxo.call(&key, "GET", "/api/v1/runs?trigger=manual,webhook", Value::Null).await.expect(200);
    // PostgreSQL can't be asked for it, so nobody is.
    check("/flows?search=a%00b", "query_invalid").await;
    check("/runs?flow=%00", "query_invalid").await;
    check("/flows/a%00b", "path_invalid").await;
    check("/runs/%1f", "path_invalid").await;
    check("/credentials/%7F", "path_invalid").await;
    fluxo.call(&key, "GET", "/api/v1/flows?search=100%25%20a%C3%A7%C3%A3o", Value::Null).await.expect(200);
}

#[tokio::test]
async fn names_without_control_characters() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let node = |id: &str, name: &str| json!({"id": id, "name": name, "kind": "manual", "position": [0, 0]});
    for document in [
        json!({"name": "a\u{0}b"}),
        json!({"name": "a", "description": "\u{0}"}),
        json!({"name": "a", "nodes": [node("a\u{0}", "A")]}),
        json!({"name": "a", "nodes": [node("a", "A\u{7}")]}),
        json!({"name": "a", "edges": [{"from": "\u{0}", "to": "b"}]}),
    ] {
        let made = fluxo.call(&key, "POST", "/api/v1/flows", json!({"document": document})).await;
        made.problem(422, "flow_invalid");
    }
    let secret = json!({"name": "a\u{0}\nb ", "kind": "http_bearer", "secret": {"token": " abc\n"}});
    let made = fluxo.call(&key, "POST", "/api/v1/credentials", secret).await.expect(201).json();
    assert_eq!(made["name"], "ab");
}

#[tokio::test]
async fn a_curl_command_becomes_parameters() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let import =
        async |command: &str| fluxo.call(&key, "POST", "/api/v1/tools/curl", json!({"command": command})).await;
    let got =
        import("curl -L -u ana:s3cret -H 'X-A: 1' https://example.com/a --interface eth0").await.expect(200).json();
    let expected = json!({
        "parameters": {"url": "https://example.com/a", "headers": [{"name": "X-A", "value": "1"}], "method": "GET",
            "authentication": "basic"},
        "credential": {"kind": "http_basic", "secret": {"user": "ana", "password": "s3cret"}},
        "ignored": ["--interface"],
    });
    assert_eq!(got, expected);
    let problem = import("wget https://example.com").await.problem(422, "curl_invalid");
    assert_eq!(problem["pointer"], "/command");
}

#[tokio::test]
async fn a_problem_leads_to_what_its_code_means() {
    let fluxo = Fluxo::start().await;
    let problem = fluxo.call("", "GET", "/api/v1/flows", Value::Null).await.problem(401, "unauthenticated");
    let (page, code) = problem["type"].as_str().unwrap().split_once('#').unwrap();
    let answer = fluxo.call("", "GET", page, Value::Null).await.expect(200);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.text().contains(&format!("<li id=\"{code}\">")), "{code}");
}
