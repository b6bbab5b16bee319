//! The server's own chores: old runs and files that nobody needs go, certificates that end soon are warned of.

use std::sync::Arc;
use std::time::Duration;

use nodes::world::Clock;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::blobs::Blobs;
use crate::certificates::{self, Outlook};
use crate::store::{Retention, Store, time};
use crate::vault::Vault;

/// What is kept, and how often the rest goes.
#[derive(Clone, Debug)]
pub struct HousekeepingOptions {
    /// Days that finished runs are kept.
    pub run_days: i64,
    /// Finished runs that are kept at most.
    pub max_runs: Option<u64>,
    /// When to clean up, as cron with seconds (UTC).
    pub cron: String,
    /// Days before its end that a credential's certificate is warned of.
    pub certificate_days: u32,
}

impl Default for HousekeepingOptions {
    fn default() -> Self {
        Self {
            run_days: Retention::DAYS,
            max_runs: None,
            cron: "0 17 * * * *".to_owned(),
            certificate_days: certificates::DAYS,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("The server's housekeeping can't be started: {0}. Check the time given for it.")]
pub struct HousekeepingError(#[from] JobSchedulerError);

/// After the start, what was stored long ago or ends soon is looked at once without waiting for the hour.
const SOON: Duration = Duration::from_secs(2);

/// What the chores work on.
#[derive(Clone)]
pub struct Chores {
    pub store: Store,
    pub blobs: Blobs,
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
}

/// Runs the chores until it is stopped.
pub struct Housekeeping {
    jobs: JobScheduler,
}

impl Housekeeping {
    pub async fn start(parts: Chores, options: HousekeepingOptions) -> Result<Self, HousekeepingError> {
        let jobs = JobScheduler::new().await?;
        let cron = options.cron.clone();
        let soon = {
            let (parts, days) = (parts.clone(), options.certificate_days);
            // Not at the first moment: what people and flows wait for comes first.
            Job::new_one_shot_async(SOON, move |_, _| {
                let parts = parts.clone();
                Box::pin(async move { look_at_certificates(&parts, days).await })
            })?
        };
        let chore = Job::new_async(cron.as_str(), move |_, _| {
            let (parts, options) = (parts.clone(), options.clone());
            Box::pin(async move {
                clean_up(&parts.store, &parts.blobs, &options).await;
                look_at_certificates(&parts, options.certificate_days).await;
            })
        })?;
        jobs.add(soon).await?;
        jobs.add(chore).await?;
        jobs.start().await?;
        Ok(Self { jobs })
    }

    pub async fn stop(mut self) {
        if let Err(error) = self.jobs.shutdown().await {
            tracing::warn!(%error, "the housekeeping did not stop in order");
        }
    }
}

async fn clean_up(store: &Store, blobs: &Blobs, options: &HousekeepingOptions) {
    let retention = Retention { keep: options.max_runs, ..Retention::days(time::now(), options.run_days) };
    match store.prune(retention).await {
        Ok(0) => {}
        Ok(runs) => tracing::info!(runs, "old runs were deleted"),
        Err(error) => tracing::warn!(%error, "old runs were not deleted"),
    }
    if let Err(error) = store.sweep(time::now()).await {
        tracing::warn!(%error, "expired keys, sessions, sign-ins and ticks were not deleted");
    }
    // A moment between them: other writers come first.
    tokio::time::sleep(Duration::from_millis(100)).await;
    match blobs.sweep().await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "files of deleted runs were removed"),
        Err(error) => tracing::warn!(%error, "files of deleted runs were not removed"),
    }
}

async fn look_at_certificates(parts: &Chores, days: u32) {
    match certificates::read_stored(&parts.store, &parts.vault).await {
        Ok(0) => {}
        Ok(read) => tracing::info!(read, "certificates of stored credentials were read"),
        Err(error) => tracing::warn!(%error, "certificates of stored credentials were not read"),
    }
    if let Err(error) = certificates::warn(&parts.store, &Outlook { now: parts.clock.now(), days }).await {
        tracing::warn!(%error, "certificates that end soon can't be looked up");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Op;
    use crate::store::testing::{run, sqlite};

    #[tokio::test]
    async fn what_expired_goes() {
        let (store, folder) = sqlite().await;
        let blobs = Blobs::open(&folder.path().join("blobs"), store.clone()).unwrap();
        let (row, long_ago) = (run("f"), time::now() - 100 * 86_400_000);
        let key = Op::Idempotency { flow: "f".into(), key: "k".into(), run: row.id.clone(), expires_at: long_ago + 1 };
        let tick = Op::Tick { schedule: "s".into(), at: long_ago, run: None, next_at: None };
        store.commit(vec![Op::InsertRun(Box::new(row)), key, tick.clone()]).await.unwrap();
        store.count_failure("ana", long_ago, 0).await.unwrap();
        clean_up(&store, &blobs, &HousekeepingOptions::default()).await;
        assert_eq!(store.attempts("ana").await.unwrap().failures, 0);
        assert_eq!(store.idempotent_run("f", "k", long_ago).await.unwrap(), None);
        store.commit(vec![tick]).await.unwrap();
        store.close().await;
    }
}
