//! A webhook call's body: fields and texts in memory, files in the blob store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::{HeaderMap, StatusCode, header};
use flow::BlobRef;
use futures_util::{StreamExt, TryStreamExt};
use http_body_util::{Collected, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::super::blobs::disposition_name;
use super::super::error::{ApiError, ApiResult};
use crate::blobs::Blobs;

/// JSON, forms and texts, in bytes; larger ones can be taken as a file.
const MAX_MEMORY: u64 = 16 << 20;
/// Parts of one multipart body.
const MAX_PARTS: usize = 1000;
/// Property of a body that is a file.
const FILE: &str = "data";

/// What arrived.
#[derive(Debug, Default)]
pub struct Parsed {
    /// JSON as it is, a form's fields as an object, a text as a string; `Null` for an empty body or a file.
    pub body: Value,
    /// By field name; a body that is a file as `data`.
    pub files: BTreeMap<String, BlobRef>,
}

/// Reads the body of `request` for run `run`, `max` bytes at most. `raw`: as a file, whatever it is.
pub async fn read(request: Request<Body>, raw: bool, blobs: &Blobs, run: &str, max: u64) -> ApiResult<Parsed> {
    let mime = content_type(request.headers());
    if content_length(request.headers()).is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    // Counted here, once for all kinds of bodies, as they arrive: a length need not be told, nor be true.
    let over = Arc::new(AtomicBool::new(false));
    let mut request = request.map(|body| limited(body, max, over.clone()));
    DefaultBodyLimit::disable().apply(&mut request);
    let read = parse(request, &mime, raw, blobs, run, max).await;
    // The parsers only see that the body broke off.
    if over.load(Ordering::Relaxed) { Err(too_large(max)) } else { read }
}

/// The body, which breaks off with `over` set when it gets longer than `max`.
fn limited(body: Body, max: u64, over: Arc<AtomicBool>) -> Body {
    let mut left = max;
    Body::from_stream(body.into_data_stream().map(move |piece| {
        let piece = piece.map_err(std::io::Error::other)?;
        match left.checked_sub(piece.len() as u64) {
            Some(rest) => left = rest,
            None => {
                over.store(true, Ordering::Relaxed);
                return Err(std::io::Error::other("it is too long"));
            }
        }
        Ok(piece)
    }))
}

async fn parse(request: Request<Body>, mime: &str, raw: bool, blobs: &Blobs, run: &str, max: u64) -> ApiResult<Parsed> {
    match mime {
        _ if raw => store(request, mime, blobs, run, max).await,
        "" | "application/x-www-form-urlencoded" => guess(request, mime, blobs, run, max).await,
        "multipart/form-data" => multipart(request, blobs, run, max).await,
        "application/json" => json(&memory(request).await?),
        mime if mime.ends_with("+json") => json(&memory(request).await?),
        mime if mime.starts_with("text/") => Ok(text(&memory(request).await?)),
        _ => store(request, mime, blobs, run, max).await,
    }
}

/// A body whose type tells little: `curl --data-binary` says "form" unless told otherwise, and some programs say
/// nothing. What no form and no text can hold is a file.
async fn guess(request: Request<Body>, mime: &str, blobs: &Blobs, run: &str, max: u64) -> ApiResult<Parsed> {
    let (parts, body) = request.into_parts();
    let mut content = body.into_data_stream();
    let first = content.try_next().await.map_err(|e| broken(&e.to_string()))?.unwrap_or_default();
    let pdf = first.starts_with(b"%PDF-");
    let binary = pdf || first.contains(&0) || std::str::from_utf8(&first).is_err_and(|e| e.error_len().is_some());
    let content = futures_util::stream::once(std::future::ready(Ok(first))).chain(content);
    let request = Request::from_parts(parts, Body::from_stream(content));
    if binary {
        let found = if pdf { "application/pdf" } else { "application/octet-stream" };
        return store(request, found, blobs, run, max).await;
    }
    let bytes = memory(request).await?;
    if mime.is_empty() {
        // Many programs send JSON without saying so.
        return Ok(json(&bytes).unwrap_or_else(|_| text(&bytes)));
    }
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(&bytes) {
        add(&mut fields, name.into_owned(), value.into_owned());
    }
    Ok(Parsed { body: Value::Object(fields), ..Parsed::default() })
}

async fn memory(request: Request<Body>) -> ApiResult<axum::body::Bytes> {
    use http_body_util::BodyExt;
    let collected = Limited::new(request.into_body(), MAX_MEMORY as usize).collect().await;
    collected
        .map(Collected::to_bytes)
        .map_err(|e| if e.is::<LengthLimitError>() { too_large_for_memory() } else { broken(&e.to_string()) })
}

fn json(bytes: &[u8]) -> ApiResult<Parsed> {
    if bytes.is_empty() {
        return Ok(Parsed::default());
    }
    let body = serde_json::from_slice(bytes).map_err(|e| {
        let place = format!("line {}, column {}", e.line(), e.column());
        let detail = format!("The body is not valid JSON ({place}). Correct it, or send another Content-Type.");
        ApiError::bad_request("json_invalid", detail)
    })?;
    Ok(Parsed { body, ..Parsed::default() })
}

fn text(bytes: &[u8]) -> Parsed {
    let body = if bytes.is_empty() { Value::Null } else { String::from_utf8_lossy(bytes).into_owned().into() };
    Parsed { body, ..Parsed::default() }
}

async fn store(request: Request<Body>, mime: &str, blobs: &Blobs, run: &str, max: u64) -> ApiResult<Parsed> {
    if content_length(request.headers()) == Some(0) {
        return Ok(Parsed::default());
    }
    let mime = if mime.is_empty() { "application/octet-stream" } else { mime };
    let name = disposition_name(request.headers()).unwrap_or_else(|| default_name(mime));
    let content = request.into_body().into_data_stream().map_err(std::io::Error::other);
    let blob = blobs.write_stream(Some(run), &name, mime, content, max).await?;
    let files = if blob.size == 0 { BTreeMap::new() } else { BTreeMap::from([(FILE.to_owned(), blob)]) };
    Ok(Parsed { body: Value::Null, files })
}

async fn multipart(request: Request<Body>, blobs: &Blobs, run: &str, max: u64) -> ApiResult<Parsed> {
    let mut files = BTreeMap::new();
    match parts(request, blobs, run, max, &mut files).await {
        Ok(body) => Ok(Parsed { body, files }),
        Err(error) => {
            blobs.discard(&files.into_values().collect::<Vec<_>>()).await;
            Err(error)
        }
    }
}

async fn parts(
    request: Request<Body>,
    blobs: &Blobs,
    run: &str,
    max: u64,
    files: &mut BTreeMap<String, BlobRef>,
) -> ApiResult<Value> {
    let mut parts = Multipart::from_request(request, &()).await.map_err(|e| broken(&e.body_text()))?;
    let (mut fields, mut memory, mut count) = (Map::new(), MAX_MEMORY as usize, 0);
    while let Some(mut part) = parts.next_field().await.map_err(|e| broken(&e.body_text()))? {
        count += 1;
        if count > MAX_PARTS {
            let detail = format!("The body has more than {MAX_PARTS} parts. Send fewer at once.");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_parts", detail));
        }
        let name = part.name().unwrap_or(FILE).to_owned();
        if let Some(file_name) = part.file_name().map(str::to_owned) {
            let mime = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let content = part.map_err(std::io::Error::other);
            let blob = blobs.write_stream(Some(run), &file_name, &mime, content, max).await?;
            files.insert(free(files, &name), blob);
            continue;
        }
        let mut text: Vec<u8> = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(|e| broken(&e.body_text()))? {
            text.extend_from_slice(&piece);
            // All texts together: they are in memory at the same time.
            memory = memory.checked_sub(piece.len()).ok_or_else(too_large_for_memory)?;
        }
        add(&mut fields, name, String::from_utf8_lossy(&text).into_owned());
    }
    Ok(Value::Object(fields))
}

/// A name that comes more than once gives a list.
fn add(fields: &mut Map<String, Value>, name: String, value: String) {
    match fields.get_mut(&name) {
        Some(Value::Array(list)) => list.push(value.into()),
        Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
        None => {
            fields.insert(name, value.into());
        }
    }
}

/// The name, or the name with a number when it is taken.
fn free(files: &BTreeMap<String, BlobRef>, name: &str) -> String {
    let numbered = (2..).map(|n| format!("{name}_{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|n| !files.contains_key(n)).unwrap_or_default()
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    value.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn default_name(mime: &str) -> String {
    let extension = match mime {
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    };
    format!("file.{extension}")
}

fn too_large(max: u64) -> ApiError {
    let detail =
        format!("The body is over the limit of {max} bytes. Send less, or raise FLUXO_MAX_BODY on the server.");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn too_large_for_memory() -> ApiError {
    let detail = format!(
        "JSON, forms and texts may have {} MiB. Send more as a file, or switch on “Body as a file” in the webhook.",
        MAX_MEMORY >> 20
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn broken(reason: &str) -> ApiError {
    ApiError::bad_request("body_broken", format!("The body can't be read: {}.", reason.trim_end_matches('.')))
}
