//! The browsable page of the API's description, and what the codes of problems mean.

use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};

use super::assets;

/// Pictures in the page are data addresses; it asks nobody but us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /api/docs`
pub async fn page() -> Response {
    let script = assets::manifest().url("api-docs.js").unwrap_or_default();
    let mut response = Html(format!(
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Fluxo API</title><script type=module src='{script}'></script></head><body><main id=api-docs>\
         <noscript>This page needs JavaScript. The description is at <a href=/api/v1/openapi.json>openapi.json</a>.\
         </noscript></main></body></html>"
    ))
    .into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// The codes of problems, one line each: "- `code`: meaning.".
pub const ERRORS: &str = include_str!("../../../docs/errors.md");

/// `GET /docs/errors`, where the `type` of a problem leads.
pub async fn errors() -> Response {
    let mut response = Html(format!(
        "<!DOCTYPE html><html lang=en><head><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Fluxo: errors</title><style>body{{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:2rem auto;\
         padding:0 1rem}}li:target{{background:#ffefb0}}code{{font-weight:600}}</style></head><body>{}</body></html>",
        errors_html()
    ))
    .into_response();
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// As much of Markdown as the file has: headings, paragraphs and the list of codes.
fn errors_html() -> String {
    let mut html = String::new();
    let mut listing = false;
    for line in ERRORS.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let entry = line.strip_prefix("- `").and_then(|rest| rest.split_once("`: "));
        if listing != entry.is_some() {
            html.push_str(if listing { "</ul>" } else { "<ul>" });
            listing = !listing;
        }
        html.push_str(&match (entry, line.split_once("# ")) {
            (Some((code, meaning)), _) => {
                format!("<li id=\"{code}\"><code>{code}</code>: {}</li>", plain(meaning))
            }
            (None, Some(("", text))) => format!("<h1>{}</h1>", plain(text)),
            (None, Some(("#", text))) => format!("<h2>{}</h2>", plain(text)),
            _ => format!("<p>{}</p>", plain(line)),
        });
    }
    if listing {
        html.push_str("</ul>");
    }
    html
}

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('`', "")
}

#[cfg(test)]
mod tests;
