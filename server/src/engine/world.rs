//! What the server makes for one run or step.

use std::sync::Arc;

use flow::Node;
use nodes::world::{Blobs, Files, Http, Jobs, Secrets};

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
    /// Containers on the cluster for this step.
    fn jobs(&self, step: StepPlace) -> Arc<dyn Jobs>;
}

/// Which step it is, and how it is told about while it works.
#[derive(Clone)]
pub struct StepPlace {
    pub run: String,
    pub seq: u32,
    /// Node id.
    pub node: String,
    /// With which this server owns the run.
    pub epoch: i64,
    /// It must not start twice.
    pub at_most_once: bool,
    /// Shows a line of the log that was written at a time (milliseconds UTC).
    pub log: Arc<dyn Fn(i64, &str) + Send + Sync>,
    /// What the step waits for; `None` when it goes on.
    pub waiting: Arc<dyn Fn(Option<String>) + Send + Sync>,
}
