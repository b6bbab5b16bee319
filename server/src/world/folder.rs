//! Files by handles of folders: a path is walked part by part, no link is followed, so no `..`, link or race leads out of
//! the allowed folder. (What the folder itself is, a link or a mount, is the administrator's choice.)

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::{Mode, mkdirat};

use super::glob;

/// Entries looked at for one pattern.
const MAX_SEEN: usize = 100_000;
/// Folders below each other for `**`.
const MAX_DEPTH: usize = 32;

/// A place inside an allowed folder.
pub(super) struct Place {
    /// The allowed folder, as it is configured.
    pub root: PathBuf,
    /// Below it; at least one part.
    pub parts: Vec<OsString>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Outside {
    #[error("the path is empty")]
    Empty,
    #[error("the path has a “..”")]
    Parent,
    #[error("the path is in none of the allowed folders")]
    Elsewhere,
}

impl Place {
    /// As people and other programs name it.
    pub fn path(&self) -> PathBuf {
        self.parts.iter().fold(self.root.clone(), |path, part| path.join(part))
    }
}

/// Finds the allowed folder that a path lies in; the deepest when several do. A relative path starts in the first one.
pub(super) fn locate(roots: &[PathBuf], path: &str) -> Result<Place, Outside> {
    let first = roots.first().ok_or(Outside::Elsewhere)?;
    if path.is_empty() {
        return Err(Outside::Empty);
    }
    let path = &first.join(path);
    if path.components().any(|part| part == Component::ParentDir) || path.as_os_str().as_encoded_bytes().contains(&0) {
        return Err(Outside::Parent);
    }
    let inside = roots.iter().filter_map(|root| path.strip_prefix(root).ok().map(|rest| (root, rest)));
    let (root, rest) = inside.min_by_key(|(_, rest)| rest.components().count()).ok_or(Outside::Elsewhere)?;
    let parts = rest.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        _ => None,
    });
    Ok(Place { root: root.clone(), parts: parts.collect() })
}

pub(super) fn open_root(root: &Path) -> io::Result<OwnedFd> {
    Ok(openat(AT_FDCWD, root, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?)
}

fn step(folder: &OwnedFd, name: &OsString) -> io::Result<OwnedFd> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    Ok(openat(folder.as_fd(), name.as_os_str(), flags, Mode::empty())?)
}

/// The folder that holds the last part, and that part's name.
pub(super) fn parent(place: &Place) -> io::Result<(OwnedFd, OsString)> {
    walk(place, step)
}

/// Like [`parent`], for what will be written: missing folders are made.
pub(super) fn made_parent(place: &Place) -> io::Result<(OwnedFd, OsString)> {
    walk(place, |at, name| match step(at, name) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            match mkdirat(at.as_fd(), name.as_os_str(), Mode::from_bits_truncate(0o770)) {
                // Somebody else was faster.
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(e) => return Err(e.into()),
            }
            // A file in a folder that a power cut takes away would be lost.
            nix::unistd::fsync(at.as_fd())?;
            step(at, name)
        }
        found => found,
    })
}

fn walk(place: &Place, step: impl Fn(&OwnedFd, &OsString) -> io::Result<OwnedFd>) -> io::Result<(OwnedFd, OsString)> {
    let Some((name, folders)) = place.parts.split_last() else { return Err(io::Error::from(Errno::EISDIR)) };
    let mut at = open_root(&place.root)?;
    for folder in folders {
        at = step(&at, folder)?;
    }
    Ok((at, name.clone()))
}

/// Opens a regular file; a pipe or device must not make the server wait.
pub(super) fn open_file(folder: &OwnedFd, name: &OsString, flags: OFlag) -> io::Result<File> {
    let always = OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = File::from(openat(folder.as_fd(), name.as_os_str(), flags | always, Mode::from_bits_truncate(0o660))?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(file)
}

/// Regular files that match the pattern, with their sizes and times.
pub(super) fn list(place: &Place) -> io::Result<Vec<(PathBuf, std::fs::Metadata)>> {
    let mut walk = Walk { found: Vec::new(), seen: 0 };
    let root = open_root(&place.root)?;
    walk.enter(&root, &place.root, &place.parts, 0)?;
    walk.found.sort_by(|a, b| a.0.cmp(&b.0));
    walk.found.dedup_by(|a, b| a.0 == b.0);
    Ok(walk.found)
}

struct Walk {
    found: Vec<(PathBuf, std::fs::Metadata)>,
    seen: usize,
}

impl Walk {
    fn enter(&mut self, folder: &OwnedFd, path: &Path, parts: &[OsString], depth: usize) -> io::Result<()> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        let pattern = part.to_string_lossy();
        if pattern == "**" {
            // No folder at all, or one and the same pattern again.
            self.enter(folder, path, if rest.is_empty() { &parts[..0] } else { rest }, depth)?;
            if rest.is_empty() {
                self.entries(folder, path, "*", &[])?;
            }
            if depth < MAX_DEPTH {
                for (name, kind) in self.names(folder)? {
                    if kind != Some(Type::File) && !name.as_encoded_bytes().starts_with(b".") {
                        self.down(folder, path, &name, parts, depth + 1)?;
                    }
                }
            }
            return Ok(());
        }
        if !glob::is_pattern(&pattern) {
            return match rest {
                [] => self.file(folder, path, part),
                rest => self.down(folder, path, part, rest, depth),
            };
        }
        self.entries(folder, path, &pattern, rest)
    }

    fn entries(&mut self, folder: &OwnedFd, path: &Path, pattern: &str, rest: &[OsString]) -> io::Result<()> {
        for (name, _) in self.names(folder)? {
            if glob::fits(pattern, &name.to_string_lossy()) {
                match rest {
                    [] => self.file(folder, path, &name)?,
                    rest => self.down(folder, path, &name, rest, 0)?,
                }
            }
        }
        Ok(())
    }

    fn names(&mut self, folder: &OwnedFd) -> io::Result<Vec<(OsString, Option<Type>)>> {
        use std::os::unix::ffi::OsStringExt;
        let mut names = Vec::new();
        // A handle of its own: reading moves its position.
        let here = openat(folder.as_fd(), ".", OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        for entry in Dir::from_fd(here)?.iter() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            self.seen += 1;
            if self.seen > MAX_SEEN {
                return Err(io::Error::other(format!("there are more than {MAX_SEEN} entries")));
            }
            names.push((OsString::from_vec(name.to_vec()), entry.file_type()));
        }
        Ok(names)
    }

    fn down(
        &mut self,
        folder: &OwnedFd,
        path: &Path,
        name: &OsString,
        rest: &[OsString],
        depth: usize,
    ) -> io::Result<()> {
        match step(folder, name) {
            Ok(below) => self.enter(&below, &path.join(name), rest, depth),
            // Not a folder, a link, gone meanwhile, or closed to us: nothing to find there.
            Err(_) => Ok(()),
        }
    }

    fn file(&mut self, folder: &OwnedFd, path: &Path, name: &OsString) -> io::Result<()> {
        if let Ok(file) = open_file(folder, name, OFlag::O_RDONLY) {
            self.found.push((path.join(name), file.metadata()?));
        }
        Ok(())
    }
}
