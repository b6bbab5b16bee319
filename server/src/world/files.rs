//! Reading and writing files inside the allowed folders.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use flow::BlobRef;
use futures_util::StreamExt;
use jiff::Timestamp;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, renameat};
use nix::unistd::{UnlinkatFlags, linkat, unlinkat};
use nodes::NodeError;
use nodes::world::{FileEntry, Files, WriteMode};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;

use super::depot::Depot;
use super::folder::{Outside, Place, list, locate, made_parent, open_file, parent};

/// The allowed folders (`FLUXO_FILES`); none by default. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct FileAccess {
    folders: Arc<Vec<PathBuf>>,
    /// Bytes that a file may have to be read.
    max_bytes: u64,
}

impl FileAccess {
    /// Folders that are not absolute are left out.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>, max_bytes: u64) -> Self {
        let folders = folders.into_iter().filter(|f| f.is_absolute()).collect();
        Self { folders: Arc::new(folders), max_bytes }
    }

    /// As one run sees it: files come from and go to `depot`.
    pub fn for_run(&self, depot: Arc<dyn Depot>) -> RunFiles {
        RunFiles { access: self.clone(), depot }
    }

    fn locate(&self, path: &str) -> Result<Place, NodeError> {
        locate(&self.folders, path).map_err(|why| {
            let allowed = match why {
                _ if self.folders.is_empty() => "No folder is allowed on this server".to_owned(),
                Outside::Elsewhere | Outside::Empty | Outside::Parent => {
                    let names: Vec<String> = self.folders.iter().map(|f| f.display().to_string()).collect();
                    format!("Allowed: {}", names.join(", "))
                }
            };
            NodeError::new(
                "file_not_allowed",
                format!("The file “{path}” can't be used: {why}. {allowed}. The administrator allows folders with FLUXO_FILES."),
            )
        })
    }
}

/// Files for the steps of one run.
#[derive(Clone)]
pub struct RunFiles {
    access: FileAccess,
    depot: Arc<dyn Depot>,
}

/// Runs file work where waiting is allowed.
async fn blocking<T: Send + 'static>(
    path: &str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, NodeError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(io::Error::other).and_then(|r| r).map_err(|e| explain(path, &e))
}

#[async_trait]
impl Files for RunFiles {
    async fn list(&self, pattern: &str, max: usize) -> Result<Vec<FileEntry>, NodeError> {
        let place = self.access.locate(pattern)?;
        let found = blocking(pattern, move || list(&place)).await?;
        let entries = found.into_iter().take(max);
        Ok(entries
            .map(|(path, meta)| FileEntry {
                path: path.display().to_string(),
                size: meta.len(),
                modified: modified(&meta),
            })
            .collect())
    }

    async fn read(&self, path: &str) -> Result<BlobRef, NodeError> {
        let place = self.access.locate(path)?;
        let file = blocking(path, move || {
            let (folder, name) = parent(&place)?;
            open_file(&folder, &name, OFlag::O_RDONLY)
        })
        .await?;
        let name = Path::new(path).file_name().map_or_else(|| "file".into(), |n| n.to_string_lossy().into_owned());
        let mime = mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream");
        let content = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 * 1024);
        let stored = self.depot.store(&name, mime, Box::pin(content), self.access.max_bytes).await;
        stored.map_err(|e| match e.code.as_str() {
            "blob_too_large" => NodeError::new(
                "file_too_large",
                format!(
                    "The file “{path}” is over the limit of {} MiB. Use a smaller one.",
                    self.access.max_bytes / 1024 / 1024
                ),
            ),
            _ => e,
        })
    }

    async fn write(&self, path: &str, content: &BlobRef, mode: WriteMode) -> Result<FileEntry, NodeError> {
        let place = self.access.locate(path)?;
        let whole = place.path().display().to_string();
        let (folder, name) = blocking(path, move || made_parent(&place)).await?;
        let folder = Arc::new(folder);
        let written = match mode {
            WriteMode::Append => self.append(&folder, &name, content).await,
            WriteMode::New | WriteMode::Replace => self.put(&folder, &name, content, mode).await,
        };
        let meta = written.map_err(|e| e.explain(path))?;
        Ok(FileEntry { path: whole, size: meta.len(), modified: modified(&meta) })
    }

    async fn rename(&self, from: &str, to: &str) -> Result<FileEntry, NodeError> {
        let (source, target) = (self.access.locate(from)?, self.access.locate(to)?);
        let whole = target.path().display().to_string();
        // The error names the path that it is about.
        let (at_source, at_target) = (from.to_owned(), to.to_owned());
        let moved = tokio::task::spawn_blocking(move || {
            let (old_folder, old_name) = parent(&source).map_err(|e| explain(&at_source, &e))?;
            let (new_folder, new_name) = made_parent(&target).map_err(|e| explain(&at_target, &e))?;
            let file = open_file(&old_folder, &old_name, OFlag::O_RDONLY).map_err(|e| explain(&at_source, &e))?;
            let meta = file.metadata().map_err(|e| explain(&at_source, &e))?;
            link(&old_folder, &old_name, &new_folder, &new_name).map_err(|e| explain(&at_target, &e))?;
            unlinkat(old_folder.as_fd(), old_name.as_os_str(), UnlinkatFlags::NoRemoveDir)
                .map_err(|e| explain(&at_source, &e.into()))?;
            for folder in [old_folder, new_folder] {
                sync(&folder).map_err(|e| explain(&at_target, &e))?;
            }
            Ok::<_, NodeError>(meta)
        });
        let meta = moved.await.map_err(|e| explain(from, &io::Error::other(e)))??;
        Ok(FileEntry { path: whole, size: meta.len(), modified: modified(&meta) })
    }
}

/// Why writing failed: the file system's reason, or that of the blob store.
enum Unwritten {
    Io(io::Error),
    Node(NodeError),
}

impl Unwritten {
    fn explain(self, path: &str) -> NodeError {
        match self {
            Self::Io(e) => explain(path, &e),
            Self::Node(e) => e,
        }
    }
}

impl From<io::Error> for Unwritten {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

impl RunFiles {
    /// A temporary file beside the target, whole and on the disk, then under its name in one step.
    async fn put(
        &self,
        folder: &Arc<OwnedFd>,
        name: &OsString,
        content: &BlobRef,
        mode: WriteMode,
    ) -> Result<std::fs::Metadata, Unwritten> {
        let temporary = OsString::from(format!(".fluxo-{}.part", uuid::Uuid::new_v4()));
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        let file = open_file(folder, &temporary, flags)?;
        let remove = Remove { folder: Arc::clone(folder), name: temporary.clone() };
        let mut file = tokio::fs::File::from_std(file);
        self.copy(content, &mut file).await?;
        file.sync_all().await?;
        let meta = file.metadata().await?;
        let (folder, name) = (Arc::clone(folder), name.clone());
        tokio::task::spawn_blocking(move || {
            match mode {
                WriteMode::New => link(&folder, &temporary, &folder, &name)?,
                // A folder or a link of that name is replaced or refused by the system, never followed.
                _ => renameat(folder.as_fd(), temporary.as_os_str(), folder.as_fd(), name.as_os_str())?,
            }
            drop(remove);
            sync(&folder)
        })
        .await
        .map_err(io::Error::other)??;
        Ok(meta)
    }

    async fn append(
        &self,
        folder: &OwnedFd,
        name: &OsString,
        content: &BlobRef,
    ) -> Result<std::fs::Metadata, Unwritten> {
        let file = open_file(folder, name, OFlag::O_WRONLY | OFlag::O_CREAT)?;
        let mut file = tokio::fs::File::from_std(file);
        let before = file.seek(io::SeekFrom::End(0)).await?;
        if let Err(e) = self.copy(content, &mut file).await {
            // As it was.
            file.set_len(before).await?;
            return Err(e);
        }
        file.sync_all().await?;
        Ok(file.metadata().await?)
    }

    async fn copy(&self, content: &BlobRef, file: &mut tokio::fs::File) -> Result<(), Unwritten> {
        let mut pieces = self.depot.open(content).await.map_err(Unwritten::Node)?;
        while let Some(piece) = pieces.next().await {
            file.write_all(&piece?).await?;
        }
        Ok(file.flush().await?)
    }
}

/// Gives a file a second name, unless something has that name.
fn link(old_folder: &OwnedFd, old: &OsString, new_folder: &OwnedFd, new: &OsString) -> io::Result<()> {
    Ok(linkat(old_folder.as_fd(), old.as_os_str(), new_folder.as_fd(), new.as_os_str(), AtFlags::empty())?)
}

fn sync(folder: &OwnedFd) -> io::Result<()> {
    Ok(nix::unistd::fsync(folder.as_fd())?)
}

/// Removes the temporary file, also when the step is cancelled half-way.
struct Remove {
    folder: Arc<OwnedFd>,
    name: OsString,
}

impl Drop for Remove {
    fn drop(&mut self) {
        // After a rename there is nothing to remove.
        let _ = unlinkat(self.folder.as_fd(), self.name.as_os_str(), UnlinkatFlags::NoRemoveDir);
    }
}

fn modified(meta: &std::fs::Metadata) -> Timestamp {
    meta.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn explain(path: &str, error: &io::Error) -> NodeError {
    let known = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ENOENT) => Some(("file_missing", "it, or a folder in its path, does not exist. Check the path")),
        Some(Errno::EEXIST) => {
            Some(("file_exists", "a file of that name exists. Choose another name, or let the node replace it"))
        }
        Some(Errno::EACCES | Errno::EPERM) => {
            Some(("file_denied", "the server may not use it. Check the permissions of file and folder"))
        }
        Some(Errno::EROFS) => Some(("file_denied", "the disk is read-only. Use another folder")),
        Some(Errno::ENOSPC | Errno::EDQUOT) => {
            Some(("disk_full", "the disk is full. Free some space; the former content is whole"))
        }
        Some(Errno::ELOOP | Errno::ENOTDIR) => Some((
            "file_link",
            "a part of its path is a link or not a folder, and links are not followed. Use the real path",
        )),
        Some(Errno::EISDIR) => Some(("file_kind", "it is a folder. Give a file's path")),
        Some(Errno::EXDEV) => {
            Some(("file_other_disk", "the target is on another disk. Write the file there, then remove this one"))
        }
        Some(Errno::EMFILE | Errno::ENFILE) => Some(("file_failed", "too many files are open. Try again")),
        _ => None,
    };
    match known {
        Some((code, why)) => NodeError::new(code, format!("The file “{path}” can't be used: {why}.")),
        None => NodeError::new(
            "file_failed",
            format!("The file “{path}” can't be used: {error}. Check the file and the disk."),
        ),
    }
}
