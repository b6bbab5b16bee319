//! Answers to what running JavaScript asks of its scope. The same questions come from a thread of this process
//! (expressions) and, over a pipe, from the Code node's process.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use flow::expression::binary_value;
use flow::{Batch, Item};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::scope::Scope;

/// A question. Node names are names, not ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// Items of an input port, by number.
    Input {
        port: usize,
        from: usize,
        count: usize,
    },
    InputCount {
        port: usize,
    },
    /// Items that a node sent: by port (name or index; the one that leads here when absent) and step (the last when absent).
    Node {
        name: String,
        port: Option<Value>,
        step: Option<i64>,
        from: usize,
        count: usize,
    },
    NodeCount {
        name: String,
        port: Option<Value>,
        step: Option<i64>,
    },
    /// The item of a node that an input item came from.
    Paired {
        name: String,
        item: usize,
    },
    Executed {
        name: String,
    },
    Parameters {
        name: String,
    },
    Global {
        name: String,
    },
}

/// JSON text; `None` is `undefined`; an error is a plain sentence.
pub(super) type Answer = Result<Option<String>, String>;

impl Scope {
    pub(super) fn answer(&self, ask: &Ask, env: &Map<String, Value>) -> Answer {
        let text = |value: Value| Ok(Some(value.to_string()));
        match ask {
            Ask::Input { port, from, count } => Ok(Some(items_json(&self.input(*port), *from, *count))),
            Ask::InputCount { port } => text(self.input(*port).len().into()),
            Ask::Node { name, port, step, from, count } => {
                Ok(Some(items_json(&self.batch_of(name, port.as_ref(), *step)?, *from, *count)))
            }
            Ask::NodeCount { name, port, step } => text(self.batch_of(name, port.as_ref(), *step)?.len().into()),
            Ask::Paired { name, item } => {
                let paired = self.paired(name, *item)?;
                Ok(Some(item_json(&paired)))
            }
            Ask::Executed { name } => {
                self.known(name)?;
                text((!self.history.runs_of(name).is_empty()).into())
            }
            Ask::Parameters { name } => {
                self.known(name)?;
                let node = self.flow.node_named(name);
                text(node.map_or(Value::Null, |n| Value::Object(n.parameters.clone())))
            }
            Ask::Global { name } => Ok(self.global(name, env).map(|v| v.to_string())),
        }
    }

    fn known(&self, name: &str) -> Result<(), String> {
        match self.flow.node_named(name) {
            Some(_) => Ok(()),
            None => Err(format!("There is no node called “{name}” in this flow. Correct the name in the expression.")),
        }
    }

    /// The item of `name` that item `item` of the first input came from.
    pub(super) fn paired(&self, name: &str, item: usize) -> Result<Arc<Item>, String> {
        self.known(name)?;
        self.history.paired(name, 0, item)
    }

    /// What a node sent by a port in a step.
    pub(super) fn batch_of(&self, name: &str, port: Option<&Value>, step: Option<i64>) -> Result<Batch, String> {
        self.known(name)?;
        let runs = self.history.runs_of(name);
        let run = match step {
            Some(index) if index >= 0 => runs.get(index as usize),
            _ => runs.last(),
        };
        let Some(run) = run else {
            return Err(match step.filter(|_| !runs.is_empty()) {
                Some(index) => format!(
                    "The node “{name}” ran {} times, so it has no run with index {index}. Use a smaller index.",
                    runs.len()
                ),
                None => format!(
                    "The node “{name}” has not run before this one. Connect it before this node, or ask \
                     $('{name}').isExecuted first."
                ),
            });
        };
        let by_name = |port: &str| run.outputs.iter().find(|(name, _)| name == port);
        let output = match port {
            Some(Value::String(port)) => by_name(port),
            Some(Value::Number(index)) => run.outputs.get(index.as_u64().unwrap_or(0) as usize),
            _ => {
                let towards = self.port_towards_here(name).and_then(|port| by_name(&port));
                towards.or_else(|| run.outputs.iter().find(|(_, batch)| !batch.is_empty()))
            }
        };
        Ok(output.map(|(_, batch)| batch.clone()).unwrap_or_default())
    }

    /// The output port of `name` by which its items reach this node.
    fn port_towards_here(&self, name: &str) -> Option<String> {
        let from = &self.flow.node_named(name)?.id;
        let (mut seen, mut queue) = (HashSet::new(), VecDeque::from([self.node.id.as_str()]));
        while let Some(at) = queue.pop_front() {
            for edge in self.flow.edges.iter().filter(|e| e.to == at) {
                if &edge.from == from {
                    return Some(edge.from_port.clone());
                }
                if seen.insert(edge.from.as_str()) {
                    queue.push_back(&edge.from);
                }
            }
        }
        None
    }
}

fn range(batch: &Batch, from: usize, count: usize) -> Range<usize> {
    let from = from.min(batch.len());
    from..from.saturating_add(count).min(batch.len())
}

pub(super) fn items_json(batch: &Batch, from: usize, count: usize) -> String {
    let items = batch.items[range(batch, from, count)].iter().map(|item| item_json(item));
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// `{"json": …, "binary": …}`
pub(super) fn item_json(item: &Item) -> String {
    let files: Map<String, Value> = item.binary.iter().map(|(name, blob)| (name.clone(), binary_value(blob))).collect();
    if files.is_empty() {
        return json!({ "json": item.json }).to_string();
    }
    json!({ "json": item.json, "binary": files }).to_string()
}
