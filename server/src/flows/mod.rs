//! What happens to a flow outside a run: create, save, check, publish, start by hand, the gallery.

mod error;
pub mod gallery;
pub mod publish;
pub mod runs;
pub mod start;
mod view;

use std::collections::HashSet;

use flow::Flow;
use flow::api::{Conflict, NewFlow};
use flow::check::{Finding, Severity};
use nodes::Registry;

pub use error::FlowError;
pub use view::{detail, list, version, version_of, versions, webhook_addresses};

use crate::store::{Store, StoreError, time};

/// Nodes, edges and bytes of JSON that one flow may have.
const MAX_NODES: usize = 10_000;
const MAX_EDGES: usize = 50_000;
const MAX_BYTES: usize = 8 << 20;

/// A stored document.
pub fn document(json: &str) -> Result<Flow, FlowError> {
    serde_json::from_str(json)
        .map_err(|e| FlowError::Invalid(format!("The stored flow can't be read: {e}. Restore it from a version.")))
}

/// The document that a request for a new flow means.
pub fn new_document(new: NewFlow) -> Result<Flow, FlowError> {
    let mut document = match (new.document, new.gallery) {
        (Some(document), _) => document,
        (None, Some(id)) => {
            let found = gallery::all().into_iter().find(|g| g.id == id);
            found.ok_or(FlowError::NotFound("flow in the gallery"))?.document
        }
        (None, None) => Flow::default(),
    };
    if let Some(name) = new.name.map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()) {
        document.name = name;
    }
    if document.name.trim().is_empty() {
        document.name = "Untitled flow".to_owned();
    }
    Ok(document)
}

/// Stores a new flow and returns its id.
pub async fn create(store: &Store, document: &Flow, by: &str) -> Result<String, FlowError> {
    sound(document)?;
    Ok(store.create_flow(document, by).await?.id)
}

/// Replaces the draft if it still has revision `expected` (always, when `None`); the new revision.
pub async fn save(store: &Store, id: &str, document: &Flow, expected: Option<u32>, by: &str) -> Result<u32, FlowError> {
    sound(document)?;
    match store.save_draft(id, document, expected, by).await {
        Ok(row) => Ok(row.revision),
        Err(StoreError::Conflict(conflict)) => Err(FlowError::Conflict(Box::new(Conflict {
            by: conflict.by,
            at: time::rfc3339(conflict.at),
            revision: conflict.revision,
            changed: conflict.changes,
        }))),
        Err(other) => Err(other.into()),
    }
}

/// What can be drawn can be stored, even unfinished; only what no editor could load again is refused.
fn sound(document: &Flow) -> Result<(), FlowError> {
    if document.nodes.len() > MAX_NODES || document.edges.len() > MAX_EDGES {
        let count = format!("{} nodes and {} edges", document.nodes.len(), document.edges.len());
        return Err(FlowError::TooLarge(format!("{count}, where {MAX_NODES} and {MAX_EDGES} are allowed")));
    }
    if let Some(text) = names(document).find(|text| text.chars().any(char::is_control)) {
        let shown = text.escape_debug();
        return Err(FlowError::Invalid(format!("The name or id '{shown}' has a control character. Remove it.")));
    }
    if document.description.contains('\0') {
        return Err(FlowError::Invalid("The description has a NUL character. Remove it.".into()));
    }
    let mut ids = HashSet::new();
    if let Some(node) = document.nodes.iter().find(|n| n.id.is_empty() || !ids.insert(n.id.as_str())) {
        let problem = format!("Two nodes have the id '{}', or it is empty. Give each node an id of its own.", node.id);
        return Err(FlowError::Invalid(problem));
    }
    let json =
        serde_json::to_string(document).map_err(|e| FlowError::Invalid(format!("The flow can't be stored: {e}.")))?;
    if json.len() > MAX_BYTES {
        return Err(FlowError::TooLarge(format!("{} bytes, where {MAX_BYTES} are allowed", json.len())));
    }
    Ok(())
}

/// The texts of a document that are names: stored, shown in lists and looked up by themselves.
fn names(document: &Flow) -> impl Iterator<Item = &str> {
    let nodes = document.nodes.iter().flat_map(|n| [&n.id, &n.name, &n.kind].into_iter().chain(n.credentials.values()));
    let edges = document.edges.iter().flat_map(|e| [&e.from, &e.from_port, &e.to, &e.to_port]);
    let notes = document.notes.iter().map(|n| &n.id);
    std::iter::once(&document.name).chain(nodes).chain(edges).chain(notes).map(String::as_str)
}

/// Everything that is wrong with a document: the graph's rules and what each kind says of its nodes.
pub fn check(document: &Flow, registry: &Registry) -> Vec<Finding> {
    crate::engine::findings(registry, document)
}

/// Refuses to run a draft whose graph can't be run: errors that are not about a node's parameters, and those of nodes
/// that the trigger reaches.
pub fn usable(document: &Flow, registry: &Registry, trigger: &str) -> Result<(), FlowError> {
    let reached = reached(document, trigger);
    let matters = |f: &Finding| f.node.as_deref().is_none_or(|node| reached.contains(node));
    let errors = check(document, registry).into_iter().filter(|f| f.severity == Severity::Error && matters(f));
    let errors: Vec<Finding> = errors.collect();
    if errors.is_empty() { Ok(()) } else { Err(FlowError::Findings(errors)) }
}

fn reached<'a>(document: &'a Flow, from: &'a str) -> HashSet<&'a str> {
    let mut next: std::collections::HashMap<&str, Vec<&str>> = std::collections::HashMap::new();
    for edge in &document.edges {
        next.entry(&edge.from).or_default().push(&edge.to);
    }
    let (mut seen, mut open) = (HashSet::from([from]), vec![from]);
    while let Some(node) = open.pop() {
        for &to in next.get(node).map_or(&[][..], Vec::as_slice) {
            if seen.insert(to) {
                open.push(to);
            }
        }
    }
    seen
}
