//! What is written when: steps as rows, and rows as steps again.
//!
//! A step's output is kept as JSON, port by port. A batch that only passed through is kept as a pointer to the step that
//! made it, so that large items are written once.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::api::StepInput;
use flow::{Batch, Item, Lineage, StepStatus};
use serde::{Deserialize, Serialize};

use super::live::{Live, Record, State};
use super::plan::{NodeIx, Source};
use super::{EngineError, Prepared};
use crate::store::StepRow;

/// A batch as it is kept: its items, or the step and port that they came from unchanged.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    items: Option<Arc<Vec<Arc<Item>>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<(u32, String)>,
    #[serde(default, skip_serializing_if = "Lineage::is_same")]
    lineage: Lineage,
}

/// What of a run is remembered beside its steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Saved {
    /// Milliseconds that the run worked before it was parked.
    #[serde(default)]
    pub worked_ms: u64,
    /// When waiting steps go on, by number.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waits: BTreeMap<u32, i64>,
    /// Bytes of output that were kept.
    #[serde(default)]
    pub bytes: u64,
    /// Of a run on the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<super::remote::JobState>,
}

/// The row of a step. `data` says whether its output is kept.
pub(super) fn row(live: &Live, state: &State, record: &Record, data: bool) -> StepRow {
    let prepared = &live.prepared;
    let counts: BTreeMap<&str, u32> = match record.status {
        StepStatus::Succeeded => {
            record.outputs.iter().map(|(port, b)| (prepared.output(record.node, *port), b.len() as u32)).collect()
        }
        _ => BTreeMap::new(),
    };
    StepRow {
        run_id: live.facts.id.clone(),
        seq: record.seq,
        node: prepared.node(record.node).node.id.clone(),
        run_index: record.run_index,
        attempt: record.attempt,
        status: record.status,
        started_at: record.started_at,
        finished_at: record.finished_at,
        inputs: json(&state.inputs(record, prepared)),
        outputs: json(&counts),
        error: record.error.clone(),
        waiting: record.waiting.clone(),
        pinned: record.pinned,
        data: (data && !record.outputs.is_empty()).then(|| encode(prepared, state, record)),
    }
}

fn json<T: Serialize>(value: &T) -> Arc<str> {
    // Maps with text keys and plain values: there is nothing in them that JSON can't hold.
    serde_json::to_string(value).unwrap_or_default().into()
}

fn encode(prepared: &Prepared, state: &State, record: &Record) -> Arc<str> {
    let kept: BTreeMap<&str, Kept> = record
        .outputs
        .iter()
        .map(|(port, batch)| {
            let same = |source: &&Source| state.batch(**source).is_some_and(|b| Arc::ptr_eq(&b.items, &batch.items));
            let from = record.inputs.iter().flatten().find(same).and_then(|source| {
                let node = state.record(source.seq)?.node;
                Some((source.seq, prepared.output(node, source.port).to_owned()))
            });
            let items = from.is_none().then(|| Arc::clone(&batch.items));
            (prepared.output(record.node, *port), Kept { items, from, lineage: batch.lineage.clone() })
        })
        .collect();
    json(&kept)
}

/// A step as it was, from its row and the steps before it. `None` when the flow has no such node.
pub(super) fn record(prepared: &Prepared, state: &State, row: &StepRow) -> Result<Option<Record>, EngineError> {
    let Some(node) = prepared.graph.index(&row.node) else { return Ok(None) };
    let inputs: Vec<StepInput> = serde_json::from_str(&row.inputs).map_err(|_| damaged(row))?;
    let ports = &prepared.graph.node(node).inputs;
    let sources = ports.iter().map(|port| {
        let input = inputs.iter().find(|i| i.port == *port)?;
        let from = state.record(input.from_seq)?;
        Some(Source { seq: input.from_seq, port: prepared.output_index(from.node, &input.from_port)? })
    });
    Ok(Some(Record {
        seq: row.seq,
        node,
        run_index: row.run_index,
        attempt: row.attempt,
        status: row.status,
        started_at: row.started_at,
        finished_at: row.finished_at,
        inputs: sources.collect(),
        outputs: match &row.data {
            Some(data) => decode(prepared, state, node, data).ok_or_else(|| damaged(row))?,
            None => Vec::new(),
        },
        error: row.error.clone(),
        waiting: row.waiting.clone(),
        pinned: row.pinned,
        changed: 0,
    }))
}

fn decode(prepared: &Prepared, state: &State, node: NodeIx, data: &str) -> Option<Vec<(u16, Batch)>> {
    let kept: BTreeMap<String, Kept> = serde_json::from_str(data).ok()?;
    let mut outputs = Vec::with_capacity(kept.len());
    for (port, Kept { items, from, lineage }) in kept {
        // A port that the node no longer has leads nowhere.
        let Some(index) = prepared.output_index(node, &port) else { continue };
        let items = match (items, from) {
            (Some(items), _) => items,
            (None, Some((seq, port))) => {
                let record = state.record(seq)?;
                Arc::clone(&record.output(prepared.output_index(record.node, &port)?)?.items)
            }
            (None, None) => return None,
        };
        outputs.push((index, Batch { items, lineage }));
    }
    outputs.sort_by_key(|(port, _)| *port);
    Some(outputs)
}

fn damaged(row: &StepRow) -> EngineError {
    EngineError::Damaged(format!("Step {} of the run can't be read any more. Start a new run instead.", row.seq))
}

/// What a step's data says of one port.
pub(super) enum Port {
    Items(Arc<Vec<Arc<Item>>>),
    /// They passed through: look at this port of that step.
    From(u32, String),
    Missing,
}

pub(super) fn port(data: &str, port: &str) -> Port {
    let kept: Option<BTreeMap<String, Kept>> = serde_json::from_str(data).ok();
    match kept.and_then(|mut kept| kept.remove(port)) {
        Some(Kept { items: Some(items), .. }) => Port::Items(items),
        Some(Kept { from: Some((seq, port)), .. }) => Port::From(seq, port),
        _ => Port::Missing,
    }
}

/// The steps that made what a step's data only points to.
pub(super) fn makers(data: &str) -> Vec<u32> {
    let kept: BTreeMap<String, Kept> = serde_json::from_str(data).unwrap_or_default();
    kept.into_values().filter_map(|kept| Some(kept.from?.0)).collect()
}
