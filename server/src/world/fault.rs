//! What went wrong with a request, in plain sentences.

use std::error::Error;
use std::time::Duration;

use nodes::NodeError;
use reqwest::Url;
use serde_json::json;

use super::client::{Blocked, NoSuchName};

pub(super) fn blocked(what: &Blocked) -> NodeError {
    let (host, address) = (&what.host, what.address);
    let shown =
        if host.trim_matches(['[', ']']).parse() == Ok(address) { host.clone() } else { format!("{host} ({address})") };
    NodeError::new(
        "http_blocked_address",
        format!(
            "Flows may not reach {shown}: it is a private, local or reserved address. Use a public address, or ask the \
             administrator to add it to FLUXO_HTTP_ALLOW."
        ),
    )
}

pub(super) fn timeout(limit: Duration, url: &Url) -> NodeError {
    NodeError::new(
        "http_timeout",
        format!(
            "{} did not answer within {} s. Try again later, or raise the request's time limit.",
            place(url),
            limit.as_secs_f32()
        ),
    )
    .with_details(json!({ "url": bare(url) }))
}

pub(super) fn too_large(max: u64, url: &Url) -> NodeError {
    NodeError::new(
        "http_too_large",
        format!(
            "The response of {} is over the limit of {} KiB. Ask for less, or let the node store the response as a file.",
            place(url),
            max / 1024
        ),
    )
    .with_details(json!({ "url": bare(url) }))
}

pub(super) fn explain(error: &reqwest::Error, url: &Url, limit: Duration) -> NodeError {
    if let Some(what) = find::<Blocked>(error) {
        return blocked(what);
    }
    let place = place(url);
    let (code, text) = if let Some(NoSuchName(name)) = find::<NoSuchName>(error) {
        ("http_dns", format!("The name {name} was not found. Check the URL."))
    } else if let Some(tls) = find::<rustls::Error>(error) {
        let text = format!(
            "The secure connection to {place} failed: {tls}. Check the address and its certificate; a certificate of your \
             own can be trusted in the node's settings."
        );
        ("http_tls", text)
    } else if error.is_timeout() && error.is_connect() {
        (
            "http_connect",
            format!("No connection to {place} within the time limit. Check the address, and that the service runs."),
        )
    } else if error.is_timeout() {
        return timeout(limit, url);
    } else if error.is_connect() {
        (
            "http_connect",
            format!("No connection to {place}: {}. Check the address, and that the service runs.", causes(error)),
        )
    } else if error.is_builder() {
        ("http_request", format!("The request can't be made: {}. Check the URL and the headers.", causes(error)))
    } else {
        ("http_connection_lost", format!("The connection to {place} broke: {}. Try again.", causes(error)))
    };
    NodeError::new(code, text).with_details(json!({ "url": bare(url) }))
}

/// The innermost reason, which is the one that says something; never the URL, which may hold a secret.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut inner: &dyn Error = error;
    while let Some(next) = inner.source() {
        inner = next;
    }
    if std::ptr::addr_eq(inner, error) {
        return "unknown reason".into();
    }
    inner.to_string().trim_end_matches('.').to_owned()
}

fn find<T: Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut at: Option<&(dyn Error + 'static)> = error.source();
    while let Some(e) = at {
        if let Some(found) = e.downcast_ref::<T>() {
            return Some(found);
        }
        // An I/O error names as its source the cause of what it wraps, not what it wraps.
        let wrapped = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        at = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| e.source());
    }
    None
}

/// Host and port.
fn place(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        _ => "the address".to_owned(),
    }
}

/// The URL without user, password, query and fragment, which may hold secrets.
pub(super) fn bare(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
