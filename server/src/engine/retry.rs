//! A new run that goes on where a failed one stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use flow::{Flow, RunStatus, StepStatus, TriggerKind};

use super::drive::Drive;
use super::{Engine, EngineError, Prepared, VersionKey, new_id, recover};
use crate::store::{RunRow, StepRow};

impl Engine {
    /// Starts a new run that goes on from the failed step of `run`, with the output of the steps that ended well; the id
    /// of the new run. `newest` is the flow's newest version (or draft) to go on with; without it, the same as before.
    pub async fn retry(
        &self,
        run: &str,
        newest: Option<(Arc<Flow>, Option<VersionKey>)>,
    ) -> Result<String, EngineError> {
        let shared = &self.shared;
        if shared.stopping.is_cancelled() {
            return Err(EngineError::Stopping);
        }
        let row = shared.store.run(run).await?;
        if !matches!(row.status, RunStatus::Failed | RunStatus::Cancelled) {
            return Err(EngineError::NotRetryable);
        }
        // With the newest, where its settings say; otherwise where the run was.
        let on_cluster = match &newest {
            Some((document, _)) => document.settings.runs_on == flow::RunsOn::Cluster,
            None => row.job.is_some(),
        };
        let prepared = match newest {
            Some((document, version)) => shared.cache.get(&document, version.as_ref(), &shared.registry),
            None => recover::prepared_of(shared, &row).await?,
        };
        let ended: Vec<StepRow> = shared
            .store
            .steps_with_data(run)
            .await?
            .into_iter()
            .filter(|step| step.status == StepStatus::Succeeded)
            .collect();
        if ended.iter().any(|step| step.data.is_none() && sent_something(step)) {
            return Err(EngineError::NotKept);
        }
        let now = shared.now();
        let id = new_id();
        let row = RunRow {
            job: on_cluster.then(|| super::cluster::RunJob::name_of(&id, 1)),
            id,
            trigger: TriggerKind::Retry,
            retry_of: Some(row.id.clone()),
            created_at: now,
            started_at: None,
            ..row
        };
        let (live, plan) =
            recover::restore(&row, Arc::clone(&prepared), &connected(&prepared, &ended), RunStatus::Queued)?;
        let mut drive = Drive::new(Arc::clone(shared), Arc::new(live), plan);
        drive.dirty = drive.live.read().records().map(|r| r.seq).collect();
        shared.take(drive, true).await?;
        Ok(row.id)
    }
}

/// Steps of nodes that the flow still has, all of whose inputs are there, too.
fn connected(prepared: &Prepared, steps: &[StepRow]) -> Vec<StepRow> {
    let mut kept: Vec<StepRow> = Vec::with_capacity(steps.len());
    for step in steps {
        let inputs: Vec<flow::api::StepInput> = serde_json::from_str(&step.inputs).unwrap_or_default();
        let drawn = prepared.graph.index(&step.node).is_some();
        if drawn && inputs.iter().all(|input| kept.iter().any(|k| k.seq == input.from_seq)) {
            kept.push(step.clone());
        }
    }
    kept
}

fn sent_something(step: &StepRow) -> bool {
    let counts: BTreeMap<String, u32> = serde_json::from_str(&step.outputs).unwrap_or_default();
    counts.values().any(|count| *count > 0)
}
