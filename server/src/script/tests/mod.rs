//! Expressions and code through their real parts: QuickJS and runner processes.

mod code;
mod compiled;
mod dates;
mod escapes;
mod extensions;
mod laws;
mod roots;

use std::collections::HashMap;
use std::sync::Arc;

use flow::{Batch, BlobRef, Edge, Flow, Item, Node, TriggerKind};
use nodes::NodeError;
use serde_json::{Map, Value, json};

use super::{Compiled, Engine, EngineOptions, History, NodeRun, Previous, Scope};

/// Nodes that ran; item *i* of each came from item *i* of the first input.
#[derive(Default)]
pub(super) struct Past(pub HashMap<String, Vec<NodeRun>>);

impl History for Past {
    fn runs_of(&self, node_name: &str) -> Vec<NodeRun> {
        self.0.get(node_name).cloned().unwrap_or_default()
    }

    fn paired(&self, node_name: &str, _input: usize, item: usize) -> Result<Arc<Item>, String> {
        let runs = self.runs_of(node_name);
        let batch = runs.last().and_then(|run| run.outputs.first()).map(|(_, batch)| batch.clone()).unwrap_or_default();
        batch
            .items
            .get(item)
            .cloned()
            .ok_or_else(|| format!("Item {item} has no one item of “{node_name}”. Use first()."))
    }
}

pub(super) fn item(json: Value) -> Item {
    Item::from_value(json)
}

pub(super) fn blob(id: &str) -> BlobRef {
    BlobRef { id: id.into(), file_name: format!("{id}.pdf"), mime: "application/pdf".into(), size: 12 }
}

/// A flow of `Start` → `Here`; `Never` stands aside. `Start` ran with the items that `Here` gets.
pub(super) fn scope(items: Vec<Item>) -> Scope {
    let node = |id: &str, name: &str| Node {
        id: id.into(),
        name: name.into(),
        kind: "set".into(),
        kind_version: 1,
        ..Node::default()
    };
    let mut here = node("h", "Here");
    here.parameters.insert("note".into(), json!("={{ 1 }}"));
    let flow = Flow {
        name: "Orders".into(),
        nodes: vec![node("s", "Start"), here.clone(), node("n", "Never")],
        edges: vec![Edge { from: "s".into(), from_port: "out".into(), to: "h".into(), to_port: "in".into() }],
        ..Flow::default()
    };
    let batch = Batch::same(items);
    let past = Past(HashMap::from([(
        "Start".to_owned(),
        vec![NodeRun { outputs: vec![("other".into(), Batch::default()), ("out".into(), batch.clone())] }],
    )]));
    let mut paired = past;
    // `paired` looks at the first output; give it the items.
    if let Some(run) = paired.0.get_mut("Start").and_then(|runs| runs.first_mut()) {
        run.outputs.reverse();
    }
    Scope {
        flow: Arc::new(flow),
        flow_id: "f1".into(),
        run_id: "r1".into(),
        mode: TriggerKind::Webhook,
        node: Arc::new(here),
        run_index: 2,
        inputs: vec![Some(batch)],
        previous: Some(Previous { node_name: "Start".into(), output: 0, run_index: 1 }),
        vars: Arc::new(Map::from_iter([("region".to_owned(), json!("eu"))])),
        timezone: "America/Sao_Paulo".into(),
        // 2026-11-23 10:20:24.123 in São Paulo, a Monday.
        now: "2026-11-23T13:20:24.123Z".parse().unwrap(),
        history: Arc::new(paired),
    }
}

pub(super) fn order() -> Item {
    let mut order = item(json!({
        "name": "Ana", "price": 19.5, "count": 3, "tags": ["a", "b", "b"], "empty": "", "nothing": null,
        "customer": { "mail": "ana@example.com", "address": { "city": "Recife" } }, "odd key": 1, "values": [10, 20],
    }));
    order.binary.insert("data".into(), blob("b1"));
    order
}

thread_local! {
    /// One engine for each test thread: starting threads for every check would be slow.
    static ENGINE: Engine = Engine::start(EngineOptions { threads: 1, env: Map::from_iter([("STAGE".to_owned(), json!("test"))]), ..EngineOptions::default() });
}

pub(super) fn engine() -> Engine {
    ENGINE.with(Clone::clone)
}

pub(super) fn wait<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(super) fn resolve(scope: &Arc<Scope>, template: &str, index: usize) -> Result<Value, NodeError> {
    let compiled = Compiled::value(&Value::String(format!("={template}")));
    wait(compiled.resolve_one(&engine(), scope, index, &Map::new()))
}

/// What an expression gives for [`order`].
pub(super) fn check(expression: &str, expected: Value) {
    let scope = Arc::new(scope(vec![order(), item(json!({ "name": "Bo", "price": 5 }))]));
    let got = resolve(&scope, &format!("{{{{ {expression} }}}}"), 0);
    assert_eq!(got, Ok(expected), "for {expression}");
}

/// The code of an expression's error, and a part of its sentence.
pub(super) fn check_error(expression: &str, code: &str, part: &str) {
    let scope = Arc::new(scope(vec![order()]));
    match resolve(&scope, &format!("{{{{ {expression} }}}}"), 0) {
        Ok(value) => panic!("{expression} gave {value}"),
        Err(e) => {
            assert_eq!(e.code, code, "for {expression}: {e}");
            assert!(e.message.contains(part), "for {expression}: {e}");
        }
    }
}
