//! Runs and their data.

use flow::api::{Page, RetryRun, RunDetail, RunSummary, StartRun, StepItems};

use super::{Call, Request, command, get, post, with_query};

/// What the runs page filters by; empty members match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// Flow id.
    pub flow: String,
    /// [`flow::RunStatus::as_str`].
    pub status: String,
    /// [`flow::TriggerKind::as_str`].
    pub trigger: String,
    /// RFC 3339: created at this instant or later.
    pub from: String,
    /// RFC 3339: created before this instant.
    pub to: String,
}

/// Which items of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Input,
    Output,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
        }
    }
}

/// Newest first.
pub fn runs(query: &RunQuery, cursor: Option<String>, limit: u32) -> Call<Page<RunSummary>> {
    get(&with_query(
        "/runs",
        &[
            ("flow", Some(query.flow.clone())),
            ("status", Some(query.status.clone())),
            ("trigger", Some(query.trigger.clone())),
            ("from", Some(query.from.clone())),
            ("to", Some(query.to.clone())),
            ("cursor", cursor),
            ("limit", Some(limit.to_string())),
        ],
    ))
}

pub fn run(id: &str) -> Call<RunDetail> {
    get(&format!("/runs/{id}"))
}

/// Runs the draft of a flow.
pub fn start_run(flow: &str, start: &StartRun) -> Call<RunSummary> {
    post(&format!("/flows/{flow}/runs"), start)
}

pub fn cancel_run(id: &str) -> Call<()> {
    command(Request::new("POST", &format!("/runs/{id}/cancel")))
}

/// Starts a new run with the input of this one.
pub fn retry_run(id: &str, retry: &RetryRun) -> Call<RunSummary> {
    post(&format!("/runs/{id}/retry"), retry)
}

pub fn delete_run(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/runs/{id}")))
}

/// One page of the items that reached or left a step.
pub fn step_items(run: &str, seq: u32, side: Side, port: &str, offset: u32, limit: u32) -> Call<StepItems> {
    get(&with_query(
        &format!("/runs/{run}/steps/{seq}/items"),
        &[
            ("side", Some(side.as_str().to_owned())),
            ("port", Some(port.to_owned())),
            ("offset", Some(offset.to_string())),
            ("limit", Some(limit.to_string())),
        ],
    ))
}
