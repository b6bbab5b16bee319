//! Runs as the API shows them, and what they ran.

use std::sync::Arc;

use flow::Flow;
use flow::api::RunSummary;

use super::{FlowError, document as parse};
use crate::engine::VersionKey;
use crate::store::{RunRow, Store, time};

/// One run's row in a list.
pub async fn summary(store: &Store, id: &str) -> Result<RunSummary, FlowError> {
    Ok(store.run(id).await?.summary(time::now()))
}

/// What a run ran.
pub async fn document(store: &Store, id: &str) -> Result<Arc<Flow>, FlowError> {
    of(store, &store.run(id).await?).await
}

async fn of(store: &Store, run: &RunRow) -> Result<Arc<Flow>, FlowError> {
    if let Some(json) = &run.document {
        return Ok(Arc::new(parse(json)?));
    }
    let version = run.version_id.as_deref().ok_or(FlowError::NotFound("version that this run ran"))?;
    Ok(Arc::new(parse(&store.version_by_id(version).await?.document)?))
}

/// What a retry "with the newest" runs: the published version, or the draft for a run of the draft.
pub async fn newest(store: &Store, id: &str) -> Result<(Arc<Flow>, Option<VersionKey>), FlowError> {
    let run = store.run(id).await?;
    let flow = store.flow(&run.flow_id).await?;
    match (run.version_id, flow.published) {
        (Some(_), Some(published)) => {
            let row = store.version_by_id(&published.version_id).await?;
            let key = VersionKey { id: published.version_id, number: published.number };
            Ok((Arc::new(parse(&row.document)?), Some(key)))
        }
        (Some(_), None) => Err(FlowError::Invalid("The flow is not published any more. Publish it first.".into())),
        (None, _) => Ok((Arc::new(parse(&flow.draft)?), None)),
    }
}
