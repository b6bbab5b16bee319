//! Why something could not be done with a flow.

use flow::api::Conflict;
use flow::check::Finding;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error("There is no such {0}. It may have been deleted.")]
    NotFound(&'static str),
    /// Somebody saved in between.
    #[error("{} saved this flow in between. Load it and apply your changes again, or overwrite it.", .0.by)]
    Conflict(Box<Conflict>),
    /// The draft has errors.
    #[error("{}", summary(.0))]
    Findings(Vec<Finding>),
    #[error("The flow is too large: {0}. Split it into several flows.")]
    TooLarge(String),
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn summary(findings: &[Finding]) -> String {
    let first = findings.first().map_or("", |f| &f.message.en);
    match findings.len() {
        0 | 1 => first.to_owned(),
        n => format!("{first} There are {} more findings.", n - 1),
    }
}
