//! What the engine needs of a cluster: a Job for each run that works there.

use std::sync::Arc;
use std::time::Duration;

use flow::{ClusterSettings, RunError};
use futures_util::future::BoxFuture;

/// A Job of Fluxo's own image (`fluxo run-job`) that does the steps of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunJob {
    pub run: String,
    pub flow: String,
    pub flow_name: String,
    /// 1 for the run's first Job. A run gets another one when the former was lost, and after a long wait.
    pub attempt: u32,
    /// With which this server owns the run.
    pub epoch: i64,
    pub settings: ClusterSettings,
    /// The longest that the Job may take, its way to a node included.
    pub deadline: Duration,
}

impl RunJob {
    /// Name of the Job of a run's attempt, when its first try does it.
    pub fn name_of(run: &str, attempt: u32) -> String {
        crate::cluster::name::job(run, 0, attempt, 1)
    }
}

/// A Job that ended, or that is not there any more.
#[derive(Clone, Debug, PartialEq)]
pub struct JobOver {
    /// Why it ended, unless it said itself that all is done.
    pub error: Option<RunError>,
    /// It is the cluster's fault, not that of what it did: another Job may end well.
    pub again: bool,
}

/// Is given sentences about a Job's way, for the run's log.
pub type Say = Arc<dyn Fn(String) + Send + Sync>;

/// Makes Jobs and watches them.
pub trait RunJobs: Send + Sync {
    /// Makes the Job unless it is there already, also when a former start of the server made it, and waits until it is over.
    /// Dropping the future deletes the Job, unless the server is stopping: then it stays for the next start.
    fn run(&self, job: RunJob, say: Say) -> BoxFuture<'static, JobOver>;
}
