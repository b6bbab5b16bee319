//! Where the database is and how it is opened.

use std::path::Path;

/// Options of [`super::Store::open`].
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:///absolute/path.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// Connections for reading; writers come on top (one on SQLite, two on PostgreSQL).
    pub readers: u32,
    /// Waits for the disk at each commit. Without it, a power cut may lose the last second of acknowledged runs.
    pub durable: bool,
    /// SQLite: takes the file for this server alone. Without it, a command may write beside a running server.
    pub alone: bool,
    /// SQLite: bytes that the file may grow to; then every write fails with `DiskFull`.
    pub max_bytes: Option<u64>,
}

impl StoreOptions {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), readers: 4, durable: true, alone: true, max_bytes: None }
    }

    /// The default: `fluxo.db` in the data folder, which must exist.
    pub fn in_folder(data: &Path) -> Self {
        let folder = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
        Self::new(format!("sqlite://{}", folder.join("fluxo.db").display()))
    }

    /// The file, if the database is SQLite.
    pub fn sqlite_path(&self) -> Option<&Path> {
        let rest = self.url.strip_prefix("sqlite:")?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        Some(Path::new(rest.split('?').next().unwrap_or(rest)))
    }
}

impl std::fmt::Debug for StoreOptions {
    /// Without the URL: it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreOptions")
            .field("sqlite", &self.sqlite_path())
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}
