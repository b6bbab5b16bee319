//! Files.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::BlobRef;
use flow::api::Problem;
use futures_util::TryStreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::access::{Editor, Viewer};
use super::error::{ApiError, ApiResult};
use super::extract::{Path, Query};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Upload {
    /// File name.
    name: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Download {
    /// Shows the file in the browser, if its type is harmless, instead of saving it.
    inline: Option<String>,
}

/// Stores a file; the body is its content. A file that no run uses is deleted after a day.
#[utoipa::path(post, path = "/blobs", tag = "Files", params(Upload), request_body(content_type = "application/octet-stream"),
    responses((status = 201, body = BlobRef), (status = 413, body = Problem)))]
pub async fn upload(
    State(app): State<App>,
    _: Editor,
    Query(query): Query<Upload>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<BlobRef>)> {
    let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/octet-stream");
    let name = query.name.unwrap_or_else(|| "file".to_owned());
    let content = body.into_data_stream().map_err(std::io::Error::other);
    let blob = app.blobs.write_stream(None, &name, mime, content, app.options.max_body).await?;
    Ok((StatusCode::CREATED, Json(blob)))
}

/// A file's content.
#[utoipa::path(get, path = "/blobs/{id}", tag = "Files", params(Download),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub async fn download(
    State(app): State<App>,
    _: Viewer,
    Path(id): Path<String>,
    Query(query): Query<Download>,
) -> ApiResult<Response> {
    let (blob, content) = app.blobs.stream(&id).await?;
    let shown = query.inline.and_then(|_| harmless(&blob.mime));
    let kind = shown.unwrap_or("application/octet-stream");
    let disposition = disposition(if shown.is_some() { "inline" } else { "attachment" }, &blob.file_name);
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600, immutable"));
    if kind == "application/pdf" {
        // The browser's own viewer does not work inside a sandbox.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'";
        headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    let disposition = HeaderValue::from_str(&disposition).map_err(ApiError::internal)?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// The type to show a file as, for types that can't run anything on our pages.
fn harmless(mime: &str) -> Option<&'static str> {
    let mime = mime.split(';').next().unwrap_or("").trim();
    match mime {
        "application/pdf" => Some("application/pdf"),
        "image/png" => Some("image/png"),
        "image/jpeg" => Some("image/jpeg"),
        "image/gif" => Some("image/gif"),
        "image/webp" => Some("image/webp"),
        "text/plain" | "text/csv" | "application/json" | "text/xml" | "application/xml" => {
            Some("text/plain; charset=utf-8")
        }
        _ => None,
    }
}

/// `Content-Disposition` by RFC 6266, with the name in ASCII and in UTF-8.
pub fn disposition(kind: &str, name: &str) -> String {
    let ascii: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !r#""\"#.contains(c) || c == ' ' { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(byte as char);
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// The file name in a request's `Content-Disposition`, without any folder.
pub fn disposition_name(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_DISPOSITION)?.to_str().ok()?;
    let (_, rest) = value.split_once("filename=")?;
    let name = rest.split(';').next().unwrap_or("").trim().trim_matches('"');
    let name = name.rsplit(['/', '\\']).next().unwrap_or("").trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_twice() {
        let check = |name: &str, expected: &str| assert_eq!(disposition("inline", name), expected);
        check("a b.pdf", "inline; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf");
        check("ação.pdf", "inline; filename=\"a__o.pdf\"; filename*=UTF-8''a%C3%A7%C3%A3o.pdf");
        check("x\"\r\ny", "inline; filename=\"x___y\"; filename*=UTF-8''x%22%0D%0Ay");
    }

    #[test]
    fn nothing_that_runs_is_shown() {
        for mime in ["text/html", "image/svg+xml", "application/javascript", "application/xhtml+xml", ""] {
            assert_eq!(harmless(mime), None, "{mime}");
        }
        assert_eq!(harmless("text/plain; charset=latin1"), Some("text/plain; charset=utf-8"));
    }
}
