//! How requests of a Job reach the run that they are about.

use std::sync::Arc;

use flow::{BlobRef, Node};
use tokio::sync::{mpsc, oneshot};

use super::super::live::Live;
use super::super::{Engine, EngineError};
use super::check::Limits;
use super::wire::{Post, Work};
use crate::store::StoreError;

/// Where a run that works in a Job is reached.
#[derive(Clone)]
pub(in crate::engine) struct Port {
    pub attempt: u32,
    pub sender: mpsc::Sender<Delivery>,
    pub files: Arc<Files>,
}

/// What the Job's attempt made so far.
#[derive(Default)]
pub(in crate::engine) struct Files(std::sync::Mutex<(u32, u64)>);

pub(in crate::engine) enum Delivery {
    /// The process that asks is the one that is heard from here on.
    Work {
        process: String,
        reply: oneshot::Sender<Box<Work>>,
    },
    Post {
        post: Box<Post>,
        bytes: u64,
        reply: oneshot::Sender<Result<(), JobError>>,
    },
}

/// Why a request of a Job is not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum JobError {
    /// The run ended, waits, or works in another Job.
    #[error("This Job's work is over: the run ended, or another Job has it.")]
    Over,
    #[error("The run is not at work in this server at the moment. Try again.")]
    Away,
    /// A sentence.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// A run whose Job is at work.
pub struct OpenJob {
    engine: Engine,
    live: Arc<Live>,
    port: Port,
}

impl Engine {
    /// The run of a Job's attempt, as long as that attempt is at work.
    pub async fn open_job(&self, run: &str, attempt: u32) -> Result<OpenJob, JobError> {
        let live = self.reached(run).await?;
        let port = live.port().ok_or(JobError::Away)?;
        if port.attempt != attempt {
            return Err(JobError::Over);
        }
        Ok(OpenJob { engine: self.clone(), live, port })
    }

    async fn reached(&self, run: &str) -> Result<Arc<Live>, JobError> {
        if let Some(live) = self.shared.live(run) {
            return Ok(live);
        }
        match self.shared.store.run(run).await {
            Ok(row) if row.status.is_final() || row.status == flow::RunStatus::Waiting => Err(JobError::Over),
            Ok(_) => Err(JobError::Away),
            Err(StoreError::NotFound(_)) => Err(JobError::Over),
            Err(error) => Err(JobError::Engine(error.into())),
        }
    }
}

impl OpenJob {
    pub fn run(&self) -> &str {
        &self.live.facts.id
    }

    /// The run as it stands, for the process that asks; other processes of this Job are not heard any more.
    pub async fn work(&self, process: String) -> Result<Box<Work>, JobError> {
        let (reply, answer) = oneshot::channel();
        self.deliver(Delivery::Work { process, reply }).await?;
        answer.await.map_err(|_| JobError::Away)
    }

    /// Takes a post of `bytes` bytes; it is durable when this returns, unless it is only to be shown.
    pub async fn post(&self, post: Post, bytes: u64) -> Result<(), JobError> {
        let (reply, answer) = oneshot::channel();
        self.deliver(Delivery::Post { post: Box::new(post), bytes, reply }).await?;
        answer.await.map_err(|_| JobError::Away)?
    }

    async fn deliver(&self, delivery: Delivery) -> Result<(), JobError> {
        self.port.sender.send(delivery).await.map_err(|_| JobError::Away)
    }

    /// A node of the flow that runs.
    pub fn node(&self, id: &str) -> Option<Arc<Node>> {
        let prepared = &self.live.prepared;
        let index = prepared.graph.index(id)?;
        Some(Arc::clone(&prepared.node(index).node))
    }

    /// Whether the file is one that this Job may read: made in its run, or named by what runs there.
    pub async fn may_read(&self, file: &str) -> Result<bool, JobError> {
        if named_in_document(&self.live, file) {
            return Ok(true);
        }
        Ok(self.engine.shared.store.blob_of_run(self.run(), file).await.map_err(EngineError::from)?)
    }

    /// Counts a file that is about to be made; how many bytes it may have. Counted again with its size by
    /// [`OpenJob::made`].
    pub fn may_make(&self) -> Result<u64, JobError> {
        let options = &self.engine.shared.options;
        let mut made = self.port.files.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let left = Limits::file_bytes(options).saturating_sub(made.1);
        if made.0 >= Limits::FILES || left == 0 {
            return Err(JobError::Refused(
                "The run makes more files than a run on the cluster may. Split the work into several runs.".to_owned(),
            ));
        }
        made.0 += 1;
        Ok(left.min(options.max_blob_bytes))
    }

    pub fn made(&self, file: &BlobRef) {
        self.port.files.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1 += file.size;
    }
}

/// Pinned output and parameters may name files.
pub(super) fn named_in_document(live: &Live, file: &str) -> bool {
    file.len() >= 32 && serde_json::to_string(&*live.prepared.document).is_ok_and(|text| text.contains(file))
}
