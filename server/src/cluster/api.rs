//! Calls to the API server: each with a limit, and again when they failed for a reason that passes.

use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod, Secret};
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions, PropagationPolicy};
use kube::{Api, Client, Error};

use super::failure::Failure;
use super::name;

/// One call may take this long.
const CALL: Duration = Duration::from_secs(20);
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// The kinds that Jobs are made of, in one namespace. A cheap clone.
#[derive(Clone)]
pub(super) struct Objects {
    pub jobs: Api<Job>,
    pub pods: Api<Pod>,
    pub secrets: Api<Secret>,
    pub events: Api<Event>,
}

/// Why a call failed for good.
#[derive(Debug)]
pub(super) enum CallError {
    NotFound,
    Exists,
    /// A quota of the namespace leaves no room, as the cluster says it: that may pass.
    Quota(String),
    Failed(Failure),
}

impl Objects {
    pub fn new(client: &Client, namespace: &str) -> Self {
        Self {
            jobs: Api::namespaced(client.clone(), namespace),
            pods: Api::namespaced(client.clone(), namespace),
            secrets: Api::namespaced(client.clone(), namespace),
            events: Api::namespaced(client.clone(), namespace),
        }
    }

    pub async fn create_job(&self, job: &Job, tell: &(dyn Fn(Option<String>) + Send + Sync)) -> Result<Job, CallError> {
        let how = PostParams::default();
        again(tell, || self.jobs.create(&how, job)).await
    }

    pub async fn create_secret(
        &self,
        secret: &Secret,
        tell: &(dyn Fn(Option<String>) + Send + Sync),
    ) -> Result<(), CallError> {
        let how = PostParams::default();
        match again(tell, || self.secrets.create(&how, secret)).await {
            Ok(_) | Err(CallError::Exists) => Ok(()),
            Err(other) => Err(other),
        }
    }

    pub async fn job(&self, name: &str, tell: &(dyn Fn(Option<String>) + Send + Sync)) -> Result<Job, CallError> {
        again(tell, || self.jobs.get(name)).await
    }

    pub async fn pods_of(
        &self,
        job: &str,
        tell: &(dyn Fn(Option<String>) + Send + Sync),
    ) -> Result<Vec<Pod>, CallError> {
        let of = ListParams::default().labels(&format!("{}={job}", name::JOB_OF_POD));
        Ok(again(tell, || self.pods.list(&of)).await?.items)
    }

    /// Deletes a Job with its pods in the background. One that is gone is fine. With `uid`, only that very Job.
    pub async fn delete_job(&self, name: &str, uid: Option<&str>) -> Result<(), CallError> {
        let how = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Background),
            preconditions: uid.map(|uid| Preconditions { uid: Some(uid.to_owned()), resource_version: None }),
            ..DeleteParams::default()
        };
        match again(&|_| {}, || self.jobs.delete(name, &how)).await {
            Ok(_) | Err(CallError::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

/// Calls until there is an answer that does not pass by itself. `tell` hears why it waits, and `None` when it goes on.
pub(super) async fn again<T, F>(
    tell: &(dyn Fn(Option<String>) + Send + Sync),
    mut call: impl FnMut() -> F,
) -> Result<T, CallError>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut pause = FIRST_PAUSE;
    let mut told = false;
    loop {
        let result = match tokio::time::timeout(CALL, call()).await {
            Ok(result) => result.map_err(|error| judge(&error)),
            Err(_) => Err(Judged::Passing("it does not answer".to_owned(), None)),
        };
        match result {
            Ok(value) => {
                if told {
                    tell(None);
                }
                return Ok(value);
            }
            Err(Judged::Final(error)) => {
                if told {
                    tell(None);
                }
                return Err(error);
            }
            Err(Judged::Passing(why, asked)) => {
                tell(Some(format!("Waiting for the cluster's API server: {why}")));
                told = true;
                // Not all at once: a share of chance keeps many from coming back together.
                let share = 0.75 + f64::from(std::process::id() % 7) / 14.0;
                tokio::time::sleep(asked.unwrap_or_else(|| pause.mul_f64(share))).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

enum Judged {
    Final(CallError),
    /// Why, and how long the server asks to be left alone.
    Passing(String, Option<Duration>),
}

fn judge(error: &Error) -> Judged {
    let status = match error {
        Error::Api(status) => status,
        // What can't be said or understood will not be next time either.
        Error::BuildRequest(_) | Error::SerdeError(_) | Error::HttpError(_) => {
            return Judged::Final(CallError::Failed(Failure::invalid(&error.to_string())));
        }
        other => return Judged::Passing(root(other), None),
    };
    let asked = status.details.as_ref().map(|d| u64::from(d.retry_after_seconds)).filter(|s| *s > 0);
    let asked = asked.map(|seconds| Duration::from_secs(seconds.min(60)));
    let failed = |failure| Judged::Final(CallError::Failed(failure));
    // A rule may be told with any status: its author chooses it.
    if (400..500).contains(&status.code) && status.code != 429 && by_rule(&status.message) {
        return failed(Failure::refused(&status.message));
    }
    match status.code {
        404 => Judged::Final(CallError::NotFound),
        409 if status.is_already_exists() => Judged::Final(CallError::Exists),
        // Another change came first, or the namespace is being made.
        409 => Judged::Passing(status.message.clone(), asked),
        401 => Judged::Passing("it does not know this server's credentials (401)".to_owned(), asked),
        403 if status.message.contains("exceeded quota") => Judged::Final(CallError::Quota(status.message.clone())),
        // `jobs.batch is forbidden: User "x" cannot create resource "jobs" …`: no role says that we may.
        403 if status.message.contains("forbidden: User \"") => failed(Failure::forbidden(&status.message)),
        403 => failed(Failure::refused(&status.message)),
        400 | 405 | 406 | 413 | 415 | 422 => failed(Failure::invalid(&status.message)),
        code => Judged::Passing(format!("{} ({code})", status.message), asked),
    }
}

/// An admission policy or webhook of the cluster said no.
fn by_rule(message: &str) -> bool {
    let policy = ["ValidatingAdmissionPolicy '", "MutatingAdmissionPolicy '"].iter().any(|kind| message.contains(kind));
    let webhook = message.contains("admission webhook \"") && message.contains("denied the request");
    policy && message.contains("denied request") || webhook
}

/// The innermost reason: the outer ones say that a request failed, which we know.
fn root(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

#[cfg(test)]
#[path = "api_tests.rs"]
mod tests;
