//! What the cluster says about a Job and its pods, reduced to what decides.

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use super::logs::Kept;
use super::{manifest, name};

/// A Job as it was seen last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSeen {
    pub uid: String,
    pub spec_hash: String,
    pub created: Option<Timestamp>,
    pub deleting: bool,
    pub suspended: bool,
    /// Reason and message of the condition `Failed` or `FailureTarget`.
    pub failed: Option<(String, String)>,
    pub complete: bool,
}

/// A pod as it was seen last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PodSeen {
    pub name: String,
    pub uid: String,
    pub job: String,
    pub created: Option<Timestamp>,
    pub phase: String,
    /// Reason and message of the pod itself: `Evicted`, `NodeLost`…
    pub reason: String,
    pub message: String,
    pub node: String,
    pub deleting: bool,
    /// Message of `PodScheduled=False`.
    pub unscheduled: Option<String>,
    /// Reason and message of `DisruptionTarget`.
    pub disrupted: Option<(String, String)>,
    pub main: State,
    pub fetch: State,
    pub keep: State,
    /// A helper sends the files when the work is done.
    pub keeps: bool,
    pub memory_limit: String,
    pub image: String,
}

/// How far a container is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    #[default]
    Unknown,
    /// Reason and message.
    Waiting(String, String),
    Running(Option<Timestamp>),
    Ended(Exit),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exit {
    pub code: i32,
    pub reason: String,
    pub message: String,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

impl JobSeen {
    pub fn of(job: &Job) -> Self {
        let status = job.status.as_ref();
        let conditions = status.and_then(|s| s.conditions.as_deref()).unwrap_or_default();
        let on = |kinds: &[&str]| conditions.iter().find(|c| c.status == "True" && kinds.contains(&c.type_.as_str()));
        let failed = on(&["Failed"]).or_else(|| on(&["FailureTarget"]));
        let annotations = job.metadata.annotations.as_ref();
        Self {
            uid: job.metadata.uid.clone().unwrap_or_default(),
            spec_hash: annotations.and_then(|a| a.get(name::SPEC_HASH)).cloned().unwrap_or_default(),
            created: job.metadata.creation_timestamp.as_ref().map(|time| time.0),
            deleting: job.metadata.deletion_timestamp.is_some(),
            suspended: job.spec.as_ref().and_then(|s| s.suspend).unwrap_or(false),
            failed: failed.map(|c| (c.reason.clone().unwrap_or_default(), c.message.clone().unwrap_or_default())),
            complete: on(&["Complete", "SuccessCriteriaMet"]).is_some(),
        }
    }

    /// Nothing of it runs any more.
    pub fn over(&self) -> bool {
        self.complete || self.failed.is_some()
    }
}

impl PodSeen {
    pub fn of(pod: &Pod) -> Self {
        let status = pod.status.clone().unwrap_or_default();
        let spec = pod.spec.as_ref();
        let conditions = status.conditions.unwrap_or_default();
        let condition = |kind: &str, value: &str| conditions.iter().find(|c| c.type_ == kind && c.status == value);
        let said = |c: &k8s_openapi::api::core::v1::PodCondition| {
            (c.reason.clone().unwrap_or_default(), c.message.clone().unwrap_or_default())
        };
        let mut statuses = status.init_container_statuses.unwrap_or_default();
        statuses.extend(status.container_statuses.unwrap_or_default());
        let state = |name: &str| statuses.iter().find(|s| s.name == name).map(State::of).unwrap_or_default();
        let mut containers = spec.into_iter().flat_map(|s| s.init_containers.iter().flatten().chain(&s.containers));
        let keeps = containers.clone().any(|c| c.name == manifest::KEEP);
        let main = containers.find(|c| c.name == manifest::MAIN);
        let limits = main.and_then(|c| c.resources.as_ref()).and_then(|r| r.limits.as_ref());
        let labels = pod.metadata.labels.as_ref();
        let job = labels.and_then(|l| l.get(name::JOB_OF_POD)).cloned().unwrap_or_default();
        let unscheduled = condition("PodScheduled", "False").map(|c| said(c).1);
        Self {
            name: pod.metadata.name.clone().unwrap_or_default(),
            uid: pod.metadata.uid.clone().unwrap_or_default(),
            job,
            created: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
            phase: status.phase.unwrap_or_default(),
            reason: status.reason.unwrap_or_default(),
            message: status.message.unwrap_or_default(),
            node: spec.and_then(|s| s.node_name.clone()).unwrap_or_default(),
            deleting: pod.metadata.deletion_timestamp.is_some(),
            unscheduled,
            disrupted: condition("DisruptionTarget", "True").map(said),
            main: state(manifest::MAIN),
            fetch: state(manifest::FETCH),
            keep: state(manifest::KEEP),
            keeps,
            memory_limit: limits.and_then(|l| l.get("memory")).map(|q| q.0.clone()).unwrap_or_default(),
            image: main.and_then(|c| c.image.clone()).unwrap_or_default(),
        }
    }
}

impl State {
    fn of(status: &ContainerStatus) -> Self {
        let Some(state) = &status.state else { return Self::Unknown };
        if let Some(ended) = &state.terminated {
            return Self::Ended(Exit {
                code: ended.exit_code,
                reason: ended.reason.clone().unwrap_or_default(),
                message: ended.message.clone().unwrap_or_default(),
                started: ended.started_at.as_ref().map(|time| time.0),
                finished: ended.finished_at.as_ref().map(|time| time.0),
            });
        }
        if let Some(running) = &state.running {
            return Self::Running(running.started_at.as_ref().map(|time| time.0));
        }
        let waiting = state.waiting.clone().unwrap_or_default();
        Self::Waiting(waiting.reason.unwrap_or_default(), waiting.message.unwrap_or_default())
    }

    /// Without the secrets in what the cluster says: a container's last lines, or the command that it was to start.
    pub(super) fn mask(&mut self, kept: &Kept) {
        match self {
            Self::Waiting(_, message) => *message = kept.mask_end(message),
            Self::Ended(exit) => exit.message = kept.mask_end(&exit.message),
            Self::Unknown | Self::Running(_) => {}
        }
    }

    /// It has begun its work.
    pub fn started(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Ended(_))
    }

    /// It has begun its work for certain: one that is stopped before it began is told as ended with an unknown status.
    pub fn worked(&self) -> bool {
        match self {
            Self::Ended(exit) => exit.reason != "ContainerStatusUnknown" || exit.started.is_some(),
            other => other.started(),
        }
    }
}
