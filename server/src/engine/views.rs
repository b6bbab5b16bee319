//! What people look at: items of steps, rows as API types.

use std::sync::Arc;

use flow::api::{RunSummary, Step, StepInput, StepItems};
use flow::{Item, StepStatus};

use super::{Engine, EngineError, Shared, checkpoint};
use crate::store::time::rfc3339;
use crate::store::{RunRow, StepRow};

/// Which items of a step somebody wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Input,
    Output,
}

impl Engine {
    /// Items that reached or left a step; `limit` of them from `offset`.
    pub async fn step_items(
        &self,
        run: &str,
        seq: u32,
        side: Side,
        port: &str,
        offset: u32,
        limit: u32,
    ) -> Result<StepItems, EngineError> {
        let page = |items: &[Arc<Item>]| StepItems {
            items: items.iter().skip(offset as usize).take(limit as usize).map(|i| (**i).clone()).collect(),
            total: items.len() as u32,
            not_kept: false,
        };
        if let Some(live) = self.shared.live(run) {
            let state = live.read();
            let record = state.record(seq).ok_or(EngineError::NotFound)?;
            let graph = &live.prepared.graph;
            let batch = match side {
                Side::Output => live.prepared.output_index(record.node, port).and_then(|p| record.output(p)),
                Side::Input => {
                    let input = graph.node(record.node).inputs.iter().position(|p| p == port);
                    input.and_then(|i| record.inputs.get(i).copied().flatten()).and_then(|source| state.batch(source))
                }
            };
            return Ok(batch.map_or_else(|| page(&[]), |batch| page(&batch.items)));
        }
        let rows = self.shared.store.steps(run).await?;
        let row = rows.iter().find(|r| r.seq == seq).ok_or(EngineError::NotFound)?;
        let (seq, port, total) = match side {
            Side::Output => (seq, port.to_owned(), count(row, port)),
            Side::Input => match inputs(row).into_iter().find(|input| input.port == port) {
                Some(input) => (input.from_seq, input.from_port, input.items),
                None => return Ok(page(&[])),
            },
        };
        match self.shared.kept(run, seq, &port).await? {
            Some(items) => Ok(page(&items)),
            None => Ok(StepItems { items: Vec::new(), total, not_kept: total > 0 }),
        }
    }
}

impl Shared {
    /// Items that a port of a step sent, from the database; `None` when they were not kept.
    async fn kept(&self, run: &str, seq: u32, port: &str) -> Result<Option<Vec<Arc<Item>>>, EngineError> {
        let (mut seq, mut port) = (seq, port.to_owned());
        loop {
            let Some(data) = self.store.step_data(run, seq).await? else { return Ok(None) };
            match checkpoint::port(&data, &port) {
                checkpoint::Port::Items(items) => return Ok(Some(items.to_vec())),
                checkpoint::Port::From(from, its_port) if from < seq => (seq, port) = (from, its_port),
                checkpoint::Port::From(..) | checkpoint::Port::Missing => return Ok(None),
            }
        }
    }

    /// The first output of the last step that ended well.
    pub(super) async fn last_items(&self, row: &RunRow) -> Result<Vec<Arc<Item>>, EngineError> {
        let rows = self.store.steps(&row.id).await?;
        let ended = rows.iter().filter(|s| s.status == StepStatus::Succeeded);
        let Some(last) = ended.max_by_key(|s| (s.finished_at, s.seq)) else { return Ok(Vec::new()) };
        let counts: std::collections::BTreeMap<String, u32> = serde_json::from_str(&last.outputs).unwrap_or_default();
        let Some(port) = counts.keys().next() else { return Ok(Vec::new()) };
        Ok(self.kept(&row.id, last.seq, port).await?.unwrap_or_default())
    }
}

pub(super) fn inputs(row: &StepRow) -> Vec<StepInput> {
    serde_json::from_str(&row.inputs).unwrap_or_default()
}

fn count(row: &StepRow, port: &str) -> u32 {
    let counts: std::collections::BTreeMap<String, u32> = serde_json::from_str(&row.outputs).unwrap_or_default();
    counts.get(port).copied().unwrap_or(0)
}

pub(super) fn step(row: &StepRow) -> Step {
    Step {
        seq: row.seq,
        node: row.node.clone(),
        run_index: row.run_index,
        attempt: row.attempt,
        status: row.status,
        started_at: rfc3339(row.started_at),
        duration_ms: row.finished_at.map(|end| (end - row.started_at).max(0) as u64),
        inputs: inputs(row),
        outputs: serde_json::from_str(&row.outputs).unwrap_or_default(),
        error: row.error.clone(),
        waiting: row.waiting.clone(),
        pinned: row.pinned,
    }
}

pub(super) fn summary(row: &RunRow) -> RunSummary {
    RunSummary {
        id: row.id.clone(),
        flow: row.flow_id.clone(),
        flow_name: row.flow_name.clone(),
        version: row.version_number,
        trigger: row.trigger,
        status: row.status,
        created_at: rfc3339(row.created_at),
        started_at: row.started_at.map(rfc3339),
        finished_at: row.finished_at.map(rfc3339),
        duration_ms: row.started_at.zip(row.finished_at).map(|(a, b)| (b - a).max(0) as u64),
        steps: row.steps,
        error: row.error.clone(),
        retry_of: row.retry_of.clone(),
        job: row.job.clone(),
    }
}
