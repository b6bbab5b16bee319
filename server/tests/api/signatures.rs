//! The signatures of files, and the versions that were signed.

use axum::body::Body;
use axum::http::Request;
use flow::api::Role;
use pdf::SignOptions;
use pdf::testing::documents::{plain, qpdf};
use pdf::testing::material::{ana, bruno, material, now};
use serde_json::Value;

use crate::support::{Answer, Fluxo};

/// A server that trusts the authority of these tests, and a viewer's key.
async fn trusting() -> (Fluxo, String) {
    let fluxo = Fluxo::start_with(&["--signature-roots", &material().path("root.pem")]).await;
    let key = fluxo.key(Role::Viewer).await;
    (fluxo, key)
}

fn signed() -> Vec<u8> {
    pdf::sign(&plain(), ana(), &SignOptions::default(), now()).unwrap().pdf
}

/// Stores a file; its address.
async fn store(fluxo: &Fluxo, name: &str, content: &[u8]) -> String {
    let editor = fluxo.key(Role::Editor).await;
    let request = Request::post(format!("/api/v1/blobs?name={name}"))
        .header("authorization", format!("Bearer {editor}"))
        .header("content-type", "application/pdf")
        .body(Body::from(content.to_vec()))
        .unwrap();
    let blob = fluxo.send(request).await.expect(201).json();
    format!("/api/v1/blobs/{}", blob["id"].as_str().unwrap())
}

async fn get(fluxo: &Fluxo, key: &str, path: &str) -> Answer {
    fluxo.call(key, "GET", path, Value::Null).await
}

#[tokio::test]
async fn each_signature_is_told_and_its_version_given() {
    let (fluxo, key) = trusting().await;
    let first = signed();
    let both = pdf::sign(&first, bruno(), &SignOptions::default(), now()).unwrap().pdf;
    let file = store(&fluxo, "contract.pdf", &both).await;
    let answer = get(&fluxo, &key, &format!("{file}/signatures")).await.expect(200);
    assert_eq!(answer.header("cache-control"), "private, max-age=300");
    let found = answer.json();
    assert_eq!((&found["status"], &found["pages"]), (&"valid".into(), &2.into()), "{found:#}");
    assert_eq!(found["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(found["signatures"][0]["changes"], "forms_and_signatures", "{found:#}");
    for (number, content) in [(1, &first), (2, &both)] {
        let version = get(&fluxo, &key, &format!("{file}/signatures/{number}")).await.expect(200);
        assert_eq!(&version.bytes, content);
        assert_eq!(version.header("content-type"), "application/pdf");
        assert!(
            version
                .header("content-disposition")
                .starts_with(&format!("attachment; filename=\"contract-{number}.pdf\""))
        );
    }
    for number in ["0", "3"] {
        get(&fluxo, &key, &format!("{file}/signatures/{number}")).await.problem(404, "not_found");
    }
    get(&fluxo, &key, &format!("{file}/signatures/one")).await.problem(400, "path_invalid");
}

#[tokio::test]
async fn without_its_authority_a_signature_is_in_doubt() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Viewer).await;
    let file = store(&fluxo, "contract.pdf", &signed()).await;
    let found = get(&fluxo, &key, &format!("{file}/signatures?language=pt-BR")).await.expect(200).json();
    assert_eq!(found["status"], "indeterminate", "{found:#}");
    let findings = found["signatures"][0]["findings"].as_array().unwrap();
    let untrusted = findings.iter().find(|f| f["code"] == "pdf_signer_untrusted").expect("a finding");
    assert!(untrusted["message"].as_str().unwrap().starts_with("Nenhuma das autoridades confiáveis"), "{untrusted}");
    get(&fluxo, &key, &format!("{file}/signatures?language=tlh")).await.problem(400, "query_invalid");
}

#[tokio::test]
async fn a_changed_file_is_invalid_and_has_no_version() {
    let (fluxo, key) = trusting().await;
    let mut changed = signed();
    let at = changed.windows(6).position(|w| w == b"Page 1").unwrap();
    changed[at] = b'R';
    let file = store(&fluxo, "contract.pdf", &changed).await;
    let found = get(&fluxo, &key, &format!("{file}/signatures")).await.expect(200).json();
    assert_eq!(found["status"], "invalid", "{found:#}");
    assert_eq!(found["signatures"][0]["integrity"], "broken");
    assert_eq!(found["signatures"][0]["revision"], false);
    get(&fluxo, &key, &format!("{file}/signatures/1")).await.problem(422, "pdf_no_revision");
}

#[tokio::test]
async fn what_has_no_signatures_is_told_apart() {
    let (fluxo, key) = trusting().await;
    let unsigned = store(&fluxo, "contract.pdf", &plain()).await;
    let found = get(&fluxo, &key, &format!("{unsigned}/signatures")).await.expect(200).json();
    assert_eq!((&found["status"], found["signatures"].as_array().unwrap().len()), (&"unsigned".into(), 0));
    let encrypted = qpdf(&plain(), &["--encrypt", "user", "owner", "256", "--"]);
    for (content, code, word) in [
        (&b"no pdf"[..], "pdf_not_a_pdf", "não é um PDF"),
        (&encrypted, "pdf_encrypted", "só abre com senha"),
        (b"%PDF-1.7\n", "pdf_damaged", "danificado"),
    ] {
        let file = store(&fluxo, "file.pdf", content).await;
        let problem = get(&fluxo, &key, &format!("{file}/signatures?language=pt-BR")).await.problem(422, code);
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
}

#[tokio::test]
async fn only_those_who_may_read_the_file_see_its_signatures() {
    let (fluxo, key) = trusting().await;
    let file = store(&fluxo, "contract.pdf", &signed()).await;
    for path in [format!("{file}/signatures"), format!("{file}/signatures/1")] {
        get(&fluxo, "", &path).await.problem(401, "unauthenticated");
        get(&fluxo, "fluxo_wrong", &path).await.expect(401);
        get(&fluxo, &key, &path).await.expect(200);
        let missing = path.replace(&file, "/api/v1/blobs/0190aaaa-0000-7000-8000-000000000000");
        get(&fluxo, &key, &missing).await.problem(404, "not_found");
    }
}
