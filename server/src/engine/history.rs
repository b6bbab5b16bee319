//! What the expressions of a step see of the steps before it: `$('Node')` and the way back from item to item.

use std::collections::HashSet;
use std::sync::Arc;

use flow::{Item, StepStatus};

use super::live::Live;
use super::plan::{Inputs, NodeIx, Source};
use crate::script::{History, NodeRun};

/// The run as one of its steps sees it.
pub(super) struct StepHistory {
    pub live: Arc<Live>,
    pub inputs: Inputs,
}

impl History for StepHistory {
    fn runs_of(&self, node_name: &str) -> Vec<NodeRun> {
        let Some(node) = self.live.prepared.named(node_name) else { return Vec::new() };
        let ports = &self.live.prepared.graph.node(node).outputs;
        let state = self.live.read();
        let ended = state.of_node(node).filter(|r| r.status == StepStatus::Succeeded);
        ended
            .map(|record| NodeRun {
                outputs: ports
                    .iter()
                    .zip(0..)
                    .map(|(name, port)| (name.clone(), record.output(port).cloned().unwrap_or_default()))
                    .collect(),
            })
            .collect()
    }

    fn paired(&self, node_name: &str, input: usize, item: usize) -> Result<Arc<Item>, String> {
        let Some(target) = self.live.prepared.named(node_name) else {
            return Err(format!("There is no node '{node_name}' in this flow. Correct the name."));
        };
        let Some(source) = self.inputs.get(input).copied().flatten() else {
            return Err(format!(
                "This item came from no other node, so it can't be traced to '{node_name}'. Use .first(), .last() or .all()."
            ));
        };
        self.trace(target, node_name, source, item as u32)
    }
}

impl StepHistory {
    fn trace(&self, target: NodeIx, name: &str, source: Source, item: u32) -> Result<Arc<Item>, String> {
        let prepared = &self.live.prepared;
        let state = self.live.read();
        let (mut open, mut seen, mut found) = (vec![(source, item)], HashSet::new(), Vec::<Arc<Item>>::new());
        let mut lost: Option<NodeIx> = None;
        while let Some((source, item)) = open.pop() {
            if !seen.insert((source, item)) {
                continue;
            }
            let Some(record) = state.record(source.seq) else { continue };
            let Some(batch) = record.output(source.port) else { continue };
            if record.node == target {
                if let Some(hit) = batch.items.get(item as usize)
                    && !found.iter().any(|known| Arc::ptr_eq(known, hit))
                {
                    found.push(Arc::clone(hit));
                }
                continue;
            }
            let origins = batch.origins(item as usize);
            if origins.is_empty() && record.inputs.iter().any(Option::is_some) {
                lost = Some(record.node);
            }
            for origin in origins {
                if let Some(source) = record.inputs.get(usize::from(origin.input)).copied().flatten() {
                    open.push((source, origin.item));
                }
            }
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 if state.of_node(target).next().is_none() => {
                Err(format!("'{name}' has not run in this run, so it has no item. Connect it before this node."))
            }
            0 => Err(match lost {
                Some(node) => format!(
                    "'{}' does not say which of its input items this item came from, so it can't be traced to '{name}'. Use .first(), .last() or .all().",
                    prepared.node(node).node.name
                ),
                None => format!(
                    "No item of '{name}' led to this item: it is not on the way here. Use .first(), .last() or .all()."
                ),
            }),
            many => Err(format!(
                "This item came from {many} items of '{name}', so '.item' can't choose. Use .first(), .last(), .all() or .itemMatching()."
            )),
        }
    }
}
