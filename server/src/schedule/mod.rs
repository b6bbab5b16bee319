//! Ticks: what is due, exactly once across servers. A tick is written in the same commit as its run, under a key that
//! only one can take; so a server that dies, sleeps or runs beside others never makes a tick fire twice or be lost.

mod housekeeping;
mod ticks;

use std::sync::Arc;
use std::time::Duration;

use flow::api::RunSummary;
use flow::check::Finding;
use flow::{Flow, RunStatus, TriggerKind};
use jiff::Timestamp;
use nodes::schedule::{Overlap, Spec};
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Prepared, Start, Submitted, VersionKey, new_id};
use crate::store::{NewSchedule, Op, PageOf, RunFilter, ScheduleRow, Store, StoreError};
use nodes::world::Clock;

pub use housekeeping::{Chores, Housekeeping, HousekeepingError, HousekeepingOptions};

/// The longest sleep: schedules that another process published are noticed after it.
const POLL: Duration = Duration::from_secs(1);

/// The schedules of a flow that is being published, with their first tick after `now`; what is wrong with one of them otherwise.
pub fn of(flow: &Flow, default_zone: &str, now: Timestamp) -> Result<Vec<NewSchedule>, Finding> {
    let zone = flow.settings.timezone.as_deref().unwrap_or(default_zone);
    let drawn = flow.nodes.iter().filter(|n| n.kind == "schedule" && !n.settings.disabled);
    drawn
        .map(|node| {
            let invalid = |en: String, pt: String| Finding::error("schedule_invalid", en, pt).of(node);
            let mut spec: Spec = serde_json::from_value(node.parameters.clone().into()).map_err(|e| {
                invalid(
                    format!("The schedule '{}' can't be read: {e}. Correct its parameters.", node.name),
                    format!("O agendamento '{}' não pode ser lido. Corrija seus parâmetros.", node.name),
                )
            })?;
            if spec.timezone.trim().is_empty() {
                spec.timezone = zone.to_owned();
            }
            let due = spec.due(zone).map_err(|e| invalid(e.message.en, e.message.pt).at(e.pointer))?;
            Ok(NewSchedule {
                node: node.id.clone(),
                // Texts and numbers only: JSON holds them.
                spec: serde_json::to_string(&spec).unwrap_or_default().into(),
                next_at: due.next_after(now).map(Timestamp::as_millisecond),
            })
        })
        .collect()
}

/// Fires schedules until it is stopped or dropped.
pub struct Scheduler {
    stop: CancellationToken,
    work: tokio::task::JoinHandle<()>,
}

impl Scheduler {
    pub fn start(engine: Engine, clock: Arc<dyn Clock>) -> Self {
        let stop = CancellationToken::new();
        let work = tokio::spawn(keep_firing(Firing { engine, clock }, stop.clone()));
        Self { stop, work }
    }

    /// Returns when no further tick will be fired.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.work).await {
            tracing::error!(%error, "the schedules stopped in an unexpected way");
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn keep_firing(firing: Firing, stop: CancellationToken) {
    let mut changed = firing.store().triggers_changed();
    loop {
        let pause = match firing.fire_due().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "schedules can't be looked up; trying again");
                POLL
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            result = changed.changed() => if result.is_err() { return },
        }
    }
}

struct Firing {
    engine: Engine,
    clock: Arc<dyn Clock>,
}

impl Firing {
    fn store(&self) -> &Store {
        self.engine.store()
    }

    /// Fires everything that is due; how long until the next.
    async fn fire_due(&self) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        let mut failed = false;
        for row in self.store().due_schedules(now.as_millisecond()).await? {
            if let Err(error) = self.fire(&row, now).await {
                // The others fire all the same.
                tracing::warn!(schedule = row.id, %error, "a tick was not fired; trying again");
                failed = true;
            }
        }
        if failed {
            return Ok(POLL);
        }
        let next = self.store().earliest_schedule().await?;
        let left =
            next.map_or(POLL, |at| Duration::from_millis((at - self.clock.now().as_millisecond()).max(0) as u64));
        Ok(left.min(POLL))
    }

    async fn fire(&self, row: &ScheduleRow, now: Timestamp) -> Result<(), StoreError> {
        let Some(first) = row.next_at.and_then(|at| Timestamp::from_millisecond(at).ok()) else { return Ok(()) };
        let spec = serde_json::from_str::<Spec>(&row.spec).ok();
        let Some((spec, due)) = spec.and_then(|spec| spec.due("UTC").ok().map(|due| (spec, due))) else {
            tracing::error!(schedule = row.id, "the schedule can't be read; publish its flow again");
            return self.store().set_schedule_next(&row.id, None).await;
        };
        let next_at = due.next_after(now).map(Timestamp::as_millisecond);
        let ticks = ticks::to_fire(&due, first, now, spec.missed);
        if ticks.is_empty() {
            return self.skip(row, first, next_at).await;
        }
        for (i, at) in ticks.iter().enumerate() {
            let following = ticks.get(i + 1).map_or(next_at, |t| Some(t.as_millisecond()));
            if spec.overlap == Overlap::Skip && self.former(row).await?.is_some() {
                self.skip(row, *at, following).await?;
            } else {
                self.run(row, &spec, *at, following).await?;
            }
        }
        Ok(())
    }

    /// A run of this flow that a schedule started and that has not ended.
    async fn former(&self, row: &ScheduleRow) -> Result<Option<RunSummary>, StoreError> {
        let unfinished = RunFilter {
            flow: Some(row.flow_id.clone()),
            status: vec![RunStatus::Queued, RunStatus::Running, RunStatus::Waiting],
            trigger: vec![TriggerKind::Schedule],
            page: PageOf { limit: Some(1), cursor: None },
            ..RunFilter::default()
        };
        Ok(self.store().runs(unfinished).await?.items.into_iter().next())
    }

    async fn skip(&self, row: &ScheduleRow, at: Timestamp, next_at: Option<i64>) -> Result<(), StoreError> {
        let tick = Op::Tick { schedule: row.id.clone(), at: at.as_millisecond(), run: None, next_at };
        match self.store().commit(vec![tick]).await {
            // Another server was first.
            Err(StoreError::Duplicate(_)) => self.store().set_schedule_next(&row.id, next_at).await,
            other => other,
        }
    }

    async fn run(&self, row: &ScheduleRow, spec: &Spec, at: Timestamp, next_at: Option<i64>) -> Result<(), StoreError> {
        let prepared = self.prepared(row).await?;
        let id = new_id();
        let mut start =
            Start::new(row.flow_id.clone(), Arc::clone(&prepared.document), TriggerKind::Schedule, row.node.clone());
        start.flow_name.clone_from(&row.flow_name);
        start.version.clone_from(&prepared.version);
        start.items = Some(vec![nodes::kinds::schedule::item(spec, at, &spec.timezone)]);
        start.id = Some(id.clone());
        let tick = Op::Tick { schedule: row.id.clone(), at: at.as_millisecond(), run: Some(id), next_at };
        match self.engine.submit_with(start, vec![tick]).await {
            Ok(run) => {
                tracing::debug!(schedule = row.id, run, "tick");
                Ok(())
            }
            // Another server was first, or a former try that was not heard of.
            Err(Submitted::Duplicate) => self.store().set_schedule_next(&row.id, next_at).await,
            Err(Submitted::Failed(error)) => Err(StoreError::Refused(error.to_string())),
        }
    }

    async fn prepared(&self, row: &ScheduleRow) -> Result<Arc<Prepared>, StoreError> {
        if let Some(found) = self.engine.prepared(&row.version_id) {
            return Ok(found);
        }
        let version = self.store().version_by_id(&row.version_id).await?;
        let document: Flow = serde_json::from_str(&version.document)
            .map_err(|e| StoreError::Invalid(format!("The flow can't be read: {e}. Publish it again.")))?;
        let key = VersionKey { id: row.version_id.clone(), number: row.version_number };
        Ok(self.engine.prepare(&Arc::new(document), Some(&key)))
    }
}
