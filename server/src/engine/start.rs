//! What a run is started with and what it ends with.

use std::sync::Arc;

use flow::{Flow, Item, RunError, RunStatus, RunsOn, TriggerKind};
use nodes::Answer;

/// An immutable version of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VersionKey {
    pub id: String,
    pub number: u32,
}

/// A run to start.
#[derive(Clone, Debug)]
pub struct Start {
    /// Made before by [`crate::engine::new_id`], so that blobs can be stored for the run; a new one when absent.
    pub id: Option<String>,
    pub flow_id: String,
    pub flow_name: String,
    /// Absent for a run of the draft.
    pub version: Option<VersionKey>,
    pub document: Arc<Flow>,
    pub trigger: TriggerKind,
    /// Id of the trigger node.
    pub node: String,
    /// What the trigger gives; what it gives by itself when absent.
    pub items: Option<Vec<Item>>,
    /// Id of the node after which the run ends.
    pub until: Option<String>,
    pub retry_of: Option<String>,
    /// `Idempotency-Key` of the caller: the same key for the same flow means the same run.
    pub idempotency: Option<String>,
    /// Where the run works; what the flow's settings say when absent.
    pub runs_on: Option<RunsOn>,
}

impl Start {
    pub fn new(flow_id: impl Into<String>, document: Arc<Flow>, trigger: TriggerKind, node: impl Into<String>) -> Self {
        Self {
            id: None,
            flow_id: flow_id.into(),
            flow_name: document.name.clone(),
            version: None,
            document,
            trigger,
            node: node.into(),
            items: None,
            until: None,
            retry_of: None,
            idempotency: None,
            runs_on: None,
        }
    }
}

/// How far a run is when its caller gets an answer.
#[derive(Clone, Debug)]
pub struct Ended {
    /// `Running` or `Waiting` when the flow answered before its end.
    pub status: RunStatus,
    /// What the flow's Respond node said; absent when the run ended without one.
    pub answer: Option<Arc<Answer>>,
    /// The first output of the last step that ended well, when the run is over and its items were kept.
    pub last_items: Vec<Arc<Item>>,
    pub error: Option<RunError>,
}
