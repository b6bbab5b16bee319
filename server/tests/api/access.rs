//! Who may do what: every endpoint, every role, nobody.

use flow::api::Role;
use serde_json::{Value, json};

use crate::support::Fluxo;

/// Method, path and the role that it needs; `None`: everybody may.
const TABLE: &[(&str, &str, Option<Role>)] = &[
    ("POST", "/api/v1/setup", None),
    ("GET", "/api/v1/session", None),
    ("POST", "/api/v1/session", None),
    ("DELETE", "/api/v1/session", None),
    ("POST", "/api/v1/session/refresh", None),
    ("GET", "/api/v1/users", Some(Role::Owner)),
    ("POST", "/api/v1/users", Some(Role::Owner)),
    ("PATCH", "/api/v1/users/{id}", Some(Role::Owner)),
    ("DELETE", "/api/v1/users/{id}", Some(Role::Owner)),
    ("GET", "/api/v1/keys", Some(Role::Owner)),
    ("POST", "/api/v1/keys", Some(Role::Owner)),
    ("DELETE", "/api/v1/keys/{id}", Some(Role::Owner)),
    ("GET", "/api/v1/node-kinds", Some(Role::Viewer)),
    ("GET", "/api/v1/credential-kinds", Some(Role::Viewer)),
    ("GET", "/api/v1/gallery", Some(Role::Viewer)),
    ("GET", "/api/v1/flows", Some(Role::Viewer)),
    ("POST", "/api/v1/flows", Some(Role::Editor)),
    ("GET", "/api/v1/flows/{id}", Some(Role::Viewer)),
    ("PUT", "/api/v1/flows/{id}", Some(Role::Editor)),
    ("DELETE", "/api/v1/flows/{id}", Some(Role::Editor)),
    ("POST", "/api/v1/flows/{id}/publish", Some(Role::Editor)),
    ("POST", "/api/v1/flows/{id}/unpublish", Some(Role::Editor)),
    ("GET", "/api/v1/flows/{id}/versions", Some(Role::Viewer)),
    ("GET", "/api/v1/flows/{id}/versions/{number}", Some(Role::Viewer)),
    ("POST", "/api/v1/flows/{id}/listen", Some(Role::Editor)),
    ("DELETE", "/api/v1/flows/{id}/listen", Some(Role::Editor)),
    ("POST", "/api/v1/flows/{id}/runs", Some(Role::Editor)),
    ("GET", "/api/v1/flows/{id}/events", Some(Role::Viewer)),
    ("GET", "/api/v1/runs", Some(Role::Viewer)),
    ("GET", "/api/v1/runs/{id}", Some(Role::Viewer)),
    ("DELETE", "/api/v1/runs/{id}", Some(Role::Editor)),
    ("POST", "/api/v1/runs/{id}/cancel", Some(Role::Editor)),
    ("POST", "/api/v1/runs/{id}/retry", Some(Role::Editor)),
    ("GET", "/api/v1/runs/{id}/steps/{seq}/items", Some(Role::Viewer)),
    ("GET", "/api/v1/runs/{id}/events", Some(Role::Viewer)),
    ("GET", "/api/v1/credentials", Some(Role::Viewer)),
    ("POST", "/api/v1/credentials", Some(Role::Editor)),
    ("GET", "/api/v1/credentials/{id}", Some(Role::Viewer)),
    ("PUT", "/api/v1/credentials/{id}", Some(Role::Editor)),
    ("DELETE", "/api/v1/credentials/{id}", Some(Role::Editor)),
    ("POST", "/api/v1/blobs", Some(Role::Editor)),
    ("GET", "/api/v1/blobs/{id}", Some(Role::Viewer)),
    ("POST", "/api/v1/expressions/preview", Some(Role::Editor)),
    ("POST", "/api/v1/schedules/preview", Some(Role::Viewer)),
    ("POST", "/api/v1/tools/curl", Some(Role::Editor)),
    ("GET", "/api/v1/health", Some(Role::Viewer)),
];

#[test]
fn every_endpoint_is_in_the_table() {
    let description = serde_json::to_value(server::http::routes::openapi()).unwrap();
    let mut served = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            served.push((method.to_uppercase(), path.clone()));
        }
    }
    let mut listed: Vec<_> = TABLE.iter().map(|(m, p, _)| (m.to_string(), p.to_string())).collect();
    served.sort();
    listed.sort();
    assert_eq!(served, listed);
}

#[tokio::test]
async fn each_role_may_what_the_table_says() {
    let fluxo = Fluxo::start().await;
    let keys = [
        (None, String::new()),
        (Some(Role::Viewer), fluxo.key(Role::Viewer).await),
        (Some(Role::Editor), fluxo.key(Role::Editor).await),
        (Some(Role::Owner), fluxo.key(Role::Owner).await),
    ];
    for (method, path, needed) in TABLE {
        let path =
            path.replace("{id}", "0190aaaa-0000-7000-8000-000000000000").replace("{seq}", "1").replace("{number}", "1");
        for (role, key) in &keys {
            let body = if matches!(*method, "POST" | "PUT" | "PATCH") { json!({}) } else { Value::Null };
            let answer = fluxo.call(key, method, &path, body).await;
            let refused = match (role, needed) {
                (_, None) => continue,
                (None, Some(_)) => Some(401),
                (Some(role), Some(needed)) if role < needed => Some(403),
                _ => None,
            };
            let status = answer.status.as_u16();
            match refused {
                Some(expected) => assert_eq!(status, expected, "{method} {path} as {role:?}: {}", answer.text()),
                None => assert!(![401, 403, 500].contains(&status), "{method} {path} as {role:?}: {}", answer.text()),
            }
        }
    }
}

#[tokio::test]
async fn unknown_addresses_are_problems() {
    let fluxo = Fluxo::start().await;
    fluxo.call("", "GET", "/api/v1/nothing", Value::Null).await.problem(404, "not_found");
    fluxo.call("fluxo_wrong", "GET", "/api/v1/flows", Value::Null).await.expect(401);
}
