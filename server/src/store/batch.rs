//! What one transaction of run commits writes: few statements over many rows.

use std::collections::{HashMap, HashSet};

use sea_orm::{ConnectionTrait, Value};

use super::rows::{Op, RunRow, RunUpdate, StepRow};
use super::sql::{self, Table};
use super::{Result, StoreError};

const RUNS: Table = Table {
    name: "runs",
    columns: &[
        "id",
        "flow_id",
        "flow_name",
        "version_id",
        "version_number",
        "trigger_kind",
        "trigger_node",
        "status",
        "epoch",
        "owner",
        "lease_until",
        "wake_at",
        "created_at",
        "started_at",
        "finished_at",
        "steps",
        "retry_of",
        "until_node",
        "error",
        "answer",
        "state",
        "document",
        "job",
    ],
    tail: "",
};
const STEPS: Table = Table {
    name: "steps",
    columns: &[
        "run_id",
        "seq",
        "node",
        "run_index",
        "attempt",
        "status",
        "started_at",
        "finished_at",
        "inputs",
        "outputs",
        "error",
        "waiting",
        "pinned",
        "data",
    ],
    tail: " ON CONFLICT (run_id, seq) DO UPDATE SET node = excluded.node, run_index = excluded.run_index, attempt = excluded.attempt, \
           status = excluded.status, started_at = excluded.started_at, finished_at = excluded.finished_at, inputs = excluded.inputs, \
           outputs = excluded.outputs, error = excluded.error, waiting = excluded.waiting, pinned = excluded.pinned, data = excluded.data",
};
const TICKS: Table = Table { name: "ticks", columns: &["schedule_id", "at", "run_id"], tail: "" };
const USES: Table =
    Table { name: "blob_uses", columns: &["run_id", "blob_id"], tail: " ON CONFLICT (run_id, blob_id) DO NOTHING" };
/// A key may be used again once it expired.
const IDEMPOTENCY: &str = "INSERT INTO idempotency (flow_id, key, run_id, expires_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (flow_id, key) DO UPDATE SET run_id = excluded.run_id, expires_at = excluded.expires_at \
     WHERE idempotency.expires_at <= $5";
/// What [`RunUpdate`] sets, after id and epoch.
const UPDATED: [&str; 11] = [
    "status",
    "owner",
    "lease_until",
    "wake_at",
    "started_at",
    "finished_at",
    "steps",
    "error",
    "answer",
    "state",
    "job",
];

/// The operations of many submissions, sorted by table; of several states of one row the last stays.
#[derive(Default)]
struct Sorted<'a> {
    runs: Vec<&'a RunRow>,
    updates: Vec<&'a RunUpdate>,
    steps: Vec<&'a StepRow>,
    fences: HashSet<(&'a str, i64)>,
    ticks: Vec<(&'a str, i64, Option<&'a str>, Option<i64>)>,
    idempotency: Vec<(&'a str, &'a str, &'a str, i64)>,
    uses: Vec<(&'a str, &'a str)>,
}

/// Writes all of it or says why not; the caller ends the transaction.
pub(super) async fn apply<'a>(
    db: &impl ConnectionTrait,
    submissions: impl IntoIterator<Item = &'a [Op]>,
) -> Result<()> {
    let sorted = Sorted::new(submissions)?;
    sql::insert(db, &RUNS, &sorted.runs, |run, to| run_values(run, to)).await?;
    sorted.update(db).await?;
    sorted.fence(db).await?;
    sql::insert(db, &STEPS, &sorted.steps, |step, to| step_values(step, to)).await?;
    sql::insert(db, &USES, &sorted.uses, |(run, blob), to| to.extend([(*run).into(), (*blob).into()])).await?;
    sorted.tick(db).await?;
    sorted.remember(db).await
}

impl<'a> Sorted<'a> {
    fn new(submissions: impl IntoIterator<Item = &'a [Op]>) -> Result<Self> {
        let mut sorted = Self::default();
        let mut updates: HashMap<&str, usize> = HashMap::new();
        let mut steps: HashMap<(&str, u32), usize> = HashMap::new();
        for ops in submissions {
            guarded(ops)?;
            for op in ops {
                match op {
                    Op::InsertRun(run) => sorted.runs.push(run),
                    Op::UpdateRun(update) => match updates.get(update.id.as_str()) {
                        Some(&at) if sorted.updates[at].epoch == update.epoch => sorted.updates[at] = update,
                        Some(_) => return Err(StoreError::Fenced),
                        None => {
                            updates.insert(&update.id, sorted.updates.len());
                            sorted.updates.push(update);
                        }
                    },
                    Op::InsertSteps(rows) => {
                        for row in rows {
                            let at = *steps.entry((row.run_id.as_str(), row.seq)).or_insert(sorted.steps.len());
                            match sorted.steps.get_mut(at) {
                                Some(place) => *place = row,
                                None => sorted.steps.push(row),
                            }
                        }
                    }
                    Op::Fence { run, epoch } => {
                        sorted.fences.insert((run, *epoch));
                    }
                    Op::Tick { schedule, at, run, next_at } => {
                        sorted.ticks.push((schedule, *at, run.as_deref(), *next_at))
                    }
                    Op::Idempotency { flow, key, run, expires_at } => {
                        sorted.idempotency.push((flow, key, run, *expires_at))
                    }
                    Op::UseBlobs { run, blobs } => {
                        sorted.uses.extend(blobs.iter().map(|blob| (run.as_str(), blob.as_str())))
                    }
                }
            }
        }
        Ok(sorted)
    }

    async fn update(&self, db: &impl ConnectionTrait) -> Result<()> {
        let set: Vec<String> =
            UPDATED.iter().enumerate().map(|(i, name)| format!("{name} = v.column{}", i + 3)).collect();
        let before = format!("UPDATE runs SET {} FROM (", set.join(", "));
        let after = ") AS v WHERE runs.id = v.column1 AND runs.epoch = v.column2";
        let done = sql::each_chunk(db, &before, after, UPDATED.len() + 2, &self.updates, |update, to| {
            update_values(update, to)
        })
        .await?;
        if done == self.updates.len() as u64 { Ok(()) } else { Err(StoreError::Fenced) }
    }

    async fn fence(&self, db: &impl ConnectionTrait) -> Result<()> {
        for (run, epoch) in &self.fences {
            if !sql::owns(db, run, *epoch).await? {
                return Err(StoreError::Fenced);
            }
        }
        Ok(())
    }

    async fn tick(&self, db: &impl ConnectionTrait) -> Result<()> {
        let inserted = sql::insert(db, &TICKS, &self.ticks, |(schedule, at, run, _), to| {
            to.extend([(*schedule).into(), (*at).into(), run.map(str::to_owned).into()]);
        })
        .await;
        match inserted {
            Err(StoreError::Duplicate(_)) => {
                return Err(StoreError::Duplicate("This tick of the schedule was dealt with before.".into()));
            }
            other => other?,
        };
        for (schedule, at, _, next_at) in &self.ticks {
            let sql = "UPDATE schedules SET next_at = $2, last_at = $3 WHERE id = $1";
            sql::execute(db, sql, [(*schedule).into(), (*next_at).into(), (*at).into()]).await?;
        }
        Ok(())
    }

    async fn remember(&self, db: &impl ConnectionTrait) -> Result<()> {
        let now = super::time::now();
        for (flow, key, run, expires_at) in &self.idempotency {
            let values = [(*flow).into(), (*key).into(), (*run).into(), (*expires_at).into(), now.into()];
            if sql::execute(db, IDEMPOTENCY, values).await? == 0 {
                return Err(StoreError::Duplicate("A run with this idempotency key exists.".into()));
            }
        }
        Ok(())
    }
}

/// Steps may be written only beside something that proves the run's epoch; what ended has an end time, which is how open
/// runs are found.
fn guarded(ops: &[Op]) -> Result<()> {
    let proven = |run: &str| {
        ops.iter().any(|op| match op {
            Op::InsertRun(row) => row.id == run,
            Op::UpdateRun(update) => update.id == run,
            Op::Fence { run: fenced, .. } => fenced == run,
            _ => false,
        })
    };
    let ended = |status: flow::RunStatus, finished_at: Option<i64>| status.is_final() == finished_at.is_some();
    for op in ops {
        let consistent = match op {
            Op::InsertRun(row) => ended(row.status, row.finished_at),
            Op::UpdateRun(update) => ended(update.status, update.finished_at),
            _ => true,
        };
        if !consistent {
            return Err(mistake("A run must have an end time exactly when it ended"));
        }
        if let Op::InsertSteps(rows) = op {
            for (i, row) in rows.iter().enumerate() {
                if (i == 0 || rows[i - 1].run_id != row.run_id) && !proven(&row.run_id) {
                    return Err(mistake("Steps must be written together with their run"));
                }
            }
        }
    }
    Ok(())
}

fn mistake(rule: &str) -> StoreError {
    StoreError::Refused(format!("{rule}. This is a mistake in Fluxo; please report it."))
}

fn run_values(run: &RunRow, to: &mut Vec<Value>) {
    to.extend([
        run.id.as_str().into(),
        run.flow_id.as_str().into(),
        run.flow_name.as_str().into(),
        run.version_id.clone().into(),
        run.version_number.map(i64::from).into(),
        run.trigger.as_str().into(),
        run.trigger_node.as_str().into(),
        run.status.as_str().into(),
        run.epoch.into(),
        run.owner.clone().into(),
        run.lease_until.into(),
        run.wake_at.into(),
        run.created_at.into(),
        run.started_at.into(),
        run.finished_at.into(),
        i64::from(run.steps).into(),
        run.retry_of.clone().into(),
        run.until_node.clone().into(),
        sql::json(run.error.as_ref()),
        sql::text(run.answer.as_deref()),
        sql::text(run.state.as_deref()),
        sql::text(run.document.as_deref()),
        run.job.clone().into(),
    ]);
}

fn update_values(update: &RunUpdate, to: &mut Vec<Value>) {
    to.extend([
        update.id.as_str().into(),
        update.epoch.into(),
        update.status.as_str().into(),
        update.owner.clone().into(),
        update.lease_until.into(),
        update.wake_at.into(),
        update.started_at.into(),
        update.finished_at.into(),
        i64::from(update.steps).into(),
        sql::json(update.error.as_ref()),
        sql::text(update.answer.as_deref()),
        sql::text(update.state.as_deref()),
        update.job.clone().into(),
    ]);
}

fn step_values(step: &StepRow, to: &mut Vec<Value>) {
    to.extend([
        step.run_id.as_str().into(),
        i64::from(step.seq).into(),
        step.node.as_str().into(),
        i64::from(step.run_index).into(),
        i64::from(step.attempt).into(),
        step.status.as_str().into(),
        step.started_at.into(),
        step.finished_at.into(),
        (&*step.inputs).into(),
        (&*step.outputs).into(),
        sql::json(step.error.as_ref()),
        step.waiting.clone().into(),
        step.pinned.into(),
        sql::text(step.data.as_deref()),
    ]);
}
