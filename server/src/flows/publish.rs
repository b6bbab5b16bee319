//! Publishing: the draft becomes an immutable version whose triggers answer from now on, or nothing changes.

use flow::api::Version;
use flow::check::Severity;
use jiff::Timestamp;
use nodes::Registry;
use nodes::kinds::webhook;
use nodes::schedule::Spec;

use super::{FlowError, check, document, version_of};
use crate::store::{NewSchedule, NewWebhook, PublishRow, Store};

/// Publishes the draft of flow `id`. `zone` is the zone of flows that name none.
pub async fn publish(
    store: &Store,
    registry: &Registry,
    zone: &str,
    id: &str,
    name: &str,
    by: &str,
) -> Result<Version, FlowError> {
    let row = store.flow(id).await?;
    let document = document(&row.draft)?;
    let errors: Vec<_> = check(&document, registry).into_iter().filter(|f| f.severity == Severity::Error).collect();
    if !errors.is_empty() {
        return Err(FlowError::Findings(errors));
    }
    let active = |kind: &'static str| document.nodes.iter().filter(move |n| n.kind == kind && !n.settings.disabled);
    let mut webhooks = Vec::new();
    for node in active("webhook") {
        let parameters = webhook::Parameters::of(node).map_err(|e| FlowError::Invalid(e.message))?;
        let pattern = parameters.pattern().map_err(|e| FlowError::Invalid(e.message))?;
        webhooks.extend(parameters.methods().into_iter().map(|method| NewWebhook {
            node: node.id.clone(),
            method,
            path: pattern.written().to_owned(),
            normalised: pattern.normalised(),
        }));
    }
    let zone = document.settings.timezone.as_deref().unwrap_or(zone);
    let now = Timestamp::now();
    let mut schedules = Vec::new();
    for node in active("schedule") {
        let spec = serde_json::Value::Object(node.parameters.clone());
        let parsed: Spec = serde_json::from_value(spec.clone())
            .map_err(|e| FlowError::Invalid(format!("The schedule '{}' does not fit: {e}.", node.name)))?;
        let due = parsed.due(zone).map_err(|e| FlowError::Invalid(format!("'{}': {}", node.name, e.message.en)))?;
        schedules.push(NewSchedule {
            node: node.id.clone(),
            spec: spec.to_string().into(),
            next_at: due.next_after(now).map(Timestamp::as_millisecond),
        });
    }
    let published = PublishRow {
        flow: id.to_owned(),
        name: name.trim().to_owned(),
        document: row.draft.clone(),
        revision: row.revision,
        by: by.to_owned(),
        webhooks,
        schedules,
    };
    Ok(version_of(store.publish(published).await?))
}
