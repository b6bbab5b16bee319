//! Bodies of requests and responses, piece by piece.

use futures_util::{StreamExt, TryStreamExt};
use nodes::NodeError;
use nodes::world::{HttpBody, HttpPartValue, HttpRequest, HttpResponseBody};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, RequestBuilder, Response, Url};

use super::depot::Depot;
use super::fault;
use super::http::is_empty;

/// Puts the body on the request; made anew for each redirect that repeats it.
pub(super) async fn attach(
    sending: RequestBuilder,
    body: &HttpBody,
    headers: &HeaderMap,
    depot: &dyn Depot,
) -> Result<RequestBuilder, NodeError> {
    if is_empty(body) {
        return Ok(sending);
    }
    Ok(match body {
        HttpBody::Empty => sending,
        HttpBody::Bytes(bytes) => sending.body(bytes.clone()),
        HttpBody::Blob(blob) => {
            let mut sending = sending.body(Body::wrap_stream(depot.open(blob).await?));
            if !headers.contains_key(CONTENT_LENGTH) {
                sending = sending.header(CONTENT_LENGTH, blob.size);
            }
            if !headers.contains_key(CONTENT_TYPE) {
                sending = sending.header(CONTENT_TYPE, &blob.mime);
            }
            sending
        }
        HttpBody::Multipart(parts) => {
            let mut form = Form::new();
            for part in parts {
                form = match &part.value {
                    HttpPartValue::Text(text) => form.text(part.name.clone(), text.clone()),
                    HttpPartValue::Blob(blob) => {
                        let content = Part::stream_with_length(Body::wrap_stream(depot.open(blob).await?), blob.size);
                        let named = content.file_name(blob.file_name.clone());
                        // A type that HTTP does not know is left out.
                        let typed = match named.mime_str(&blob.mime) {
                            Ok(typed) => typed,
                            Err(_) => {
                                let again =
                                    Part::stream_with_length(Body::wrap_stream(depot.open(blob).await?), blob.size);
                                again.file_name(blob.file_name.clone())
                            }
                        };
                        form.part(part.name.clone(), typed)
                    }
                };
            }
            sending.multipart(form)
        }
    })
}

/// The body in memory, `max` bytes at most.
pub(super) async fn to_memory(
    response: Response,
    request: &HttpRequest,
    url: &Url,
    max: u64,
) -> Result<HttpResponseBody, NodeError> {
    if response.content_length().is_some_and(|length| length > max) {
        return Err(fault::too_large(max, url));
    }
    let mut bytes = Vec::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|e| fault::explain(&e, url, request.timeout))?;
        if (bytes.len() + piece.len()) as u64 > max {
            return Err(fault::too_large(max, url));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(HttpResponseBody::Bytes(bytes.into()))
}

/// The body as a blob; memory holds one piece at a time.
pub(super) async fn to_blob(
    response: Response,
    request: &HttpRequest,
    url: &Url,
    max: u64,
    depot: &dyn Depot,
) -> Result<HttpResponseBody, NodeError> {
    if response.content_length().is_some_and(|length| length > max) {
        return Err(fault::too_large(max, url));
    }
    let name =
        file_name(response.headers(), url).or_else(|| request.blob_name.clone()).unwrap_or_else(|| "response".into());
    let mime = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let mime = mime.and_then(|m| m.split(';').next()).map(str::trim).filter(|m| m.contains('/'));
    let mime = mime.unwrap_or("application/octet-stream").to_owned();
    let pieces = response.bytes_stream().map_err(std::io::Error::other);
    match depot.store(&name, &mime, Box::pin(pieces), max).await {
        Ok(blob) => Ok(HttpResponseBody::Blob(blob)),
        Err(e) if e.code == "blob_too_large" => Err(fault::too_large(max, url)),
        Err(e) => Err(e),
    }
}

/// The file's name by its Content-Disposition (RFC 6266), else the last part of the path when it looks like one.
fn file_name(headers: &HeaderMap, url: &Url) -> Option<String> {
    let given = headers.get(CONTENT_DISPOSITION).and_then(|v| std::str::from_utf8(v.as_bytes()).ok());
    let name = given.and_then(disposition_name).or_else(|| {
        let last = url.path_segments()?.next_back()?;
        let decoded = percent_decode(last);
        decoded.rsplit_once('.').is_some_and(|(stem, ext)| !stem.is_empty() && !ext.is_empty()).then_some(decoded)
    })?;
    let plain: String = name.rsplit(['/', '\\']).next()?.chars().filter(|c| !c.is_control()).collect();
    (!plain.trim().is_empty()).then(|| plain.trim().to_owned())
}

fn disposition_name(header: &str) -> Option<String> {
    let mut plain = None;
    for part in split_parameters(header) {
        let Some((key, value)) = part.split_once('=') else { continue };
        match key.trim().to_ascii_lowercase().as_str() {
            // `UTF-8''na%C3%AFve.txt` wins over the plain form.
            "filename*" => {
                if let Some((charset, rest)) = value.trim().split_once('\'') {
                    let encoded = rest.split_once('\'').map_or(rest, |(_, text)| text);
                    if charset.eq_ignore_ascii_case("utf-8") {
                        return Some(percent_decode(encoded));
                    }
                }
            }
            "filename" => {
                let value = value.trim();
                let inner = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
                plain = Some(inner.map_or_else(|| value.to_owned(), |v| v.replace("\\\"", "\"")));
            }
            _ => {}
        }
    }
    plain
}

/// At `;` outside quotes.
fn split_parameters(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (i, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ';' if !quoted => {
                parts.push(&header[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&header[start..]);
    parts
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|two| std::str::from_utf8(two).ok());
        match (bytes[i], hex.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files() {
        let check = |header: Option<&str>, url: &str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(h) = header {
                headers.insert(CONTENT_DISPOSITION, h.parse().unwrap());
            }
            assert_eq!(file_name(&headers, &url.parse().unwrap()).as_deref(), expected, "{header:?} {url}");
        };
        check(Some(r#"attachment; filename="a; b.pdf""#), "http://h/x", Some("a; b.pdf"));
        check(Some("attachment; filename=plain.txt; filename*=UTF-8''na%C3%AFve.txt"), "http://h/x", Some("naïve.txt"));
        check(Some(r#"attachment; filename="../../etc/passwd""#), "http://h/x", Some("passwd"));
        check(None, "http://h/dir/in%20voice.pdf?x=1", Some("in voice.pdf"));
        check(None, "http://h/dir/", None);
        check(None, "http://h/api/users", None);
    }
}
