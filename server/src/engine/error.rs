//! Why the engine could not take a run or do something with it.

/// Errors towards the caller; what goes wrong inside a run is in the run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    #[error("The flow has no trigger node '{0}' to start from. Add one or choose another.")]
    NoTrigger(String),
    #[error(
        "The server has {0} runs in its queue, as many as it may. Try again later, or raise FLUXO_MAX_QUEUED_RUNS."
    )]
    Busy(u32),
    #[error("The server is stopping. Try again in a moment.")]
    Stopping,
    #[error("There is no such run. It may have been deleted.")]
    NotFound,
    #[error("The run has ended already, so it can't be cancelled.")]
    Ended,
    #[error("Only a run that failed or was cancelled can be retried. Start a new run instead.")]
    NotRetryable,
    #[error("The run's data was not kept, so it can't be retried. Start a new run instead.")]
    NotKept,
    #[error("The flow's version was deleted, so the run can't go on. Start a new run with the current version.")]
    NoVersion,
    /// Something in the database that this program wrote and can't read any more, as a sentence.
    #[error("{0}")]
    Damaged(String),
    #[error(
        "The run stopped on something that the server did not expect. This is a defect of the server: please report it."
    )]
    Defect,
    /// What the database says, as a sentence.
    #[error("{0}")]
    Store(String),
}

impl EngineError {
    /// Stable, `snake_case`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTrigger(_) => "no_trigger",
            Self::Busy(_) => "busy",
            Self::Stopping => "stopping",
            Self::NotFound => "not_found",
            Self::Ended => "run_ended",
            Self::NotRetryable => "not_retryable",
            Self::NotKept => "not_kept",
            Self::NoVersion => "no_version",
            Self::Damaged(_) => "damaged",
            Self::Defect => "defect",
            Self::Store(_) => "store",
        }
    }
}
