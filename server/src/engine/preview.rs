//! Previews of expressions: what a template gives with the items of a run, without running anything.
//!
//! Of a run in the database only those steps are read that the expression can see; a run may hold far more.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use flow::api::{Preview, PreviewExpression};
use flow::{Batch, RunStatus, StepStatus, TriggerKind};
use serde_json::{Map, Value};

use super::live::{Facts, Live};
use super::plan::{Next, Source};
use super::{Engine, EngineError, Prepared, Shared, checkpoint, recover, step as steps, views};
use crate::script::Compiled;
use crate::store::{RunRow, StepRow};

impl Engine {
    /// What a template gives for one item of a run, without running anything.
    pub async fn preview(&self, request: PreviewExpression) -> Result<Preview, EngineError> {
        let PreviewExpression { document, node, expression, run, item } = request;
        let prepared = Arc::new(Prepared::new(Arc::new(document), None, &self.shared.registry));
        let Some(index) = prepared.graph.index(&node) else { return Err(EngineError::NotFound) };
        let live = match run {
            None => Arc::new(Live::new(nobody(), Arc::clone(&prepared), RunStatus::Running, None)),
            Some(run) => match self.shared.live(&run) {
                Some(live) if live.prepared.graph.index(&node).is_some() => live,
                _ => Arc::new(self.shared.seen(&run, &prepared, index, &expression).await?),
            },
        };
        let index = live.prepared.graph.index(&node).unwrap_or(index);
        let next = arrived(&live, index);
        let inputs = {
            let state = live.read();
            next.inputs.iter().map(|source| source.and_then(|s| state.batch(s).cloned())).collect()
        };
        let scope = Arc::new(steps::scope(&self.shared, &live, &next, inputs));
        let template = if expression.starts_with('=') { expression } else { format!("={expression}") };
        let compiled = Compiled::value(&Value::String(template));
        let value = compiled.resolve_one(&self.shared.script, &scope, item as usize, &Map::new()).await;
        Ok(match value {
            Ok(value) => Preview { value: Some(value), error: None },
            Err(error) => Preview { value: None, error: Some(error.into()) },
        })
    }
}

impl Shared {
    /// A run in the database, with the items that an expression of `node` can see.
    async fn seen(
        &self,
        run: &str,
        prepared: &Arc<Prepared>,
        node: u32,
        expression: &str,
    ) -> Result<Live, EngineError> {
        let row = self.store.run(run).await?;
        let mut rows = self.store.steps(run).await?;
        let mut data = HashMap::new();
        let mut wanted = wanted(&outline(&row, prepared, &rows)?, node, &rows, expression);
        while !wanted.is_empty() {
            let read = self.store.data_of_steps(run, &wanted.iter().copied().collect::<Vec<_>>()).await?;
            // Items that only passed through a step are kept with the one that made them.
            wanted = read.values().flat_map(|data| checkpoint::makers(data)).collect();
            data.extend(read);
            wanted.retain(|seq| !data.contains_key(seq));
        }
        for row in &mut rows {
            row.data = data.remove(&row.seq);
        }
        let live = Live::new(recover::facts(&row), Arc::clone(prepared), row.status, row.started_at);
        recover::fill(&live, &rows)?;
        Ok(live)
    }
}

/// The run with empty batches where its steps sent something.
fn outline(row: &RunRow, prepared: &Arc<Prepared>, rows: &[StepRow]) -> Result<Live, EngineError> {
    let live = Live::new(recover::facts(row), Arc::clone(prepared), row.status, row.started_at);
    recover::fill(&live, rows)?;
    for step in rows.iter().filter(|step| step.status == StepStatus::Succeeded) {
        let sent = views::step(step).outputs;
        live.update(step.seq, |record| {
            let ports = sent.iter().filter(|(_, count)| **count > 0);
            let known = ports.filter_map(|(port, _)| prepared.output_index(record.node, port));
            record.outputs = known.map(|port| (port, Batch::default())).collect();
        });
    }
    Ok(live)
}

/// The steps whose items an expression can see: those that reach the node; and when it names other nodes, theirs and all
/// on the way, which say where items came from.
fn wanted(outline: &Live, node: u32, rows: &[StepRow], expression: &str) -> BTreeSet<u32> {
    let mut wanted: BTreeSet<u32> = arrived(outline, node).inputs.iter().flatten().map(|source| source.seq).collect();
    let nodes = &outline.prepared.document.nodes;
    let named: Vec<&str> = nodes.iter().filter(|n| expression.contains(&n.name)).map(|n| n.id.as_str()).collect();
    // A name that is put together or escaped can be any.
    let looks_back = expression.contains("$(") || expression.contains("$node") || expression.contains("$items");
    if looks_back && (named.is_empty() || expression.contains('\\')) {
        return rows.iter().map(|step| step.seq).collect();
    }
    if !named.is_empty() {
        let by_seq: HashMap<u32, &StepRow> = rows.iter().map(|step| (step.seq, step)).collect();
        let mut open: Vec<u32> = wanted.iter().copied().collect();
        while let Some(seq) = open.pop() {
            let before = by_seq.get(&seq).map(|step| views::inputs(step)).unwrap_or_default();
            open.extend(before.iter().map(|input| input.from_seq).filter(|seq| wanted.insert(*seq)));
        }
        wanted.extend(rows.iter().filter(|step| named.contains(&step.node.as_str())).map(|step| step.seq));
    }
    wanted
}

/// What reached a node: in its last step, or what the nodes before it sent last.
fn arrived(live: &Live, node: u32) -> Next {
    let state = live.read();
    if let Some(record) = state.of_node(node).next_back() {
        return Next { seq: record.seq, node, run_index: record.run_index, inputs: record.inputs.clone() };
    }
    let graph = &live.prepared.graph;
    let mut inputs = vec![None; graph.node(node).inputs.len()];
    for (from, drawn) in graph.nodes.iter().zip(0u32..).map(|(drawn, from)| (from, drawn)) {
        for target in drawn.targets.iter().filter(|t| t.to == node) {
            let last = state.of_node(from).rfind(|r| r.output(target.port).is_some());
            if let (Some(record), Some(input)) = (last, inputs.get_mut(usize::from(target.input))) {
                input.get_or_insert(Source { seq: record.seq, port: target.port });
            }
        }
    }
    Next { seq: 0, node, run_index: 0, inputs }
}

fn nobody() -> Facts {
    Facts {
        id: String::new(),
        flow_id: String::new(),
        flow_name: String::new(),
        trigger: TriggerKind::Manual,
        trigger_node: String::new(),
        until: None,
        retry_of: None,
        created_at: 0,
        on_cluster: false,
    }
}
