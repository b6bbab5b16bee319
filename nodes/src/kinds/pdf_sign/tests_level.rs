//! Levels, policies and keys elsewhere as nodes do them, with `openssl` as the authority at the other end.

use flow::Item;
use pdf::testing::authority::{TSA, authority, now};
use pdf::testing::documents;
use pdf::testing::material::{PASSWORD, material, run, text};
use serde_json::{Value, json};

use crate::NodeError;
use crate::kinds::common::{base64, unbase64};
use crate::testing::{Bench, World, lock, outcome, response};
use crate::world::{HttpBody, HttpRequest, HttpResponse, HttpResponseBody};

/// What the authority answers over HTTP.
fn served(request: &HttpRequest) -> Result<HttpResponse, NodeError> {
    let body = match &request.body {
        HttpBody::Bytes(bytes) => bytes.clone(),
        _ => Default::default(),
    };
    let Some(answer) = authority().answer(&request.url, &body) else { return Ok(response(404, "", "")) };
    Ok(HttpResponse { body: HttpResponseBody::Bytes(answer.into()), ..response(200, "", "") })
}

fn level(profile: &str) -> Value {
    let root = std::fs::read_to_string(authority().path("root.pem")).unwrap();
    json!({"profile": profile, "url": TSA, "trusted": root})
}

fn with(profile: &str, more: Value) -> Value {
    let mut level = level(profile);
    level.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    level
}

fn signing(name: &str, parameters: Value) -> Bench {
    let secret = json!({"file": base64(authority().pkcs12(name)), "password": PASSWORD});
    let mut bench = Bench::new("pdf_sign")
        .parameters(parameters)
        .items(json!([{}]))
        .file(0, "data", "contract.pdf", "application/pdf", documents::plain())
        .secret("certificate", "pkcs12", secret)
        .http(served);
    bench.world.now = now();
    bench
}

async fn signed(bench: Bench) -> (Item, Vec<u8>, std::sync::Arc<World>) {
    let (result, world) = bench.run_in().await;
    let item = outcome(result).ports[0].1.items[0].as_ref().clone();
    let pdf = world.content(&item.binary["data"]).to_vec();
    (item, pdf, world)
}

fn codes(facts: &Value) -> Vec<&str> {
    facts["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect()
}

fn holds(pdf: &[u8], text: &str) -> bool {
    pdf.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn fails(bench: Bench, code: &str) -> NodeError {
    let error = bench.run().await.unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(!format!("{error:?}").contains(PASSWORD), "{error:?}");
    error
}

#[tokio::test]
async fn each_level_is_reached_and_told() {
    for (profile, reached) in [("b", "B-B"), ("t", "B-T"), ("lt", "B-LT"), ("lta", "B-LTA")] {
        let (item, pdf, world) = signed(signing("eva", json!({"level": level(profile)}))).await;
        let facts = &item.json["signature"];
        assert_eq!((&facts["level"], codes(facts)), (&json!(reached), vec![]));
        assert_eq!(facts["stamped_by"].as_str(), (profile != "b").then_some("Carimbo de Teste"));
        assert_eq!(facts["stamped_at"].is_string(), profile != "b");
        assert_eq!(holds(&pdf, "/DSS"), profile.starts_with('l'));
        assert_eq!(holds(&pdf, "/DocTimeStamp"), profile == "lta");
        let file = material().file(&pdf);
        let said = run("pdfsig", &["-nocert", text(&file)]);
        assert!(said.contains("Signature is Valid"), "{said}");
        let requests = lock(&world.requests);
        assert_eq!(
            requests.iter().filter(|r| r.url == TSA).count(),
            ["b", "t"].iter().position(|p| *p == profile).unwrap_or(if profile == "lt" { 1 } else { 2 })
        );
        assert!(requests.iter().all(|r| r.timeout.as_secs() == 20));
    }
}

/// A batch opens the key once, and what is the same for all items is fetched once.
#[tokio::test]
async fn a_batch_fetches_proofs_once() {
    let mut bench = signing("eva", json!({"level": level("lt")})).items(json!([{}, {}, {}, {}, {}]));
    for index in 0..5 {
        bench = bench.file(index, "data", "contract.pdf", "application/pdf", documents::plain());
    }
    let (result, world) = bench.run_in().await;
    let items = &outcome(result).ports[0].1.items;
    assert_eq!(items.iter().filter(|item| item.json["signature"]["level"] == "B-LT").count(), 5);
    let requests = lock(&world.requests);
    let count = |part: &str| requests.iter().filter(|r| r.url.contains(part)).count();
    // Eva's and the clock's certificates by OCSP, the authority's by the root's list; and the root, which no file had.
    assert_eq!((count("/tsa"), count("/ocsp"), count(".crl"), count(".der")), (5, 2, 1, 1), "{requests:?}");
}

#[tokio::test]
async fn a_time_stamp_that_cannot_be_had() {
    type Answer = fn(&HttpRequest) -> Result<HttpResponse, NodeError>;
    let cases: [(&str, Answer); 6] = [
        ("pdf_tsa_unreachable", |_| Err(NodeError::new("http_connect", "Nobody answers. Check the address."))),
        ("pdf_tsa_unreachable", |_| Ok(response(503, "text/html", "<h1>busy</h1>"))),
        ("pdf_tsa_refused", |_| Ok(response(401, "", ""))),
        ("pdf_tsa_unreadable", |_| Ok(response(200, "text/html", "<h1>hello</h1>"))),
        ("pdf_tsa_unreachable", |_| Ok(response(200, "", &"x".repeat(1 << 20)))),
        // An answer to somebody else's request.
        ("pdf_tsa_imprint", |_| {
            let other = pdf::StampRequest::new(&[b"other"], [7; 8], "").unwrap();
            let body = HttpResponseBody::Bytes(authority().time_stamp(&other.bytes()).into());
            Ok(HttpResponse { body, ..response(200, "", "") })
        }),
    ];
    for (code, answer) in cases {
        let error = fails(signing("eva", json!({"level": level("lta")})).http(answer), code).await;
        assert!(error.details["message_pt"].is_string());
        let parameters = json!({"level": with("lta", json!({"without_stamp": "warn"}))});
        let (item, pdf, _) = signed(signing("eva", parameters).http(answer)).await;
        let facts = &item.json["signature"];
        assert_eq!((&facts["level"], codes(facts)), (&json!("B-B"), vec!["pdf_without_time_stamp"]));
        assert!(!holds(&pdf, "/DSS"));
    }
    let other = std::fs::read_to_string(material().path("root.pem")).unwrap();
    fails(signing("eva", json!({"level": with("t", json!({"trusted": other}))})), "pdf_tsa_untrusted").await;
    fails(signing("eva", json!({"level": with("t", json!({"trusted": "no root"}))})), "certificate_invalid").await;
    fails(signing("eva", json!({"level": with("t", json!({"policy": "x"}))})), "pdf_tsa_policy").await;
    fails(signing("eva", json!({"level": with("t", json!({"policy": "1.2.3.4.999"}))})), "pdf_tsa_refused").await;
}

/// The file's stamp fails after the signature's was had: what was reached stays.
#[tokio::test]
async fn an_archive_stamp_that_cannot_be_had() {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    let once = move |request: &HttpRequest| {
        if request.url == TSA && calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 {
            return Ok(response(503, "", ""));
        }
        served(request)
    };
    let parameters = json!({"level": with("lta", json!({"without_stamp": "warn"}))});
    let (item, pdf, _) = signed(signing("eva", parameters).http(once)).await;
    let facts = &item.json["signature"];
    assert_eq!((&facts["level"], codes(facts)), (&json!("B-LT"), vec!["pdf_without_time_stamp"]));
    assert!(holds(&pdf, "/DSS") && !holds(&pdf, "/DocTimeStamp"));
}

#[tokio::test]
async fn proofs_that_cannot_be_had() {
    let only_stamps =
        |request: &HttpRequest| if request.url == TSA { served(request) } else { Ok(response(503, "", "")) };
    let error =
        fails(signing("eva", json!({"level": level("lt")})).http(only_stamps), "pdf_revocation_unavailable").await;
    assert!(error.message.contains("OCSP http://pki.test/ocsp: HTTP 503"), "{error}");
    let parameters = json!({"level": with("lta", json!({"without_proof": "warn"}))});
    let (item, pdf, _) = signed(signing("eva", parameters.clone()).http(only_stamps)).await;
    let facts = &item.json["signature"];
    assert_eq!(facts["level"], "B-T");
    assert!(codes(facts).iter().all(|code| *code == "pdf_without_proof") && holds(&pdf, "/DocTimeStamp"));
    // A revoked certificate is no missing proof.
    let error = fails(signing("gil", parameters), "pdf_certificate_revoked").await;
    assert!(error.message.starts_with("The certificate of Gil Revogado was revoked on 2026-01-02"), "{error}");
}

#[tokio::test]
async fn a_large_time_stamp_gets_more_room() {
    let parameters = json!({"level": with("lta", json!({"url": "http://pki.test/tsa-large"}))});
    let (item, pdf, world) = signed(signing("eva", parameters)).await;
    assert_eq!(item.json["signature"]["level"], "B-LTA");
    assert!(holds(&pdf, "/DocTimeStamp"));
    // One was too large for its room; the next one, over the file, was expected to be as large.
    assert_eq!(lock(&world.requests).iter().filter(|r| r.url.ends_with("tsa-large")).count(), 3);
}

#[tokio::test]
async fn the_authority_is_shown_who_asks() {
    let headers = |world: &World, url: &str| -> Vec<String> {
        let requests = lock(&world.requests);
        let named = requests.iter().filter(|r| r.url == url).flat_map(|r| r.headers.clone());
        named.filter(|(name, _)| name == "authorization").map(|(_, value)| value).collect()
    };
    let asking = |authentication: &str| json!({"level": with("t", json!({"authentication": authentication}))});
    let basic =
        signing("eva", asking("basic")).secret("tsa_basic", "http_basic", json!({"user": "ana", "password": "s3cret"}));
    let (_, _, world) = signed(basic).await;
    assert_eq!(headers(&world, TSA), ["Basic YW5hOnMzY3JldA=="]);
    assert!(lock(&world.requests).iter().all(|r| r.sensitive_headers == ["authorization"]));

    let secret =
        json!({"token_url": "http://login.test/token", "client_id": "a b", "client_secret": "c:d", "scope": "tsa x"});
    let tokens = std::sync::atomic::AtomicUsize::new(0);
    let login = move |request: &HttpRequest| {
        if request.url == "http://login.test/token" {
            let HttpBody::Bytes(form) = &request.body else { panic!("no form") };
            assert_eq!(form.as_ref(), b"grant_type=client_credentials&scope=tsa+x");
            let number = tokens.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            return Ok(response(200, "application/json", &json!({"access_token": format!("t{number}")}).to_string()));
        }
        // The first token has run out.
        let old = request.headers.iter().any(|(_, value)| value == "Bearer t0");
        if old { Ok(response(401, "", "")) } else { served(request) }
    };
    let oauth = signing("eva", asking("oauth2")).secret("tsa_oauth2", "oauth2_client", secret.clone()).http(login);
    let (_, _, world) = signed(oauth).await;
    assert_eq!(headers(&world, TSA), ["Bearer t0", "Bearer t1"]);
    assert_eq!(headers(&world, "http://login.test/token")[0], format!("Basic {}", base64("a+b:c%3Ad")));
    for (status, body, code) in
        [(401, "", "pdf_tsa_refused"), (200, "{}", "pdf_tsa_refused"), (500, "", "pdf_tsa_unreachable")]
    {
        let bench = signing("eva", asking("oauth2")).secret("tsa_oauth2", "oauth2_client", secret.clone());
        let error = fails(bench.http(move |_| Ok(response(status, "", body))), code).await;
        assert!(error.message.contains("OAuth 2: "), "{error}");
    }

    let pair = json!({"certificate": "CERT", "key": "KEY", "ca": "CA"});
    let (_, _, world) = signed(signing("eva", asking("certificate")).secret("tsa_certificate", "mtls", pair)).await;
    let request = lock(&world.requests)[0].clone();
    assert_eq!(request.client_identity, Some(("CERT".into(), "KEY".into())));
    assert_eq!(request.extra_roots.as_deref(), Some("CA"));
    fails(signing("eva", asking("basic")), "credential_missing").await;
    // Nobody is asked, so nobody has to be shown anything.
    signed(signing("eva", json!({"level": with("b", json!({"authentication": "basic"}))}))).await;
}

#[tokio::test]
async fn policies_of_icp_brasil() {
    let (item, pdf, _) = signed(signing("eva", json!({"policy": "ad_rb", "reason": "Approved"}))).await;
    // Eva's certificate is not of ICP-Brasil.
    assert_eq!(codes(&item.json["signature"]), ["pdf_policy_outside_icp_brasil", "pdf_policy_without_reason"]);
    assert!(!holds(&pdf, "/Reason") && holds(&pdf, "/ETSI.CAdES.detached"));
    let (item, pdf, _) = signed(signing("eva", json!({"policy": "ad_rt_pbad", "level": level("lt")}))).await;
    assert_eq!(item.json["signature"]["level"], "B-LT");
    assert!(holds(&pdf, "/PBAD.PAdES") && holds(&pdf, "/PBAD_PAdES"));
    fails(signing("eva", json!({"policy": "ad_rt"})), "pdf_policy_needs_time_stamp").await;
    fails(signing("eva", json!({"policy": "ad_rb", "format": "adobe"})), "pdf_policy_format").await;
    // Going on without the time stamp would be another policy.
    let parameters = json!({"policy": "ad_rt", "level": with("t", json!({"without_stamp": "warn"}))});
    fails(signing("eva", parameters).http(|_| Ok(response(503, "", ""))), "pdf_policy_needs_time_stamp").await;
}

/// The first step: the item and the file that wait.
async fn prepared(parameters: Value) -> (Item, Vec<u8>) {
    let mut all = json!({"key": "elsewhere", "certificate": certificates("eva")});
    all.as_object_mut().unwrap().extend(parameters.as_object().cloned().unwrap());
    let mut bench = Bench::new("pdf_sign").parameters(all).items(json!([{"id": 7}]));
    bench = bench.file(0, "data", "contract.pdf", "application/pdf", documents::plain());
    bench.world.now = now();
    let (item, pdf, _) = signed(bench).await;
    (item, pdf)
}

fn certificates(name: &str) -> String {
    let read = |name: &str| std::fs::read_to_string(authority().path(&format!("{name}.pem"))).unwrap();
    read(name) + &read("ca")
}

fn finishing(pdf: Vec<u8>, signature: &str, parameters: Value) -> Bench {
    let mut bench = Bench::new("pdf_finish_signature")
        .parameters(json!({"signature": "={{ $json.answer }}"}))
        .parameters(parameters)
        .items(json!([{"answer": signature}]))
        .file(0, "data", "contract-prepared.pdf", "application/pdf", pdf)
        .http(served);
    bench.world.now = now();
    bench
}

/// `openssl` signs the digest that the first step gave.
fn elsewhere(facts: &Value) -> Vec<u8> {
    let digest = material().file(&unbase64(facts["digest"].as_str().unwrap()).unwrap());
    let (key, out) = (authority().path("eva.key"), material().scratch());
    let what = ["-in", text(&digest), "-out", text(&out), "-inkey", &key, "-pkeyopt", "digest:sha256"];
    run("openssl", &[&["pkeyutl", "-sign"], &what[..]].concat());
    std::fs::read(out).unwrap()
}

#[tokio::test]
async fn a_key_elsewhere_signs_in_two_steps() {
    let (item, waiting) = prepared(json!({"reason": "Approved"})).await;
    let facts = &item.json["signature"];
    assert_eq!((&item.json["id"], &facts["name"]), (&json!(7), &json!("Eva Souza")));
    assert_eq!((&facts["algorithm"], &facts["field"]), (&json!("ECDSA-SHA256"), &json!("Signature1")));
    assert_eq!(item.binary["data"].file_name, "contract-prepared.pdf");
    let attributes = unbase64(facts["to_sign"].as_str().unwrap()).unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &attributes);
    assert_eq!(facts["digest"], base64(digest.as_ref()));

    let signature = elsewhere(facts);
    let hex: String = signature.iter().map(|b| format!("{b:02x}")).collect();
    for given in [base64(&signature), hex] {
        let (item, pdf, _) = signed(finishing(waiting.clone(), &given, json!({"level": level("lta")}))).await;
        assert_eq!(item.binary["data"].file_name, "contract-signed.pdf");
        assert_eq!(
            (&item.json["signature"]["level"], &item.json["signature"]["name"]),
            (&json!("B-LTA"), &json!("Eva Souza"))
        );
        let file = material().file(&pdf);
        assert!(run("pdfsig", &["-nocert", text(&file)]).contains("Signature is Valid"));
    }
    let (item, ..) = signed(finishing(waiting.clone(), &base64(&signature), json!({"property": ""}))).await;
    assert!(item.json.get("signature").is_none());

    let check = async |pdf: Vec<u8>, given: &str, code: &str| {
        // The check comes before anything is sent.
        let (result, world) = finishing(pdf, given, json!({"level": level("t")})).run_in().await;
        assert_eq!(result.unwrap_err().code, code);
        assert!(lock(&world.requests).is_empty());
    };
    check(waiting.clone(), &base64("another signature"), "pdf_raw_signature_wrong").await;
    check(waiting.clone(), "", "signature_unreadable").await;
    let (item, tight) = prepared(json!({"room_kb": 1})).await;
    let large = json!({"level": with("t", json!({"url": "http://pki.test/tsa-large"}))});
    let given = base64(elsewhere(&item.json["signature"]));
    fails(finishing(tight, &given, large.clone()), "pdf_signature_no_room").await;
    let (item, roomy) = prepared(json!({"room_kb": 64})).await;
    let given = base64(elsewhere(&item.json["signature"]));
    signed(finishing(roomy, &given, large)).await;
    check(waiting, "%%%", "signature_unreadable").await;
    check(documents::plain(), &base64(&signature), "pdf_not_prepared").await;
}

#[tokio::test]
async fn certificates_of_keys_elsewhere() {
    let with = |certificate: &str| {
        Bench::new("pdf_sign")
            .parameters(json!({"key": "elsewhere", "certificate": certificate}))
            .items(json!([{}]))
            .file(0, "data", "a.pdf", "application/pdf", documents::plain())
    };
    let read = |name: &str| std::fs::read_to_string(material().path(name)).unwrap();
    fails(with(""), "certificate_invalid").await;
    fails(with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), "certificate_invalid").await;
    fails(with(&read("small.pem")), "pdf_weak_key").await;
    fails(with(&read("edward.pem")), "pdf_unsupported_key").await;
}

#[test]
fn what_is_missing_is_told_while_drawing() {
    let check = |kind: &str, parameters: Value, expected: &[&str]| {
        let node = Bench::new(kind).parameters(parameters).node;
        let kind = crate::Registry::standard().get(kind).unwrap().kind.clone();
        let found = kind.check(&node);
        assert_eq!(found.iter().map(|f| f.pointer.as_deref().unwrap()).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|f| f.message.en.ends_with('.') && f.message.pt.ends_with('.')));
    };
    check("pdf_sign", json!({}), &[]);
    check("pdf_sign", json!({"level": {"profile": "t"}}), &["/level/url"]);
    check("pdf_sign", json!({"level": {"profile": "t", "url": TSA}, "policy": "ad_rt"}), &[]);
    check("pdf_sign", json!({"policy": "ad_rt_pbad"}), &["/policy"]);
    check("pdf_sign", json!({"key": "elsewhere"}), &["/certificate"]);
    check("pdf_sign", json!({"key": "elsewhere", "certificate": "x", "policy": "ad_rt"}), &[]);
    check("pdf_finish_signature", json!({"level": {"profile": "lt"}}), &["/signature", "/level/url"]);
    check("pdf_finish_signature", json!({"signature": "={{ $json.a }}"}), &[]);
}

#[test]
fn oauth2_clients_are_checked_when_they_are_saved() {
    let kind = crate::credentials::get("oauth2_client").unwrap();
    let check = |url: &str| {
        let secret = json!({"token_url": url, "client_id": "id", "client_secret": "s3cret-value"});
        kind.check(secret.as_object().unwrap()).map(Value::Object).map_err(|e| e.code)
    };
    assert_eq!(check("https://login.test/token?x=1"), Ok(json!({"client_id": "id", "server": "https://login.test"})));
    for wrong in ["", "login.test/token", "ftp://login.test", "https://user:password@login.test/token"] {
        assert_eq!(check(wrong), Err("credential_invalid".into()), "{wrong}");
    }
}
