//! What the server makes for one run or step.

use std::sync::Arc;

use flow::Node;
use nodes::world::{Blobs, Secrets};

/// Makes what a step is given that belongs to its run or node.
pub trait StepWorld: Send + Sync {
    /// The blob store as this run sees it: what it writes belongs to the run.
    fn blobs(&self, run: &str) -> Arc<dyn Blobs>;
    /// The credentials that this node may use.
    fn secrets(&self, node: &Arc<Node>) -> Arc<dyn Secrets>;
}
