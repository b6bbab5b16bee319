//! Webhooks and what nobody should send: too much, broken, unreadable. Each gets a sentence, and nothing is left behind.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, Bytes};
use flow::api::Role;
use futures_util::stream;
use serde_json::{Value, json};

use crate::support::{Answer, Fluxo};
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
    let (held, most, taken) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
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
    let whole = form(&[("name=\"a\"; filename=\"a.bin\"", vec![b'x'; 100]), ("name=\"b\"; filename=\"b.bin\"", vec![])]);
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
