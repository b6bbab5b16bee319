//! What `/api/v1` takes and gives, shared by the server and its clients.
//!
//! Times are RFC 3339 strings in UTC with milliseconds. Lists are pages with a cursor. Errors are [`Problem`]s.

mod access;
mod credentials;
mod flows;
mod runs;
mod signatures;
mod tools;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use access::*;
pub use credentials::*;
pub use flows::*;
pub use runs::*;
pub use signatures::*;
pub use tools::*;

/// An instant: RFC 3339, UTC, milliseconds (`2026-11-23T12:00:00.000Z`).
pub type Time = String;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An error by RFC 9457 (`application/problem+json`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{detail}")]
pub struct Problem {
    /// `https://fluxo.dev/errors/{code}`-like URI reference: `/docs/errors#{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Short and the same for every occurrence.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable, `snake_case`: what programs look at.
    pub code: String,
    /// What happened. What to do.
    pub detail: String,
    /// JSON pointer to the offending member of the request's body, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// More, by code; for `conflict`: [`Conflict`].
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub more: Value,
}
