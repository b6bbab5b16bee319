//! Starting a run by hand.

use std::sync::Arc;

use flow::api::StartRun;
use flow::{Flow, TriggerKind};
use nodes::Registry;

use super::{FlowError, document, usable};
use crate::engine::{Start, VersionKey};
use crate::store::Store;

/// What the engine starts: the draft of flow `id`, or its published version.
pub async fn by_hand(
    store: &Store,
    registry: &Registry,
    id: &str,
    request: StartRun,
    trigger: TriggerKind,
) -> Result<Start, FlowError> {
    let row = store.flow(id).await?;
    let (document, version) = match (request.published, row.published) {
        (false, _) => (document(&row.draft)?, None),
        (true, None) => return Err(FlowError::Invalid("The flow has no published version. Publish it first.".into())),
        (true, Some(published)) => {
            let stored = store.version_by_id(&published.version_id).await?;
            let key = VersionKey { id: published.version_id, number: published.number };
            (super::document(&stored.document)?, Some(key))
        }
    };
    let node = trigger_node(&document, registry, request.trigger.as_deref())?;
    if let Some(until) = &request.until
        && document.node(until).is_none()
    {
        return Err(FlowError::NotFound("node to run up to"));
    }
    usable(&document, registry, &node)?;
    let mut start = Start::new(id, Arc::new(document), trigger, node);
    start.version = version;
    start.items = request.items;
    start.until = request.until;
    start.runs_on = request.runs_on;
    Ok(start)
}

/// The trigger to start from: the asked one, or the first; a manual trigger before others.
fn trigger_node(document: &Flow, registry: &Registry, asked: Option<&str>) -> Result<String, FlowError> {
    let is_trigger = |kind: &str| registry.get(kind).is_some_and(|k| k.description.is_trigger());
    if let Some(id) = asked {
        let node = document.node(id).ok_or(FlowError::NotFound("trigger node"))?;
        if !is_trigger(&node.kind) {
            return Err(FlowError::Invalid(format!("'{}' is no trigger. Start from a trigger node.", node.name)));
        }
        return Ok(node.id.clone());
    }
    let triggers = || document.nodes.iter().filter(|n| is_trigger(&n.kind) && !n.settings.disabled);
    let node = triggers().find(|n| n.kind == "manual").or_else(|| triggers().next());
    node.map(|n| n.id.clone())
        .ok_or_else(|| FlowError::Invalid("The flow has no trigger to start from. Add one, for example Manual.".into()))
}
