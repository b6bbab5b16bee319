//! What the expressions of one step may see.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use flow::expression::{Lookup, Pick};
use flow::{Batch, Flow, Item, Node, TriggerKind};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::time;

/// One step's view of its run.
pub struct Scope {
    pub flow: Arc<Flow>,
    pub flow_id: String,
    pub run_id: String,
    pub mode: TriggerKind,
    /// The node whose parameters or code these are.
    pub node: Arc<Node>,
    /// How often the node ran before in this run.
    pub run_index: u32,
    /// By input port; `None` for one that stayed silent. `$json` looks into the first.
    pub inputs: Vec<Option<Batch>>,
    /// Where the first input came from.
    pub previous: Option<Previous>,
    /// `$vars`
    pub vars: Arc<Map<String, Value>>,
    /// IANA zone of `$now` and of dates without a zone.
    pub timezone: String,
    /// `$now`, the same for all items of a step.
    pub now: Timestamp,
    pub history: Arc<dyn History>,
}

/// `$prevNode`
#[derive(Clone, Debug)]
pub struct Previous {
    pub node_name: String,
    /// Index of the output port.
    pub output: u32,
    pub run_index: u32,
}

/// What other nodes sent earlier in the run. Implemented by the engine.
pub trait History: Send + Sync {
    /// The node's finished steps in order; empty when it has not run.
    fn runs_of(&self, node_name: &str) -> Vec<NodeRun>;
    /// The one item of that node that item `item` of input port `input` came from, or the plain reason why it can't be
    /// told ("what happened. what to do.").
    fn paired(&self, node_name: &str, input: usize, item: usize) -> Result<Arc<Item>, String>;
}

/// One finished step: its output ports in the description's order.
#[derive(Clone, Debug, Default)]
pub struct NodeRun {
    pub outputs: Vec<(String, Batch)>,
}

impl Scope {
    /// The batch of an input port, empty when it is silent.
    pub fn input(&self, port: usize) -> Batch {
        self.inputs.get(port).cloned().flatten().unwrap_or_default()
    }

    /// Items to evaluate for: those of the first input, one when there is none.
    pub(super) fn items(&self) -> usize {
        self.inputs.first().and_then(Option::as_ref).map_or(0, Batch::len).max(1)
    }

    /// `$name`, as far as it needs no JavaScript.
    pub(super) fn global(&self, name: &str, env: &Map<String, Value>) -> Option<Value> {
        Some(match name {
            "runIndex" => self.run_index.into(),
            "now" => time::iso(self.now, &self.timezone).into(),
            "today" => time::iso(time::start_of_day(self.now, &self.timezone), &self.timezone).into(),
            "vars" => Value::Object((*self.vars).clone()),
            "env" => Value::Object(env.clone()),
            "flow" | "workflow" => json!({
                "id": self.flow_id, "name": self.flow.name,
                "active": !matches!(self.mode, TriggerKind::Manual | TriggerKind::WebhookTest),
            }),
            "run" => json!({ "id": self.run_id, "mode": self.mode.as_str() }),
            "execution" => {
                let test = matches!(self.mode, TriggerKind::Manual | TriggerKind::WebhookTest);
                json!({ "id": self.run_id, "mode": if test { "test" } else { "production" } })
            }
            "prevNode" => match &self.previous {
                Some(p) => json!({ "name": p.node_name, "outputIndex": p.output, "runIndex": p.run_index }),
                None => json!({}),
            },
            "mode" => self.mode.as_str().into(),
            "nodeId" => self.node.id.clone().into(),
            "nodeName" => self.node.name.clone().into(),
            "nodeVersion" => self.node.kind_version.into(),
            _ => return None,
        })
    }
}

/// A scope while one set of parameters is resolved: remembers what was looked up.
pub(super) struct View<'a> {
    pub scope: &'a Scope,
    pub names: &'a Map<String, Value>,
    pub env: &'a Map<String, Value>,
    pub item: usize,
    /// Node name → the batch that `first()`, `last()` and `all()` mean.
    batches: RefCell<HashMap<String, Batch>>,
}

impl<'a> View<'a> {
    pub fn new(scope: &'a Scope, names: &'a Map<String, Value>, env: &'a Map<String, Value>) -> Self {
        Self { scope, names, env, item: 0, batches: RefCell::default() }
    }
}

impl Lookup for View<'_> {
    fn input(&self, pick: Pick) -> Option<&Item> {
        let items = &self.scope.inputs.first()?.as_ref()?.items;
        let item = match pick {
            Pick::Current | Pick::SameIndex => items.get(self.item),
            Pick::First => items.first(),
            Pick::Last => items.last(),
            Pick::At(index) => items.get(index),
        };
        item.map(|item| &**item)
    }

    fn node(&self, name: &str, pick: Pick) -> Result<Option<Arc<Item>>, String> {
        if pick == Pick::Current {
            return self.scope.paired(name, self.item).map(Some);
        }
        let mut batches = self.batches.borrow_mut();
        if !batches.contains_key(name) {
            batches.insert(name.to_owned(), self.scope.batch_of(name, None, None)?);
        }
        let items = &batches[name].items;
        Ok(match pick {
            Pick::First => items.first(),
            Pick::Last => items.last(),
            Pick::At(index) => items.get(index),
            Pick::Current | Pick::SameIndex => items.get(self.item),
        }
        .cloned())
    }

    fn global(&self, name: &str) -> Option<Value> {
        if name == "itemIndex" {
            return Some(self.item.into());
        }
        self.names.get(&format!("${name}")).cloned().or_else(|| self.scope.global(name, self.env))
    }
}
