//! The writers: every write of a SQLite database, and the commits of runs on both databases, pass through here.
//!
//! A writer takes all that queued while its former transaction committed and puts it into the next one. So under load
//! many submissions share one wait for the disk, and a lone one waits for nothing.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};

use super::connect::{self, Role};
use super::{Op, Result, StoreError, StoreMetrics, StoreOptions, batch};

/// Submissions that may wait; further ones wait to be taken in.
pub(super) const QUEUE: usize = 4096;
/// Submissions in one transaction.
const BATCH: usize = 256;

pub(super) type Call = Box<dyn for<'a> FnOnce(&'a DatabaseTransaction) -> BoxFuture<'a, Result<()>> + Send>;

pub(super) enum Job {
    Ops(Submission),
    /// A transaction of its own.
    Call(Call, oneshot::Sender<Result<()>>),
    Stop,
}

pub(super) struct Submission {
    pub ops: Vec<Op>,
    pub done: oneshot::Sender<Result<()>>,
}

#[derive(Default)]
pub(super) struct Counters {
    commits: AtomicU64,
    submissions: AtomicU64,
    ops: AtomicU64,
    waiting: AtomicU64,
}

/// One submission that waits, until it is dropped.
pub(super) struct Waiting<'a>(&'a AtomicU64);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub(super) fn wait(&self) -> Waiting<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(&self.waiting)
    }

    pub(super) fn read(&self) -> StoreMetrics {
        StoreMetrics {
            commits: self.commits.load(Ordering::Relaxed),
            submissions: self.submissions.load(Ordering::Relaxed),
            ops: self.ops.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }
}

pub(super) struct Writer {
    pub options: StoreOptions,
    pub backend: DbBackend,
    pub db: DatabaseConnection,
    pub counters: Arc<Counters>,
    /// Kept until the last write is done.
    pub lock: Option<Arc<File>>,
}

impl Writer {
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        let mut group = Vec::with_capacity(BATCH);
        'work: while queue.recv_many(&mut jobs, BATCH).await > 0 {
            for job in jobs.drain(..) {
                match job {
                    Job::Ops(submission) => group.push(submission),
                    Job::Call(call, done) => {
                        self.group(&mut group).await;
                        let result = self.call(call).await;
                        // Whoever asked may be gone: what was asked is done all the same.
                        let _ = done.send(result);
                    }
                    Job::Stop => {
                        self.group(&mut group).await;
                        break 'work;
                    }
                }
            }
            self.group(&mut group).await;
        }
        queue.close();
        // Closing the last connection moves the log into the file.
        if let Err(error) = self.db.clone().close().await {
            tracing::warn!(%error, "closing the database failed");
        }
        drop(self.lock);
    }

    /// Commits all submissions in one transaction; if one of them is refused, it alone.
    async fn group(&mut self, group: &mut Vec<Submission>) {
        if group.is_empty() {
            return;
        }
        match self.together(group).await {
            Ok(()) => {
                for submission in group.drain(..) {
                    self.count(&submission);
                    let _ = submission.done.send(Ok(()));
                }
            }
            Err(error) if group.len() == 1 || matches!(error, StoreError::DiskFull | StoreError::ReadOnly(_)) => {
                for submission in group.drain(..) {
                    let _ = submission.done.send(Err(error.clone()));
                }
            }
            Err(_) => self.one_by_one(group).await,
        }
    }

    async fn together(&mut self, group: &[Submission]) -> Result<()> {
        let tx = self.begin().await?;
        let result = batch::apply(&tx, group.iter().map(|s| s.ops.as_slice())).await;
        self.end(tx, result).await
    }

    /// Each submission behind a savepoint of its own, still in one transaction.
    async fn one_by_one(&mut self, group: &mut Vec<Submission>) {
        let mut results = Vec::with_capacity(group.len());
        let outcome = match self.begin().await {
            Ok(tx) => {
                let outcome = savepoints(&tx, group, &mut results).await;
                self.end(tx, outcome).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            results = vec![Err(error); group.len()];
        }
        for (submission, result) in group.drain(..).zip(results) {
            if result.is_ok() {
                self.count(&submission);
            }
            let _ = submission.done.send(result);
        }
    }

    async fn call(&mut self, call: Call) -> Result<()> {
        let tx = self.begin().await?;
        let result = call(&tx).await;
        self.end(tx, result).await
    }

    async fn begin(&mut self) -> Result<DatabaseTransaction> {
        match begin(&self.db, self.backend).await {
            Ok(tx) => Ok(tx),
            Err(_) => {
                // The connection may be at fault: once more with a new one.
                self.reconnect().await?;
                begin(&self.db, self.backend).await
            }
        }
    }

    async fn end(&mut self, tx: DatabaseTransaction, result: Result<()>) -> Result<()> {
        let result = match result {
            Ok(()) => tx.commit().await.map_err(StoreError::from),
            Err(error) => {
                // SQLite ends the transaction by itself when the disk is full; the driver then counts wrong. A new
                // connection is the sure way back.
                if tx.rollback().await.is_err()
                    && let Err(error) = self.reconnect().await
                {
                    tracing::error!(%error, "the writer lost its connection");
                }
                return Err(error);
            }
        };
        match result {
            Ok(()) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.reconnect().await?;
                Err(error)
            }
        }
    }

    async fn reconnect(&mut self) -> Result<()> {
        let fresh = connect::connect(&self.options, Role::Writer).await?;
        let old = std::mem::replace(&mut self.db, fresh);
        let _ = old.close().await;
        Ok(())
    }

    fn count(&self, submission: &Submission) {
        self.counters.submissions.fetch_add(1, Ordering::Relaxed);
        self.counters.ops.fetch_add(submission.ops.len() as u64, Ordering::Relaxed);
    }
}

async fn savepoints(tx: &DatabaseTransaction, group: &[Submission], results: &mut Vec<Result<()>>) -> Result<()> {
    for submission in group {
        let point = tx.begin().await?;
        let result = batch::apply(&point, [submission.ops.as_slice()]).await;
        match result {
            Ok(()) => point.commit().await?,
            Err(StoreError::DiskFull) => return Err(StoreError::DiskFull),
            Err(_) => point.rollback().await?,
        }
        results.push(result);
    }
    Ok(())
}

pub(super) async fn begin(db: &DatabaseConnection, backend: DbBackend) -> Result<DatabaseTransaction> {
    let mode = (backend == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    let options = TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() };
    Ok(db.begin_with_options(options).await?)
}
