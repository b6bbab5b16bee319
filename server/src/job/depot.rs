//! Files of the run: kept by the server, and on this machine's disk while they are on their way, so that a server that is
//! away for a moment costs no step.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use flow::BlobRef;
use futures_util::StreamExt;
use nodes::NodeError;
use nodes::world::Blobs;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use super::client::{Client, Failed, read};
use crate::store::new_id;
use crate::world::{ByteStream, Depot};

/// Reads of a broken-off file.
const TRIES: u32 = 5;

#[derive(Clone)]
pub struct JobDepot {
    pub client: Arc<Client>,
    pub scratch: PathBuf,
    pub max_bytes: u64,
}

/// A file in the scratch folder, removed when it is dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // Nothing is lost when it stays: the folder goes with the Job.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl JobDepot {
    fn scratch(&self) -> Scratch {
        Scratch(self.scratch.join(format!("fluxo-{}", new_id())))
    }

    async fn upload(&self, name: &str, mime: &str, path: &Path, size: u64) -> Result<BlobRef, NodeError> {
        let target = format!("blobs?name={}", urlencoded(name));
        let sent = self.client.answered(|| {
            let request = self.client.to(&target).header(CONTENT_TYPE, sendable(mime)).header(CONTENT_LENGTH, size);
            match std::fs::File::open(path).map(tokio::fs::File::from_std) {
                Ok(file) => request.body(reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 64 * 1024))),
                Err(_) => request,
            }
        });
        self.stored(sent.await).await
    }

    async fn stored(&self, sent: Result<reqwest::Response, Failed>) -> Result<BlobRef, NodeError> {
        read(sent.map_err(explain)?).await.map_err(explain)
    }

    /// Writes the file's content to `path`; its size.
    async fn fetch(&self, blob: &BlobRef, path: &Path, most: u64) -> Result<u64, NodeError> {
        let mut tries = 0;
        loop {
            let id = urlencoded(&blob.id);
            let response = self.client.answered(|| self.client.get(&format!("blobs/{id}"))).await;
            let content =
                Box::pin(response.map_err(explain)?.bytes_stream().map(|piece| piece.map_err(std::io::Error::other)));
            match write(path, content, most).await {
                Err(WriteError::Broken(_)) if tries < TRIES => tries += 1,
                done => return done.map_err(|error| error.explain(most)),
            }
        }
    }
}

#[async_trait]
impl Depot for JobDepot {
    async fn store(&self, name: &str, mime: &str, content: ByteStream, max: u64) -> Result<BlobRef, NodeError> {
        let file = self.scratch();
        let size = write(&file.0, content, max).await.map_err(|error| error.explain(max))?;
        self.upload(name, mime, &file.0, size).await
    }

    async fn open(&self, blob: &BlobRef) -> Result<ByteStream, NodeError> {
        let file = self.scratch();
        self.fetch(blob, &file.0, self.max_bytes).await?;
        let open = tokio::fs::File::open(&file.0).await.map_err(|error| failed(&error.to_string()))?;
        // An open file can be read to its end when its name is gone.
        drop(file);
        Ok(Box::pin(ReaderStream::with_capacity(open, 64 * 1024)))
    }
}

#[async_trait]
impl Blobs for JobDepot {
    async fn read(&self, blob: &BlobRef, max_bytes: u64) -> Result<Bytes, NodeError> {
        let file = self.scratch();
        self.fetch(blob, &file.0, max_bytes).await?;
        tokio::fs::read(&file.0).await.map(Bytes::from).map_err(|error| failed(&error.to_string()))
    }

    async fn write(&self, file_name: &str, mime: &str, content: Bytes) -> Result<BlobRef, NodeError> {
        let target = format!("blobs?name={}", urlencoded(file_name));
        let sent =
            self.client.answered(|| self.client.to(&target).header(CONTENT_TYPE, sendable(mime)).body(content.clone()));
        self.stored(sent.await).await
    }
}

enum WriteError {
    TooLarge,
    /// The sender broke off.
    Broken(String),
    Disk(std::io::Error),
}

impl WriteError {
    fn explain(self, most: u64) -> NodeError {
        match self {
            Self::TooLarge => {
                let text = format!(
                    "The file is over the limit of {most} bytes. Send less, or raise FLUXO_MAX_BODY on the server."
                );
                NodeError::new("blob_too_large", text)
            }
            Self::Broken(why) => failed(&why),
            Self::Disk(error) => {
                let text = format!("The Job's scratch folder can't hold the file: {error}. Work with less at a time.");
                NodeError::new("disk_full", text)
            }
        }
    }
}

async fn write(path: &Path, mut content: ByteStream, most: u64) -> Result<u64, WriteError> {
    let mut file = tokio::fs::File::create(path).await.map_err(WriteError::Disk)?;
    let mut size = 0u64;
    while let Some(piece) = content.next().await {
        let piece = piece.map_err(|error| WriteError::Broken(error.to_string()))?;
        size += piece.len() as u64;
        if size > most {
            return Err(WriteError::TooLarge);
        }
        file.write_all(&piece).await.map_err(WriteError::Disk)?;
    }
    file.flush().await.map_err(WriteError::Disk)?;
    Ok(size)
}

/// What the server says, or that this Job is over.
pub(super) fn explain(error: Failed) -> NodeError {
    match error {
        Failed::Over => NodeError::new("job_over", "The server needs this Job no more."),
        Failed::Refused(problem) if problem.code == "not_found" => NodeError::new("blob_missing", problem.detail),
        Failed::Refused(problem) => NodeError::new(problem.code, problem.detail),
        Failed::Away(why) => failed(&why),
    }
}

fn failed(why: &str) -> NodeError {
    NodeError::new("blob_failed", format!("The file could not be moved between the Job and the server: {why}."))
}

/// A type that HTTP does not know is none.
fn sendable(mime: &str) -> HeaderValue {
    HeaderValue::from_str(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// As a part of a path.
pub(super) fn urlencoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
