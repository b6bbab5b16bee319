//! Response headers that every answer carries.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// The policy of answers that are not pages: nothing in them may run or be framed.
const STRICT: &str = "default-src 'none'; frame-ancestors 'self'; sandbox";

/// Adds the security headers that a handler did not set itself.
pub async fn security(request: Request, next: Next) -> Response {
    // What a flow answers to a webhook is another site's content: it may be HTML, but never runs as ours.
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(header::CONTENT_SECURITY_POLICY, STRICT);
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(header::X_FRAME_OPTIONS, "SAMEORIGIN");
    default(header::REFERRER_POLICY, "same-origin");
    default(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    default(
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    );
    response
}

/// The policy of pages. `nonce` allows our own scripts; styles are set by our script through the CSSOM, which needs no
/// exception. Files are previewed in frames of our own origin.
pub fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self' blob:; object-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
    )
}
