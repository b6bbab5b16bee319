//! What has become of a Job: a plain function of what was seen. Pods are believed before the Job, which hears of them later.

use std::time::Duration;

use super::failure::Failure;
use super::manifest;
use super::seen::{Exit, JobSeen, PodSeen, State};

/// How long an image may fail to be pulled before that is final: registries have bad moments.
const PULLING: Duration = Duration::from_secs(60);
/// The same for what a container's configuration needs: our own Secret comes a moment after the Job.
const CONFIGURING: Duration = Duration::from_secs(20);
/// A Job without a pod gets this long before an event's refusal is final, when it may pass.
const REFUSED: Duration = Duration::from_secs(5);

/// What was seen of one Job.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub job: Option<JobSeen>,
    pub pods: Vec<PodSeen>,
    /// Newest message of an event that says why no pod was made.
    pub refused: Option<String>,
    /// Why its container had not begun when it was last looked at: a pod that the deadline removes takes its reasons along.
    pub held: Option<Failure>,
}

/// What is known beside.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Since the Job was made, by our own clock.
    pub age: Duration,
    pub start_within: Duration,
    pub timeout: Duration,
}

impl Patience {
    /// How long the container had to start: the Job's own end may come first.
    fn to_start(self) -> u64 {
        self.start_within.min(self.timeout).as_secs()
    }
}

/// What has become of a Job.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// No container works yet; why, in words for people, and what it will fail with when it takes too long.
    Waiting(Option<String>, Option<Failure>),
    Running {
        pod: String,
    },
    /// The container ended with 0 and so did what follows it.
    Succeeded {
        pod: String,
        node: String,
        exit: Exit,
    },
    /// The container ended with another exit code.
    Exited {
        pod: String,
        exit: Exit,
    },
    Failed(Failure, Option<String>),
    /// The Job was not seen or is gone: ask for it.
    Missing,
}

pub fn judge(seen: &Seen, patience: Patience) -> Verdict {
    // Kubernetes may start a pod twice; one that ended well decides, else the newest.
    let ended_well = |pod: &&PodSeen| matches!(&pod.main, State::Ended(exit) if exit.code == 0);
    let newest = seen.pods.iter().max_by_key(|pod| pod.created);
    let Some(pod) = seen.pods.iter().find(ended_well).or(newest) else { return without_pod(seen, patience) };
    let ended = match &pod.main {
        State::Ended(exit) if exit.code == 0 => Some(after(pod, exit, seen, patience)),
        State::Ended(exit) => Some(bad_end(pod, exit, seen, patience)),
        _ => lost(pod, seen, patience),
    };
    if let Some(verdict) = ended {
        return verdict;
    }
    if pod.main.started() {
        return Verdict::Running { pod: pod.name.clone() };
    }
    waiting(pod, seen, patience)
}

/// The container ended well; what keeps its files may still work.
fn after(pod: &PodSeen, exit: &Exit, seen: &Seen, patience: Patience) -> Verdict {
    let name = || Some(pod.name.clone());
    let done = Verdict::Succeeded { pod: pod.name.clone(), node: pod.node.clone(), exit: exit.clone() };
    if !pod.keeps {
        // The pod's phase and the Job's condition follow up to seconds later.
        return done;
    }
    match &pod.keep {
        State::Ended(kept) if kept.code == 0 => return done,
        State::Ended(kept) => {
            return Verdict::Failed(Failure::helper(manifest::KEEP, kept.code, &kept.message), name());
        }
        State::Waiting(reason, message) => {
            if let Some(failure) = unpullable(reason, message, "Fluxo's own image") {
                return Verdict::Failed(failure, name());
            }
        }
        _ => {}
    }
    if let Some(verdict) = lost(pod, seen, patience) {
        return verdict;
    }
    match pod.phase == "Failed" && seen.job.as_ref().is_some_and(JobSeen::over) {
        true => Verdict::Failed(Failure::pod_gone(), name()),
        false => Verdict::Running { pod: pod.name.clone() },
    }
}

fn bad_end(pod: &PodSeen, exit: &Exit, seen: &Seen, patience: Patience) -> Verdict {
    let name = Some(pod.name.clone());
    if exit.reason == "OOMKilled" {
        return Verdict::Failed(Failure::out_of_memory(&pod.memory_limit), name);
    }
    if let Some(verdict) = lost(pod, seen, patience) {
        return verdict;
    }
    if pod.deleting {
        // Somebody stops it: the Job says whether its deadline did.
        let over = seen.job.as_ref().is_none_or(JobSeen::over);
        return if over {
            Verdict::Failed(Failure::pod_gone(), None)
        } else {
            Verdict::Running { pod: pod.name.clone() }
        };
    }
    match exit.reason.as_str() {
        "ContainerCannotRun" | "StartError" | "CreateContainerError" => {
            Verdict::Failed(Failure::cannot_start(&exit.message), name)
        }
        _ => Verdict::Exited { pod: pod.name.clone(), exit: exit.clone() },
    }
}

/// What ended the pod from outside.
fn lost(pod: &PodSeen, seen: &Seen, patience: Patience) -> Option<Verdict> {
    let name = Some(pod.name.clone());
    let failed = |failure| Some(Verdict::Failed(failure, name.clone()));
    if deadline_passed(pod, seen) {
        return failed(too_late(Some(pod), seen, patience));
    }
    if let Some((reason, message)) = &pod.disrupted {
        return failed(match reason.as_str() {
            "DeletionByTaintManager" => Failure::node_lost(&pod.node),
            _ => Failure::evicted(message),
        });
    }
    match pod.reason.as_str() {
        "Evicted"
        | "Preempting"
        | "UnexpectedAdmissionError"
        | "NodeAffinity"
        | "OutOfcpu"
        | "OutOfmemory"
        | "OutOfpods"
        | "Terminated"
        | "Shutdown"
        | "NodeShutdown" => return failed(Failure::evicted(&pod.message)),
        "NodeLost" => return failed(Failure::node_lost(&pod.node)),
        _ => {}
    }
    if let State::Ended(exit) = &pod.fetch
        && exit.code != 0
    {
        return failed(Failure::helper(manifest::FETCH, exit.code, &exit.message));
    }
    // It ended, and nothing says how.
    let silent = pod.phase == "Failed" && !pod.main.started();
    if silent && seen.job.as_ref().is_some_and(JobSeen::over) {
        return failed(match pod.message.as_str() {
            "" => Failure::pod_gone(),
            message => Failure::evicted(message),
        });
    }
    None
}

/// The Job's time is over. Its limit is to blame only for work that had begun; else what kept the container from starting is.
fn too_late(pod: Option<&PodSeen>, seen: &Seen, patience: Patience) -> Failure {
    let now = || match waiting(pod.filter(|pod| !pod.main.started())?, seen, patience) {
        Verdict::Waiting(_, failure) => failure,
        Verdict::Failed(failure, _) => Some(failure),
        _ => None,
    };
    let held = if pod.is_some_and(|pod| pod.main.worked()) { None } else { seen.held.clone().or_else(now) };
    held.unwrap_or_else(|| Failure::deadline(patience.timeout.as_secs()))
}

fn deadline_passed(pod: &PodSeen, seen: &Seen) -> bool {
    let failed = seen.job.as_ref().and_then(|job| job.failed.as_ref());
    pod.reason == "DeadlineExceeded" || failed.is_some_and(|(reason, _)| reason == "DeadlineExceeded")
}

fn waiting(pod: &PodSeen, seen: &Seen, patience: Patience) -> Verdict {
    let name = Some(pod.name.clone());
    let late = patience.age >= patience.start_within;
    if let Some(why) = &pod.unscheduled {
        let failure = Failure::unschedulable(why, &resources(why));
        return match late {
            true => Verdict::Failed(failure, name),
            false => {
                Verdict::Waiting(Some(format!("Waiting for room on the cluster: {}", first_line(why))), Some(failure))
            }
        };
    }
    for (state, image) in
        [(&pod.fetch, "Fluxo's own image"), (&pod.main, pod.image.as_str()), (&pod.keep, "Fluxo's own image")]
    {
        let State::Waiting(reason, message) = state else { continue };
        match reason.as_str() {
            "InvalidImageName" => return Verdict::Failed(Failure::image_name(image), name),
            "ErrImageNeverPull" => return Verdict::Failed(Failure::image_never(image), name),
            "RunContainerError" | "CreateContainerError" => {
                return Verdict::Failed(Failure::cannot_start(message), name);
            }
            "CreateContainerConfigError" if message.contains("run as root") || message.contains("non-root") => {
                return Verdict::Failed(Failure::root(message), name);
            }
            "CreateContainerConfigError" => {
                let failure = Failure::missing_object(message);
                return match patience.age >= CONFIGURING {
                    true => Verdict::Failed(failure, name),
                    false => Verdict::Waiting(None, Some(failure)),
                };
            }
            _ => {}
        }
        if let Some(failure) = unpullable(reason, message, image) {
            return match patience.age >= PULLING.min(patience.start_within) {
                true => Verdict::Failed(failure, name),
                false => {
                    Verdict::Waiting(Some(format!("Pulling the image again: {}", first_line(message))), Some(failure))
                }
            };
        }
    }
    let why = if pod.node.is_empty() {
        ["no machine was found for it yet", "ainda não foi encontrada uma máquina para ele"]
    } else {
        [
            "its machine prepares it, which takes long when the image is large",
            "a máquina o prepara, o que demora quando a imagem é grande",
        ]
    };
    let failure = Failure::not_started(patience.to_start(), why);
    match late {
        true => Verdict::Failed(failure, name),
        false => Verdict::Waiting(seen.job.as_ref().filter(|j| j.suspended).map(|_| queued()), Some(failure)),
    }
}

fn without_pod(seen: &Seen, patience: Patience) -> Verdict {
    let Some(job) = &seen.job else { return Verdict::Missing };
    match &job.failed {
        Some((reason, _)) if reason == "DeadlineExceeded" => {
            return Verdict::Failed(too_late(None, seen, patience), None);
        }
        Some(_) => return Verdict::Failed(Failure::pod_gone(), None),
        None if job.complete => {
            return Verdict::Failed(
                Failure::log_unreadable(["its pod was deleted already", "o pod dele já foi apagado"]),
                None,
            );
        }
        None => {}
    }
    let late = patience.age >= patience.start_within;
    if let Some(why) = &seen.refused {
        // A quota may get room; what is against a rule stays so.
        let quota = why.contains("exceeded quota");
        let failure = if quota { Failure::quota(why) } else { Failure::refused(why) };
        let said = format!("The cluster makes no pod yet: {}", first_line(why));
        return match late || (!quota && patience.age >= REFUSED) {
            true => Verdict::Failed(failure, None),
            false => Verdict::Waiting(Some(said), Some(failure)),
        };
    }
    if job.suspended {
        let failure = Failure::not_started(
            patience.to_start(),
            ["the Job waits in a queue (Kueue)", "o Job espera em uma fila (Kueue)"],
        );
        return if late { Verdict::Failed(failure, None) } else { Verdict::Waiting(Some(queued()), Some(failure)) };
    }
    let failure = Failure::not_started(
        patience.to_start(),
        ["the cluster made no pod for it", "o cluster não criou um pod para ele"],
    );
    if late { Verdict::Failed(failure, None) } else { Verdict::Waiting(None, Some(failure)) }
}

fn queued() -> String {
    "Waiting for quota: the Job is suspended".to_owned()
}

fn unpullable(reason: &str, message: &str, image: &str) -> Option<Failure> {
    let pulling =
        ["ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed"];
    pulling.contains(&reason).then(|| Failure::image_pull(image, message))
}

/// The resources that the scheduler names: `0/3 nodes are available: 3 Insufficient cpu, 1 Insufficient memory.`
fn resources(message: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, after) in message.match_indices("Insufficient ").map(|(at, word)| message.split_at(at + word.len())) {
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || "-./_".contains(*c)).collect();
        let name = name.trim_end_matches('.').to_owned();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("").chars().take(300).collect()
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
