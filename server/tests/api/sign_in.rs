//! First start, sign-in, cookies, and what other sites can't do.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Fluxo};

const OWNER: &str = r#"{"email": "ana@example.com", "name": "Ana", "password": "a long password"}"#;

async fn post(fluxo: &Fluxo, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    fluxo.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

/// The cookies of an answer, as a browser sends them back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter();
    set.map(|v| v.to_str().unwrap().split(';').next().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
}

async fn who(fluxo: &Fluxo, cookies: &str) -> Value {
    let request = Request::get("/api/v1/session").header("cookie", cookies).body(Body::empty()).unwrap();
    fluxo.send(request).await.expect(200).json()
}

#[tokio::test]
async fn the_first_user_is_the_owner_and_there_is_no_second_setup() {
    let fluxo = Fluxo::start().await;
    assert_eq!(who(&fluxo, "").await, json!({"setup_required": true}));
    let answer = post(&fluxo, "/api/v1/setup", OWNER, &[("x-fluxo", "1")]).await.expect(200);
    for cookie in answer.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    let session = who(&fluxo, &cookies(&answer)).await;
    assert_eq!(session["user"]["role"], "owner");
    assert_eq!(session["setup_required"], false);
    assert!(!session.to_string().contains("password"), "{session}");
    post(&fluxo, "/api/v1/setup", OWNER, &[("x-fluxo", "1")]).await.expect(409);
}

#[tokio::test]
async fn short_passwords_and_wrong_addresses_are_refused_with_a_sentence() {
    let fluxo = Fluxo::start().await;
    for body in [
        r#"{"email": "ana@example.com", "password": "short"}"#,
        r#"{"email": "not an address", "password": "a long password"}"#,
    ] {
        let answer = post(&fluxo, "/api/v1/setup", body, &[("x-fluxo", "1")]).await.expect(422);
        assert!(answer.json()["detail"].as_str().unwrap().len() > 20, "{}", answer.text());
    }
}

#[tokio::test]
async fn another_site_cannot_use_the_cookies() {
    let fluxo = Fluxo::start().await;
    post(&fluxo, "/api/v1/setup", OWNER, &[]).await.problem(403, "cross_site");
    let answer = post(&fluxo, "/api/v1/setup", OWNER, &[("x-fluxo", "1")]).await.expect(200);
    let cookie = cookies(&answer);
    let make = |headers: &[(&str, &str)]| {
        let mut request =
            Request::post("/api/v1/flows").header("content-type", "application/json").header("cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        fluxo.send(request.body(Body::from("{}")).unwrap())
    };
    make(&[]).await.problem(403, "cross_site");
    make(&[("x-fluxo", "1"), ("sec-fetch-site", "cross-site")]).await.problem(403, "cross_site");
    make(&[("x-fluxo", "1"), ("sec-fetch-site", "same-origin")]).await.expect(201);
}

#[tokio::test]
async fn guessing_is_slowed_down_and_tells_nothing() {
    let fluxo = Fluxo::start().await;
    post(&fluxo, "/api/v1/setup", OWNER, &[("x-fluxo", "1")]).await.expect(200);
    let guess = async |email: &str| {
        let body = json!({"email": email, "password": "wrong password"}).to_string();
        post(&fluxo, "/api/v1/session", &body, &[("x-fluxo", "1")]).await
    };
    let known = guess("ana@example.com").await.expect(401).json();
    let unknown = guess("bea@example.com").await.expect(401).json();
    assert_eq!(known, unknown, "the answer must not tell who has an account");
    let mut last = 401;
    for _ in 0..30 {
        last = guess("ana@example.com").await.status.as_u16();
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn a_session_is_renewed_once_per_token_and_ends_on_the_server() {
    let fluxo = Fluxo::start().await;
    let first = post(&fluxo, "/api/v1/setup", OWNER, &[("x-fluxo", "1")]).await.expect(200);
    let cookie = cookies(&first);
    let second =
        post(&fluxo, "/api/v1/session/refresh", "", &[("x-fluxo", "1"), ("cookie", &cookie)]).await.expect(200);
    assert_ne!(cookies(&second), cookie);
    let renewed = cookies(&second);
    let request = Request::delete("/api/v1/session").header("x-fluxo", "1").header("cookie", &renewed);
    fluxo.send(request.body(Body::empty()).unwrap()).await.expect(204);
    post(&fluxo, "/api/v1/session/refresh", "", &[("x-fluxo", "1"), ("cookie", &renewed)]).await.expect(401);
}
