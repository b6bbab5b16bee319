//! What events did not say: every so often all Jobs are listed and compared with what is wanted.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;
use kube::api::ListParams;

use super::Connected;
use super::api::{CallError, again};
use super::seen::JobSeen;
use crate::store::{JobState, StoreError, time};

const EVERY: Duration = Duration::from_secs(30);
/// A Job that no row speaks of may be of a database that was just restored; it gets this long.
const STRANGER: Duration = Duration::from_secs(120);
const PAGE: u32 = 500;

pub(super) fn start(on: &Arc<Connected>) {
    let on = Arc::clone(on);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                () = on.sweep.notified() => {}
                () = on.stop.cancelled() => return,
            }
            let swept = tokio::select! {
                swept = sweep(&on) => swept,
                () = on.stop.cancelled() => return,
            };
            if let Err(error) = swept {
                tracing::debug!(?error, "the Jobs on the cluster were not compared with what is wanted");
            }
        }
    });
}

async fn sweep(on: &Connected) -> Result<(), CallError> {
    let stored = |error: StoreError| CallError::Failed(super::Failure::store(&error));
    for job in on.store.open_jobs().await.map_err(stored)? {
        if job.unwanted {
            on.store.drop_job(&job.name, time::now()).await.map_err(stored)?;
        }
    }
    let jobs = list(on).await?;
    on.heard(None);
    for job in jobs {
        let (name, seen) = (job.name_any(), JobSeen::of(&job));
        if seen.over() || seen.deleting {
            continue;
        }
        let wanted = match on.store.job(&name).await {
            Ok(row) => row.state == JobState::Open,
            Err(StoreError::NotFound(_)) => {
                let age = seen.created.map_or(0, |made| time::now() - made.as_millisecond());
                age < STRANGER.as_millis() as i64
            }
            Err(error) => return Err(stored(error)),
        };
        if !wanted {
            tracing::info!(job = name, "a Job that nobody waits for is deleted");
            on.objects.delete_job(&name, Some(&seen.uid)).await?;
        }
    }
    Ok(())
}

async fn list(on: &Connected) -> Result<Vec<Job>, CallError> {
    let known: HashSet<String> = on.board.jobs();
    let mut all = Vec::new();
    let mut page = ListParams::default().labels(&on.selector).limit(PAGE);
    loop {
        let list = again(&|_| {}, || on.objects.jobs.list(&page)).await?;
        let next = list.metadata.continue_.clone().filter(|token| !token.is_empty());
        all.extend(list.items);
        match next {
            Some(token) => page = page.continue_token(&token),
            None => break,
        }
    }
    // A delete that was not heard of. Jobs that were made since the list began are not among the known.
    let listed: HashSet<String> = all.iter().map(ResourceExt::name_any).collect();
    known.difference(&listed).for_each(|gone| on.board.drop_job(gone));
    Ok(all)
}
