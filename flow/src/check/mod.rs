//! Checks of a flow document: what the editor shows while drawing and what keeps a draft from being published.

mod cluster;
mod drawing;
mod parameters;
mod schema;

pub use cluster::{is_cpu, is_memory, toleration};

use serde::{Deserialize, Serialize};

use crate::graph::{Flow, Node};
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Keeps the flow from being published and the node from running.
    Error,
    Warning,
}

impl Finding {
    pub fn error(code: &str, en: impl Into<String>, pt: impl Into<String>) -> Self {
        let message = Text::new(en, pt);
        Self { code: code.to_owned(), severity: Severity::Error, message, node: None, pointer: None }
    }

    pub fn warning(code: &str, en: impl Into<String>, pt: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, en, pt) }
    }

    /// Says which node is to blame.
    pub fn of(mut self, node: &Node) -> Self {
        self.node = Some(node.id.clone());
        self
    }

    /// Says which parameter is to blame, by a JSON pointer.
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }
}

/// The longest time in seconds that a flow or a node may be given: a year.
pub const MAX_TIMEOUT_S: u64 = 366 * 86_400;

/// Everything that is wrong with `flow`, errors first, then in the order of its nodes. `kinds` gives the description of a
/// kind. What only a kind itself can check is not among it.
pub fn check<'k>(flow: &Flow, kinds: &dyn Fn(&str) -> Option<&'k KindDescription>) -> Vec<Finding> {
    let mut found = drawing::check(flow, kinds);
    found.extend(timeout(flow.settings.timeout_s, "the flow's settings", "nas configurações do fluxo"));
    found.extend(cluster::check(flow));
    for node in &flow.nodes {
        match kinds(&node.kind) {
            Some(kind) if !node.settings.disabled => found.extend(parameters::check(flow, node, kind)),
            _ => {}
        }
    }
    found.sort_by_key(|f| f.severity);
    found
}

/// What is wrong with a time limit. `place`: where it is corrected.
fn timeout(seconds: Option<u64>, place_en: &str, place_pt: &str) -> Option<Finding> {
    (!(1..=MAX_TIMEOUT_S).contains(&seconds?)).then(|| {
        Finding::error(
            "setting_invalid",
            format!("The time limit must be 1 second to {MAX_TIMEOUT_S} seconds (a year). Correct it in {place_en}."),
            format!("O tempo limite deve ser de 1 segundo a {MAX_TIMEOUT_S} segundos (um ano). Corrija {place_pt}."),
        )
    })
}

#[cfg(test)]
mod tests;
