//! What leaves a step's ports: the node's output by its settings (on error, always output) and the limits.

use std::sync::Arc;

use flow::graph::ERROR_PORT;
use flow::{Batch, Item, Lineage, OnError, Origin, RunError};
use nodes::context::Failed;
use nodes::{NodeError, Output};
use serde_json::{Value, json};

use super::plan::NodeIx;
use super::{EngineOptions, Prepared};

pub(super) struct Shape<'a> {
    pub prepared: &'a Prepared,
    pub node: NodeIx,
    pub inputs: &'a [Option<Batch>],
    pub options: &'a EngineOptions,
}

type Outputs = Vec<(u16, Batch)>;

impl Shape<'_> {
    fn settings(&self) -> &flow::NodeSettings {
        &self.prepared.node(self.node).node.settings
    }

    /// Ports with items, and the first error of the items that failed.
    pub fn outputs(&self, output: Output) -> Result<(Outputs, Option<RunError>), NodeError> {
        let node = &self.prepared.node(self.node).node;
        let mut ports: Outputs = Vec::with_capacity(output.ports.len());
        for (name, batch) in output.ports {
            // An output that the node has no port for (any more) has no edge either.
            if let Some(port) = self.prepared.output_index(self.node, &name).filter(|_| !batch.is_empty()) {
                ports.push((port, batch));
            }
        }
        let mut first_error = None;
        if !output.failed.is_empty() {
            let failed = output.failed.into_iter().map(|f| (f.item, error_of(f, &node.id))).collect::<Vec<_>>();
            first_error = failed.first().map(|(_, error)| error.clone());
            self.add_failed(&mut ports, &failed);
        }
        let items: usize = ports.iter().map(|(_, batch)| batch.len()).sum();
        if items > self.options.max_items as usize {
            return Err(NodeError::new(
                "too_many_items",
                format!(
                    "'{}' put out {items} items, more than the {} that one step may. Split the work, or raise FLUXO_MAX_ITEMS.",
                    node.name, self.options.max_items
                ),
            ));
        }
        if ports.is_empty() && node.settings.always_output {
            let port = self.first_port();
            ports.push((port, Batch::many([(Arc::new(Item::default()), self.all_origins())])));
        }
        Ok((ports, first_error))
    }

    /// A disabled node: the first input that brought something leaves by the first port.
    pub fn passed(&self) -> Outputs {
        let Some((input, batch)) = self.inputs.iter().zip(0u16..).find_map(|(b, i)| Some((i, b.as_ref()?))) else {
            return Vec::new();
        };
        let lineage = match input {
            0 => Lineage::Same,
            _ => Lineage::Many((0..batch.len() as u32).map(|item| vec![Origin { input, item }]).collect()),
        };
        match batch.is_empty() {
            true => Vec::new(),
            false => vec![(0, Batch { items: Arc::clone(&batch.items), lineage })],
        }
    }

    /// The whole step failed and its settings say to go on.
    pub fn failed(&self, error: &RunError) -> Outputs {
        let to_error_port = self.settings().on_error == OnError::ErrorPort;
        let port = if to_error_port { self.error_port() } else { self.first_port() };
        let passed = self.passed();
        let Some((_, batch)) = passed.into_iter().next() else {
            let item = if to_error_port { with_error(&Item::default(), error) } else { Item::default() };
            return vec![(port, Batch::many([(Arc::new(item), self.all_origins())]))];
        };
        if !to_error_port {
            return vec![(port, batch)];
        }
        let items = batch.items.iter().map(|item| Arc::new(with_error(item, error))).collect();
        vec![(port, Batch { items: Arc::new(items), lineage: batch.lineage })]
    }

    /// Items that failed: to the error port, or back among those that leave by the first port, in the order of the input.
    fn add_failed(&self, ports: &mut Outputs, failed: &[(u32, RunError)]) {
        let Some(input) = self.inputs.first().and_then(Option::as_ref) else { return };
        let known = failed.iter().filter_map(|(item, error)| Some((*item, input.items.get(*item as usize)?, error)));
        match self.settings().on_error {
            OnError::Stop => {}
            OnError::ErrorPort => {
                let pairs = known.map(|(index, item, error)| (Arc::new(with_error(item, error)), index));
                ports.push((self.error_port(), Batch::each(pairs)));
            }
            OnError::Continue => {
                let first = self.first_port();
                let at = ports.iter().position(|(port, _)| *port == first);
                let made = at.map(|at| ports.remove(at).1).unwrap_or_default();
                let mut all: Vec<(u32, Arc<Item>, Vec<Origin>)> = Vec::with_capacity(made.len() + failed.len());
                for (i, item) in made.items.iter().enumerate() {
                    let origins = made.origins(i);
                    let key = origins.iter().filter(|o| o.input == 0).map(|o| o.item).min().unwrap_or(u32::MAX);
                    all.push((key, Arc::clone(item), origins));
                }
                all.extend(
                    known.map(|(index, item, _)| (index, Arc::clone(item), vec![Origin { input: 0, item: index }])),
                );
                all.sort_by_key(|(key, ..)| *key);
                ports.insert(0, (first, Batch::many(all.into_iter().map(|(_, item, origins)| (item, origins)))));
            }
        }
    }

    fn first_port(&self) -> u16 {
        0
    }

    fn error_port(&self) -> u16 {
        self.prepared.output_index(self.node, ERROR_PORT).unwrap_or(0)
    }

    fn all_origins(&self) -> Vec<Origin> {
        let ports = self.inputs.iter().zip(0u16..).filter_map(|(batch, input)| Some((input, batch.as_ref()?)));
        ports.flat_map(|(input, batch)| (0..batch.len() as u32).map(move |item| Origin { input, item })).collect()
    }
}

/// Items whose origin nobody told: one by one when their number is that of the first input, else of all of them.
pub(super) fn guessed(items: Vec<Arc<Item>>, inputs: &[Option<Batch>]) -> Batch {
    let first = inputs.first().and_then(Option::as_ref).map_or(0, Batch::len);
    if first == items.len() {
        return Batch { items: Arc::new(items), lineage: Lineage::Same };
    }
    let origins: Vec<Origin> = (0..first as u32).map(|item| Origin { input: 0, item }).collect();
    Batch::many(items.into_iter().map(|item| (item, origins.clone())))
}

fn error_of(failed: Failed, node: &str) -> RunError {
    let error = failed.error.at_item(failed.item as usize);
    RunError { node: Some(node.to_owned()), ..error.into() }
}

/// The item with `json.error`.
fn with_error(item: &Item, error: &RunError) -> Item {
    let mut item = item.clone();
    let mut about = json!({"code": error.code, "message": error.message});
    if !error.details.is_null() {
        about["details"] = error.details.clone();
    }
    if let Value::Object(_) = about {
        item.json.insert("error".to_owned(), about);
    }
    item
}
