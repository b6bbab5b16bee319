//! What the server and the program in the Job tell each other, as JSON.

use std::collections::BTreeMap;

use flow::api::StepInput;
use flow::{Flow, RunError, RunStatus, StepStatus, TriggerKind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::checkpoint::Saved;
use crate::store::{RunRow, StepRow};

/// Grows when these types change in a way that the other side can't read.
pub const PROTOCOL: u32 = 1;

/// A run as it stands: everything that it takes to go on with it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Work {
    pub protocol: u32,
    pub run: String,
    pub flow: String,
    pub flow_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<WorkVersion>,
    pub document: Flow,
    pub trigger: TriggerKind,
    /// Node id.
    pub trigger_node: String,
    /// Node after which the run ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// Milliseconds UTC, as all times here.
    pub created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    /// In the order of their start, with what they sent.
    pub steps: Vec<WorkStep>,
    /// Milliseconds that the run worked so far.
    pub worked_ms: u64,
    /// Bytes of items that it keeps so far.
    pub bytes: u64,
    /// What its webhook's caller was told, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Value>,
    /// Number of the last post that was taken: the next one has the number after it.
    pub posted: u64,
    pub options: WorkOptions,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkVersion {
    pub id: String,
    pub number: u32,
}

/// The server's settings that a run is done by.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct WorkOptions {
    pub timezone: String,
    pub max_steps: u32,
    pub max_items: u32,
    pub max_run_bytes: u64,
    pub max_blob_bytes: u64,
    pub run_timeout_s: u64,
    /// Private addresses that flows may call, as in `FLUXO_HTTP_ALLOW`.
    #[serde(default)]
    pub http_allow: String,
    /// Days before its end that a certificate is warned of.
    #[serde(default)]
    pub certificate_days: u32,
    /// Authorities that are trusted with signatures: certificates (DER, base64).
    #[serde(default)]
    pub signature_roots: Vec<String>,
    /// What expressions see as `$env`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub env: Map<String, Value>,
}

/// A step.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkStep {
    pub seq: u32,
    /// Node id.
    pub node: String,
    pub run_index: u32,
    pub attempt: u32,
    pub status: StepStatus,
    pub started_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<StepInput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// Why it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// Until when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_until: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// What it sent: the engine's JSON of port → batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub data: Option<Box<RawValue>>,
}

/// What happened since the last post.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Post {
    /// Of the process that posts: the one that fetched the work last is the only one that is heard.
    pub process: String,
    /// 1, 2, 3… within the attempt; 0: nothing of it is kept.
    pub number: u64,
    /// Steps that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<WorkStep>,
    /// Steps that started: shown to people, but not kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<WorkStep>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<WorkLog>,
    /// What the webhook's caller shall be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub answer: Option<Value>,
    /// Milliseconds that the run worked so far.
    #[serde(default)]
    pub worked_ms: u64,
    /// Nothing more will come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<PostEnd>,
}

/// A line that a node wrote.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkLog {
    pub seq: u32,
    pub time: i64,
    pub line: String,
}

/// How the run left the Job.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PostEnd {
    /// `waiting`: until `wake_at`, in the server.
    pub status: RunStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<i64>,
}

impl WorkStep {
    /// A step with what it sent.
    pub(in crate::engine) fn new(row: StepRow, waits: &BTreeMap<u32, i64>) -> Self {
        Self {
            wait_until: waits.get(&row.seq).copied(),
            inputs: super::super::views::inputs(&row),
            // Written by the engine as JSON.
            data: row.data.and_then(|data| RawValue::from_string(data.to_string()).ok()),
            seq: row.seq,
            node: row.node,
            run_index: row.run_index,
            attempt: row.attempt,
            status: row.status,
            started_at: row.started_at,
            finished_at: row.finished_at,
            error: row.error,
            waiting: row.waiting,
            pinned: row.pinned,
        }
    }

    /// The row of such a step; how many items left by which port is read from the data where it matters.
    pub(in crate::engine) fn into_row(self, run: &str) -> StepRow {
        StepRow {
            run_id: run.to_owned(),
            seq: self.seq,
            node: self.node,
            run_index: self.run_index,
            attempt: self.attempt,
            status: self.status,
            started_at: self.started_at,
            finished_at: self.finished_at,
            inputs: serde_json::to_string(&self.inputs).unwrap_or_default().into(),
            outputs: "{}".into(),
            error: self.error,
            waiting: self.waiting,
            pinned: self.pinned,
            data: self.data.map(|data| Box::<str>::from(data).into()),
        }
    }
}

impl Work {
    /// The run and its steps as a database would hold them.
    pub(in crate::engine) fn into_rows(self) -> (RunRow, Vec<StepRow>, Flow, Option<WorkVersion>) {
        let waits = self.steps.iter().filter_map(|step| Some((step.seq, step.wait_until?))).collect();
        let saved = Saved { worked_ms: self.worked_ms, waits, bytes: self.bytes, job: None };
        let row = RunRow {
            id: self.run,
            flow_id: self.flow,
            flow_name: self.flow_name,
            version_id: self.version.as_ref().map(|v| v.id.clone()),
            version_number: self.version.as_ref().map(|v| v.number),
            document: None,
            trigger: self.trigger,
            trigger_node: self.trigger_node,
            status: RunStatus::Running,
            epoch: 1,
            owner: None,
            lease_until: None,
            wake_at: None,
            created_at: self.created_at,
            started_at: self.started_at,
            finished_at: None,
            steps: self.steps.len() as u32,
            error: None,
            answer: self.answer.map(|answer| answer.to_string().into()),
            retry_of: self.retry_of,
            until_node: self.until,
            state: serde_json::to_string(&saved).ok().map(Into::into),
            job: None,
        };
        let steps = self.steps.into_iter().map(|step| step.into_row(&row.id)).collect();
        (row, steps, self.document, self.version)
    }
}
