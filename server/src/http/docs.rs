//! The browsable page of the API's description.

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
