//! What is made for one request is compressed on its way out: pages and JSON. Files of the site are compressed when it is
//! built, webhooks answer as their flows say, and event streams must not wait for a full block.
//!
//! Compression beside a secret can give that secret away to somebody who sees the lengths of answers and makes the browser
//! ask with chosen text. What is compressed here holds no such secret: tokens are in cookies that no page reads, passwords
//! and keys are never given back, and a page's nonce is another one each time.

use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// What is shorter than this fits in one packet either way.
const SMALL: u64 = 1_000;

type IsText = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Brotli or gzip, at levels that cost less time than they save on any line.
pub fn layer() -> CompressionLayer<And<SizeAbove, IsText>> {
    let is_text: IsText = |_, _, headers, _| {
        let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        [&b"text/html"[..], b"application/json", b"application/problem+json"].iter().any(|text| kind.starts_with(text))
    };
    CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(SizeAbove::new(SMALL).and(is_text))
}
