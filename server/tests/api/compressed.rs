//! What is made for one request is sent compressed to those who can read that.

use flow::api::Role;
use serde_json::{Value, json};

use crate::support::Fluxo;
use crate::webhooks::{JSON, document, post, publish};

#[tokio::test]
async fn json_and_pages_are_compressed_when_they_are_large() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Viewer).await;
    let get = async |path: &str, accepted: &str| {
        fluxo.call_with(&key, "GET", path, Value::Null, &[("accept-encoding", accepted)]).await.expect(200)
    };
    let plain = get("/api/v1/node-kinds", "identity").await;
    assert_eq!(plain.header("content-encoding"), "");
    for encoding in ["br", "gzip"] {
        let small = get("/api/v1/node-kinds", encoding).await;
        assert_eq!(small.header("content-encoding"), encoding);
        assert!(small.header("vary").contains("accept-encoding"), "{}", small.header("vary"));
        assert!(small.bytes.len() * 4 < plain.bytes.len(), "{} of {}", small.bytes.len(), plain.bytes.len());
    }
    assert_eq!(get("/api/docs", "br").await.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(get("/api/v1/openapi.json", "br").await.header("content-encoding"), "br");
    // One packet either way.
    assert_eq!(get("/api/v1/flows", "br").await.header("content-encoding"), "");
}

#[tokio::test]
async fn webhooks_answer_as_their_flows_say() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let long = "x".repeat(5_000);
    publish(&fluxo, &key, document(json!({"path": "long"}), json!({"with": "json", "json": format!("\"{long}\"")})))
        .await;
    let headers = [JSON, ("accept-encoding", "br, gzip")];
    let answer = post(&fluxo, "/webhook/long", &headers, r#"{"price": 21}"#).await.expect(200);
    assert_eq!((answer.header("content-encoding"), answer.json()), ("", json!(long)));
}
