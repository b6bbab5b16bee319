//! The database: every table and every query on it. The only module that names a table.
//!
//! SQLite and PostgreSQL run the same code. Reads use a pool. Writes of a SQLite database pass through one writer; on
//! PostgreSQL commits of runs pass through two, everything else is a transaction from the pool. See [`Store::commit`].

mod batch;
mod connect;
mod credentials;
mod entity;
mod error;
mod files;
mod flows;
mod jobs;
mod options;
mod outlines;
mod pages;
mod prune;
mod queue;
mod records;
mod rows;
mod runs;
mod sessions;
mod sql;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
pub mod time;
mod triggers;
mod users;
mod writer;

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use error::{DraftConflict, StoreError};
pub use jobs::{JobLog, JobRow, JobState, LogChunk, NewJob, OpenJob};
pub use options::StoreOptions;
pub use outlines::Outline;
pub use pages::PageOf;
pub use records::*;
pub use rows::*;
pub use time::new_id;
pub use users::HAS_OWNER;

use connect::Role;
use writer::{Call, Counters, Job, Submission, Writer};

type Result<T> = std::result::Result<T, StoreError>;

/// The database. A cheap clone; all clones share the connections and the writers.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: DbBackend,
    read: DatabaseConnection,
    writers: Vec<mpsc::Sender<Job>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    counters: Arc<Counters>,
    triggers: watch::Sender<u64>,
    /// The disk is full, for a test.
    #[cfg(test)]
    full: std::sync::atomic::AtomicBool,
}

/// Counters since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreMetrics {
    /// Transactions of the writers.
    pub commits: u64,
    /// Calls of [`Store::commit`] that succeeded.
    pub submissions: u64,
    /// Operations in them.
    pub ops: u64,
    /// Submissions that wait for their answer at this moment.
    pub waiting: u64,
}

impl Store {
    /// Connects and brings the schema up to date; several servers on PostgreSQL take turns. A SQLite file is taken for this
    /// server alone: `Locked` when another one has it.
    pub async fn open(options: &StoreOptions) -> Result<Self> {
        let backend = connect::backend(&options.url)?;
        let lock = match options.sqlite_path() {
            Some(path) => {
                connect::create_private(path)?;
                if options.alone { Some(connect::lock(path)?) } else { None }
            }
            None => None,
        };
        let first = connect::connect(options, Role::Writer).await?;
        match options.sqlite_path() {
            // A command beside a running server: the schema is that server's as long as it is new enough.
            Some(path) if lock.is_none() => {
                if connect::outdated(&first).await? {
                    let _while_migrating = connect::lock(path)?;
                    connect::migrate(&first).await?;
                }
            }
            _ => connect::migrate(&first).await?,
        }
        connect::writable(&first).await?;
        outlines::fill(&first).await?;
        let mut connections = vec![first];
        if backend == DbBackend::Postgres {
            connections.push(connect::connect(options, Role::Writer).await?);
        }
        let read = connect::connect(options, Role::Reader).await?;
        Ok(Self::start(options, backend, read, connections, lock))
    }

    /// Opens the database for looking alone: makes nothing and changes nothing. `NotFound` when there is none; `Invalid`
    /// when it is not up to date. Writes fail.
    pub async fn look(options: &StoreOptions) -> Result<Self> {
        let backend = connect::backend(&options.url)?;
        if options.sqlite_path().is_some_and(|path| !path.exists()) {
            return Err(StoreError::NotFound("database"));
        }
        let read = connect::connect(options, Role::Looker).await?;
        if connect::outdated(&read).await? {
            return Err(StoreError::Invalid(
                "The database is empty or of an older version. The start of the server brings it up to date.".into(),
            ));
        }
        Ok(Self::start(options, backend, read, Vec::new(), None))
    }

    /// No database at all: nothing is in it and every write fails. For an engine in a Job, whose runs are kept by the server.
    pub async fn nowhere() -> Result<Self> {
        let options = StoreOptions { readers: 1, ..StoreOptions::new("sqlite::memory:") };
        let read = connect::connect(&options, Role::Looker).await?;
        Ok(Self::start(&options, DbBackend::Sqlite, read, Vec::new(), None))
    }

    fn start(
        options: &StoreOptions,
        backend: DbBackend,
        read: DatabaseConnection,
        connections: Vec<DatabaseConnection>,
        lock: Option<Arc<File>>,
    ) -> Self {
        let counters = Arc::new(Counters::default());
        let (mut writers, mut tasks) = (Vec::new(), Vec::new());
        if connections.is_empty() {
            // Nobody receives: every write fails.
            writers.push(mpsc::channel(1).0);
        }
        for db in connections {
            let (sender, queue) = mpsc::channel(writer::QUEUE);
            let writer =
                Writer { options: options.clone(), backend, db, counters: counters.clone(), lock: lock.clone() };
            writers.push(sender);
            tasks.push(tokio::spawn(writer.run(queue)));
        }
        let (triggers, _) = watch::channel(0);
        let inner = Inner {
            backend,
            read,
            writers,
            tasks: Mutex::new(tasks),
            counters,
            triggers,
            #[cfg(test)]
            full: std::sync::atomic::AtomicBool::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// `sqlite` or `postgres`.
    pub fn kind(&self) -> &'static str {
        if self.backend() == DbBackend::Sqlite { "sqlite" } else { "postgres" }
    }

    pub fn metrics(&self) -> StoreMetrics {
        self.inner.counters.read()
    }

    /// `Ok` when the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.read().execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Writes what is queued, then closes the connections. Calls after it fail.
    pub async fn close(&self) {
        for writer in &self.inner.writers {
            // A writer that is gone has nothing left to write.
            let _ = writer.send(Job::Stop).await;
        }
        let tasks = std::mem::take(&mut *self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "the writer ended badly");
            }
        }
        if let Err(error) = self.read().clone().close().await {
            tracing::warn!(%error, "closing the database failed");
        }
    }

    /// Writes all of `ops` or nothing of it; durable on return. Calls that come while the writer is busy share its next
    /// transaction, and one that is refused (`Fenced`, `Duplicate`…) fails alone.
    ///
    /// Calls about one run keep their order. An `InsertSteps` needs its run in the same call ([`Op::InsertSteps`]).
    pub async fn commit(&self, ops: Vec<Op>) -> Result<()> {
        if ops.is_empty() {
            return Ok(());
        }
        let writers = &self.inner.writers;
        // Always the same writer for a run.
        let writer = match (writers.len(), ops.iter().find_map(Op::run)) {
            (1, _) | (_, None) => 0,
            (count, Some(run)) => {
                let mut hasher = DefaultHasher::new();
                run.hash(&mut hasher);
                (hasher.finish() % count as u64) as usize
            }
        };
        let _waiting = self.inner.counters.wait();
        let (done, answer) = oneshot::channel();
        writers[writer].send(Job::Ops(Submission { ops, done })).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// One transaction: through the writer on SQLite, from the pool on PostgreSQL.
    async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<T>> + Send + 'static,
    {
        #[cfg(test)]
        if self.inner.full.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(StoreError::DiskFull);
        }
        if self.backend() == DbBackend::Postgres {
            let tx = writer::begin(self.read(), self.backend()).await?;
            return match work(&tx).await {
                Ok(value) => {
                    tx.commit().await?;
                    Ok(value)
                }
                Err(error) => {
                    // Dropping it rolls back as well; the first error says more than one of the rollback.
                    let _ = tx.rollback().await;
                    Err(error)
                }
            };
        }
        // The value may leave only when the commit succeeded.
        let slot = Arc::new(Mutex::new(None));
        let filled = slot.clone();
        let call: Call = Box::new(move |tx| {
            Box::pin(async move {
                let value = work(tx).await?;
                *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        let (done, answer) = oneshot::channel();
        self.inner.writers[0].send(Job::Call(call, done)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())??;
        let value = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| StoreError::Database("a write gave no result".into()))
    }

    fn read(&self) -> &DatabaseConnection {
        &self.inner.read
    }

    fn backend(&self) -> DbBackend {
        self.inner.backend
    }
}

impl Op {
    /// The run that it is about.
    fn run(&self) -> Option<&str> {
        match self {
            Self::InsertRun(row) => Some(&row.id),
            Self::UpdateRun(update) => Some(&update.id),
            Self::InsertSteps(rows) => rows.first().map(|row| row.run_id.as_str()),
            Self::Fence { run, .. } | Self::Idempotency { run, .. } | Self::UseBlobs { run, .. } => Some(run),
            Self::Tick { run, .. } => run.as_deref(),
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the server is shutting down".into())
}

/// How many rows a page has.
fn limit(asked: Option<u32>) -> u64 {
    u64::from(asked.unwrap_or(50).clamp(1, 200))
}
