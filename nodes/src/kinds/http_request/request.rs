//! Building the request from the parameters.

use std::time::Duration;

use bytes::Bytes;
use flow::Item;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::Serializer;

use super::parameters::{BodyKind, GivenAs, Parameters, PartKind, ResponseAs};
use crate::error::NodeError;
use crate::kinds::common::{NameValue, as_text, file, kind_of};
use crate::kinds::dotted;
use crate::world::{HttpBody, HttpPart, HttpPartValue, HttpRequest};

/// Names and values that pagination sets for this page.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) query: Vec<(String, Value)>,
    pub(super) headers: Vec<(String, Value)>,
    pub(super) body: Vec<(String, Value)>,
}

pub(super) fn parse_url(text: &str) -> Result<Url, NodeError> {
    let wrong = |why: &str| NodeError::new("url_invalid", format!("The URL cannot be called: {why}."));
    let text = text.trim();
    if text.is_empty() {
        return Err(NodeError::new("parameter_missing", "The URL is empty. Give the address to call."));
    }
    let lower = text.to_ascii_lowercase();
    if !lower.starts_with("http://") && !lower.starts_with("https://") {
        return Err(wrong("it must start with http:// or https://. Correct it"));
    }
    Url::parse(text).map_err(|e| wrong(&format!("{e}. Correct it")))
}

/// The proxy's address, which holds no password: the document is read by everybody.
pub(super) fn proxy(text: &str) -> Result<Option<String>, NodeError> {
    let text = text.trim();
    let address = text.split_once("://").map_or(text, |(_, rest)| rest);
    if address.split(['/', '?', '#']).next().unwrap_or("").contains('@') {
        let text = "A password does not belong into the proxy's address, where everybody can read it. Switch on “Proxy asks \
                    for a password” and choose a credential.";
        return Err(NodeError::new("proxy_secret", text));
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// The request without its credential. `url`: the address of a further page instead of the parameter's.
pub(super) fn build(
    p: &Parameters,
    item: &Item,
    url: Option<&Url>,
    changes: &Changes,
) -> Result<HttpRequest, NodeError> {
    let mut address = match url {
        Some(url) => url.clone(),
        None => {
            let mut address = parse_url(&p.url)?;
            let query = pairs(p.query_as, &p.query, || p.query_json.value("“Query as JSON”"), "“Query as JSON”")?;
            append(&mut address, &query);
            address
        }
    };
    let replaced = |name: &str| changes.query.iter().any(|(n, _)| n == name);
    if !changes.query.is_empty() {
        let kept: Vec<(String, String)> = address
            .query_pairs()
            .filter(|(n, _)| !replaced(n))
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        address.set_query(None);
        append(&mut address, &kept);
        append(&mut address, &flat(&changes.query));
    }
    let mut request = HttpRequest::new(p.method.as_str(), address);
    let headers = pairs(p.headers_as, &p.headers, || p.headers_json.value("“Headers as JSON”"), "“Headers as JSON”")?;
    for (name, value) in headers.into_iter().chain(flat(&changes.headers)) {
        set_header(&mut request.headers, &name, value)?;
    }
    body(&mut request, p, item, changes)?;
    request.timeout = Duration::from_secs(p.timeout_s.clamp(1, 3_600));
    request.max_redirects = p.max_redirects.min(50);
    request.insecure_tls = p.ignore_tls;
    request.proxy = proxy(&p.proxy)?;
    request.extra_roots = Some(p.trusted.clone()).filter(|pem| !pem.trim().is_empty());
    request.response_to_blob = p.response == ResponseAs::File;
    Ok(request)
}

fn set_header(headers: &mut Vec<(String, String)>, name: &str, value: String) -> Result<(), NodeError> {
    let name = name.trim().to_ascii_lowercase();
    let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if !token || value.chars().any(|c| c.is_control() && c != '\t') {
        let text = format!("The header “{}” has characters that HTTP forbids. Correct it.", name.escape_default());
        return Err(NodeError::new("header_invalid", text));
    }
    headers.retain(|(known, _)| *known != name);
    headers.push((name, value.trim().to_owned()));
    Ok(())
}

/// Sets the content type unless the headers already have one.
fn content_type(request: &mut HttpRequest, value: &str) {
    if !request.headers.iter().any(|(name, _)| name == "content-type") {
        request.headers.push(("content-type".to_owned(), value.to_owned()));
    }
}

/// For a body that has no place for what pages set in it; the same page would come again and again.
fn no_place() -> NodeError {
    let text = "“Pages” sets a value in the body, but the body has no fields. Send the body as a form or as a JSON \
                object, or set the value in the query.";
    NodeError::new("page_no_place", text)
}

fn body(request: &mut HttpRequest, p: &Parameters, item: &Item, changes: &Changes) -> Result<(), NodeError> {
    let has_fields = matches!(p.body, BodyKind::Json | BodyKind::Form);
    if !has_fields && !changes.body.is_empty() {
        return Err(no_place());
    }
    match p.body {
        BodyKind::None => {}
        BodyKind::Json => {
            let mut value = structured(p)?;
            for (name, v) in &changes.body {
                let map = value.as_object_mut().ok_or_else(no_place)?;
                dotted::set(map, name, true, v.clone())?;
            }
            request.body = HttpBody::Bytes(Bytes::from(value.to_string()));
            content_type(request, "application/json");
        }
        BodyKind::Form => {
            let Value::Object(mut map) = structured(p)? else {
                let text = "The form's “Body as JSON” is no object. Write { \"name\": value }.";
                return Err(NodeError::new("json_no_object", text));
            };
            map.extend(changes.body.iter().cloned());
            let mut form = Serializer::new(String::new());
            form.extend_pairs(flat(&map.into_iter().collect::<Vec<_>>()));
            request.body = HttpBody::Bytes(Bytes::from(form.finish()));
            content_type(request, "application/x-www-form-urlencoded");
        }
        BodyKind::Multipart => {
            let parts = p.parts.iter().filter(|part| !part.name.trim().is_empty()).map(|part| {
                let value = match part.kind {
                    PartKind::Text => HttpPartValue::Text(part.value.clone()),
                    PartKind::File => HttpPartValue::Blob(file(item, &part.value)?.clone()),
                };
                Ok(HttpPart { name: part.name.trim().to_owned(), value })
            });
            request.body = HttpBody::Multipart(parts.collect::<Result<_, NodeError>>()?);
        }
        BodyKind::Raw => {
            request.body = HttpBody::Bytes(Bytes::from(p.raw.clone()));
            let given = if p.raw_type.trim().is_empty() { "text/plain; charset=utf-8" } else { p.raw_type.trim() };
            content_type(request, given);
        }
        BodyKind::File => {
            let blob = file(item, &p.file)?;
            request.body = HttpBody::Blob(blob.clone());
            let mime = if blob.mime.is_empty() { "application/octet-stream" } else { &blob.mime };
            content_type(request, mime);
        }
    }
    Ok(())
}

/// The body's fields or its JSON.
fn structured(p: &Parameters) -> Result<Value, NodeError> {
    if p.body_as == GivenAs::Json {
        return p.json.value("“Body as JSON”");
    }
    let mut map = Map::new();
    for field in p.fields.iter().filter(|f| !f.name.trim().is_empty()) {
        dotted::set(&mut map, field.name.trim(), p.body == BodyKind::Json, field.value.clone())?;
    }
    Ok(Value::Object(map))
}

fn pairs(
    given: GivenAs,
    fields: &[NameValue],
    json: impl Fn() -> Result<Value, NodeError>,
    what: &str,
) -> Result<Vec<(String, String)>, NodeError> {
    if given == GivenAs::Fields {
        let named = fields.iter().filter(|f| !f.name.trim().is_empty());
        return Ok(named.map(|f| (f.name.trim().to_owned(), f.value.clone())).collect());
    }
    match json()? {
        Value::Null => Ok(Vec::new()),
        Value::Object(map) => Ok(flat(&map.into_iter().collect::<Vec<_>>())),
        other => {
            let got = kind_of(&other);
            let text = format!("{what} is {got}, but an object is needed. Write {{ \"name\": \"value\" }}.");
            Err(NodeError::new("json_no_object", text))
        }
    }
}

/// A list repeats its name.
fn flat(pairs: &[(String, Value)]) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    for (name, value) in pairs {
        match value {
            Value::Array(list) => flat.extend(list.iter().map(|v| (name.clone(), as_text(v)))),
            single => flat.push((name.clone(), as_text(single))),
        }
    }
    flat
}

fn append(url: &mut Url, pairs: &[(String, String)]) {
    if !pairs.is_empty() {
        url.query_pairs_mut().extend_pairs(pairs);
    }
}
