use serde_json::{Value, json};

use crate::context::Output;
use crate::error::NodeError;
use crate::testing::{Bench, NEVER, fields, lock, outcome, response};
use crate::world::{HttpBody, HttpPartValue, HttpRequest, HttpResponse, HttpResponseBody};

fn bench(parameters: Value) -> Bench {
    Bench::new("http_request")
        .parameters(json!({"url": "http://127.0.0.1/a"}))
        .parameters(parameters)
        .items(json!([{"id": 7}]))
}

/// What is sent for one item: method, address, headers and body as text.
async fn sent(parameters: Value) -> (String, String, Vec<(String, String)>, String) {
    let (result, world) = bench(parameters).run_in().await;
    outcome(result);
    let request = lock(&world.requests)[0].clone();
    let body = match &request.body {
        HttpBody::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        HttpBody::Empty => String::new(),
        other => format!("{other:?}"),
    };
    (request.method, request.url, request.headers, body)
}

async fn check_url(parameters: Value, expected: &str) {
    assert_eq!(sent(parameters.clone()).await.1, expected, "{parameters}");
}

async fn check_body(parameters: Value, content_type: &str, expected: &str) {
    let (_, _, headers, body) = sent(parameters.clone()).await;
    let given = headers.iter().find(|(n, _)| n == "content-type").map_or("", |(_, v)| v.as_str());
    assert_eq!((given, body.as_str()), (content_type, expected), "{parameters}");
}

#[tokio::test]
async fn addresses() {
    check_url(json!({}), "http://127.0.0.1/a").await;
    let query =
        json!([{"name": "a", "value": "x y"}, {"name": "", "value": "no"}, {"name": "id", "value": "={{ $json.id }}"}]);
    check_url(json!({"url": "http://127.0.0.1/?z=1", "query": query}), "http://127.0.0.1/?z=1&a=x+y&id=7").await;
    let query = json!({"a": [1, 2], "b": true, "c": null});
    check_url(json!({"query_as": "json", "query_json": query}), "http://127.0.0.1/a?a=1&a=2&b=true&c=").await;
}

#[tokio::test]
async fn bodies() {
    let fields = json!([{"name": "a.b", "value": "={{ $json.id }}"}, {"name": "c", "value": "x"}]);
    check_body(
        json!({"method": "POST", "body": "json", "fields": fields}),
        "application/json",
        r#"{"a":{"b":7},"c":"x"}"#,
    )
    .await;
    let json = json!({"body": "json", "body_as": "json", "json": "[1, {\"a\": null}]"});
    check_body(json, "application/json", r#"[1,{"a":null}]"#).await;
    let typed = json!({"body": "json", "body_as": "json", "json": {"a": 1}, "headers": [{"name": "Content-Type", "value": "application/ld+json"}]});
    check_body(typed, "application/ld+json", r#"{"a":1}"#).await;
    let form = json!({"body": "form", "fields": [{"name": "a", "value": "x&y"}, {"name": "b", "value": 1}]});
    check_body(form, "application/x-www-form-urlencoded", "a=x%26y&b=1").await;
    let raw = json!({"body": "raw", "raw": "<a/>", "raw_type": "application/xml"});
    check_body(raw, "application/xml", "<a/>").await;
    check_body(json!({}), "", "").await;
}

#[tokio::test]
async fn files_go_out_as_blobs() {
    let bench = bench(json!({"method": "PUT", "body": "file"})).file(0, "data", "a.pdf", "application/pdf", "%PDF");
    let (result, world) = bench.run_in().await;
    outcome(result);
    let request = lock(&world.requests)[0].clone();
    assert!(matches!(request.body, HttpBody::Blob(blob) if blob.file_name == "a.pdf"));
    assert_eq!(request.headers, [("content-type".to_owned(), "application/pdf".to_owned())]);
    let parts = json!([{"name": "note", "value": "x"}, {"name": "doc", "kind": "file", "value": "data"}]);
    let multipart = bench_with_file(json!({"body": "multipart", "parts": parts}));
    let (result, world) = multipart.run_in().await;
    outcome(result);
    let HttpBody::Multipart(parts) = lock(&world.requests)[0].body.clone() else { panic!("no multipart") };
    assert!(matches!(&parts[0].value, HttpPartValue::Text(text) if text == "x"));
    assert!(matches!(&parts[1].value, HttpPartValue::Blob(blob) if blob.file_name == "a.pdf"));
    let missing = bench_with_file(json!({"body": "file", "file": "other"})).run().await.unwrap_err();
    assert_eq!(missing.code, "file_missing");
    assert!(missing.message.contains("It has: data"), "{missing}");
}

fn bench_with_file(parameters: Value) -> Bench {
    bench(parameters).file(0, "data", "a.pdf", "application/pdf", "%PDF")
}

/// Whether a request carries the credential; what is in its query and headers.
async fn authenticated(mode: &str, slot: &str, kind: &str, fields: Value) -> HttpRequest {
    let bench = bench(json!({"authentication": mode})).secret(slot, kind, fields);
    let (result, world) = bench.run_in().await;
    outcome(result);
    let requests = lock(&world.requests);
    requests[0].clone()
}

#[tokio::test]
async fn credentials_are_sent() {
    let header = |request: &HttpRequest, name: &str| {
        assert!(request.sensitive_headers.iter().any(|n| n == name), "{name} is sensitive");
        request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap()
    };
    let basic = authenticated("basic", "basic", "http_basic", json!({"user": "ana", "password": "s3cret"})).await;
    assert_eq!(header(&basic, "authorization"), "Basic YW5hOnMzY3JldA==");
    let bearer = authenticated("bearer", "bearer", "http_bearer", json!({"token": "t0ken"})).await;
    assert_eq!(header(&bearer, "authorization"), "Bearer t0ken");
    let named = authenticated("header", "header", "http_header", json!({"name": "X-Key", "value": "k3y!"})).await;
    assert_eq!(header(&named, "x-key"), "k3y!");
    let query = authenticated("query", "query", "http_query", json!({"name": "key", "value": "k&y"})).await;
    assert_eq!(query.url, "http://127.0.0.1/a?key=k%26y");
    let mtls = bench(json!({"client_certificate": true, "trusted": "ROOT"})).secret(
        "client_certificate",
        "mtls",
        json!({"certificate": "CERT", "key": "KEY", "ca": "CA"}),
    );
    let (result, world) = mtls.run_in().await;
    outcome(result);
    let request = lock(&world.requests)[0].clone();
    assert_eq!(request.client_identity, Some(("CERT".into(), "KEY".into())));
    assert_eq!(request.extra_roots.as_deref(), Some("ROOT\nCA"));
    let proxied = bench(json!({"proxy": "http://proxy.example:3128", "proxy_password": true})).secret(
        "proxy",
        "http_basic",
        json!({"user": "ana", "password": "p@ss word"}),
    );
    let (result, world) = proxied.run_in().await;
    outcome(result);
    assert_eq!(lock(&world.requests)[0].proxy.as_deref(), Some("http://ana:p%40ss%20word@proxy.example:3128/"));
    let none = bench(json!({"authentication": "bearer"})).run().await.unwrap_err();
    assert_eq!(none.code, "credential_missing");
}

#[tokio::test]
async fn digest_answers_the_challenge() {
    let challenge = r#"Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256"#;
    let bench = bench(json!({"authentication": "digest"}))
        .secret("digest", "http_basic", json!({"user": "ana", "password": "s3cret"}))
        .http(move |request| {
            if request.headers.iter().any(|(n, v)| n == "authorization" && v.starts_with("Digest username=\"ana\"")) {
                return Ok(response(200, "application/json", r#"{"ok": true}"#));
            }
            let mut asking = response(401, "", "");
            asking.headers.push(("www-authenticate".into(), challenge.into()));
            Ok(asking)
        });
    let (result, world) = bench.run_in().await;
    assert_eq!(fields(&outcome(result), "out"), json!([{"ok": true}]));
    assert_eq!(lock(&world.requests).len(), 2);
}

#[tokio::test]
async fn secrets_stay_out_of_errors() {
    let echo = |request: &HttpRequest| {
        let text = format!("{} {:?}", request.url, request.headers);
        Ok(response(403, "text/plain", &text))
    };
    let cases = [
        ("basic", "basic", "http_basic", json!({"user": "ana", "password": "hidden-s3cret"})),
        ("bearer", "bearer", "http_bearer", json!({"token": "hidden-s3cret"})),
        ("header", "header", "http_header", json!({"name": "X-Odd", "value": "hidden-s3cret"})),
        ("query", "query", "http_query", json!({"name": "k", "value": "hidden-s3cret"})),
    ];
    for (mode, slot, kind, secret) in cases {
        let error =
            bench(json!({"authentication": mode})).secret(slot, kind, secret).http(echo).run().await.unwrap_err();
        assert_eq!(error.code, "http_status");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hidden-s3cret") && !shown.contains("YW5hOmhpZGRlbi1zM2NyZXQ="), "{mode}: {shown}");
        assert_eq!(error.details["status"], 403);
        assert_eq!(error.details["request"]["method"], "GET");
    }
    let in_url = json!({"url": "http://ana:hidden-s3cret@127.0.0.1/"});
    let error = bench(in_url).http(|_| Ok(response(403, "", ""))).run().await.unwrap_err();
    assert!(!format!("{error:?}").contains("hidden-s3cret"), "{error:?}");
}

async fn check_response(parameters: Value, answer: HttpResponse, expected: Value) {
    let output = outcome(bench(parameters.clone()).http(move |_| Ok(answer.clone())).run().await);
    assert_eq!(fields(&output, "out"), expected, "{parameters}");
}

#[tokio::test]
async fn responses_become_items() {
    let json = |body: &str| response(200, "application/json", body);
    check_response(json!({}), json(r#"{"a": 1}"#), json!([{"a": 1}])).await;
    check_response(json!({}), json(r#"[{"a": 1}, 2]"#), json!([{"a": 1}, {"value": 2}])).await;
    check_response(json!({}), json("[]"), json!([])).await;
    check_response(json!({}), json("5"), json!([{"data": 5}])).await;
    check_response(json!({}), json("{broken"), json!([{"data": "{broken"}])).await;
    check_response(json!({}), response(204, "", ""), json!([{}])).await;
    check_response(json!({}), response(200, "", "[1]"), json!([{"value": 1}])).await;
    check_response(json!({"property": "text"}), response(200, "text/html", "<p>"), json!([{"text": "<p>"}])).await;
    let mut latin = response(200, "text/plain; charset=ISO-8859-1", "");
    latin.body = HttpResponseBody::Bytes(bytes::Bytes::from_static(b"a\xe7\xe3o \x80"));
    check_response(json!({}), latin, json!([{"data": "ação €"}])).await;
    check_response(json!({"response": "json"}), response(200, "text/plain", r#"{"a": 1}"#), json!([{"a": 1}])).await;
    check_response(json!({"response": "text"}), json("{}"), json!([{"data": "{}"}])).await;
    let full =
        json!([{"statusCode": 200, "statusMessage": "", "headers": {"content-type": "application/json"}, "body": [1]}]);
    check_response(json!({"full": true}), json("[1]"), full).await;
    check_response(json!({"never_error": true}), response(500, "application/json", "{}"), json!([{}])).await;
    let broken = bench(json!({"response": "json"})).http(|_| Ok(response(200, "", "<p>"))).run().await.unwrap_err();
    assert_eq!(broken.code, "response_json");
}

#[tokio::test]
async fn responses_become_files() {
    let pdf = |url: &str, header: &str| {
        let mut pdf = response(200, "application/pdf", "%PDF");
        pdf.url = url.into();
        if !header.is_empty() {
            pdf.headers.push(("content-disposition".into(), header.into()));
        }
        pdf
    };
    let check = async |answer: HttpResponse, parameters: Value, expected: &str| {
        let output = outcome(bench(parameters).http(move |_| Ok(answer.clone())).run().await);
        let item = output.ports[0].1.items[0].clone();
        assert_eq!(item.json["id"], 7, "the input's fields stay");
        assert_eq!((item.binary["data"].file_name.as_str(), item.binary["data"].size), (expected, 4));
    };
    check(pdf("http://127.0.0.1/x", ""), json!({}), "response.pdf").await;
    check(pdf("http://127.0.0.1/dir/nota%201.pdf?x=1", ""), json!({}), "nota 1.pdf").await;
    check(pdf("http://127.0.0.1/x", "attachment; filename=\"../../b.pdf\""), json!({}), "b.pdf").await;
    check(pdf("http://127.0.0.1/x", "attachment; filename=a.pdf; filename*=UTF-8''a%C3%A7.pdf"), json!({}), "aç.pdf")
        .await;
    let (_, world) = bench(json!({"response": "file"})).run_in().await;
    assert!(lock(&world.requests)[0].response_to_blob);
}

fn retrying(
    answers: &'static [(u16, &'static str)],
    parameters: Value,
) -> impl Future<Output = (Result<Output, NodeError>, Vec<f64>)> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let bench = bench(json!({"retry": parameters})).http(move |_| {
        let (status, after) = answers[next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)];
        if status == 0 {
            return Err(NodeError::new("http_connect", "The server can't be reached. Check the address."));
        }
        let mut answer = response(status, "application/json", "{}");
        if !after.is_empty() {
            answer.headers.push(("retry-after".into(), after.into()));
        }
        Ok(answer)
    });
    async move {
        let (result, world) = bench.run_in().await;
        let slept = lock(&world.slept).iter().map(std::time::Duration::as_secs_f64).collect();
        (result.map(|o| outcome(Ok(o))), slept)
    }
}

#[tokio::test]
async fn tries_again_as_the_server_asks() {
    let (result, slept) = retrying(&[(503, ""), (0, ""), (200, "")], json!({"tries": 3, "wait_ms": 1000})).await;
    assert!(result.is_ok());
    assert_eq!(slept, [1.0, 2.0]);
    let (result, slept) =
        retrying(&[(429, "7"), (429, "Tue, 24 Nov 2026 10:00:30 GMT"), (200, "")], json!({"tries": 3})).await;
    assert!(result.is_ok());
    assert_eq!(slept, [7.0, 30.0]);
    let (result, slept) = retrying(&[(429, "3600")], json!({"tries": 3, "max_wait_s": 60})).await;
    let error = result.unwrap_err();
    assert_eq!((error.code.as_str(), &error.details["retry_after_s"]), ("http_status", &json!(3600)));
    assert!(slept.is_empty());
    let (result, slept) = retrying(&[(400, "")], json!({"tries": 3})).await;
    assert_eq!(result.unwrap_err().code, "http_status");
    assert!(slept.is_empty(), "a wrong request stays wrong");
    let (result, _) = retrying(&[(0, ""), (0, "")], json!({"tries": 2})).await;
    assert_eq!(result.unwrap_err().code, "http_connect");
}

async fn paged(pagination: Value, answer: fn(&HttpRequest) -> HttpResponse) -> Result<(Value, Vec<String>), String> {
    let (result, world) = bench(json!({"pagination": pagination})).http(move |r| Ok(answer(r))).run_in().await;
    let urls = lock(&world.requests).iter().map(|r| r.url.replace("http://127.0.0.1", "")).collect();
    result.map(|o| (fields(&outcome(Ok(o)), "out"), urls)).map_err(|e| e.code)
}

fn numbered(request: &HttpRequest) -> HttpResponse {
    let page: u32 = request.url.split("page=").nth(1).and_then(|p| p.parse().ok()).unwrap_or(1);
    let body = match page {
        1 | 2 => format!(r#"[{{"p": {page}}}]"#),
        _ => "[]".to_owned(),
    };
    response(if page > 4 { 404 } else { 200 }, "application/json", &body)
}

fn linked(request: &HttpRequest) -> HttpResponse {
    let last = request.url.ends_with("/b");
    let mut answer = response(200, "application/json", if last { r#"{"p": 2}"# } else { r#"{"p": 1, "next": "/b"}"# });
    if !last {
        answer.headers.push(("link".into(), r#"<http://127.0.0.1/z>; rel="prev", </b>; rel="next last""#.into()));
    }
    answer.url = request.url.clone();
    answer
}

#[tokio::test]
async fn pages_three_ways() {
    let both = json!([{"p": 1}, {"p": 2}]);
    let numbers =
        json!({"mode": "parameter", "parameters": [{"place": "query", "name": "page", "value": "$pageCount + 1"}]});
    let urls = ["/a?page=1", "/a?page=2", "/a?page=3"].map(str::to_owned).to_vec();
    assert_eq!(paged(numbers.clone(), numbered).await, Ok((both.clone(), urls)));
    let mut by_status = numbers.clone();
    by_status["end"] = json!("status");
    let (_, urls) = paged(by_status, numbered).await.unwrap();
    assert_eq!(urls.len(), 5);
    let mut few = numbers;
    few["max_pages"] = json!(1);
    assert_eq!(paged(few, numbered).await.unwrap().0, json!([{"p": 1}]));
    let urls = ["/a", "/b"].map(str::to_owned).to_vec();
    let next = json!({"mode": "next_url", "next_url": "$response.body.next"});
    let (items, seen) = paged(next, linked).await.unwrap();
    assert_eq!((&items[1], seen), (&json!({"p": 2}), urls.clone()));
    assert_eq!(paged(json!({"mode": "link"}), linked).await.unwrap().1, urls);
    let ends = json!({"mode": "parameter", "end": "expression", "end_when": "!$response.body.next", "parameters": []});
    assert_eq!(paged(ends, |r| linked(&HttpRequest { url: "/b".into(), ..r.clone() })).await.unwrap().1, ["/a"]);
    let circle = json!({"mode": "next_url", "next_url": "$response.body.next"});
    let round = |_: &HttpRequest| response(200, "application/json", r#"{"next": "/a"}"#);
    assert_eq!(paged(circle, round).await, Err("pagination_loop".to_owned()));
}

#[tokio::test]
async fn another_server_gets_no_credential() {
    let bench = bench(
        json!({"authentication": "bearer", "pagination": {"mode": "next_url", "next_url": "$response.body.next"},
            "client_certificate": true, "headers": [{"name": "X-Api-Key", "value": "k3y"}, {"name": "Accept", "value": "a/b"}]}),
    )
    .secret("bearer", "http_bearer", json!({"token": "t0ken"}))
    .secret("client_certificate", "mtls", json!({"certificate": "CERT", "key": "KEY", "ca": ""}))
    .http(|r| {
        let body = if r.url.contains("other") { "{}" } else { r#"{"next": "http://other.example/"}"# };
        Ok(response(200, "application/json", body))
    });
    let (_, world) = bench.run_in().await;
    let requests = lock(&world.requests);
    let names = |r: &HttpRequest| r.headers.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&requests[0]), ["x-api-key", "accept", "authorization"]);
    assert_eq!(names(&requests[1]), ["accept"]);
    assert_eq!(requests.iter().map(|r| r.client_identity.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn how_it_is_sent_is_what_the_parameters_say() {
    let options = json!({"timeout_s": 7, "max_redirects": 2, "ignore_tls": true, "idempotency_key": true,
        "proxy": "http://proxy:3128", "trusted": "-----BEGIN CERTIFICATE-----"});
    let (_, world) = bench(options).run_in().await;
    let request = lock(&world.requests)[0].clone();
    assert_eq!((request.timeout.as_secs(), request.max_redirects, request.insecure_tls), (7, 2, true));
    assert_eq!(request.proxy.as_deref(), Some("http://proxy:3128"));
    assert_eq!(request.extra_roots.as_deref(), Some("-----BEGIN CERTIFICATE-----"));
    assert!(request.headers.iter().any(|(name, value)| name == "idempotency-key" && value.ends_with("-0-0")));
    let (_, world) = bench(json!({})).run_in().await;
    let request = lock(&world.requests)[0].clone();
    assert_eq!((request.timeout.as_secs(), request.max_redirects, request.insecure_tls), (60, 10, false));
    assert!(request.proxy.is_none() && request.extra_roots.is_none());
    assert!(request.headers.iter().all(|(name, _)| name != "idempotency-key"));
}

#[tokio::test]
async fn batches_pause_between_them() {
    let items = json!((0..5).map(|i| json!({"i": i})).collect::<Vec<_>>());
    let bench = bench(json!({"batch_size": 2, "batch_wait_ms": 250})).items(items);
    let (result, world) = bench.run_in().await;
    assert_eq!(outcome(result).ports[0].1.len(), 5);
    assert_eq!(lock(&world.slept).len(), 2);
}

#[tokio::test]
async fn what_cannot_be_sent() {
    let check = async |parameters: Value, code: &str| {
        assert_eq!(bench(parameters.clone()).run().await.unwrap_err().code, code, "{parameters}");
    };
    check(json!({"url": ""}), "parameter_missing").await;
    check(json!({"url": "example.com"}), "url_invalid").await;
    check(json!({"url": "file:///etc/passwd"}), "url_invalid").await;
    check(json!({"url": "http://"}), "url_invalid").await;
    check(json!({"proxy": "http://ana:s3cret@proxy:3128"}), "proxy_secret").await;
    check(json!({"proxy": "ana:s3cret@proxy:3128"}), "proxy_secret").await;
    check(json!({"headers": [{"name": "a b", "value": "x"}]}), "header_invalid").await;
    check(json!({"headers": [{"name": "a", "value": "x\r\nb: c"}]}), "header_invalid").await;
    check(json!({"headers_as": "json", "headers_json": "[1]"}), "json_no_object").await;
    check(json!({"query_as": "json", "query_json": "{"}), "json_invalid").await;
    check(json!({"body": "form", "body_as": "json", "json": "[]"}), "json_no_object").await;
    let page = json!({"mode": "parameter", "parameters": [{"place": "body", "name": "page", "value": "$pageCount"}]});
    check(json!({"method": "POST", "pagination": page}), "page_no_place").await;
    check(json!({"method": "POST", "body": "raw", "raw": "x", "pagination": page}), "page_no_place").await;
    let list = json!({"method": "POST", "body": "json", "body_as": "json", "json": "[1]", "pagination": page});
    check(list, "page_no_place").await;
}

#[tokio::test]
async fn failures_of_single_items_and_cancelling() {
    let flaky = |r: &HttpRequest| {
        let status = if r.url.ends_with('1') { 404 } else { 200 };
        Ok(response(status, "application/json", "{}"))
    };
    let bench = |keep: bool| {
        let items = json!([{"i": 0}, {"i": 1}, {"i": 2}]);
        let bench = bench(json!({"query": [{"name": "i", "value": "={{ $json.i }}"}]})).items(items).http(flaky);
        if keep { bench.keep_going() } else { bench }
    };
    let output = outcome(bench(true).run().await);
    assert_eq!(output.failed.iter().map(|f| f.item).collect::<Vec<_>>(), [1]);
    assert_eq!(output.ports[0].1.lineage.origins(1)[0].item, 2);
    let error = bench(false).run().await.unwrap_err();
    assert_eq!((error.code.as_str(), error.item), ("http_status", Some(1)));
    let hanging = Bench::new("http_request")
        .parameters(json!({"url": "http://127.0.0.1/"}))
        .items(json!([{}]))
        .http(|_| Err(NodeError::new(NEVER, "")));
    let cancelled = hanging.cancelled.clone();
    let (result, ()) = tokio::join!(hanging.run(), async { cancelled.cancel() });
    assert_eq!(result.unwrap_err().code, "cancelled");
}
