//! The run: what is ready next (`plan`), doing a step (`step`), what is written when (`checkpoint`), queue, waiting,
//! recovery, limits.

mod error;
mod options;
pub mod plan;
mod start;

use std::sync::Arc;
use std::time::Duration;

use flow::Flow;
use flow::api::{FlowEvent, RunEvent, StepItems};
use futures_util::stream::BoxStream;
use nodes::Registry;
use nodes::world::{Clock, Files, Http};
use tokio::sync::broadcast;

pub use error::EngineError;
pub use options::EngineOptions;
pub use start::{Ended, Start, VersionKey};

/// A new UUIDv7: ids of runs sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// What the engine works with.
pub struct Parts {
    pub registry: Registry,
    pub http: Arc<dyn Http>,
    pub files: Arc<dyn Files>,
    pub clock: Arc<dyn Clock>,
}

/// Which items of a step somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Input,
    Output,
}

/// A flow made ready to run: its graph and its compiled expressions.
pub struct Prepared {
    pub document: Arc<Flow>,
    pub version: Option<VersionKey>,
}

/// Runs flows. A cheap clone.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Parts>,
}

impl Engine {
    /// Takes back the runs that this server had not ended, then is ready.
    pub async fn start(_options: EngineOptions, parts: Parts) -> Result<Self, EngineError> {
        Ok(Self { shared: Arc::new(parts) })
    }

    pub fn registry(&self) -> &Registry {
        &self.shared.registry
    }

    /// Compiles a document; versions are kept.
    pub fn prepare(&self, _document: Arc<Flow>, _version: Option<VersionKey>) -> Arc<Prepared> {
        unreachable!()
    }

    /// Takes a run; it is durable when this returns its id.
    pub async fn submit(&self, _start: Start) -> Result<String, EngineError> {
        Err(EngineError::Stopping)
    }

    /// Runs until the flow answers or ends; the answer is durable when this returns. A run of pure steps costs one commit.
    pub async fn run_to_answer(&self, _start: Start) -> Result<(String, Ended), EngineError> {
        Err(EngineError::Stopping)
    }

    /// Stops a run. `by` is named in the run's error.
    pub async fn cancel(&self, _run: &str, _by: &str) -> Result<(), EngineError> {
        Err(EngineError::Stopping)
    }

    /// Starts a new run that goes on from the failed step of `run`; the id of the new run.
    /// `newest`: the flow's newest published version (or draft), with its number; the same version when absent.
    pub async fn retry(
        &self,
        _run: &str,
        _newest: Option<(Arc<Flow>, Option<VersionKey>)>,
    ) -> Result<String, EngineError> {
        Err(EngineError::Stopping)
    }

    /// The number of the run's last event and its steps so far; give the number to [`Engine::events`].
    pub async fn steps(&self, _run: &str) -> Result<(u64, Vec<flow::api::Step>), EngineError> {
        Err(EngineError::Stopping)
    }

    /// What happened in a run after event number `after` (0: from the start) and what happens from here on, until the run ends.
    pub async fn events(&self, _run: &str, _after: u64) -> Result<BoxStream<'static, (u64, RunEvent)>, EngineError> {
        Err(EngineError::Stopping)
    }

    /// Saves, publications and runs of a flow from here on.
    pub fn flow_events(&self, _flow: &str) -> broadcast::Receiver<FlowEvent> {
        broadcast::channel(1).1
    }

    /// Tells everyone who has the flow open.
    pub fn publish_flow_event(&self, _flow: &str, _event: FlowEvent) {}

    /// Items that reached or left a step.
    pub async fn step_items(
        &self,
        _run: &str,
        _seq: u32,
        _side: Side,
        _port: &str,
        _offset: u32,
        _limit: u32,
    ) -> Result<StepItems, EngineError> {
        Err(EngineError::Stopping)
    }

    /// Runs that are queued or working.
    pub fn active(&self) -> u32 {
        0
    }

    /// Takes no more runs, lets working steps end for `grace`, and leaves the rest for the next start.
    pub async fn shutdown(&self, _grace: Duration) {}
}
