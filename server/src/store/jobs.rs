//! Jobs on the cluster: the intent before the create call, the result that is accepted once, files and log lines.
//!
//! Whoever writes says with which epoch it owns the run: a server that lost a run can neither open nor end a Job of it.

use sea_orm::ExprTrait;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, Statement,
};

use super::entity::{blob, job, job_file, job_log};
use super::records::BlobRow;
use super::{Result, Store, StoreError, sql};

/// A Job that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewJob {
    pub run: String,
    /// 0: the run as a whole.
    pub step: u32,
    /// Which of several Jobs of the step.
    pub part: u32,
    /// With which the caller owns the run.
    pub epoch: i64,
    pub spec_hash: String,
    /// SHA-256 of the token that the Job's pod gets, in hexadecimal.
    pub token_hash: Option<String>,
    /// Milliseconds UTC.
    pub now: i64,
}

/// A Job as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    pub name: String,
    pub run: String,
    pub step: u32,
    pub part: u32,
    /// 1 for the first try.
    pub attempt: u32,
    pub epoch: i64,
    pub state: JobState,
    pub spec_hash: String,
    /// Known once the cluster made it.
    pub uid: Option<String>,
    pub created_at: i64,
    /// How far its log was read, see [`crate::cluster`].
    pub log_cursor: Option<String>,
    /// JSON of the result that was accepted, or why it failed.
    pub outcome: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// To be made, or at work.
    Open,
    /// Its result was accepted.
    Succeeded,
    Failed,
    Cancelled,
}

impl JobState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Succeeded, Self::Failed, Self::Cancelled].into_iter().find(|s| s.as_str() == text)
    }
}

/// An open Job, and whether anybody still wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenJob {
    pub name: String,
    /// Its run or its step ended, or its run was deleted.
    pub unwanted: bool,
}

/// Lines of a container's log that become visible together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogChunk {
    pub run: String,
    pub step: u32,
    /// Node id.
    pub node: String,
    /// Microseconds since 1970 of the first line; each further line is one more.
    pub number: u64,
    /// When each was written (milliseconds UTC), and the line.
    pub lines: Vec<(i64, String)>,
}

/// One kept line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobLog {
    pub number: u64,
    pub step: u32,
    pub node: String,
    /// Milliseconds UTC.
    pub time: i64,
    pub line: String,
}

impl Store {
    /// The Job that works for this part of the step, or whose result was accepted (`true`); otherwise a new one, named by
    /// `name` (run, step, part, attempt). `Fenced` when the run has another owner by now.
    pub async fn open_job(&self, new: NewJob, name: fn(&str, u32, u32, u32) -> String) -> Result<(JobRow, bool)> {
        self.write(move |tx| {
            Box::pin(async move {
                if !sql::owns(tx, &new.run, new.epoch).await? {
                    return Err(StoreError::Fenced);
                }
                let of_part = job::Column::RunId
                    .eq(&new.run)
                    .and(job::Column::Step.eq(i64::from(new.step)))
                    .and(job::Column::Part.eq(i64::from(new.part)));
                let last = job::Entity::find().filter(of_part).order_by_desc(job::Column::Attempt).one(tx).await?;
                let attempt = last.as_ref().map_or(0, |row| row.attempt) + 1;
                if let Some(mut last) = last.filter(|row| row.state == "open" || row.state == "succeeded") {
                    let sql = "UPDATE jobs SET epoch = $1 WHERE name = $2";
                    sql::execute(tx, sql, [new.epoch.into(), last.name.as_str().into()]).await?;
                    last.epoch = new.epoch;
                    return Ok((last.try_into()?, true));
                }
                let model = job::Model {
                    name: name(&new.run, new.step, new.part, attempt as u32),
                    run_id: new.run,
                    step: new.step.into(),
                    part: new.part.into(),
                    attempt,
                    epoch: new.epoch,
                    state: JobState::Open.as_str().to_owned(),
                    spec_hash: new.spec_hash,
                    token_hash: new.token_hash,
                    uid: None,
                    created_at: new.now,
                    ended_at: None,
                    log_cursor: None,
                    outcome: None,
                };
                job::Entity::insert(model.clone().into_active_model()).exec_without_returning(tx).await?;
                Ok((model.try_into()?, false))
            })
        })
        .await
    }

    /// What is to be made changed before it was made; false when the Job is not the caller's any more.
    pub async fn redo_job(&self, name: &str, epoch: i64, spec_hash: &str, token_hash: Option<&str>) -> Result<bool> {
        let sql = "UPDATE jobs SET spec_hash = $1, token_hash = $2 WHERE name = $3 AND epoch = $4 AND state = 'open'";
        self.one(sql, vec![spec_hash.into(), sql::text(token_hash), name.into(), epoch.into()]).await
    }

    /// The cluster made it; false when the Job is not the caller's any more.
    pub async fn job_made(&self, name: &str, epoch: i64, uid: &str) -> Result<bool> {
        let sql = "UPDATE jobs SET uid = $1 WHERE name = $2 AND epoch = $3 AND state = 'open'";
        self.one(sql, vec![uid.into(), name.into(), epoch.into()]).await
    }

    /// Accepts a Job's result (`outcome`: JSON), once: false when it was accepted or given up before, or when the run has
    /// another owner by now.
    pub async fn end_job(
        &self,
        name: &str,
        epoch: i64,
        state: JobState,
        outcome: Option<&str>,
        now: i64,
    ) -> Result<bool> {
        let sql = "UPDATE jobs SET state = $1, outcome = $2, ended_at = $3, token_hash = NULL \
                   WHERE name = $4 AND epoch = $5 AND state = 'open' \
                   AND EXISTS (SELECT 1 FROM runs r WHERE r.id = jobs.run_id AND r.epoch = jobs.epoch)";
        self.one(sql, vec![state.as_str().into(), sql::text(outcome), now.into(), name.into(), epoch.into()]).await
    }

    /// Gives up a Job that nobody wants any more, whoever made it; false when it is not open.
    pub async fn drop_job(&self, name: &str, now: i64) -> Result<bool> {
        let sql =
            "UPDATE jobs SET state = 'cancelled', ended_at = $1, token_hash = NULL WHERE name = $2 AND state = 'open'";
        self.one(sql, vec![now.into(), name.into()]).await
    }

    pub async fn job(&self, name: &str) -> Result<JobRow> {
        job::Entity::find_by_id(name).one(self.read()).await?.ok_or(StoreError::NotFound("Job"))?.try_into()
    }

    /// The open Job whose pod has the token with this SHA-256 (hexadecimal).
    pub async fn job_by_token(&self, hash: &str) -> Result<Option<JobRow>> {
        let open = job::Column::TokenHash.eq(hash).and(job::Column::State.eq("open"));
        job::Entity::find().filter(open).one(self.read()).await?.map(TryInto::try_into).transpose()
    }

    /// All open Jobs.
    pub async fn open_jobs(&self) -> Result<Vec<OpenJob>> {
        let sql = "SELECT j.name, CASE WHEN r.id IS NULL OR r.finished_at IS NOT NULL OR s.finished_at IS NOT NULL \
                   THEN 1 ELSE 0 END FROM jobs j LEFT JOIN runs r ON r.id = j.run_id \
                   LEFT JOIN steps s ON s.run_id = j.run_id AND s.seq = j.step WHERE j.state = 'open'";
        let rows = self.read().query_all_raw(Statement::from_string(self.backend(), sql)).await?;
        let open = rows
            .into_iter()
            .map(|row| Ok(OpenJob { name: row.try_get_by_index(0)?, unwanted: row.try_get_by_index::<i32>(1)? == 1 }));
        open.collect()
    }

    /// Keeps a file that a Job's pod sent; one that came before under the same path is forgotten.
    pub async fn add_job_file(&self, job: &JobRow, path: &str, blob: &str) -> Result<()> {
        let model = job_file::Model {
            job: job.name.clone(),
            path: path.to_owned(),
            run_id: job.run.clone(),
            blob_id: blob.to_owned(),
        };
        self.write(move |tx| {
            Box::pin(async move {
                use job_file::Column as C;
                let replace = OnConflict::columns([C::Job, C::Path]).update_column(C::BlobId).to_owned();
                job_file::Entity::insert(model.into_active_model())
                    .on_conflict(replace)
                    .exec_without_returning(tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The files that a Job sent, by path.
    pub async fn job_files(&self, job: &str) -> Result<Vec<(String, BlobRow)>> {
        let files = job_file::Entity::find().filter(job_file::Column::Job.eq(job)).order_by_asc(job_file::Column::Path);
        let files = files.all(self.read()).await?;
        let ids = files.iter().map(|file| file.blob_id.as_str());
        let blobs = blob::Entity::find().filter(blob::Column::Id.is_in(ids)).all(self.read()).await?;
        let found = files.into_iter().filter_map(|file| {
            let blob = blobs.iter().find(|blob| blob.id == file.blob_id)?.clone();
            Some((file.path, blob.into()))
        });
        Ok(found.collect())
    }

    pub async fn job_file_count(&self, job: &str) -> Result<u64> {
        Ok(job_file::Entity::find().filter(job_file::Column::Job.eq(job)).count(self.read()).await?)
    }

    /// Whether a run made this file, or its steps name it.
    pub async fn run_has_blob(&self, run: &str, blob: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM blobs b WHERE b.id = $1 AND (b.run_id = $2 \
                   OR EXISTS (SELECT 1 FROM blob_uses u WHERE u.blob_id = b.id AND u.run_id = $2))";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [blob.into(), run.into()]);
        Ok(self.read().query_one_raw(statement).await?.is_some())
    }

    /// Keeps lines, and how far the log was read; false, and nothing kept, when the Job is not the caller's any more.
    pub async fn append_log(&self, job: &str, epoch: i64, cursor: &str, chunk: LogChunk) -> Result<bool> {
        let (job, cursor) = (job.to_owned(), cursor.to_owned());
        self.write(move |tx| {
            Box::pin(async move {
                let sql = "UPDATE jobs SET log_cursor = $1 WHERE name = $2 AND epoch = $3 AND state = 'open'";
                if sql::execute(tx, sql, [cursor.into(), job.into(), epoch.into()]).await? == 0 {
                    return Ok(false);
                }
                let lines = serde_json::to_string(&chunk.lines)
                    .map_err(|error| StoreError::Invalid(format!("The log can't be stored: {error}.")))?;
                let model = job_log::Model {
                    run_id: chunk.run,
                    number: chunk.number as i64,
                    step: chunk.step.into(),
                    node: chunk.node,
                    lines,
                };
                job_log::Entity::insert(model.into_active_model()).exec_without_returning(tx).await?;
                Ok(true)
            })
        })
        .await
    }

    /// The kept lines of a run after event `after`, oldest first.
    pub async fn job_logs(&self, run: &str, after: u64) -> Result<Vec<JobLog>> {
        let chunks = job_log::Entity::find()
            .filter(job_log::Column::RunId.eq(run))
            .order_by_asc(job_log::Column::Number)
            .all(self.read())
            .await?;
        let mut kept = Vec::new();
        for chunk in chunks {
            let lines: Vec<(i64, String)> =
                serde_json::from_str(&chunk.lines).map_err(|error| super::runs::unknown("log", &error.to_string()))?;
            kept.extend(lines.into_iter().enumerate().map(|(i, (time, line))| JobLog {
                number: chunk.number as u64 + i as u64,
                step: chunk.step as u32,
                node: chunk.node.clone(),
                time,
                line,
            }));
        }
        kept.retain(|line| line.number > after);
        Ok(kept)
    }

    async fn one(&self, sql: &'static str, values: Vec<sea_orm::Value>) -> Result<bool> {
        self.write(move |tx| Box::pin(async move { Ok(sql::execute(tx, sql, values).await? > 0) })).await
    }
}

impl TryFrom<job::Model> for JobRow {
    type Error = StoreError;

    fn try_from(row: job::Model) -> Result<Self> {
        Ok(Self {
            state: JobState::parse(&row.state).ok_or_else(|| super::runs::unknown("Job state", &row.state))?,
            name: row.name,
            run: row.run_id,
            step: row.step as u32,
            part: row.part as u32,
            attempt: row.attempt as u32,
            epoch: row.epoch,
            spec_hash: row.spec_hash,
            uid: row.uid,
            created_at: row.created_at,
            log_cursor: row.log_cursor,
            outcome: row.outcome,
        })
    }
}
