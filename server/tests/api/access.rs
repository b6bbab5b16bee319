//! Who may do what: every endpoint, every role, nobody; with keys and with cookies.

use axum::body::Body;
use axum::http::Request;
use flow::api::{NewApiKey, NewUser, Role, UserChange};
use serde_json::{Value, json};
use server::auth::{Client, Tokens};

use crate::support::{Answer, Fluxo};

/// What an endpoint asks of its caller.
#[derive(Clone, Copy, Debug)]
enum Needs {
    /// Nothing: the status that nobody gets who sends an empty JSON object and our header.
    Nothing(u16),
    /// A person who is signed in, whatever the role.
    Person,
    Role(Role),
    /// The token of a Job, which nobody here has.
    Job,
}
use Needs::{Job, Nothing, Person};

const VIEWER: Needs = Needs::Role(Role::Viewer);
const EDITOR: Needs = Needs::Role(Role::Editor);
const OWNER: Needs = Needs::Role(Role::Owner);

const TABLE: &[(&str, &str, Needs)] = &[
    // The body is wrong, which is looked at first.
    ("POST", "/api/v1/setup", Nothing(400)),
    ("GET", "/api/v1/session", Nothing(200)),
    ("POST", "/api/v1/session", Nothing(400)),
    ("DELETE", "/api/v1/session", Nothing(204)),
    // It asks for the refresh cookie itself.
    ("POST", "/api/v1/session/refresh", Nothing(401)),
    ("POST", "/api/v1/session/password", Person),
    ("GET", "/api/v1/sessions", Person),
    ("DELETE", "/api/v1/sessions/{id}", Person),
    ("GET", "/api/v1/users", OWNER),
    ("POST", "/api/v1/users", OWNER),
    ("PATCH", "/api/v1/users/{id}", OWNER),
    ("DELETE", "/api/v1/users/{id}", OWNER),
    ("GET", "/api/v1/keys", OWNER),
    ("POST", "/api/v1/keys", OWNER),
    ("DELETE", "/api/v1/keys/{id}", OWNER),
    ("GET", "/api/v1/node-kinds", VIEWER),
    ("GET", "/api/v1/credential-kinds", VIEWER),
    ("GET", "/api/v1/gallery", VIEWER),
    ("GET", "/api/v1/flows", VIEWER),
    ("POST", "/api/v1/flows", EDITOR),
    ("GET", "/api/v1/flows/{id}", VIEWER),
    ("PUT", "/api/v1/flows/{id}", EDITOR),
    ("DELETE", "/api/v1/flows/{id}", EDITOR),
    ("POST", "/api/v1/flows/{id}/publish", EDITOR),
    ("POST", "/api/v1/flows/{id}/unpublish", EDITOR),
    ("GET", "/api/v1/flows/{id}/versions", VIEWER),
    ("GET", "/api/v1/flows/{id}/versions/{number}", VIEWER),
    ("POST", "/api/v1/flows/{id}/listen", EDITOR),
    ("DELETE", "/api/v1/flows/{id}/listen", EDITOR),
    ("POST", "/api/v1/flows/{id}/runs", EDITOR),
    ("GET", "/api/v1/flows/{id}/events", VIEWER),
    ("GET", "/api/v1/runs", VIEWER),
    ("GET", "/api/v1/runs/{id}", VIEWER),
    ("DELETE", "/api/v1/runs/{id}", EDITOR),
    ("POST", "/api/v1/runs/{id}/cancel", EDITOR),
    ("POST", "/api/v1/runs/{id}/retry", EDITOR),
    ("GET", "/api/v1/runs/{id}/steps/{seq}/items", VIEWER),
    ("GET", "/api/v1/runs/{id}/events", VIEWER),
    ("GET", "/api/v1/credentials", VIEWER),
    ("POST", "/api/v1/credentials", EDITOR),
    ("GET", "/api/v1/credentials/{id}", VIEWER),
    ("PUT", "/api/v1/credentials/{id}", EDITOR),
    ("DELETE", "/api/v1/credentials/{id}", EDITOR),
    ("GET", "/api/v1/notices", VIEWER),
    ("POST", "/api/v1/blobs", EDITOR),
    ("GET", "/api/v1/blobs/{id}", VIEWER),
    ("GET", "/api/v1/blobs/{id}/signatures", VIEWER),
    ("GET", "/api/v1/blobs/{id}/signatures/{number}", VIEWER),
    ("POST", "/api/v1/expressions/preview", EDITOR),
    ("POST", "/api/v1/schedules/preview", VIEWER),
    ("POST", "/api/v1/tools/curl", EDITOR),
    ("GET", "/api/v1/job/blobs/{id}", Job),
    ("POST", "/api/v1/job/files", Job),
    ("GET", "/api/v1/run-job/work", Job),
    ("POST", "/api/v1/run-job/posts", Job),
    ("GET", "/api/v1/run-job/credentials/{node}/{slot}", Job),
    ("POST", "/api/v1/run-job/blobs", Job),
    ("GET", "/api/v1/run-job/blobs/{id}", Job),
    ("GET", "/api/v1/health", VIEWER),
];

/// What is served outside the API's description: status for nobody and for somebody who is signed in.
const OUTSIDE: &[(&str, &str, u16, u16)] = &[
    ("GET", "/api/v1/openapi.json", 200, 200),
    ("POST", "/api/v1/openapi.json", 405, 405),
    ("GET", "/api/v1/nothing", 404, 404),
    ("GET", "/api/docs", 200, 200),
    ("GET", "/docs/errors", 200, 200),
    ("GET", "/health/live", 200, 200),
    ("GET", "/health/ready", 200, 200),
    ("GET", "/webhook/nothing", 404, 404),
    ("GET", "/webhook-test/nothing", 404, 404),
    ("GET", "/assets/nothing", 404, 404),
    // Pages send people who are not signed in to the sign-in page, and people who are away from it.
    ("GET", "/flows", 303, 200),
    ("GET", "/settings/users", 303, 200),
    ("GET", "/sign-in", 200, 303),
    ("POST", "/flows", 405, 405),
];

const PASSWORD: &str = "a long password";

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

/// Somebody who calls.
struct Caller {
    name: &'static str,
    headers: Vec<(&'static str, String)>,
    /// `None`: nobody, or somebody who is no more.
    role: Option<Role>,
    person: bool,
}

impl Caller {
    fn key(name: &'static str, key: &str, role: Option<Role>) -> Self {
        let headers = vec![("authorization", format!("Bearer {key}")), ("x-fluxo", "1".to_owned())];
        Self { name, headers, role, person: false }
    }

    fn cookie(name: &'static str, tokens: &Tokens, role: Option<Role>) -> Self {
        let headers = vec![("cookie", format!("fluxo_access={}", tokens.access)), ("x-fluxo", "1".to_owned())];
        Self { name, headers, role, person: true }
    }

    async fn call(&self, fluxo: &Fluxo, method: &str, path: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let body = if matches!(method, "POST" | "PUT" | "PATCH") { "{}" } else { "" };
        fluxo.send(request.body(Body::from(body)).unwrap()).await
    }
}

/// A user of this role who signed in; the user's id and the tokens.
async fn signed_in(fluxo: &Fluxo, email: &str, role: Role) -> (String, Tokens) {
    let new = NewUser { email: email.to_owned(), name: String::new(), password: PASSWORD.to_owned(), role };
    let user = fluxo.app.auth.add_user(new).await.unwrap();
    (user.id, fluxo.app.auth.sign_in(email, PASSWORD, &Client::default()).await.unwrap())
}

async fn callers(fluxo: &Fluxo) -> Vec<Caller> {
    let auth = &fluxo.app.auth;
    let mut callers =
        vec![Caller { name: "nobody", headers: vec![("x-fluxo", "1".to_owned())], role: None, person: false }];
    for (role, key, cookie) in [
        (Role::Viewer, "viewer's key", "viewer"),
        (Role::Editor, "editor's key", "editor"),
        (Role::Owner, "owner's key", "owner"),
    ] {
        callers.push(Caller::key(key, &fluxo.key(role).await, Some(role)));
        let (_, tokens) = signed_in(fluxo, &format!("{cookie}@example.com"), role).await;
        callers.push(Caller::cookie(cookie, &tokens, Some(role)));
    }
    let (id, tokens) = signed_in(fluxo, "off@example.com", Role::Owner).await;
    auth.change_user(&id, UserChange { disabled: Some(true), ..UserChange::default() }).await.unwrap();
    callers.push(Caller::cookie("a disabled owner", &tokens, None));
    let (_, tokens) = signed_in(fluxo, "out@example.com", Role::Owner).await;
    auth.sign_out(Some(&tokens.refresh), None).await.unwrap();
    callers.push(Caller::cookie("an owner who signed out", &tokens, None));
    let expired = NewApiKey { name: "old".into(), role: Role::Owner, expires_in_days: Some(0) };
    callers.push(Caller::key("an expired key", &auth.add_key(expired, "test").await.unwrap().secret, None));
    let deleted = NewApiKey { name: "gone".into(), role: Role::Owner, expires_in_days: None };
    let deleted = auth.add_key(deleted, "test").await.unwrap();
    auth.delete_key(&deleted.key.id).await.unwrap();
    callers.push(Caller::key("a deleted key", &deleted.secret, None));
    callers
}

fn concrete(path: &str) -> String {
    path.replace("{id}", "0190aaaa-0000-7000-8000-000000000000").replace("{seq}", "1").replace("{number}", "1")
}

#[tokio::test]
async fn each_caller_may_what_the_table_says() {
    let fluxo = Fluxo::start().await;
    for caller in callers(&fluxo).await {
        for (method, path, needs) in TABLE {
            // It would sign the caller out, for which there is a test of its own.
            if (*method, *path) == ("DELETE", "/api/v1/session") && caller.role.is_some() {
                continue;
            }
            let answer = caller.call(&fluxo, method, &concrete(path)).await;
            let refused = match (caller.role, needs) {
                (_, Nothing(_)) => None,
                (_, Job) => Some(401),
                (None, _) => Some(401),
                (Some(_), Person) => (!caller.person).then_some(403),
                (Some(role), Needs::Role(needed)) => (role < *needed).then_some(403),
            };
            let (status, place) = (answer.status.as_u16(), format!("{method} {path} as {}", caller.name));
            match (refused, needs) {
                (Some(expected), _) => assert_eq!(status, expected, "{place}: {}", answer.text()),
                (None, Nothing(expected)) => assert_eq!(status, *expected, "{place}: {}", answer.text()),
                (None, _) => {
                    assert!(![401, 403, 405, 500].contains(&status), "{place}: {}", answer.text());
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cookie_changes_nothing_without_our_header() {
    let fluxo = Fluxo::start().await;
    let (_, tokens) = signed_in(&fluxo, "ana@example.com", Role::Owner).await;
    let with = Caller::cookie("owner", &tokens, Some(Role::Owner));
    let mut without = Caller::cookie("owner without header", &tokens, Some(Role::Owner));
    without.headers.retain(|(name, _)| *name != "x-fluxo");
    let mut elsewhere = Caller::cookie("another site", &tokens, Some(Role::Owner));
    elsewhere.headers.push(("sec-fetch-site", "cross-site".to_owned()));
    // Jobs are asked for their token before anything else.
    for (method, path, _) in TABLE.iter().filter(|(_, _, needs)| !matches!(needs, Job)) {
        let path = concrete(path);
        for caller in [&without, &elsewhere] {
            let answer = caller.call(&fluxo, method, &path).await;
            if *method == "GET" {
                assert_ne!(answer.status, 403, "{method} {path}: reading is no change");
            } else {
                answer.problem(403, "cross_site");
            }
        }
    }
    assert!(with.call(&fluxo, "GET", "/api/v1/sessions").await.expect(200).json()["items"][0]["current"] == true);
}

#[tokio::test]
async fn signing_out_by_the_access_cookie_alone_ends_the_session() {
    let fluxo = Fluxo::start().await;
    let (_, tokens) = signed_in(&fluxo, "ana@example.com", Role::Owner).await;
    let ana = Caller::cookie("owner", &tokens, Some(Role::Owner));
    ana.call(&fluxo, "DELETE", "/api/v1/session").await.expect(204);
    ana.call(&fluxo, "GET", "/api/v1/flows").await.expect(401);
    assert!(fluxo.app.auth.refresh(&tokens.refresh).await.is_err());
}

#[tokio::test]
async fn what_is_not_described_is_open_or_not_as_listed() {
    let fluxo = Fluxo::start().await;
    let (_, tokens) = signed_in(&fluxo, "ana@example.com", Role::Owner).await;
    let nobody = Caller { name: "nobody", headers: Vec::new(), role: None, person: false };
    let ana = Caller::cookie("owner", &tokens, Some(Role::Owner));
    for (method, path, open, signed_in) in OUTSIDE {
        for (caller, expected) in [(&nobody, open), (&ana, signed_in)] {
            let answer = caller.call(&fluxo, method, path).await;
            assert_eq!(answer.status.as_u16(), *expected, "{method} {path} as {}: {}", caller.name, answer.text());
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_its_key() {
    let fluxo = Fluxo::start().await;
    let flow = fluxo.call(&fluxo.key(Role::Editor).await, "POST", "/api/v1/flows", json!({})).await.expect(201).json();
    let key = NewApiKey { name: "listener".into(), role: Role::Viewer, expires_in_days: None };
    let key = fluxo.app.auth.add_key(key, "test").await.unwrap();
    let path = format!("/api/v1/flows/{}/events", flow["id"].as_str().unwrap());
    // Answers when the stream has ended.
    let listening = fluxo.call(&key.secret, "GET", &path, Value::Null);
    let revoking = async {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        fluxo.app.auth.delete_key(&key.key.id).await.unwrap();
    };
    let (answer, ()) = tokio::join!(listening, revoking);
    answer.expect(200);
}

#[tokio::test]
async fn unknown_addresses_are_problems() {
    let fluxo = Fluxo::start().await;
    fluxo.call("", "GET", "/api/v1/nothing", Value::Null).await.problem(404, "not_found");
    fluxo.call("fluxo_wrong", "GET", "/api/v1/flows", Value::Null).await.expect(401);
}
