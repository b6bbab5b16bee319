//! Files of runs: bytes on disk, one row each in the database.
//!
//! A file is whole and on the disk before its row is written, so a row never points to a part of a file; a file without
//! a row, left by a crash, is removed by the sweep.

mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flow::BlobRef;
use futures_util::Stream;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::store::{BlobRow, Store, StoreError, time};

/// Rows that one step of the sweep looks at.
const SWEEP: u64 = 500;
/// A file without a run is kept this long: somebody may be about to use it.
const LOOSE: Duration = Duration::from_secs(24 * 3600);

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("There is no such file. It may have been deleted with its run.")]
    NotFound,
    #[error("The file is over the limit of {max} bytes. Send less, or raise FLUXO_MAX_BODY on the server.")]
    TooLarge { max: u64 },
    #[error("The disk is full. Free some space; nothing was stored.")]
    DiskFull,
    /// The sender broke off.
    #[error("The file did not arrive whole: {0}.")]
    Broken(String),
    #[error("The folder for files can't be used: {0}. Check its permissions.")]
    Folder(std::io::Error),
    #[error("The file can't be read: {0}.")]
    Read(std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The blob store; a cheap clone.
#[derive(Clone)]
pub struct Blobs {
    folder: Arc<PathBuf>,
    store: Store,
}

impl Blobs {
    /// Opens the folder, making it when it is missing.
    pub fn open(folder: &Path, store: Store) -> Result<Self, BlobError> {
        file::prepare(folder).map_err(BlobError::Folder)?;
        Ok(Self { folder: Arc::new(folder.to_owned()), store })
    }

    /// Removes what a crash left half-written. For the server at its start alone: what is half-written while it works are
    /// uploads.
    pub fn remove_unfinished(&self) -> Result<(), BlobError> {
        file::remove_unfinished(&self.folder).map_err(BlobError::Folder)
    }

    /// Stores `content`, which belongs to `run` if one is given and goes with it.
    pub async fn write(&self, run: Option<&str>, name: &str, mime: &str, content: Bytes) -> Result<BlobRef, BlobError> {
        let max = content.len() as u64;
        let content = futures_util::stream::once(std::future::ready(Ok(content)));
        self.write_stream(run, name, mime, content, max).await
    }

    /// Stores what `content` gives, `max` bytes at most; memory holds one piece at a time.
    pub async fn write_stream(
        &self,
        run: Option<&str>,
        name: &str,
        mime: &str,
        content: impl Stream<Item = std::io::Result<Bytes>> + Send,
        max: u64,
    ) -> Result<BlobRef, BlobError> {
        let id = time::new_id();
        let size = file::write(&self.folder, &id, content, max).await?;
        let blob = BlobRef { id, file_name: plain_name(name), mime: mime.to_owned(), size };
        let row = BlobRow {
            id: blob.id.clone(),
            run_id: run.map(str::to_owned),
            file_name: blob.file_name.clone(),
            mime: blob.mime.clone(),
            size,
            created_at: time::now(),
        };
        self.store.insert_blob(row).await?;
        Ok(blob)
    }

    /// The whole file, if it has at most `max` bytes.
    pub async fn read(&self, id: &str, max: u64) -> Result<Bytes, BlobError> {
        let blob = self.get(id).await?;
        if blob.size > max {
            return Err(BlobError::TooLarge { max });
        }
        tokio::fs::read(file::path(&self.folder, id)).await.map(Bytes::from).map_err(file::reading)
    }

    /// The file, piece by piece.
    pub async fn stream(
        &self,
        id: &str,
    ) -> Result<(BlobRef, impl Stream<Item = std::io::Result<Bytes>> + Send + use<>), BlobError> {
        let blob = self.get(id).await?;
        let file = tokio::fs::File::open(file::path(&self.folder, id)).await.map_err(file::reading)?;
        Ok((blob, ReaderStream::with_capacity(file, 64 * 1024)))
    }

    /// The first `size` bytes of the file, piece by piece.
    pub async fn stream_start(
        &self,
        id: &str,
        size: u64,
    ) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send + use<>, BlobError> {
        self.get(id).await?;
        let file = tokio::fs::File::open(file::path(&self.folder, id)).await.map_err(file::reading)?;
        Ok(ReaderStream::with_capacity(file.take(size), 64 * 1024))
    }

    /// What is known of a file.
    pub async fn get(&self, id: &str) -> Result<BlobRef, BlobError> {
        match self.store.blob(id).await {
            Ok(row) => Ok(BlobRef { id: row.id, file_name: row.file_name, mime: row.mime, size: row.size }),
            Err(StoreError::NotFound(_)) => Err(BlobError::NotFound),
            Err(other) => Err(other.into()),
        }
    }

    /// Removes files that nothing came to use, at once.
    pub async fn discard(&self, files: &[BlobRef]) {
        if files.is_empty() {
            return;
        }
        let ids: Vec<String> = files.iter().map(|file| file.id.clone()).collect();
        // The row first, as the sweep does.
        match self.store.delete_blobs(&ids).await {
            Ok(()) => {
                for id in &ids {
                    file::remove(&self.folder, id).await;
                }
            }
            Err(error) => tracing::warn!(%error, "Files that nothing uses could not be removed; the sweep will."),
        }
    }

    /// Removes files that are a day old and that no run made or names; how many.
    pub async fn sweep(&self) -> Result<u64, BlobError> {
        let mut removed = 0;
        loop {
            let before = time::now() - LOOSE.as_millis() as i64;
            // The row first: a crash in between leaves a file that nothing names, not a name without a file.
            let ids = self.store.delete_orphan_blobs(before, SWEEP).await?;
            for id in &ids {
                file::remove(&self.folder, id).await;
            }
            removed += ids.len() as u64;
            if (ids.len() as u64) < SWEEP {
                return Ok(removed);
            }
        }
    }
}

/// The last part of a name, without what no file name can hold.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let plain: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    match plain.trim() {
        "" | "." | ".." => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests;
