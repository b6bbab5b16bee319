//! Extractors whose refusals are problems with a plain sentence.

use axum::body::Bytes;
use axum::extract::{
    FromRequest, FromRequestParts, OptionalFromRequest, Path as AxumPath, Query as AxumQuery, Request,
};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::App;
use super::error::ApiError;
use crate::store::PageOf;

/// Largest JSON body of the API in bytes; files go to `/blobs` and webhooks.
pub const MAX_JSON: usize = 16 << 20;

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if !content_type.starts_with("application/json") {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "The body must be JSON. Send it with 'Content-Type: application/json'.",
            ));
        }
        Ok(Self(parse(&bytes(request, app).await?)?))
    }
}

impl<T: DeserializeOwned> OptionalFromRequest<App> for Body<T> {
    type Rejection = ApiError;

    /// `None` when the body is empty.
    async fn from_request(request: Request, app: &App) -> Result<Option<Self>, ApiError> {
        let body = bytes(request, app).await?;
        if body.is_empty() { Ok(None) } else { parse(&body).map(|value| Some(Self(value))) }
    }
}

async fn bytes(request: Request, app: &App) -> Result<Bytes, ApiError> {
    let _ = app;
    axum::body::to_bytes(request.into_body(), MAX_JSON).await.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body_too_large",
            format!("The body is over {} MiB, or the connection broke. Send less at once.", MAX_JSON >> 20),
        )
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|e| {
        let code = if e.is_data() { "body_invalid" } else { "json_invalid" };
        ApiError::bad_request(code, format!("The body does not fit: {e}. See /api/docs for what it should be."))
    })
}

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// `next` of the former page.
    pub cursor: Option<String>,
    /// 1–200, 50 when absent.
    pub limit: Option<u32>,
}

impl From<Paging> for PageOf {
    fn from(paging: Paging) -> Self {
        Self { cursor: paging.cursor, limit: paging.limit }
    }
}

/// No id, name or search has a control character, and no database is asked for one (PostgreSQL would refuse it).
fn plain(part: &str, code: &str) -> Result<(), ApiError> {
    // `+` and broken escapes make no control characters.
    let bytes = part.as_bytes();
    let escaped = bytes.windows(3).filter(|w| w[0] == b'%');
    let controls = |w: &[u8]| {
        matches!((w[1], w[2]), (b'0' | b'1', d) if d.is_ascii_hexdigit()) || w[1..] == *b"7f" || w[1..] == *b"7F"
    };
    if escaped.into_iter().any(controls) || part.chars().any(char::is_control) {
        return Err(ApiError::bad_request(code, "The address has a control character in it. Remove it."));
    }
    Ok(())
}

/// Path parameters.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        plain(parts.uri.path(), "path_invalid")?;
        match AxumPath::<T>::from_request_parts(parts, app).await {
            Ok(AxumPath(value)) => Ok(Self(value)),
            Err(e) => {
                Err(ApiError::bad_request("path_invalid", format!("The address does not fit: {}.", e.body_text())))
            }
        }
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        plain(parts.uri.query().unwrap_or_default(), "query_invalid")?;
        match AxumQuery::<T>::from_request_parts(parts, app).await {
            Ok(AxumQuery(value)) => Ok(Self(value)),
            Err(e) => {
                Err(ApiError::bad_request("query_invalid", format!("The query does not fit: {}.", e.body_text())))
            }
        }
    }
}
