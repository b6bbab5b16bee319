//! The browser half's files, under `/assets/`.
//!
//! Every file carries a hash of its content in its name, so whoever has it never asks again. The compressed forms were made
//! when the site was built. Release builds hold the files inside; debug builds read the folder of `cargo xtask site`
//! (`FLUXO_SITE_DIR`, or where that command writes) when they start.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path as FilePath, PathBuf};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;

/// One embedded file with its ready-made compressed forms.
pub struct SiteFile {
    pub path: &'static str,
    pub raw: &'static [u8],
    pub br: Option<&'static [u8]>,
    pub gz: Option<&'static [u8]>,
}

/// What `build.rs` wrote.
mod embedded {
    use super::SiteFile;
    include!(concat!(env!("OUT_DIR"), "/site.rs"));
}

/// Where each logical file of the site is: `style.css`, `boot.js`, `app.js`, `app.wasm`, `codemirror.js`, and everything
/// under `app/assets/static` by its path there.
#[derive(Debug, Default)]
pub struct Manifest {
    urls: BTreeMap<String, String>,
}

impl Manifest {
    /// The path on this server, such as `/assets/style-4F2K.css`; `None` if this build has no such file.
    pub fn url(&self, logical: &str) -> Option<&str> {
        self.urls.get(logical).map(String::as_str)
    }

    /// All of them, logical name first.
    pub fn urls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.urls.iter().map(|(logical, url)| (logical.as_str(), url.as_str()))
    }

    /// The first module with its script, and those that have one of `parts` in their name: what two parts share is
    /// called `one+other.wasm`.
    pub fn program<'a>(&'a self, parts: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let is_part = |name: &str| name.split('+').any(|part| parts.contains(&part));
        let wanted = move |logical: &str| {
            matches!(logical, "app.js" | "app.wasm") || logical.strip_suffix(".wasm").is_some_and(is_part)
        };
        self.urls().filter(move |(logical, _)| wanted(logical)).map(|(_, url)| url)
    }

    fn parse(text: &[u8]) -> Result<Manifest, serde_json::Error> {
        #[derive(Deserialize)]
        struct Written {
            #[serde(flatten)]
            names: BTreeMap<String, serde_json::Value>,
        }
        let names = serde_json::from_slice::<Written>(text)?.names;
        let url = |(logical, name): (String, serde_json::Value)| Some((logical, format!("/assets/{}", name.as_str()?)));
        let mut urls = names.into_iter().filter_map(url).collect::<BTreeMap<_, _>>();
        urls.remove("inputs");
        Ok(Manifest { urls })
    }
}

/// The site that this program serves.
pub fn manifest() -> &'static Manifest {
    &SITE.manifest
}

/// `GET /assets/{*path}`: a file of the site, compressed as the client likes it.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    SITE.serve(&path, &headers)
}

static SITE: LazyLock<Site> = LazyLock::new(|| {
    if embedded::FOLDER.is_empty() {
        return Site::embedded();
    }
    let own = std::env::var_os("FLUXO_SITE_DIR").filter(|folder| !folder.is_empty());
    let folder = own.map_or_else(|| PathBuf::from(embedded::FOLDER), PathBuf::from);
    Site::from_folder(&folder).unwrap_or_else(|error| {
        tracing::warn!(folder = %folder.display(), %error, "There is no site to serve. Run `cargo xtask site`.");
        Site::default()
    })
});

#[derive(Default)]
struct Site {
    manifest: Manifest,
    files: HashMap<String, Forms>,
}

struct Forms {
    raw: Bytes,
    br: Option<Bytes>,
    gz: Option<Bytes>,
}

impl Site {
    fn embedded() -> Site {
        let forms = |file: &SiteFile| Forms {
            raw: Bytes::from_static(file.raw),
            br: file.br.map(Bytes::from_static),
            gz: file.gz.map(Bytes::from_static),
        };
        let files = embedded::FILES.iter().map(|file| (file.path.to_owned(), forms(file))).collect();
        Site { manifest: Manifest::parse(embedded::MANIFEST.as_bytes()).unwrap_or_default(), files }
    }

    fn from_folder(folder: &FilePath) -> std::io::Result<Site> {
        #[derive(Deserialize)]
        struct Written {
            files: Vec<String>,
        }
        let text = std::fs::read(folder.join("manifest.json"))?;
        let manifest = Manifest::parse(&text)?;
        let mut files = HashMap::new();
        for name in serde_json::from_slice::<Written>(&text)?.files {
            let form = |extension: &str| std::fs::read(folder.join(format!("{name}{extension}"))).ok().map(Bytes::from);
            let raw = Bytes::from(std::fs::read(folder.join(&name))?);
            let forms = Forms { raw, br: form(".br"), gz: form(".gz") };
            files.insert(name, forms);
        }
        Ok(Site { manifest, files })
    }

    fn serve(&self, path: &str, headers: &HeaderMap) -> Response {
        let Some(forms) = self.files.get(path) else {
            let text = "There is no such file. The server was probably updated: reload the page.";
            return (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], text).into_response();
        };
        let wanted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (encoding, body) = match (&forms.br, &forms.gz) {
            (Some(br), _) if accepts(wanted, "br") => (Some("br"), br),
            (_, Some(gz)) if accepts(wanted, "gzip") => (Some("gzip"), gz),
            _ => (None, &forms.raw),
        };
        let etag = format!("\"{path}:{}\"", encoding.unwrap_or("raw"));
        let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let mut response = if known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == etag)) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            body.clone().into_response()
        };
        let head = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            head.insert(ETAG, etag);
        }
        if let Some(encoding) = encoding {
            head.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        head.insert(CONTENT_TYPE, HeaderValue::from_static(mime(path)));
        head.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        head.insert(VARY, HeaderValue::from_static("accept-encoding"));
        head.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Whether an `Accept-Encoding` value names `coding` and does not refuse it by `q=0` (RFC 9110 §12.5.3).
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused =
            words.filter_map(|word| word.strip_prefix("q=")).any(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        named && !refused
    })
}

fn mime(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
