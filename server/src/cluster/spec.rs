//! What is to be run: an intent and the container that fulfils it.

use std::time::Duration;

use bytes::Bytes;
use flow::BlobRef;
use serde::{Deserialize, Serialize};

/// What a Job is for. With the number of the try it makes the Job's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Intent {
    pub run: String,
    /// 0: the run as a whole.
    pub step: u32,
    /// Which of several Jobs of the step.
    pub part: u32,
    /// With which this server owns the run: who lost it makes no Job and gets no result accepted.
    pub epoch: i64,
}

/// A container and what surrounds it. What is not here can't be asked for: no volume of the host, no host network, no
/// privilege, no service account.
#[derive(Clone)]
pub struct JobSpec {
    /// `app.kubernetes.io/component` of the pod: `container` or `run`.
    pub component: &'static str,
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`.
    pub pull_policy: String,
    /// Instead of the image's entry point, when there is any.
    pub command: Vec<String>,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Kept in a Secret that goes with the Job; masked in the log.
    pub secret_environment: Vec<(String, String)>,
    pub resources: Resources,
    /// Kubernetes quantity for each of the folders that can be written.
    pub scratch: String,
    /// The Job is stopped then, whatever it does.
    pub timeout: Duration,
    /// Until the container must have started.
    pub start_within: Duration,
    /// User id of the container, not 0.
    pub user: u32,
    /// Below [`super::manifest::INPUT`]; small ones travel in the Secret.
    pub files: Vec<(String, Bytes)>,
    /// Fetched before the container starts, by Fluxo's own image.
    pub fetch: Vec<(String, BlobRef)>,
    /// Gives the container [`super::manifest::OUTPUT`] and keeps its files, by Fluxo's own image.
    pub keep_files: bool,
    /// Gives the container itself `FLUXO_JOB_URL` and `FLUXO_JOB_TOKEN`.
    pub server_access: bool,
    /// Bytes of the log that [`Ended`] holds and that are kept.
    pub max_log: usize,
    /// Keeps the log as a file of the run.
    pub keep_log: bool,
    /// Its container must not start twice: what the cluster is to blame for is not tried again either.
    pub at_most_once: bool,
    pub node_selector: Vec<(String, String)>,
    pub tolerations: Vec<Toleration>,
    pub priority_class: Option<String>,
}

/// Kubernetes quantities; blank for none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resources {
    pub cpu_request: String,
    pub cpu_limit: String,
    pub memory_request: String,
    pub memory_limit: String,
    /// Whole devices, 0 for none.
    pub gpus: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Toleration {
    pub key: String,
    /// Any value when absent.
    pub value: Option<String>,
    /// `NoSchedule`, `NoExecute`, `PreferNoSchedule`; all when absent.
    pub effect: Option<String>,
}

impl Default for JobSpec {
    fn default() -> Self {
        Self {
            component: "container",
            image: String::new(),
            pull_policy: "IfNotPresent".to_owned(),
            command: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            secret_environment: Vec::new(),
            resources: Resources::default(),
            scratch: "1Gi".to_owned(),
            timeout: Duration::from_secs(3_600),
            start_within: Duration::from_secs(300),
            user: 65_532,
            files: Vec::new(),
            fetch: Vec::new(),
            keep_files: false,
            server_access: false,
            max_log: 4 << 20,
            keep_log: false,
            at_most_once: false,
            node_selector: Vec::new(),
            tolerations: Vec::new(),
            priority_class: None,
        }
    }
}

impl std::fmt::Debug for JobSpec {
    /// Without the environment, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobSpec")
            .field("component", &self.component)
            .field("image", &self.image)
            .finish_non_exhaustive()
    }
}

impl JobSpec {
    /// The pod talks to this server.
    pub fn needs_server(&self) -> bool {
        self.server_access || self.needs_helper()
    }

    /// Fluxo's own image works beside the container.
    pub fn needs_helper(&self) -> bool {
        self.keep_files || !self.fetch.is_empty()
    }
}

/// A Job whose container ended with exit code 0.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The Job's name.
    pub job: String,
    pub attempt: u32,
    pub exit_code: i32,
    /// The machine it ran on.
    pub node: String,
    pub pod: String,
    /// Milliseconds from the container's start to its end.
    pub duration_ms: u64,
    /// What the container wrote, up to [`JobSpec::max_log`].
    #[serde(skip)]
    pub log: String,
    /// The log is longer.
    pub log_cut: bool,
    /// The log as a file of the run; absent when it was empty.
    pub log_file: Option<BlobRef>,
}
