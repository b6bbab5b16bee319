//! Removing what is old: runs with their steps, expired keys, sessions, ticks and attempts.

use flow::RunStatus;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{attempt, blob_use, idempotency, job, job_file, job_log, run, session, step};
use super::{Result, Retention, Store, sql, time};

/// Runs removed in one transaction: short enough that nobody waits for it.
const CHUNK: u64 = 200;

impl Store {
    /// Removes the finished ones among these runs, with their steps and keys; how many. Their files become orphans
    /// ([`Store::delete_orphan_blobs`]).
    pub async fn delete_runs(&self, ids: &[String]) -> Result<u64> {
        let mut deleted = 0;
        for chunk in ids.chunks(CHUNK as usize) {
            deleted += self.delete_chunk(chunk.to_vec()).await?;
        }
        Ok(deleted)
    }

    /// Removes what the retention does not keep; how many runs went.
    pub async fn prune(&self, retention: Retention) -> Result<u64> {
        let mut bound = time::id_floor(retention.before);
        if let Some(keep) = retention.keep
            && let Some(last) = self.finished_id(keep).await?
        {
            // The newest run that is too many, and all before it.
            bound = bound.max(format!("{last}~"));
        }
        self.delete_finished(Condition::all().add(run::Column::Id.lt(bound))).await
    }

    /// Removes the finished runs that are `wanted`, chunk by chunk; how many.
    pub(super) async fn delete_finished(&self, wanted: Condition) -> Result<u64> {
        let mut deleted = 0;
        loop {
            let select = finished().filter(wanted.clone()).order_by_asc(run::Column::Id).limit(CHUNK);
            let ids: Vec<String> = select.select_only().column(run::Column::Id).into_tuple().all(self.read()).await?;
            let last = ids.len() < CHUNK as usize;
            if !ids.is_empty() {
                deleted += self.delete_chunk(ids).await?;
            }
            if last {
                return Ok(deleted);
            }
        }
    }

    /// Removes what has no meaning any more at `now`: expired idempotency keys, sessions that ended a week ago, attempts of
    /// former days, and ticks older than 90 days.
    pub async fn sweep(&self, now: i64) -> Result<()> {
        const DAY: i64 = 86_400_000;
        self.write(move |tx| {
            Box::pin(async move {
                idempotency::Entity::delete_many().filter(idempotency::Column::ExpiresAt.lte(now)).exec(tx).await?;
                session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(now - 7 * DAY)).exec(tx).await?;
                attempt::Entity::delete_many().filter(attempt::Column::LastAt.lt(now - DAY)).exec(tx).await?;
                sql::execute(tx, "DELETE FROM ticks WHERE at < $1", [(now - 90 * DAY).into()]).await?;
                Ok(())
            })
        })
        .await
    }

    /// The id of the finished run after the `skip` newest.
    async fn finished_id(&self, skip: u64) -> Result<Option<String>> {
        let select =
            finished().order_by_desc(run::Column::Id).offset(skip).limit(1).select_only().column(run::Column::Id);
        Ok(select.into_tuple().one(self.read()).await?)
    }

    async fn delete_chunk(&self, ids: Vec<String>) -> Result<u64> {
        self.write(move |tx| {
            Box::pin(async move {
                let select = finished().filter(run::Column::Id.is_in(ids)).select_only().column(run::Column::Id);
                let ids: Vec<String> = select.into_tuple().all(tx).await?;
                step::Entity::delete_many().filter(step::Column::RunId.is_in(&ids)).exec(tx).await?;
                // A request that comes again starts anew rather than asking for a run that is gone.
                idempotency::Entity::delete_many().filter(idempotency::Column::RunId.is_in(&ids)).exec(tx).await?;
                blob_use::Entity::delete_many().filter(blob_use::Column::RunId.is_in(&ids)).exec(tx).await?;
                // An open Job stays until it is deleted in the cluster.
                let closed = Condition::all().add(job::Column::RunId.is_in(&ids)).add(job::Column::State.ne("open"));
                job::Entity::delete_many().filter(closed).exec(tx).await?;
                job_file::Entity::delete_many().filter(job_file::Column::RunId.is_in(&ids)).exec(tx).await?;
                job_log::Entity::delete_many().filter(job_log::Column::RunId.is_in(&ids)).exec(tx).await?;
                Ok(run::Entity::delete_many().filter(run::Column::Id.is_in(&ids)).exec(tx).await?.rows_affected)
            })
        })
        .await
    }
}

fn finished() -> sea_orm::Select<run::Entity> {
    let ended = [RunStatus::Succeeded, RunStatus::Failed, RunStatus::Cancelled].map(RunStatus::as_str);
    run::Entity::find().filter(run::Column::FinishedAt.is_not_null()).filter(run::Column::Status.is_in(ended))
}
