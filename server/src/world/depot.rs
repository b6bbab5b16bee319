//! Where HTTP and files put what is too large for memory: the blob store as one run sees it.

use std::io;
use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use flow::BlobRef;
use futures_util::Stream;
use nodes::NodeError;

use crate::blobs::{BlobError, Blobs};

pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Takes and gives files piece by piece.
#[async_trait]
pub trait Depot: Send + Sync {
    /// Stores what the stream gives; an error, and nothing stored, over `max` bytes or when the stream breaks.
    async fn store(&self, name: &str, mime: &str, content: ByteStream, max: u64) -> Result<BlobRef, NodeError>;
    /// The file's content.
    async fn open(&self, blob: &BlobRef) -> Result<ByteStream, NodeError>;
}

/// The blob store, seen by one run: what is written here belongs to the run.
#[derive(Clone)]
pub struct RunBlobs {
    blobs: Blobs,
    /// `None`: the file is loose, and removed when nobody takes it within a day.
    run: Option<String>,
}

impl RunBlobs {
    pub fn new(blobs: Blobs, run: Option<String>) -> Self {
        Self { blobs, run }
    }
}

#[async_trait]
impl Depot for RunBlobs {
    async fn store(&self, name: &str, mime: &str, content: ByteStream, max: u64) -> Result<BlobRef, NodeError> {
        self.blobs.write_stream(self.run.as_deref(), name, mime, content, max).await.map_err(explain)
    }

    async fn open(&self, blob: &BlobRef) -> Result<ByteStream, NodeError> {
        let (_, content) = self.blobs.stream(&blob.id).await.map_err(explain)?;
        Ok(Box::pin(content))
    }
}

#[async_trait]
impl nodes::world::Blobs for RunBlobs {
    async fn read(&self, blob: &BlobRef, max_bytes: u64) -> Result<Bytes, NodeError> {
        self.blobs.read(&blob.id, max_bytes).await.map_err(explain)
    }

    async fn write(&self, file_name: &str, mime: &str, content: Bytes) -> Result<BlobRef, NodeError> {
        self.blobs.write(self.run.as_deref(), file_name, mime, content).await.map_err(explain)
    }
}

fn explain(error: BlobError) -> NodeError {
    let code = match &error {
        BlobError::NotFound => "blob_missing",
        BlobError::TooLarge { .. } => "blob_too_large",
        BlobError::DiskFull => "disk_full",
        _ => "blob_failed",
    };
    NodeError::new(code, error.to_string())
}
