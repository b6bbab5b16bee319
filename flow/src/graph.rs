//! The flow document: what is drawn, saved, versioned, exported and run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::item::Item;

/// A flow as it is drawn. Readable JSON with a stable order, so that it can live in git.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flow {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default)]
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub edges: Vec<Edge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    #[serde(default, skip_serializing_if = "FlowSettings::is_default")]
    pub settings: FlowSettings,
}

/// One node of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Node {
    /// Unique within the flow, never reused, never shown.
    pub id: String,
    /// Unique within the flow; expressions refer to it: `$('Name')`.
    pub name: String,
    /// The node kind, for example `http_request`.
    pub kind: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub kind_version: u32,
    /// Left and top of the card on the canvas in pixels at 100 %, whole multiples of 16.
    pub position: [i32; 2],
    /// By the kind's schema. A string that starts with `=` is an expression template: `={{ $json.price }}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Map<String, Value>,
    /// Credential slot → credential id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub credentials: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "NodeSettings::is_default")]
    pub settings: NodeSettings,
    /// Output used instead of running the node in runs started from the editor: port → items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub pinned: Option<BTreeMap<String, Vec<Item>>>,
}

/// An edge from an output port to an input port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Edge {
    /// Node id.
    pub from: String,
    #[serde(default = "out", skip_serializing_if = "is_out")]
    pub from_port: String,
    /// Node id.
    pub to: String,
    #[serde(default = "input", skip_serializing_if = "is_input")]
    pub to_port: String,
}

/// A sticky note behind the nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Note {
    pub id: String,
    pub position: [i32; 2],
    pub size: [i32; 2],
    /// Plain text; the first line is drawn strong.
    pub text: String,
    /// `sand`, `sky`, `leaf` or `rose`.
    #[serde(default = "sand")]
    pub color: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct FlowSettings {
    /// IANA zone for schedules and dates; the server's default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Seconds after which a run is failed; the server's default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
    pub order: Order,
    pub history: History,
    #[serde(skip_serializing_if = "is_default")]
    pub runs_on: RunsOn,
    /// What a run on the cluster asks for.
    #[serde(skip_serializing_if = "is_default")]
    pub cluster: ClusterSettings,
}

/// Where a flow's runs work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunsOn {
    /// Inside the server: starts within milliseconds.
    #[default]
    Server,
    /// Each run is a Kubernetes Job of Fluxo's own image.
    Cluster,
}

/// What the Job of a run asks the cluster for; absent or empty: the server's defaults, and any node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ClusterSettings {
    /// CPU as Kubernetes writes it: `500m`, `2`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cpu: String,
    /// Memory as Kubernetes writes it: `512Mi`, `2Gi`. The run ends when it takes more.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub memory: String,
    /// Whole GPUs (`nvidia.com/gpu`).
    #[serde(skip_serializing_if = "is_default")]
    pub gpus: u32,
    /// Labels that the node must have.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_selector: BTreeMap<String, String>,
    /// Taints of nodes that the run may work on all the same, as kubectl writes them: `key=value:NoSchedule`, `key:NoExecute`,
    /// `key`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub priority_class: String,
}

/// Whether branches run side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Parallel,
    /// The top-most branch runs to its end before the next one starts.
    OneBranchAfterAnother,
}

/// What is kept of a run that ended well; the outcome itself is always durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum History {
    #[default]
    AllSteps,
    FailuresOnly,
    OutcomeOnly,
}

/// Settings that every node has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct NodeSettings {
    /// Items pass through untouched.
    #[serde(skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Free text for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Sends one empty item when there would be none.
    #[serde(skip_serializing_if = "is_false")]
    pub always_output: bool,
    /// Runs for the first item only.
    #[serde(skip_serializing_if = "is_false")]
    pub run_once: bool,
    /// Is never started a second time, not even after a crash.
    #[serde(skip_serializing_if = "is_false")]
    pub at_most_once: bool,
    /// Seconds for one attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    #[serde(skip_serializing_if = "is_default")]
    pub on_error: OnError,
}

/// How often and when a failed attempt is repeated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Retry {
    /// Attempts in all, 1–100.
    pub tries: u32,
    /// Milliseconds before the second attempt.
    pub wait_ms: u64,
    /// Each further wait is the former one times this.
    pub factor: f64,
    /// Longest wait in milliseconds.
    pub max_wait_ms: u64,
    /// Share of the wait that is random, 0–1.
    pub jitter: f64,
    /// Expression over `$error` (`code`, `message`, `details`); retries only when it is true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_if: Option<String>,
}

impl Default for Retry {
    fn default() -> Self {
        Self { tries: 3, wait_ms: 1_000, factor: 2.0, max_wait_ms: 60_000, jitter: 0.2, only_if: None }
    }
}

/// What a step does when its last attempt failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The run fails.
    #[default]
    Stop,
    /// The input items leave by the first output port.
    Continue,
    /// The input items leave by the port `error`, each with `json.error`.
    ErrorPort,
}

/// Name of the port that [`OnError::ErrorPort`] adds.
pub const ERROR_PORT: &str = "error";
/// Name of the only input port of most nodes.
pub const INPUT: &str = "in";
/// Name of the only output port of most nodes.
pub const OUTPUT: &str = "out";

impl Flow {
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.id == id)
    }

    pub fn node_named(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }
}

impl FlowSettings {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl NodeSettings {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn one() -> u32 {
    1
}
fn is_one(v: &u32) -> bool {
    *v == 1
}
fn out() -> String {
    OUTPUT.into()
}
fn is_out(v: &str) -> bool {
    v == OUTPUT
}
fn input() -> String {
    INPUT.into()
}
fn is_input(v: &str) -> bool {
    v == INPUT
}
fn sand() -> String {
    "sand".into()
}
fn is_false(v: &bool) -> bool {
    !v
}
fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}
