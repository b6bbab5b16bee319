//! The one error of nodes.

use serde_json::Value;

/// Why a node could not do its work for an item, or at all.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct NodeError {
    /// Stable, `snake_case`.
    pub code: String,
    /// What happened. What to do. In English; no secret in it.
    pub message: String,
    /// Index of the input item, when one item is to blame.
    pub item: Option<u32>,
    /// More for people who look closer, secrets removed; `Null` when there is nothing.
    pub details: Value,
}

impl NodeError {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), item: None, details: Value::Null }
    }

    /// The run was cancelled, or the server stops.
    pub fn cancelled() -> Self {
        Self::new("cancelled", "The run was cancelled while this step was working.")
    }

    pub fn at_item(mut self, item: usize) -> Self {
        self.item.get_or_insert(item as u32);
        self
    }

    pub fn with_details(mut self, details: Value) -> Self {
        self.details = details;
        self
    }
}

impl From<NodeError> for flow::RunError {
    fn from(e: NodeError) -> Self {
        Self { code: e.code, message: e.message, node: None, item: e.item, details: e.details }
    }
}
