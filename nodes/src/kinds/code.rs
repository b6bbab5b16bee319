//! Code: JavaScript over items, in a process of its own.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Group, KindDescription, Node, Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::MAX_ITEMS;
use super::describe::{choice, describe, needed, pt, words};
use crate::context::{Context, Failed, Outcome, Output};
use crate::world::{CodeRequest, CodeResult};
use crate::{NodeError, NodeKind};

choice! {
    /// How often the code runs.
    pub enum Mode {
        #[default]
        AllItems = "all_items", "Once for all items", "Uma vez para todos os itens";
        EachItem = "each_item", "Once for each item", "Uma vez para cada item";
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Whether the code runs once for all items or once for each.
    #[schemars(title = "Run", extend("x-pt" = pt("Executar", "Se o código roda uma vez para todos os itens ou uma vez para cada um."), "x-no-expression" = true))]
    pub mode: Mode,
    /// JavaScript. Once for all: $input.all() has the items; return a list of items. Once for each: $json has the
    /// item's fields; return one item. A plain object is taken as an item's fields.
    #[schemars(title = "JavaScript", extend("x-pt" = pt("JavaScript", "JavaScript. Uma vez para todos: $input.all() traz os itens; retorne uma lista de itens. Uma vez para cada: $json traz os campos do item; retorne um item. Um objeto simples é tomado como os campos de um item."), "x-widget" = "code:javascript", "x-no-expression" = true))]
    pub source: String,
    /// Seconds that the code may take before it is stopped.
    #[schemars(title = "Time limit", range(min = 1, max = 3600), extend("x-pt" = pt("Limite de tempo", "Segundos que o código pode levar antes de ser interrompido."), "x-advanced" = true))]
    pub timeout_s: u32,
    /// Memory that the code may use, in MiB.
    #[schemars(title = "Memory", range(min = 16, max = 4096), extend("x-pt" = pt("Memória", "Memória que o código pode usar, em MiB."), "x-advanced" = true))]
    pub memory_mib: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { mode: Mode::AllItems, source: "return $input.all();".into(), timeout_s: 10, memory_mib: 128 }
    }
}

pub struct Code;

/// Where an item came from: as the code says, else one by one when the counts agree, else from all.
fn origins(index: usize, given: Option<&Vec<u32>>, made: usize, input: usize) -> Vec<Origin> {
    let one = |item: u32| Origin { input: 0, item };
    match given {
        Some(list) => list.iter().filter(|&&i| (i as usize) < input).map(|&i| one(i)).collect(),
        None if made == input => vec![one(index as u32)],
        None => (0..input as u32).map(one).collect(),
    }
}

fn output(result: CodeResult, input: usize) -> Output {
    let made = result.items.len();
    let pairs = result.items.into_iter().enumerate().map(|(i, (item, from))| {
        let origins = origins(i, from.as_ref(), made, input);
        (Arc::new(item), origins)
    });
    let failed = result.failed.into_iter().filter(|(item, _)| (*item as usize) < input);
    let failed = failed.map(|(item, error)| Failed { item, error: error.at_item(item as usize) }).collect();
    Output { failed, ..Output::one(Batch::many(pairs)) }
}

#[async_trait]
impl NodeKind for Code {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["javascript", "js", "function", "script", "função", "código", "programar"]),
            ..describe::<Parameters>(
                "code",
                ["Code", "Código"],
                ["Runs your JavaScript", "Executa seu JavaScript"],
                Group::Data,
                "braces",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Parameters = context.once().await?;
        let request = CodeRequest {
            source: p.source,
            each_item: p.mode == Mode::EachItem,
            timeout: Duration::from_secs(u64::from(p.timeout_s.clamp(1, 3600))),
            memory: u64::from(p.memory_mib.clamp(16, 4096)) << 20,
            keep_going: context.keep_going,
        };
        let result = context.unless_cancelled(context.script.run_code(request)).await?;
        if result.items.len() > MAX_ITEMS {
            let text = format!("The code returned more than {MAX_ITEMS} items. Return fewer.");
            return Err(NodeError::new("too_many_items", text));
        }
        Ok(output(result, context.input().len()).into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Write the code.", "Escreva o código."];
        needed(node, "source", message).into_iter().collect()
    }
}
