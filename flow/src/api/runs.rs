//! Runs, their steps and events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Time;
use crate::graph::{Flow, RunsOn};
use crate::item::Item;
use crate::run::{RunError, RunStatus, StepStatus, TriggerKind};

/// `GET /api/v1/runs?flow=&status=&trigger=&from=&to=&cursor=&limit=`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunSummary {
    pub id: String,
    pub flow: String,
    pub flow_name: String,
    /// Version number; absent for runs of the draft.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    pub trigger: TriggerKind,
    pub status: RunStatus,
    pub created_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// Milliseconds from start to end, or so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Steps that were started. Not `steps` on the wire: there [`RunDetail`] has the steps themselves.
    #[serde(rename = "step_count")]
    pub steps: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// The run that this one retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<String>,
    /// Name of the Kubernetes Job that does its steps; absent for a run inside the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
}

/// `GET /api/v1/runs/{id}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunDetail {
    #[serde(flatten)]
    pub run: RunSummary,
    /// What was run.
    pub document: Flow,
    /// In the order of their start.
    pub steps: Vec<Step>,
    /// Number of the last event that these steps include: follow `GET /api/v1/runs/{id}/events` with it as `Last-Event-ID`.
    pub last_event: u64,
}

/// One execution of a node within a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// 1, 2, 3… within the run.
    pub seq: u32,
    /// Node id.
    pub node: String,
    /// 0 for the first time this node ran in the run.
    pub run_index: u32,
    /// 1 for the first try.
    pub attempt: u32,
    pub status: StepStatus,
    pub started_at: Time,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    pub inputs: Vec<StepInput>,
    /// Items sent, by output port.
    pub outputs: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RunError>,
    /// For whom or until when it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<String>,
    /// The output was pinned; the node did not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// A batch that reached a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepInput {
    pub port: String,
    pub from_seq: u32,
    pub from_port: String,
    pub items: u32,
}

/// `GET /api/v1/runs/{id}/events`, server-sent events: `id` is the number, `event` the type, `data` this as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run's state changed; the stream ends after a final one.
    Run { run: Box<RunSummary> },
    /// A step was started, waits or ended.
    Step { step: Box<Step> },
    /// A line that the node wrote (`console.log` of the Code node, a container's output).
    Log { seq: u32, node: String, time: Time, line: String },
}

/// `GET /api/v1/flows/{id}/events`, server-sent events for everyone who has the flow open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FlowEvent {
    /// Somebody saved the draft.
    Saved {
        revision: u32,
        by: String,
    },
    Published {
        version: u32,
        by: String,
    },
    /// A run of this flow started.
    Run {
        run: Box<RunSummary>,
    },
}

/// `POST /api/v1/flows/{id}/runs`: runs the draft from the editor.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StartRun {
    /// Trigger node to start from; the only or first one when absent.
    #[serde(default)]
    pub trigger: Option<String>,
    /// Stop after this node; "run up to here".
    #[serde(default)]
    pub until: Option<String>,
    /// Items that the trigger gives; what it gives by itself when absent.
    #[serde(default)]
    pub items: Option<Vec<Item>>,
    /// Runs the published version instead of the draft.
    #[serde(default)]
    pub published: bool,
    /// Where this run works; what the flow's settings say when absent.
    #[serde(default)]
    pub runs_on: Option<RunsOn>,
}

/// `POST /api/v1/runs/{id}/retry`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetryRun {
    /// With the newest published version (or the draft, for a run of the draft) instead of the one that failed.
    #[serde(default)]
    pub newest: bool,
}

/// `GET /api/v1/runs/{id}/steps/{seq}/items?side=input|output&port=&offset=&limit=`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepItems {
    pub items: Vec<Item>,
    /// Items on this port in all.
    pub total: u32,
    /// The server kept no items (by the flow's history setting, or pruned).
    pub not_kept: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_with_its_steps_survives_the_way_over_the_wire() {
        let run = RunSummary {
            id: "1".into(),
            flow: "2".into(),
            flow_name: "Flow".into(),
            version: None,
            trigger: TriggerKind::Manual,
            status: RunStatus::Running,
            created_at: "2026-11-23T12:00:00.000Z".into(),
            started_at: None,
            finished_at: None,
            duration_ms: None,
            steps: 7,
            error: None,
            retry_of: None,
            job: None,
        };
        let detail = RunDetail { run, document: Flow::default(), steps: vec![], last_event: 3 };
        let text = serde_json::to_string(&detail).unwrap();
        assert_eq!(serde_json::from_str::<RunDetail>(&text).unwrap(), detail);
    }
}
