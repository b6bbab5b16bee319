use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get, post};
use nodes::NodeError;
use nodes::world::{Http as _, HttpBody, HttpPart, HttpPartValue, HttpRequest, HttpResponse, HttpResponseBody};

use super::super::http::RunHttp;
use super::*;

async fn show(request: Request) -> String {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let mut lines = vec![format!("{} {}", parts.method, parts.uri)];
    let mut headers: Vec<String> = parts.headers.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
    headers.sort();
    lines.extend(headers);
    lines.push(String::from_utf8_lossy(&body).into_owned());
    lines.join("\n")
}

async fn parts(mut form: Multipart) -> String {
    let mut lines = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let (name, file) = (field.name().unwrap().to_owned(), field.file_name().map(str::to_owned));
        let mime = field.content_type().map(str::to_owned);
        lines.push(format!("{name} {file:?} {mime:?} {}", field.text().await.unwrap()));
    }
    lines.join("\n")
}

fn endless() -> Body {
    let piece = bytes::Bytes::from_static(&[b'x'; 4096]);
    Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone())))
}

async fn serve() -> SocketAddr {
    let router = Router::new()
        .route("/show", any(show))
        .route("/parts", post(parts))
        .route("/missing", get(|| async { (StatusCode::NOT_FOUND, "nothing here") }))
        .route("/hop", any(|| async { Redirect::to("/show") }))
        .route("/hop307", any(|| async { Redirect::temporary("/show") }))
        .route("/loop", any(|| async { Redirect::temporary("/loop") }))
        .route("/to-metadata", any(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data") }))
        .route("/to-local-name", any(|| async { Redirect::temporary("http://localhost:1/") }))
        .route("/to-file", any(|| async { Redirect::temporary("file:///etc/passwd") }))
        .route(
            "/to-other-origin",
            any(|headers: HeaderMap| async move {
                let host = headers[header::HOST].to_str().unwrap().replace("127.0.0.1", "127.0.0.2");
                Redirect::temporary(&format!("http://{host}/show"))
            }),
        )
        .route("/endless", get(|| async { endless().into_response() }))
        .route("/never", get(|| async { std::future::pending::<()>().await }))
        .route(
            "/file",
            get(|| async {
                (
                    [
                        (header::CONTENT_DISPOSITION, "attachment; filename=\"in.pdf\""),
                        (header::CONTENT_TYPE, "application/pdf; x=y"),
                    ],
                    "%PDF",
                )
            }),
        );
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    SocketAddr::from(([127, 0, 0, 1], port))
}

struct Setup {
    at: SocketAddr,
    http: RunHttp,
    place: Place,
}

async fn setup(allow: &str) -> Setup {
    let (at, place) = (serve().await, Place::new().await);
    let options = HttpOptions {
        allow: allow.parse().unwrap(),
        max_response: 64 * 1024,
        max_blob: 128 * 1024,
        ..HttpOptions::default()
    };
    let http = HttpClient::new(options).for_run(place.blobs.clone());
    Setup { at, http, place }
}

impl Setup {
    fn request(&self, method: &str, path: &str) -> HttpRequest {
        HttpRequest::new(method, format!("http://{}{path}", self.at))
    }

    async fn code(&self, request: HttpRequest) -> (String, String) {
        let error = self.http.send(request).await.expect_err("an error");
        (error.code, error.message)
    }
}

fn text(response: Result<HttpResponse, NodeError>) -> String {
    match response.unwrap().body {
        HttpResponseBody::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        HttpResponseBody::Blob(blob) => panic!("a blob {blob:?}"),
    }
}

const HERE: &str = "127.0.0.1/32";

#[tokio::test]
async fn requests_and_responses() {
    let s = setup(HERE).await;
    let mut request = s.request("post", "/show?a=1");
    request.headers = vec![("X-One".into(), "1".into()), ("Content-Type".into(), "application/json".into())];
    request.body = HttpBody::Bytes(bytes::Bytes::from_static(b"{}"));
    let shown = text(s.http.send(request).await);
    assert!(
        shown.starts_with("POST /show?a=1\n")
            && shown.contains("\nx-one: 1\n")
            && shown.contains("content-type: application/json")
            && shown.ends_with("\n{}"),
        "{shown}"
    );
    let missing = s.http.send(s.request("GET", "/missing")).await.unwrap();
    assert_eq!((missing.status, missing.status_text.as_str()), (404, "Not Found"));
    assert!(missing.headers.iter().any(|(n, v)| n == "content-type" && v.starts_with("text/plain")));
}

#[tokio::test]
async fn bodies_from_blobs() {
    let s = setup(HERE).await;
    let blob = s.place.blob("a.txt", b"from a blob").await;
    let mut request = s.request("PUT", "/show");
    request.body = HttpBody::Blob(blob.clone());
    let shown = text(s.http.send(request).await);
    assert!(
        shown.contains("content-length: 11")
            && shown.contains("content-type: text/plain")
            && shown.ends_with("\nfrom a blob"),
        "{shown}"
    );
    let mut request = s.request("POST", "/parts");
    request.body = HttpBody::Multipart(vec![
        HttpPart { name: "title".into(), value: HttpPartValue::Text("Häuser".into()) },
        HttpPart { name: "file".into(), value: HttpPartValue::Blob(blob) },
    ]);
    assert_eq!(
        text(s.http.send(request).await),
        "title None None Häuser\nfile Some(\"a.txt\") Some(\"text/plain\") from a blob"
    );
}

#[tokio::test]
async fn responses_into_blobs() {
    let s = setup(HERE).await;
    let mut request = s.request("GET", "/file");
    request.response_to_blob = true;
    let HttpResponseBody::Blob(blob) = s.http.send(request).await.unwrap().body else { panic!("no blob") };
    assert_eq!((blob.file_name.as_str(), blob.mime.as_str(), blob.size), ("in.pdf", "application/pdf", 4));
    assert_eq!(s.place.text(&blob).await, "%PDF");
}

#[tokio::test]
async fn too_large_responses() {
    let s = setup(HERE).await;
    for to_blob in [false, true] {
        let mut request = s.request("GET", "/endless");
        request.response_to_blob = to_blob;
        let (code, message) = s.code(request).await;
        assert_eq!(code, "http_too_large", "{message}");
    }
}

#[tokio::test]
async fn redirects() {
    let s = setup("127.0.0.1/32,127.0.0.2/32").await;
    let post = |path: &str| HttpRequest {
        body: HttpBody::Bytes(bytes::Bytes::from_static(b"body")),
        // The second one was typed in; nobody said that it is secret.
        headers: [("Authorization", "secret"), ("X-Key", "hidden"), ("Accept", "text/csv")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..s.request("POST", path)
    };
    let shown = text(s.http.send(post("/hop")).await);
    assert!(
        shown.starts_with("GET /show\n") && shown.contains("authorization: secret") && !shown.contains("body"),
        "{shown}"
    );
    let response = s.http.send(post("/hop307")).await;
    assert!(response.as_ref().unwrap().url.ends_with("/show"));
    let shown = text(response);
    assert!(shown.starts_with("POST /show\n") && shown.ends_with("\nbody"), "{shown}");
    let shown = text(s.http.send(post("/to-other-origin")).await);
    assert!(shown.starts_with("POST /show\n") && !shown.contains("secret") && !shown.contains("hidden"), "{shown}");
    assert!(shown.contains("accept: text/csv"), "{shown}");
    let kept = s.http.send(HttpRequest { max_redirects: 0, ..s.request("GET", "/hop") }).await.unwrap();
    assert_eq!(kept.status, 303);
    assert_eq!(s.code(s.request("GET", "/loop")).await.0, "http_redirects");
    assert_eq!(s.code(s.request("GET", "/to-file")).await.0, "http_url");
}

#[tokio::test]
async fn closed_addresses() {
    let s = setup(HERE).await;
    let port = s.at.port();
    for url in [
        format!("http://127.0.0.2:{port}/show"),
        format!("http://0.0.0.0:{port}/show"),
        format!("http://[::1]:{port}/show"),
        format!("http://[::ffff:127.0.0.2]:{port}/show"),
        format!("http://0x7f000002:{port}/show"),
        format!("http://2130706434:{port}/show"),
        format!("http://127.2:{port}/show"),
        "http://169.254.169.254/latest".to_owned(),
        "http://[fe80::1]/".to_owned(),
        "http://[64:ff9b::7f00:2]/".to_owned(),
    ] {
        let (code, message) = s.code(HttpRequest::new("GET", &url)).await;
        assert_eq!(code, "http_blocked_address", "{url}: {message}");
        assert!(message.contains("FLUXO_HTTP_ALLOW"), "{message}");
    }
    assert_eq!(s.code(s.request("GET", "/to-metadata")).await.0, "http_blocked_address");
}

#[tokio::test]
async fn names_are_checked_by_what_they_resolve_to() {
    let closed = setup("").await;
    let by_name = |s: &Setup| HttpRequest::new("GET", format!("http://localhost:{}/show", s.at.port()));
    let (code, message) = closed.code(by_name(&closed)).await;
    assert_eq!(code, "http_blocked_address", "{message}");
    assert!(message.contains("localhost ("), "{message}");
    for allow in ["localhost", "127.0.0.0/8,::1"] {
        let open = setup(allow).await;
        assert!(text(open.http.send(by_name(&open)).await).starts_with("GET /show"), "{allow}");
    }
    // The name is open, the address is not.
    let open = setup("localhost").await;
    assert_eq!(open.code(open.request("GET", "/show")).await.0, "http_blocked_address");
    assert_eq!(
        open.code(HttpRequest::new("GET", format!("http://localhost:{}/to-metadata", open.at.port()))).await.0,
        "http_blocked_address"
    );
}

#[tokio::test]
async fn a_proxy_is_used_and_checked() {
    let s = setup(HERE).await;
    let proxied =
        |proxy: &str, url: &str| HttpRequest { proxy: Some(proxy.to_owned()), ..HttpRequest::new("GET", url) };
    let here = format!("http://{}", s.at);
    // The test server shows the request that a proxy gets.
    let shown = text(s.http.send(proxied(&here, "http://93.184.216.34/show")).await);
    assert!(shown.starts_with("GET http://93.184.216.34/show") || shown.starts_with("GET /show"), "{shown}");
    assert_eq!(s.code(proxied(&here, "http://169.254.169.254/show")).await.0, "http_blocked_address");
    assert_eq!(s.code(proxied("http://127.0.0.2:9", "http://93.184.216.34/show")).await.0, "http_blocked_address");
    assert_eq!(s.code(proxied("not a url", "http://93.184.216.34/show")).await.0, "http_proxy");
}

#[tokio::test]
async fn failures_in_plain_words() {
    let s = setup(HERE).await;
    let check = async |request: HttpRequest, code: &str, part: &str| {
        let (got, message) = s.code(request).await;
        assert_eq!(got, code, "{message}");
        assert!(message.contains(part), "{message}");
    };
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    check(HttpRequest::new("GET", format!("http://{unused}/?key=secret")), "http_connect", "Connection refused").await;
    check(HttpRequest::new("GET", "http://nothing.invalid/"), "http_dns", "nothing.invalid was not found").await;
    check(
        HttpRequest { timeout: Duration::from_millis(100), ..s.request("GET", "/never") },
        "http_timeout",
        "within 0.1 s",
    )
    .await;
    check(HttpRequest::new("GET", "not a url"), "http_url", "https://host/path").await;
    check(HttpRequest::new("GET", "ftp://a/b"), "http_url", "neither http: nor https:").await;
    check(s.request("G E T", "/show"), "http_request", "not an HTTP method").await;
    check(
        HttpRequest { headers: vec![("a b".into(), "c".into())], ..s.request("GET", "/show") },
        "http_request",
        "header “a b”",
    )
    .await;
    check(
        HttpRequest { headers: vec![("a".into(), "c\r\nd: e".into())], ..s.request("GET", "/show") },
        "http_request",
        "header “a”",
    )
    .await;
    let error =
        s.http.send(HttpRequest::new("GET", format!("http://user:pw@{unused}/p?key=secret"))).await.unwrap_err();
    assert!(!format!("{error:?}").contains("secret") && !format!("{error:?}").contains("pw"), "{error:?}");
}
