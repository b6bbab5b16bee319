//! The server's own chores: old runs and files that nobody needs go.

use std::time::Duration;

use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use crate::blobs::Blobs;
use crate::store::{Retention, Store, time};

/// What is kept, and how often the rest goes.
#[derive(Clone, Debug)]
pub struct HousekeepingOptions {
    /// Days that finished runs are kept.
    pub run_days: i64,
    /// Finished runs that are kept at most.
    pub max_runs: Option<u64>,
    /// When to clean up, as cron with seconds (UTC).
    pub cron: String,
}

impl Default for HousekeepingOptions {
    fn default() -> Self {
        Self { run_days: Retention::DAYS, max_runs: None, cron: "0 17 * * * *".to_owned() }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("The server's housekeeping can't be started: {0}. Check the time given for it.")]
pub struct HousekeepingError(#[from] JobSchedulerError);

/// Runs the chores until it is stopped.
pub struct Housekeeping {
    jobs: JobScheduler,
}

impl Housekeeping {
    pub async fn start(store: Store, blobs: Blobs, options: HousekeepingOptions) -> Result<Self, HousekeepingError> {
        let jobs = JobScheduler::new().await?;
        let cron = options.cron.clone();
        let chore = Job::new_async(cron.as_str(), move |_, _| {
            let (store, blobs, options) = (store.clone(), blobs.clone(), options.clone());
            Box::pin(async move { clean_up(&store, &blobs, &options).await })
        })?;
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
    // A moment between them: other writers come first.
    tokio::time::sleep(Duration::from_millis(100)).await;
    match blobs.sweep().await {
        Ok(0) => {}
        Ok(files) => tracing::info!(files, "files of deleted runs were removed"),
        Err(error) => tracing::warn!(%error, "files of deleted runs were not removed"),
    }
}
