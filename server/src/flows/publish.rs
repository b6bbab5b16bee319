//! Publishing: the draft becomes an immutable version whose triggers answer from now on, or nothing changes.

use flow::api::{Publish, Version};
use flow::check::Severity;
use jiff::Timestamp;
use nodes::Registry;
use nodes::kinds::webhook;

use super::{FlowError, check, document, version_of};
use crate::schedule;
use crate::store::{NewWebhook, PublishRow, Store};

/// Publishes the draft of flow `id`, or switches the version of the given number on again: whoever turns a flow off and
/// on does not mean to publish what was drawn meanwhile. `zone` is the zone of flows that name none.
pub async fn publish(
    store: &Store,
    registry: &Registry,
    zone: &str,
    id: &str,
    wanted: &Publish,
    by: &str,
) -> Result<Version, FlowError> {
    let row = store.flow(id).await?;
    let again = match wanted.version {
        Some(number) => Some(store.version(id, number).await?),
        None => None,
    };
    let json = again.as_ref().map_or(&row.draft, |version| &version.document);
    let document = document(json)?;
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
    let schedules =
        schedule::of(&document, zone, Timestamp::now()).map_err(|finding| FlowError::Findings(vec![finding]))?;
    let published = PublishRow {
        flow: id.to_owned(),
        name: wanted.name.trim().chars().filter(|c| !c.is_control()).collect(),
        document: json.clone(),
        // No draft has revision 0: it counts as changed since.
        revision: if *json == row.draft { row.revision } else { 0 },
        by: by.to_owned(),
        webhooks,
        schedules,
    };
    Ok(version_of(match again {
        Some(version) => store.publish_again(published, version).await?,
        None => store.publish(published).await?,
    }))
}
