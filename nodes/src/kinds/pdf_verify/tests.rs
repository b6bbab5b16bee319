//! Whose word counts, what authorities are asked, and what comes out.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::NodeError;
use crate::credentials::mtls::pem;
use crate::kinds::pdf_sign::share;
use crate::testing::{Bench, World, fields, outcome, response};
use crate::world::{HttpBody, HttpRequest, HttpResponse, HttpResponseBody};
use pdf::testing::documents::plain;
use pdf::testing::material::{PASSWORD, ana, bruno, material, now};
use pdf::testing::pki::{days, pki};
use pdf::{Identity, SignOptions};

fn signed(pdf: &[u8], identity: &Identity) -> Vec<u8> {
    pdf::sign(pdf, identity, &SignOptions::default(), now()).unwrap().pdf
}

/// Vera's signature; her certificate names addresses of its authority.
fn vera(with_above: bool) -> Vec<u8> {
    let vera = Identity::from_pkcs12(&pki().pkcs12("vera", with_above), PASSWORD).unwrap();
    pdf::sign(&plain(), &vera, &SignOptions::default(), jiff::Timestamp::now()).unwrap().pdf
}

fn bench(pdf: Vec<u8>, parameters: Value) -> Bench {
    let mut bench = Bench::new("pdf_verify").parameters(parameters).items(json!([{}])).file(
        0,
        "data",
        "contract.pdf",
        "application/pdf",
        pdf,
    );
    pki();
    now();
    bench.world.now = jiff::Timestamp::now();
    bench
}

fn top() -> String {
    std::fs::read_to_string(pki().path("top.pem")).unwrap()
}

async fn report(bench: Bench) -> (Value, std::sync::Arc<World>) {
    let (result, world) = bench.run_in().await;
    (fields(&outcome(result), "out")[0]["verification"].clone(), world)
}

fn codes(report: &Value) -> Vec<&str> {
    let signatures = report["signatures"].as_array().unwrap().iter();
    signatures.flat_map(|s| s["findings"].as_array().unwrap()).map(|f| f["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn whose_word_counts() {
    let pdf = signed(&plain(), ana());
    let root = std::fs::read_to_string(material().path("root.pem")).unwrap();
    for (trust, trusted, status, code) in [
        ("both", root.as_str(), "valid", None),
        ("own", &root, "valid", None),
        ("both", "", "indeterminate", Some("pdf_signer_untrusted")),
        ("icp_brasil", &root, "indeterminate", Some("pdf_signer_untrusted")),
        ("nobody", &root, "valid", Some("pdf_trust_ignored")),
    ] {
        let (report, _) = report(bench(pdf.clone(), json!({"trust": trust, "trusted": trusted}))).await;
        assert_eq!(report["status"], status, "{trust}: {report:#}");
        assert!(code.is_none_or(|code| codes(&report).contains(&code)), "{trust}: {report:#}");
        assert_eq!(report["signatures"][0]["icp_brasil"], false);
    }
    let error = bench(pdf, json!({"trust": "own"})).run().await.unwrap_err();
    assert_eq!(error.code, "certificate_invalid");
}

#[tokio::test]
async fn the_servers_authorities_are_own_ones() {
    let pdf = signed(&plain(), ana());
    let root = material().path("root.pem");
    let (_, root) = pem(&std::fs::read_to_string(root).unwrap()).remove(0);
    for (trust, trusted, status) in [
        ("both", String::new(), "valid"),
        ("own", String::new(), "valid"),
        ("own", top(), "valid"),
        ("icp_brasil", String::new(), "indeterminate"),
    ] {
        let mut bench = bench(pdf.clone(), json!({"trust": trust, "trusted": trusted}));
        bench.signature_roots = [root.clone()].into();
        let (report, _) = report(bench).await;
        assert_eq!(report["status"], status, "{trust}: {report:#}");
    }
}

#[tokio::test]
async fn what_does_not_hold_is_an_error_where_that_is_asked_for() {
    let ask = |pdf: Vec<u8>, trust: &str| bench(pdf, json!({"not_valid": "error", "trust": trust})).run();
    let error = ask(plain(), "both").await.unwrap_err();
    assert_eq!(error.code, "pdf_not_valid");
    let details = error.details;
    assert_eq!(details["status"], "unsigned");
    assert!(details["message_pt"].as_str().unwrap().contains("não tem assinatura"), "{details}");
    let error = ask(signed(&plain(), ana()), "icp_brasil").await.unwrap_err();
    let codes = error.details["findings"].as_array().unwrap();
    assert!(codes.contains(&json!("pdf_signer_untrusted")), "{codes:?}");
    assert!(ask(signed(&plain(), ana()), "nobody").await.is_ok());
}

fn answer(body: Vec<u8>) -> Result<HttpResponse, NodeError> {
    Ok(HttpResponse { body: HttpResponseBody::Bytes(Bytes::from(body)), ..response(200, "", "") })
}

/// The authorities of the test: what each address gives.
fn authorities(request: &HttpRequest, revoked: bool) -> Result<HttpResponse, NodeError> {
    let revoked: &[_] = if revoked { &[("vera", jiff::Timestamp::now() - days(1))] } else { &[] };
    match (request.method.as_str(), request.url.as_str()) {
        ("POST", "http://ocsp.example.org/") => {
            let HttpBody::Bytes(body) = &request.body else { panic!("{request:?}") };
            answer(pki().ocsp(body, "responder", revoked))
        }
        ("GET", "http://ca.example.org/middle.der") => answer(pki().der("middle")),
        ("GET", "http://crl.example.org/middle.crl") => answer(pki().crl("middle", revoked, jiff::Timestamp::now())),
        _ => Err(NodeError::new("http_dns", "There is no such server.")),
    }
}

fn asking(pdf: Vec<u8>, revocation: &str) -> Bench {
    bench(pdf, json!({"trust": "own", "trusted": top(), "revocation": revocation}))
}

#[tokio::test]
async fn authorities_are_asked_when_the_node_says_so() {
    let (told, world) = report(asking(vera(true), "document").http(|r| authorities(r, false))).await;
    assert_eq!((&told["status"], &told["asked"]), (&json!("valid"), &json!([])));
    assert!(world.requests.lock().unwrap().is_empty());

    let (told, world) = report(asking(vera(false), "ask").http(|r| authorities(r, false))).await;
    assert_eq!(told["status"], "valid", "{told:#}");
    let asked = told["asked"].as_array().unwrap();
    assert_eq!(asked.iter().map(|a| a["what"].as_str().unwrap()).collect::<Vec<_>>(), ["issuer", "ocsp"]);
    let word = &told["signatures"][0]["revocation"][0];
    assert_eq!(
        (&word["standing"], &word["kind"], &word["source"]),
        (&json!("good"), &json!("ocsp"), &json!("fetched"))
    );
    let requests = world.requests.lock().unwrap();
    assert!(requests.iter().all(|r| r.timeout.as_secs() == 15 && r.max_redirects == 3));
}

#[tokio::test]
async fn revoked_and_unreachable() {
    let (told, _) = report(asking(vera(true), "ask").http(|r| authorities(r, true))).await;
    assert!(codes(&told).contains(&"pdf_signer_revoked_unproven"), "{told:#}");

    // Without OCSP the list is fetched; the one of the top authority has no address.
    let no_ocsp = |r: &HttpRequest| match r.method.as_str() {
        "POST" => Ok(response(503, "text/plain", "later")),
        _ => authorities(r, false),
    };
    let (told, _) = report(asking(vera(true), "ask").http(no_ocsp)).await;
    let asked: Vec<_> =
        told["asked"].as_array().unwrap().iter().map(|a| (a["what"].clone(), a["error"].clone())).collect();
    assert_eq!(asked, [(json!("ocsp"), json!("http_status")), (json!("crl"), Value::Null)]);
    assert_eq!(told["signatures"][0]["revocation"][0]["kind"], "crl");

    let nobody = |_: &HttpRequest| Err(NodeError::new("http_dns", "There is no such server."));
    let (told, _) = report(asking(vera(true), "ask").http(nobody)).await;
    assert_eq!(told["status"], "valid");
    let (told, _) = report(asking(vera(true), "require").http(nobody)).await;
    assert_eq!(told["status"], "indeterminate");
    assert!(codes(&told).contains(&"pdf_revocation_unknown"), "{told:#}");
}

#[tokio::test]
async fn items_of_one_batch_ask_once() {
    let pdf = vera(true);
    let bench = asking(pdf.clone(), "ask").items(json!([{}, {}]));
    let bench = bench.file(0, "data", "a.pdf", "application/pdf", pdf.clone());
    let mut bench = bench.file(1, "data", "b.pdf", "application/pdf", pdf).http(|r| authorities(r, false));
    bench.world.now = jiff::Timestamp::now();
    let (result, world) = bench.run_in().await;
    assert_eq!(outcome(result).ports[0].1.len(), 2);
    let requests = world.requests.lock().unwrap().len();
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn each_signer_s_revision_comes_out() {
    let first = signed(&plain(), ana());
    let second = signed(&first, bruno());
    let (result, world) = bench(second.clone(), json!({"revisions": "as_signed"})).run_in().await;
    let item = outcome(result).ports[0].1.items[0].clone();
    let file = |name: &str| (item.binary[name].file_name.clone(), world.content(&item.binary[name]).to_vec());
    assert_eq!(file("as_signed_1"), ("contract-1.pdf".into(), first));
    assert_eq!(file("as_signed_2"), ("contract-2.pdf".into(), second));
    drop(share(&item.binary["data"]).await.unwrap());
}
