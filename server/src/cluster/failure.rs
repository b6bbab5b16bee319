//! What went wrong on the cluster, each in one plain sentence with what to do.

use flow::RunError;
use nodes::NodeError;
use serde_json::{Value, json};

/// Why a Job did not do what it should.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Stable, `snake_case`; explained in `docs/errors.md`.
    pub code: &'static str,
    /// What happened. What to do.
    pub message: String,
    pub details: Value,
    /// The cluster's fault rather than the container's: tried again outside the user's own count.
    pub infrastructure: bool,
}

impl Failure {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Value::Null, infrastructure: false }
    }

    pub fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    fn of_cluster(mut self) -> Self {
        self.infrastructure = true;
        self
    }

    pub fn cancelled() -> Self {
        Self::new("cancelled", "The run was cancelled while its Job was working.")
    }

    pub fn off(why: &str) -> Self {
        Self::new("cluster_off", why)
    }

    /// Somebody else owns the run by now, or it was ended.
    pub fn fenced() -> Self {
        Self::new("job_fenced", "Another server took this run, so this one does not go on with its Job.")
    }

    pub fn no_image() -> Self {
        let text = "Files go to and from containers by Fluxo's own image, and the server does not know it. Set FLUXO_CLUSTER_IMAGE, or give the container less than 700 KB and keep no files.";
        Self::new("cluster_image_missing", text)
    }

    pub fn no_url() -> Self {
        let text = "Pods need an address by which they reach this server, and there is none. Set FLUXO_CLUSTER_URL, or FLUXO_PUBLIC_URL.";
        Self::new("cluster_url_missing", text)
    }

    pub fn too_large(bytes: usize) -> Self {
        let text = format!(
            "The container is given {bytes} bytes, more than a Job can carry by itself. Set FLUXO_CLUSTER_IMAGE on the server, so that they are fetched, or give it less."
        );
        Self::new("job_input_too_large", text)
    }

    pub fn image_pull(image: &str, why: &str) -> Self {
        let text = format!(
            "The image '{image}' can't be pulled: {}. Check its name and tag, and that the cluster may read from its registry.",
            said(why)
        );
        Self::new("image_pull", text).with(json!({"image": image}))
    }

    pub fn image_never(image: &str) -> Self {
        let text = format!(
            "The image '{image}' is not on the machine, and the pull policy forbids pulling it. Change the pull policy, or load the image."
        );
        Self::new("image_missing", text).with(json!({"image": image}))
    }

    pub fn image_name(image: &str) -> Self {
        let text = format!("'{image}' is not the name of an image. Write it as registry/name:tag, in small letters.");
        Self::new("image_name", text).with(json!({"image": image}))
    }

    pub fn unschedulable(why: &str, resources: &[String]) -> Self {
        let what = match resources {
            [] => String::new(),
            list => format!(" (not enough {})", list.join(" and ")),
        };
        let text = format!(
            "No machine of the cluster can take the container{what}: {}. Ask for less, or make room.",
            said(why)
        );
        Self::new("unschedulable", text).with(json!({"resources": resources}))
    }

    pub fn not_started(seconds: u64, why: &str) -> Self {
        let text = format!(
            "The container did not start within {seconds} seconds: {}. Give it more time to start, or correct that.",
            said(why)
        );
        Self::new("job_not_started", text)
    }

    pub fn out_of_memory(limit: &str) -> Self {
        let text = match limit {
            "" => "The container ran out of memory: the machine had no more. Give it a memory request that fits, or less to do.".to_owned(),
            limit => format!("The container ran out of memory: its limit is {limit}. Raise the memory limit, or give it less to do."),
        };
        Self::new("out_of_memory", text).with(json!({"limit": limit}))
    }

    pub fn deadline(seconds: u64) -> Self {
        let text = format!(
            "The Job was stopped after {seconds} seconds, as long as it may take. Raise its time limit, or give it less to do."
        );
        Self::new("job_deadline", text).with(json!({"seconds": seconds}))
    }

    /// `last`: the last lines of the log.
    pub fn exit_code(code: i32, last: &str) -> Self {
        let shown = last.lines().rev().find(|line| !line.trim().is_empty()).map(|line| cut(line.trim(), 300));
        let said = match shown {
            None => "It wrote nothing".to_owned(),
            Some(line) => format!("Its last line: “{line}”"),
        };
        let hint = match code {
            126 | 127 => " The command was not found or can't be run: check it, and that the image has it.",
            _ => " Correct what it runs; its log says more.",
        };
        let text = format!("The container ended with exit code {code}. {}.{hint}", said.trim_end_matches('.'));
        Self::new("job_exit_code", text).with(json!({"exit_code": code, "log": last}))
    }

    pub fn cannot_start(why: &str) -> Self {
        let text = format!("The container could not be started: {}. Check its command and image.", said(why));
        Self::new("container_start", text)
    }

    pub fn root(why: &str) -> Self {
        let text = format!(
            "The image wants to run as root, which Jobs of Fluxo may not: {}. Give a user id in the node, or use an image for an ordinary user.",
            said(why)
        );
        Self::new("container_root", text)
    }

    pub fn missing_object(why: &str) -> Self {
        let text = format!(
            "The container could not be started because something that it needs is missing: {}. Create it in the namespace, or start the run again.",
            said(why)
        );
        Self::new("object_missing", text).of_cluster()
    }

    pub fn refused(why: &str) -> Self {
        let text = format!(
            "The cluster refused the container: {}. Change the node, or ask the cluster's administrator to allow it.",
            said(why)
        );
        Self::new("job_refused", text)
    }

    pub fn quota(why: &str) -> Self {
        let text = format!(
            "The namespace's quota leaves no room for the container: {}. Ask for less, wait for other Jobs to end, or raise the quota.",
            said(why)
        );
        Self::new("job_quota", text)
    }

    pub fn forbidden(why: &str) -> Self {
        let text = format!(
            "The server may not do this on the cluster: {}. Give its service account the role of the chart (Jobs, pods and their logs, events, Secrets in one namespace).",
            said(why)
        );
        Self::new("cluster_forbidden", text)
    }

    pub fn invalid(why: &str) -> Self {
        let text = format!("The cluster does not take this Job: {}. Correct the node's parameters.", said(why));
        Self::new("job_invalid", text)
    }

    pub fn evicted(why: &str) -> Self {
        let text = format!(
            "The cluster removed the container from its machine: {}. Give it requests that fit its use, or run it again.",
            said(why)
        );
        Self::new("job_evicted", text).of_cluster()
    }

    pub fn node_lost(node: &str) -> Self {
        let text = format!(
            "The machine '{node}' was lost while the container worked. Run it again; if it happens often, tell the cluster's administrator."
        );
        Self::new("node_lost", text).with(json!({"node": node})).of_cluster()
    }

    pub fn pod_gone() -> Self {
        let text = "The container's pod disappeared before it ended. Run it again; if nobody deleted it, its machine was taken away.";
        Self::new("pod_gone", text).of_cluster()
    }

    pub fn vanished(name: &str) -> Self {
        let text = format!(
            "The Job '{name}' was deleted on the cluster before its result was read. Run it again; nobody but Fluxo should delete its Jobs."
        );
        Self::new("job_vanished", text)
    }

    pub fn name_taken(name: &str) -> Self {
        let text = format!(
            "The cluster has a Job '{name}' that this server did not ask for. Delete it, or give this installation a namespace of its own."
        );
        Self::new("job_name_taken", text)
    }

    pub fn log_unreadable(why: &str) -> Self {
        let text = format!(
            "The container ended well, but its output can't be read: {}. Run it again; to keep large results, write them to files.",
            said(why)
        );
        Self::new("job_log_unreadable", text)
    }

    /// `what`: the helper's role.
    pub fn helper(what: &str, code: i32, last: &str) -> Self {
        let text = match what {
            super::manifest::FETCH => "The files for the container could not be fetched from the server",
            _ => "The container's files could not be sent to the server",
        };
        let text = format!(
            "{text}: {}. Check that pods reach the server at FLUXO_CLUSTER_URL and that FLUXO_CLUSTER_IMAGE is this version's image.",
            said(last.lines().last().unwrap_or("it said nothing"))
        );
        Self::new("job_files", text).with(json!({"exit_code": code}))
    }

    pub fn store(error: &crate::store::StoreError) -> Self {
        match error {
            crate::store::StoreError::Fenced => Self::fenced(),
            other => Self::new("store", other.to_string()),
        }
    }
}

impl From<Failure> for NodeError {
    fn from(failure: Failure) -> Self {
        Self::new(failure.code, failure.message).with_details(failure.details)
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        Self { details: failure.details, ..Self::new(failure.code, failure.message) }
    }
}

/// What the cluster says, as a part of a sentence.
fn said(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match cut(line.trim_end_matches('.'), 400) {
        empty if empty.is_empty() => "the cluster does not say why".to_owned(),
        text => text,
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_one_or_two_plain_sentences() {
        let check = |failure: Failure, expected: &str| assert_eq!(failure.message, expected);
        check(
            Failure::exit_code(3, "a\nno such file: x.\n\n"),
            "The container ended with exit code 3. Its last line: “no such file: x.”. Correct what it runs; its log says more.",
        );
        check(
            Failure::exit_code(1, ""),
            "The container ended with exit code 1. It wrote nothing. Correct what it runs; its log says more.",
        );
        check(
            Failure::out_of_memory("64Mi"),
            "The container ran out of memory: its limit is 64Mi. Raise the memory limit, or give it less to do.",
        );
        check(
            Failure::unschedulable("0/3 nodes are available: 3 Insufficient cpu.", &["cpu".to_owned()]),
            "No machine of the cluster can take the container (not enough cpu): 0/3 nodes are available: 3 Insufficient cpu. Ask for less, or make room.",
        );
        assert!(Failure::refused(&"x ".repeat(9_000)).message.len() < 700);
        assert!(Failure::evicted("").infrastructure && !Failure::out_of_memory("1Gi").infrastructure);
    }
}
