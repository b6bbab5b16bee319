use super::*;

/// A site as `cargo xtask site` writes it: one file with both compressed forms, one without.
fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"{"inputs": "1", "files": ["app-1.js", "icons/dot-2.png"], "app.js": "app-1.js", "icons/dot.png": "icons/dot-2.png"}"#;
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    std::fs::create_dir(folder.path().join("icons")).unwrap();
    write("manifest.json", manifest);
    write("app-1.js", "raw");
    write("app-1.js.br", "brotli");
    write("app-1.js.gz", "gzip");
    write("icons/dot-2.png", "picture");
    write("secret.txt", "not in the manifest");
    Site::from_folder(folder.path()).unwrap()
}

async fn get(path: &str, headers: &[(&'static str, &str)]) -> (StatusCode, HeaderMap, String) {
    let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let response = site().serve(path, &headers);
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1000).await.unwrap();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_best_form_that_the_client_accepts() {
    let check = async |accepted: &str, expected: &str| {
        let (status, headers, body) = get("app-1.js", &[("accept-encoding", accepted)]).await;
        let encoding = headers.get("content-encoding").map_or("", |value| value.to_str().unwrap());
        assert_eq!((status, format!("{encoding}:{body}").as_str()), (StatusCode::OK, expected), "{accepted}");
        assert_eq!(headers["vary"], "accept-encoding");
        assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
    };
    check("gzip, deflate, br, zstd", "br:brotli").await;
    check("gzip;q=1.0, br;q=0", "gzip:gzip").await;
    check("GZIP", "gzip:gzip").await;
    check("broken", ":raw").await;
    check("", ":raw").await;
}

#[tokio::test]
async fn hashed_names_are_kept_for_ever_and_confirmed_by_etag() {
    let (_, headers, _) = get("icons/dot-2.png", &[("accept-encoding", "br")]).await;
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["content-type"], "image/png");
    assert!(!headers.contains_key("content-encoding"));

    let etag = headers["etag"].to_str().unwrap();
    let (status, headers, body) = get("icons/dot-2.png", &[("if-none-match", &format!("\"other\", {etag}"))]).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(headers["etag"], etag);
}

#[tokio::test]
async fn only_the_sites_own_files() {
    for path in ["secret.txt", "manifest.json", "../Cargo.toml", "/etc/passwd", "app-1.js.br", ""] {
        let (status, headers, _) = get(path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
    }
}

#[test]
fn logical_names_lead_to_urls() {
    let manifest = site().manifest;
    assert_eq!(manifest.url("app.js"), Some("/assets/app-1.js"));
    assert_eq!(manifest.url("icons/dot.png"), Some("/assets/icons/dot-2.png"));
    assert_eq!(manifest.url("style.css"), None);
    assert_eq!(manifest.urls().count(), 2);
}
