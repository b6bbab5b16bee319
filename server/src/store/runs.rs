//! Reading runs and steps.

use std::collections::HashMap;
use std::sync::Arc;

use flow::api::{Page, RunSummary};
use flow::{RunStatus, StepStatus, TriggerKind};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::entity::{idempotency, run, step};
use super::rows::{RunFilter, RunRow, StepRow};
use super::{Result, Store, StoreError, time};

impl Store {
    pub async fn run(&self, id: &str) -> Result<RunRow> {
        let model = run::Entity::find_by_id(id).one(self.read()).await?;
        model.ok_or(StoreError::NotFound("run"))?.try_into()
    }

    /// Newest first.
    pub async fn runs(&self, filter: RunFilter) -> Result<Page<RunSummary>> {
        let mut select = filtered(&filter);
        if let Some(id) = filter.page.after::<String>()? {
            select = select.filter(run::Column::Id.lt(id));
        }
        let select = select.order_by_desc(run::Column::Id).limit(filter.page.rows());
        let rows: Vec<Summary> = summary(select).all(self.read()).await?;
        let Page { items, next } = filter.page.page(rows, |run| run.id.clone());
        Ok(Page { items: items.into_iter().map(Summary::into_api).collect::<Result<_>>()?, next })
    }

    /// The newest run of each of these flows.
    pub async fn last_runs(&self, flows: &[String]) -> Result<HashMap<String, RunSummary>> {
        let mut found = HashMap::with_capacity(flows.len());
        for flow in flows {
            let select = run::Entity::find().filter(run::Column::FlowId.eq(flow)).order_by_desc(run::Column::Id);
            if let Some(run) = summary(select).one(self.read()).await? {
                found.insert(flow.clone(), run.into_api()?);
            }
        }
        Ok(found)
    }

    /// In the order of their start, without data.
    pub async fn steps(&self, run: &str) -> Result<Vec<StepRow>> {
        let columns = [
            step::Column::RunId,
            step::Column::Seq,
            step::Column::Node,
            step::Column::RunIndex,
            step::Column::Attempt,
            step::Column::Status,
            step::Column::StartedAt,
            step::Column::FinishedAt,
            step::Column::Inputs,
            step::Column::Outputs,
            step::Column::Error,
            step::Column::Waiting,
            step::Column::Pinned,
        ];
        let select = step::Entity::find().select_only().columns(columns).filter(step::Column::RunId.eq(run));
        let steps: Vec<Outline> = select.order_by_asc(step::Column::Seq).into_model().all(self.read()).await?;
        steps.into_iter().map(|s| s.into_row(None)).collect()
    }

    /// With data: to go on with a run.
    pub async fn steps_with_data(&self, run: &str) -> Result<Vec<StepRow>> {
        let select = step::Entity::find().filter(step::Column::RunId.eq(run)).order_by_asc(step::Column::Seq);
        select.all(self.read()).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// The data of one step; `None` when there is no such step or nothing was kept.
    pub async fn step_data(&self, run: &str, seq: u32) -> Result<Option<Arc<str>>> {
        let select =
            step::Entity::find_by_id((run.to_owned(), i64::from(seq))).select_only().column(step::Column::Data);
        let data: Option<Option<String>> = select.into_tuple().one(self.read()).await?;
        Ok(data.flatten().map(Into::into))
    }

    /// The data of these steps, by their numbers; those of which nothing was kept are absent.
    pub async fn data_of_steps(&self, run: &str, seqs: &[u32]) -> Result<HashMap<u32, Arc<str>>> {
        let mut found = HashMap::with_capacity(seqs.len());
        for chunk in seqs.chunks(500) {
            let select = step::Entity::find()
                .select_only()
                .columns([step::Column::Seq, step::Column::Data])
                .filter(step::Column::RunId.eq(run))
                .filter(step::Column::Seq.is_in(chunk.iter().map(|seq| i64::from(*seq))))
                .filter(step::Column::Data.is_not_null());
            let rows: Vec<(i64, String)> = select.into_tuple().all(self.read()).await?;
            found.extend(rows.into_iter().map(|(seq, data)| (seq as u32, data.into())));
        }
        Ok(found)
    }

    /// The run that a request with this key started, unless the key expired.
    pub async fn idempotent_run(&self, flow: &str, key: &str, now: i64) -> Result<Option<String>> {
        let row = idempotency::Entity::find_by_id((flow.to_owned(), key.to_owned())).one(self.read()).await?;
        Ok(row.filter(|row| row.expires_at > now).map(|row| row.run_id))
    }
}

/// The runs of a list.
pub(super) fn filtered(filter: &RunFilter) -> sea_orm::Select<run::Entity> {
    use sea_orm::sea_query::{Expr, ExprTrait};
    let mut select = run::Entity::find();
    // What has not ended is found among the few open runs, however many ended: the list says so in the words of their
    // index, and hides the flow from the index of all its runs.
    let open = !filter.status.is_empty() && filter.status.iter().all(|status| !status.is_final());
    if open {
        select = select.filter(run::Column::FinishedAt.is_null());
    }
    match &filter.flow {
        Some(flow) if open => select = select.filter(Expr::col(run::Column::FlowId).cast_as("text").eq(flow)),
        Some(flow) => select = select.filter(run::Column::FlowId.eq(flow)),
        None => {}
    }
    if !filter.status.is_empty() {
        select = select.filter(run::Column::Status.is_in(filter.status.iter().map(|s| s.as_str())));
    }
    if !filter.trigger.is_empty() {
        select = select.filter(run::Column::TriggerKind.is_in(filter.trigger.iter().map(|t| t.as_str())));
    }
    // Ids sort by time, so bounds of time are bounds of the index that the list is read by.
    if let Some(from) = filter.from {
        select = select.filter(run::Column::Id.gte(time::id_floor(from)));
    }
    if let Some(to) = filter.to {
        select = select.filter(run::Column::Id.lt(time::id_floor(to)));
    }
    select
}

/// The columns of a list.
#[derive(FromQueryResult)]
struct Summary {
    id: String,
    flow_id: String,
    flow_name: String,
    version_number: Option<i64>,
    trigger_kind: String,
    status: String,
    created_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    steps: i64,
    error: Option<String>,
    retry_of: Option<String>,
    job: Option<String>,
}

fn summary(select: sea_orm::Select<run::Entity>) -> sea_orm::Selector<sea_orm::SelectModel<Summary>> {
    use run::Column as C;
    let columns = [
        C::Id,
        C::FlowId,
        C::FlowName,
        C::VersionNumber,
        C::TriggerKind,
        C::Status,
        C::CreatedAt,
        C::StartedAt,
        C::FinishedAt,
        C::Steps,
        C::Error,
        C::RetryOf,
        C::Job,
    ];
    select.select_only().columns(columns).into_model()
}

impl Summary {
    fn into_api(self) -> Result<RunSummary> {
        Ok(RunSummary {
            trigger: trigger(&self.trigger_kind)?,
            status: run_status(&self.status)?,
            error: parse(self.error.as_deref())?,
            version: self.version_number.map(|n| n as u32),
            created_at: time::rfc3339(self.created_at),
            started_at: self.started_at.map(time::rfc3339),
            finished_at: self.finished_at.map(time::rfc3339),
            duration_ms: self.started_at.zip(self.finished_at).map(|(from, to)| (to - from).max(0) as u64),
            steps: self.steps as u32,
            id: self.id,
            flow: self.flow_id,
            flow_name: self.flow_name,
            retry_of: self.retry_of,
            job: self.job,
        })
    }
}

impl RunRow {
    /// The run as the API shows it; while it runs, `now` gives the duration so far.
    pub fn summary(&self, now: i64) -> RunSummary {
        let end = self.finished_at.unwrap_or(now);
        RunSummary {
            id: self.id.clone(),
            flow: self.flow_id.clone(),
            flow_name: self.flow_name.clone(),
            version: self.version_number,
            trigger: self.trigger,
            status: self.status,
            created_at: time::rfc3339(self.created_at),
            started_at: self.started_at.map(time::rfc3339),
            finished_at: self.finished_at.map(time::rfc3339),
            duration_ms: self.started_at.map(|from| (end - from).max(0) as u64),
            steps: self.steps,
            error: self.error.clone(),
            retry_of: self.retry_of.clone(),
            job: self.job.clone(),
        }
    }
}

impl TryFrom<run::Model> for RunRow {
    type Error = StoreError;

    fn try_from(row: run::Model) -> Result<Self> {
        Ok(Self {
            trigger: trigger(&row.trigger_kind)?,
            status: run_status(&row.status)?,
            error: parse(row.error.as_deref())?,
            version_number: row.version_number.map(|n| n as u32),
            document: row.document.map(Into::into),
            answer: row.answer.map(Into::into),
            state: row.state.map(Into::into),
            steps: row.steps as u32,
            id: row.id,
            flow_id: row.flow_id,
            flow_name: row.flow_name,
            version_id: row.version_id,
            trigger_node: row.trigger_node,
            epoch: row.epoch,
            owner: row.owner,
            lease_until: row.lease_until,
            wake_at: row.wake_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            retry_of: row.retry_of,
            until_node: row.until_node,
            job: row.job,
        })
    }
}

/// A step without its data.
#[derive(FromQueryResult)]
struct Outline {
    run_id: String,
    seq: i64,
    node: String,
    run_index: i64,
    attempt: i64,
    status: String,
    started_at: i64,
    finished_at: Option<i64>,
    inputs: String,
    outputs: String,
    error: Option<String>,
    waiting: Option<String>,
    pinned: bool,
}

impl Outline {
    fn into_row(self, data: Option<String>) -> Result<StepRow> {
        let status = StepStatus::parse(&self.status).ok_or_else(|| unknown("step status", &self.status))?;
        Ok(StepRow {
            run_id: self.run_id,
            seq: self.seq as u32,
            node: self.node,
            run_index: self.run_index as u32,
            attempt: self.attempt as u32,
            status,
            started_at: self.started_at,
            finished_at: self.finished_at,
            inputs: self.inputs.into(),
            outputs: self.outputs.into(),
            error: parse(self.error.as_deref())?,
            waiting: self.waiting,
            pinned: self.pinned,
            data: data.map(Into::into),
        })
    }
}

impl TryFrom<step::Model> for StepRow {
    type Error = StoreError;

    fn try_from(row: step::Model) -> Result<Self> {
        let outline = Outline {
            run_id: row.run_id,
            seq: row.seq,
            node: row.node,
            run_index: row.run_index,
            attempt: row.attempt,
            status: row.status,
            started_at: row.started_at,
            finished_at: row.finished_at,
            inputs: row.inputs,
            outputs: row.outputs,
            error: row.error,
            waiting: row.waiting,
            pinned: row.pinned,
        };
        outline.into_row(row.data)
    }
}

fn trigger(text: &str) -> Result<TriggerKind> {
    TriggerKind::parse(text).ok_or_else(|| unknown("trigger", text))
}

fn run_status(text: &str) -> Result<RunStatus> {
    RunStatus::parse(text).ok_or_else(|| unknown("run status", text))
}

fn parse<T: serde::de::DeserializeOwned>(json: Option<&str>) -> Result<Option<T>> {
    json.map(serde_json::from_str).transpose().map_err(|error| unknown("error record", &error.to_string()))
}

/// A stored word that this program does not know: it was written by a newer one.
pub(super) fn unknown(what: &str, found: &str) -> StoreError {
    StoreError::Invalid(format!("The database holds an unknown {what} ({found}). Start the newer Fluxo that wrote it."))
}
