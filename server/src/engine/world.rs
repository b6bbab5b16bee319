//! What the server makes for one run or step.

use std::sync::Arc;

use flow::Node;
use nodes::world::{Blobs, Files, Http, Secrets};

/// Makes what a step is given that belongs to its run or node.
pub trait StepWorld: Send + Sync {
    /// The blob store as this run sees it: what it writes belongs to the run.
    fn blobs(&self, run: &str) -> Arc<dyn Blobs>;
    /// HTTP; responses that become files belong to the run.
    fn http(&self, run: &str) -> Arc<dyn Http>;
    /// Files of the allowed folders; what is read belongs to the run.
    fn files(&self, run: &str) -> Arc<dyn Files>;
    /// The credentials that this node may use.
    fn secrets(&self, node: &Arc<Node>) -> Arc<dyn Secrets>;
}
