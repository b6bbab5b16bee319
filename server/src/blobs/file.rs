//! The bytes of blobs on disk: written aside, synced, renamed.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::pin::pin;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::BlobError;

/// Where files are while they are written.
const ASIDE: &str = "incoming";

/// Makes the folders.
pub(super) fn prepare(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder.join(ASIDE))
}

/// Empties the folder for half-written files.
pub(super) fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder.join(ASIDE))? {
        let _ = std::fs::remove_file(entry?.path());
    }
    Ok(())
}

/// `folder/ab/id`, `ab` being the id's last two digits, so that no folder gets too many entries.
pub(super) fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(&id[id.len().saturating_sub(2)..]).join(id)
}

/// Writes the file whole or not at all; its size. On the disk, not only in its cache, when this returns.
pub(super) async fn write(
    folder: &Path,
    id: &str,
    content: impl Stream<Item = std::io::Result<Bytes>> + Send,
    max: u64,
) -> Result<u64, BlobError> {
    let aside = Aside(folder.join(ASIDE).join(id));
    write_aside(&aside.0, &path(folder, id), content, max).await
}

/// Removes the half-written file when it is dropped: also when the sender goes away and the writing is never polled again.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        // It is not there any more when all went well.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn write_aside(
    aside: &Path,
    target: &Path,
    content: impl Stream<Item = std::io::Result<Bytes>> + Send,
    max: u64,
) -> Result<u64, BlobError> {
    let mut file = fs::File::create_new(aside).await.map_err(writing)?;
    let mut content = pin!(content);
    let mut size = 0u64;
    while let Some(piece) = content.next().await {
        let piece = piece.map_err(|e| BlobError::Broken(e.to_string()))?;
        size += piece.len() as u64;
        if size > max {
            return Err(BlobError::TooLarge { max });
        }
        file.write_all(&piece).await.map_err(writing)?;
    }
    file.sync_all().await.map_err(writing)?;
    drop(file);
    let parent = target.parent().unwrap_or(target);
    fs::create_dir_all(parent).await.map_err(writing)?;
    fs::rename(aside, target).await.map_err(writing)?;
    // The name is as durable as the content only when its folder is synced too.
    fs::File::open(parent).await.map_err(writing)?.sync_all().await.map_err(writing)?;
    Ok(size)
}

pub(super) async fn remove(folder: &Path, id: &str) {
    let path = path(folder, id);
    if let Err(error) = fs::remove_file(&path).await
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "A file that nothing uses could not be removed.");
    }
}

fn writing(error: std::io::Error) -> BlobError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::DiskFull,
        _ => BlobError::Folder(error),
    }
}

pub(super) fn reading(error: std::io::Error) -> BlobError {
    if error.kind() == ErrorKind::NotFound { BlobError::NotFound } else { BlobError::Read(error) }
}
