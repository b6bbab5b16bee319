//! Reading a response and making items of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use flow::{BlobRef, Item};
use serde_json::{Map, Value, json};
use url::Url;

use super::parameters::{Parameters, ResponseAs};
use super::send::{Call, header};
use crate::error::NodeError;
use crate::kinds::common::extension_of;
use crate::world::{HttpResponse, HttpResponseBody};

/// A response that was read.
pub(super) struct Answered {
    pub(super) status: u16,
    status_text: String,
    pub(super) headers: Map<String, Value>,
    body: Body,
}

enum Body {
    Empty,
    Json(Value),
    Text(String),
    File(BlobRef),
}

pub(super) async fn read(call: &Call<'_>, response: &HttpResponse) -> Result<Answered, NodeError> {
    let mut headers = Map::new();
    for (name, value) in &response.headers {
        match headers.get_mut(name) {
            Some(Value::Array(list)) => list.push(json!(value)),
            Some(first) => *first = json!([first.clone(), value]),
            None => {
                headers.insert(name.clone(), json!(value));
            }
        }
    }
    let mime = header(response, "content-type").unwrap_or("").to_ascii_lowercase();
    let body = match &response.body {
        HttpResponseBody::Blob(blob) => Body::File(blob.clone()),
        HttpResponseBody::Bytes(bytes) => body(call, response, &mime, bytes).await?,
    };
    Ok(Answered { status: response.status, status_text: response.status_text.clone(), headers, body })
}

async fn body(call: &Call<'_>, response: &HttpResponse, mime: &str, bytes: &Bytes) -> Result<Body, NodeError> {
    let essence = mime.split(';').next().unwrap_or("").trim();
    let says_json = essence == "application/json" || essence.ends_with("+json") || essence == "text/json";
    match call.parameters.response {
        ResponseAs::Json if bytes.is_empty() => Ok(Body::Empty),
        ResponseAs::Json => serde_json::from_slice(bytes).map(Body::Json).map_err(|e| {
            let start: String = text(bytes, mime).chars().take(200).collect();
            let message = format!(
                "The response is not valid JSON (line {}, column {}). Read it as text, or check the URL.",
                e.line(),
                e.column()
            );
            NodeError::new("response_json", message).with_details(json!({"status": response.status, "body": start}))
        }),
        ResponseAs::Text => Ok(Body::Text(text(bytes, mime))),
        ResponseAs::File => file(call, response, essence, bytes).await,
        ResponseAs::Auto => {
            if bytes.is_empty() {
                return Ok(Body::Empty);
            }
            if (says_json || essence.is_empty())
                && let Ok(value) = serde_json::from_slice(bytes)
            {
                return Ok(Body::Json(value));
            }
            let is_text = says_json
                || essence.starts_with("text/")
                || ["xml", "javascript", "x-www-form-urlencoded", "graphql", "yaml"]
                    .iter()
                    .any(|t| essence.contains(t))
                || (essence.is_empty() && std::str::from_utf8(bytes).is_ok());
            if is_text && !essence.ends_with("officedocument") {
                return Ok(Body::Text(text(bytes, mime)));
            }
            file(call, response, essence, bytes).await
        }
    }
}

async fn file(call: &Call<'_>, response: &HttpResponse, mime: &str, bytes: &Bytes) -> Result<Body, NodeError> {
    let mime = if mime.is_empty() { "application/octet-stream" } else { mime };
    let name = file_name(response).unwrap_or_else(|| format!("response{}", extension_of(mime)));
    call.context.blobs.write(&name, mime, bytes.clone()).await.map(Body::File)
}

/// From `content-disposition`, else the last part of the address when it has an extension.
fn file_name(response: &HttpResponse) -> Option<String> {
    let given = header(response, "content-disposition").and_then(|h| {
        let parts: Vec<(&str, &str)> = h.split(';').filter_map(|p| p.trim().split_once('=')).collect();
        let part = |name: &str| parts.iter().find(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, v)| v.trim());
        let extended = part("filename*").and_then(|v| v.splitn(3, '\'').nth(2)).map(percent_decoded);
        extended.or_else(|| part("filename").map(|v| v.trim_matches('"').to_owned()))
    });
    let from_url = || {
        let url = Url::parse(&response.url).ok()?;
        let last = url.path_segments()?.next_back()?.to_owned();
        Some(percent_decoded(&last)).filter(|name| name.contains('.'))
    };
    // Only the last part of a path: the name is the server's word.
    let name = given.or_else(from_url)?;
    let name = name.rsplit(['/', '\\']).next()?.trim().to_owned();
    Some(name).filter(|n| !n.is_empty() && n != "." && n != ".." && !n.chars().any(char::is_control))
}

fn percent_decoded(text: &str) -> String {
    crate::kinds::webhook::percent_decode(text).unwrap_or_else(|| text.to_owned())
}

/// Text in the charset that the content type names: UTF-8, or Windows-1252 for the western ones.
fn text(bytes: &[u8], mime: &str) -> String {
    let charset = mime.split("charset=").nth(1).map(|c| c.trim().trim_matches(['"', '\'', ';']));
    let western = charset.is_some_and(|c| {
        ["iso-8859-1", "latin1", "windows-1252", "cp1252", "us-ascii"].iter().any(|w| c.starts_with(w))
    });
    if !western {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        return String::from_utf8_lossy(bytes).into_owned();
    }
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let decode = |b: &u8| if (0x80..0xa0).contains(b) { HIGH[usize::from(b - 0x80)] } else { char::from(*b) };
    bytes.iter().map(decode).collect()
}

impl Answered {
    /// Nothing in it: no body, an empty list or object, a blank text.
    pub(super) fn is_empty(&self) -> bool {
        match &self.body {
            Body::Empty | Body::Json(Value::Null) => true,
            Body::Json(Value::Array(list)) => list.is_empty(),
            Body::Json(Value::Object(map)) => map.is_empty(),
            Body::Json(_) => false,
            Body::Text(text) => text.trim().is_empty(),
            Body::File(blob) => blob.size == 0,
        }
    }

    /// The body as expressions see it.
    pub(super) fn body_value(&self) -> Value {
        match &self.body {
            Body::Empty | Body::File(_) => Value::Null,
            Body::Json(value) => value.clone(),
            Body::Text(text) => json!(text),
        }
    }

    pub(super) fn items(self, p: &Parameters, input: &Item) -> Vec<Item> {
        let property = if p.property.trim().is_empty() { "data" } else { p.property.trim() }.to_owned();
        if p.full {
            let value = self.body_value();
            let binary = match self.body {
                Body::File(blob) => BTreeMap::from([(property, blob)]),
                _ => BTreeMap::new(),
            };
            let facts = json!({
                "statusCode": self.status,
                "statusMessage": self.status_text,
                "headers": self.headers,
                "body": value,
            });
            let mut item = Item::from_value(facts);
            item.binary = binary;
            return vec![item];
        }
        match self.body {
            Body::Empty => vec![Item::default()],
            Body::Json(Value::Array(list)) => list.into_iter().map(Item::from_value).collect(),
            Body::Json(Value::Object(map)) => vec![Item::new(map)],
            Body::Json(other) => vec![Item::new(Map::from_iter([(property, other)]))],
            Body::Text(text) => vec![Item::new(Map::from_iter([(property, Value::String(text))]))],
            Body::File(blob) => {
                let mut item = Item::new(input.json.clone());
                item.binary.insert(property, blob);
                vec![item]
            }
        }
    }
}
