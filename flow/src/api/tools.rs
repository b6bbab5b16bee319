//! Helpers for the editor: previews, listening, blobs, health.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Time;
use crate::graph::Flow;
use crate::run::RunError;

/// `POST /api/v1/expressions/preview`: what a template gives for one item of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewExpression {
    pub document: Flow,
    /// Node whose parameter it is.
    pub node: String,
    /// The template, with or without its leading `=`.
    pub expression: String,
    /// Run whose data is used; without one only `$now` and the like have values.
    #[serde(default)]
    pub run: Option<String>,
    #[serde(default)]
    pub item: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Absent when it failed; `null` also stands for "undefined".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
}

/// `POST /api/v1/tools/curl`: what a curl command says, as parameters of an HTTP request node.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurlCommand {
    pub command: String,
}

/// The answer to [`CurlCommand`]. Has no `Debug`: the credential is secret.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurlImport {
    /// Only what differs from the defaults.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CurlCredential>,
    /// Options that mean nothing here.
    #[serde(default)]
    pub ignored: Vec<String>,
}

/// What the command shows of its sender; to be stored as a credential, not in the flow.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CurlCredential {
    /// Of the credential.
    pub kind: String,
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub secret: Map<String, Value>,
}

/// `POST /api/v1/schedules/preview`: takes a schedule node's parameters and the flow's zone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewSchedule {
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Value,
    #[serde(default)]
    pub timezone: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchedulePreview {
    /// In words, in English and Portuguese.
    pub words: crate::Text,
    /// The next five due times.
    pub next: Vec<Tick>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tick {
    pub at: Time,
    /// Wall clock in the schedule's zone: `2026-11-24 07:00:00 -03:00`.
    pub local: String,
}

/// `POST /api/v1/flows/{id}/listen`: the draft's webhook answers under its test URL for one call, two minutes at most.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listen {
    /// Webhook node.
    pub node: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Listening {
    pub test_url: String,
    pub until: Time,
}

/// `GET /api/v1/health`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    pub version: String,
    /// `sqlite` or `postgres`.
    pub database: String,
    pub ready: bool,
    /// Runs that are queued or running.
    pub active_runs: u32,
    /// Seconds since the start.
    pub uptime_s: u64,
}
