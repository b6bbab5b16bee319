//! Webhooks and what nobody should send: too much, broken, unreadable. Each gets a sentence, and nothing is left behind.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use flow::api::Role;
use futures_util::stream;
use serde_json::{Value, json};

use crate::support::{Answer, Fluxo, base64, run};
use crate::webhooks::{JSON, echo, post, publish};

fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap());
    entries.map(|e| if e.path().is_dir() { files(&e.path()) } else { 1 }).sum()
}

/// A body without a length, in pieces.
fn chunked(content: Vec<u8>) -> Body {
    let pieces: Vec<Result<Bytes, std::io::Error>> =
        content.chunks(700).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::from_stream(stream::iter(pieces))
}

fn form(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, content) in parts {
        body.extend(format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    body
}

const FORM: (&str, &str) = ("content-type", "multipart/form-data; boundary=B");
const PDF: (&str, &str) = ("content-type", "application/pdf");

#[tokio::test]
async fn a_body_over_the_limit_is_refused_however_it_comes_and_nothing_stays() {
    let fluxo = Fluxo::start_with(&["--max-body", "5000"]).await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, echo(json!({"path": "a"}))).await;
    let refused = |answer: Answer| {
        let problem = answer.problem(413, "body_too_large");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("5000 bytes") && detail.contains("FLUXO_MAX_BODY"), "{detail}");
    };
    let much = || vec![b'x'; 6000];
    let file = |name: &str, size: usize| (format!("name=\"{name}\"; filename=\"{name}.bin\""), vec![b'x'; size]);
    let two: Vec<_> = [file("a", 3000), file("b", 3000)].into();
    let two: Vec<(&str, Vec<u8>)> = two.iter().map(|(d, c)| (d.as_str(), c.clone())).collect();
    let texts: Vec<(&str, Vec<u8>)> = (0..6).map(|_| ("name=\"t\"", vec![b'x'; 1000])).collect();
    for headers in [vec![PDF], vec![JSON], vec![("content-type", "text/plain")], vec![]] {
        refused(post(&fluxo, "/webhook/a", &headers, much()).await);
        refused(post(&fluxo, "/webhook/a", &headers, chunked(much())).await);
        let told = [headers, vec![("content-length", "6000")]].concat();
        refused(post(&fluxo, "/webhook/a", &told, chunked(much())).await);
    }
    for body in [form(&two), form(&texts)] {
        refused(post(&fluxo, "/webhook/a", &[FORM], body.clone()).await);
        refused(post(&fluxo, "/webhook/a", &[FORM], chunked(body)).await);
    }
    let bearer = format!("Bearer {key}");
    refused(post(&fluxo, "/api/v1/blobs", &[("authorization", &bearer)], chunked(much())).await);
    assert_eq!(files(&fluxo.folder.path().join("blobs")), 0);
    // Just under it all of them pass.
    post(&fluxo, "/webhook/a", &[PDF], chunked(vec![b'x'; 5000])).await.expect(200);
    post(&fluxo, "/webhook/a", &[FORM], form(&two[..1])).await.expect(200);
    assert_eq!(files(&fluxo.folder.path().join("blobs")), 2);
}

#[tokio::test]
async fn a_form_of_many_megabytes_passes() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, echo(json!({"path": "a"}))).await;
    let body = form(&[("name=\"note\"", b"hello".to_vec()), ("name=\"f\"; filename=\"a.pdf\"", vec![b'x'; 5 << 20])]);
    let answer = post(&fluxo, "/webhook/a", &[FORM], body).await.expect(200);
    assert_eq!(answer.json()["body"], json!({"note": "hello"}));
    // Texts are held in memory, so they share a limit of their own.
    let texts: Vec<(&str, Vec<u8>)> = (0..3).map(|_| ("name=\"t\"", vec![b'x'; 6 << 20])).collect();
    let problem = post(&fluxo, "/webhook/a", &[FORM], form(&texts)).await.problem(413, "body_too_large");
    assert!(problem["detail"].as_str().unwrap().contains("as a file"), "{problem}");
}

/// A piece of the flood, counted while anybody holds it.
struct Piece(Arc<AtomicUsize>);

impl Piece {
    fn bytes(held: &Arc<AtomicUsize>) -> Bytes {
        held.fetch_add(1, Ordering::Relaxed);
        Bytes::from_owner(Self(held.clone()))
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &[0; 64 * 1024]
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_flood_is_cut_off_and_is_kept_nowhere() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, echo(json!({"path": "a"}))).await;
    let (held, most, taken) =
        (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // 1 GiB of zeros that nobody announced.
    let flood = {
        let (held, most, taken) = (held.clone(), most.clone(), taken.clone());
        stream::iter((0..16_384).map(move |_| {
            let piece = Piece::bytes(&held);
            taken.fetch_add(1, Ordering::Relaxed);
            most.fetch_max(held.load(Ordering::Relaxed), Ordering::Relaxed);
            Ok::<_, std::io::Error>(piece)
        }))
    };
    post(&fluxo, "/webhook/a", &[], Body::from_stream(flood)).await.problem(413, "body_too_large");
    let limit = 104_857_600 / (64 * 1024);
    assert!(taken.load(Ordering::Relaxed) <= limit + 2, "it read on to piece {}", taken.load(Ordering::Relaxed));
    assert!(most.load(Ordering::Relaxed) <= 8, "{} pieces were in memory at once", most.load(Ordering::Relaxed));
    assert_eq!(held.load(Ordering::Relaxed), 0);
    assert_eq!(files(&fluxo.folder.path().join("blobs")), 0);
}

#[tokio::test]
async fn a_call_that_starts_no_run_leaves_no_file() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    publish(&fluxo, &key, echo(json!({"path": "a"}))).await;
    let headers = [PDF, ("idempotency-key", "once")];
    let first = post(&fluxo, "/webhook/a", &headers, vec![b'x'; 100]).await.expect(200);
    let again = post(&fluxo, "/webhook/a", &headers, vec![b'x'; 100]).await.expect(200);
    assert_eq!(first.header("x-fluxo-run"), again.header("x-fluxo-run"));
    assert_eq!(files(&fluxo.folder.path().join("blobs")), 1);
    // A form that breaks off after its first file.
    let whole =
        form(&[("name=\"a\"; filename=\"a.bin\"", vec![b'x'; 100]), ("name=\"b\"; filename=\"b.bin\"", vec![])]);
    let broken = whole[..whole.len() - 20].to_vec();
    post(&fluxo, "/webhook/a", &[FORM], broken).await.problem(400, "body_broken");
    assert_eq!(files(&fluxo.folder.path().join("blobs")), 1);
}

/// Webhook → Sign PDF → Respond with the file.
async fn signing(fluxo: &Fluxo, key: &str, path: &str, parameters: Value, credential: &Value) {
    let mut flow = echo(json!({"path": path}));
    flow["nodes"].as_array_mut().unwrap().push(json!({"id": "s", "name": "Sign", "kind": "pdf_sign",
        "position": [320, 0], "parameters": parameters, "credentials": {"certificate": credential}}));
    flow["edges"] = json!([{"from": "w", "to": "s"}, {"from": "s", "to": "r"}]);
    publish(fluxo, key, flow).await;
}

/// A PKCS#12 file with the password `segredo`; its certificate is valid for a month, or was until yesterday.
fn pkcs12(folder: &Path, expired: bool) -> String {
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (key, request, certificate, p12) = (file("key.pem"), file("csr.pem"), file("cert.pem"), file("id.p12"));
    let days = if expired { "-1" } else { "30" };
    let usage = "keyUsage=critical,digitalSignature";
    let new = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Ana Souza", "-addext", usage];
    run("openssl", &[&["req", "-new", "-keyout", &key, "-out", &request], new.as_slice()].concat());
    let extensions = ["-copy_extensions", "copy"];
    let sign = ["x509", "-req", "-in", &request, "-signkey", &key, "-days", days, "-out", &certificate];
    run("openssl", &[sign.as_slice(), extensions.as_slice()].concat());
    run(
        "openssl",
        &["pkcs12", "-export", "-inkey", &key, "-in", &certificate, "-passout", "pass:segredo", "-out", &p12],
    );
    base64(&std::fs::read(p12).unwrap())
}

/// A PDF of one empty page.
fn pdf() -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ];
    let (mut file, mut places) = (String::from("%PDF-1.7\n"), Vec::new());
    for (i, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", i + 1));
    }
    let start = file.len();
    file.push_str("xref\n0 4\n0000000000 65535 f \n");
    places.iter().for_each(|place| file.push_str(&format!("{place:010} 00000 n \n")));
    file.push_str(&format!("trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

#[tokio::test]
async fn what_cannot_be_signed_is_told_to_the_caller() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let folder = tempfile::tempdir().unwrap();
    let store = async |kind: &str, secret: Value| {
        let new = json!({"name": "c", "kind": kind, "secret": secret});
        fluxo.call(&key, "POST", "/api/v1/credentials", new).await
    };
    let good = pkcs12(folder.path(), false);
    // A wrong certificate password never gets as far as a call.
    let problem = store("pkcs12", json!({"file": good, "password": "errada"})).await;
    problem.problem(422, "pdf_wrong_certificate_password");
    // A line break that came along when it was copied is not part of the password.
    let certificate = store("pkcs12", json!({"file": format!("{good}\n"), "password": "segredo\n"})).await;
    let certificate = certificate.expect(201).json()["id"].clone();
    let expired = store("pkcs12", json!({"file": pkcs12(folder.path(), true), "password": "segredo"})).await;
    let expired = expired.expect(201).json()["id"].clone();
    let password = store("password", json!({"password": "abracadabra\r\n"})).await.expect(201).json()["id"].clone();

    signing(&fluxo, &key, "sign", json!({}), &certificate).await;
    signing(&fluxo, &key, "expired", json!({}), &expired).await;
    let mut flow = echo(json!({"path": "open"}));
    flow["nodes"][1]["parameters"] = json!({"with": "file"});
    flow["nodes"].as_array_mut().unwrap().push(json!({"id": "s", "name": "Sign", "kind": "pdf_sign",
        "position": [320, 0], "parameters": {"encrypted": true},
        "credentials": {"certificate": certificate, "password": password}}));
    flow["edges"] = json!([{"from": "w", "to": "s"}, {"from": "s", "to": "r"}]);
    publish(&fluxo, &key, flow).await;

    let check = async |path: &str, body: Vec<u8>, code: &str| {
        let answer = post(&fluxo, &format!("/webhook/{path}"), &[PDF], body).await;
        let run = answer.header("x-fluxo-run").to_owned();
        let problem = answer.problem(500, code);
        // What happened, and what to do.
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.matches(['.', '?']).count() >= 2, "{detail}");
        let shown = fluxo.call(&key, "GET", &format!("/api/v1/runs/{run}"), Value::Null).await.expect(200).text();
        assert!(!shown.contains("segredo") && !shown.contains("abracadabra"), "{shown}");
    };
    let (plain, locked) = (folder.path().join("plain.pdf"), folder.path().join("locked.pdf"));
    std::fs::write(&plain, pdf()).unwrap();
    run("qpdf", &["--encrypt", "abracadabra", "dono", "256", "--", plain.to_str().unwrap(), locked.to_str().unwrap()]);
    let locked = std::fs::read(locked).unwrap();
    check("sign", b"hello".to_vec(), "pdf_not_a_pdf").await;
    check("sign", Vec::new(), "file_missing").await;
    check("sign", locked.clone(), "pdf_encrypted").await;
    check("expired", pdf(), "pdf_certificate_expired").await;
    post(&fluxo, "/webhook/sign", &[PDF], pdf()).await.expect(200);
    let opened = post(&fluxo, "/webhook/open", &[PDF], locked).await.expect(200);
    assert_eq!(opened.header("content-type"), "application/pdf");
    assert!(opened.header("content-security-policy").contains("object-src"), "its viewer works");
    // A PDF without a password passes a node that has one for others.
    post(&fluxo, "/webhook/open", &[PDF], pdf()).await.expect(200);
}

#[tokio::test]
async fn a_version_that_cannot_be_read_stops_no_other_webhook() {
    let fluxo = Fluxo::start().await;
    let key = fluxo.key(Role::Editor).await;
    let damaged = publish(&fluxo, &key, echo(json!({"path": "damaged"}))).await;
    publish(&fluxo, &key, echo(json!({"path": "whole"}))).await;
    let file = fluxo.folder.path().join("fluxo.db");
    let database = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let sql = format!("UPDATE versions SET document = '{{' WHERE flow_id = '{damaged}'");
    sea_orm::ConnectionTrait::execute_unprepared(&database, &sql).await.unwrap();
    // The next change loads all of them again.
    publish(&fluxo, &key, echo(json!({"path": "new"}))).await;
    for path in ["whole", "new"] {
        post(&fluxo, &format!("/webhook/{path}"), &[JSON], "{}").await.expect(200);
    }
    post(&fluxo, "/webhook/damaged", &[JSON], "{}").await.problem(404, "webhook_not_found");
    // A server that starts now starts.
    let table = server::http::webhooks::Table::default();
    table.refresh(&fluxo.app.store).await.unwrap();
    assert!(matches!(table.find("POST", "whole"), server::http::webhooks::Found::Entry { .. }));
}
