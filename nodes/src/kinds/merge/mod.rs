//! Merge: brings several branches together.

mod combine;
mod join;

use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::kind::PortRule;
use flow::{Batch, Group, Item, KindDescription, Node, Origin, Ports};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::common::MAX_ITEMS;
use super::describe::{choice, describe, finding, pt, when, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

choice! {
    /// How the inputs come together.
    pub enum Mode {
        #[default]
        Append = "append", "One input after the other", "Uma entrada após a outra";
        ByFields = "by_fields", "Items with equal fields", "Itens com campos iguais";
        ByPosition = "by_position", "First with first, second with second", "Primeiro com primeiro, segundo com segundo";
        AllCombinations = "all_combinations", "Every item with every other", "Cada item com todos os outros";
        Choose = "choose", "Wait for all, pass one on", "Esperar todas, repassar uma";
    }
}

choice! {
    /// Which items leave when joining by fields.
    pub enum Join {
        #[default]
        Inner = "inner", "Matches only", "Somente correspondências";
        Left = "left", "All of the first input, with what matches", "Todos da primeira entrada, com o que corresponde";
        Right = "right", "All of the second input, with what matches", "Todos da segunda entrada, com o que corresponde";
        Outer = "outer", "Everything, matched or not", "Tudo, com ou sem correspondência";
        NonMatching = "non_matching", "Only what does not match", "Somente o que não corresponde";
    }
}

choice! {
    /// Which item's value wins when both have a field.
    pub enum Clash {
        #[default]
        Last = "last", "The later input's", "Da entrada posterior";
        First = "first", "The earlier input's", "Da entrada anterior";
        Number = "number", "Both, with the input's number in the name", "Ambos, com o número da entrada no nome";
    }
}

choice! {
    /// Which partners an item gets.
    pub enum Multiple {
        #[default]
        All = "all", "All of them", "Todas";
        First = "first", "The first one", "A primeira";
    }
}

/// Fields that must be equal.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Pair {
    /// The field in the first input.
    #[schemars(title = "Field of input 1", extend("x-pt" = pt("Campo da entrada 1", "O campo na primeira entrada.")))]
    pub left: String,
    /// The field in the other input; the same name when empty.
    #[schemars(title = "Field of input 2", extend("x-pt" = pt("Campo da entrada 2", "O campo na outra entrada; o mesmo nome quando vazio.")))]
    pub right: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// How the inputs come together.
    #[schemars(title = "Mode", extend("x-pt" = pt("Modo", "Como as entradas se juntam."), "x-no-expression" = true))]
    pub mode: Mode,
    /// How many inputs the node has.
    #[schemars(title = "Inputs", range(min = 2, max = 10), extend("x-pt" = pt("Entradas", "Quantas entradas o nó tem."), "x-no-expression" = true))]
    pub inputs: u32,
    /// Fields that must be equal for items to belong together.
    #[schemars(title = "Equal fields", extend("x-pt" = pt("Campos iguais", "Campos que devem ser iguais para que os itens pertençam um ao outro."), "x-show-when" = when("/mode", &["by_fields"])))]
    pub fields: Vec<Pair>,
    /// Which items leave.
    #[schemars(title = "Keep", extend("x-pt" = pt("Manter", "Quais itens saem."), "x-show-when" = when("/mode", &["by_fields"])))]
    pub join: Join,
    /// Which partners an item gets when several match.
    #[schemars(title = "Several matches", extend("x-pt" = pt("Várias correspondências", "Quais parceiros um item recebe quando vários correspondem."), "x-advanced" = true, "x-show-when" = when("/mode", &["by_fields"])))]
    pub multiple: Multiple,
    /// Compares values of different types by their text: 5 and "5" are equal.
    #[schemars(title = "Compare loosely", extend("x-pt" = pt("Comparar com tolerância", "Compara valores de tipos diferentes pelo texto: 5 e “5” são iguais."), "x-advanced" = true, "x-show-when" = when("/mode", &["by_fields"])))]
    pub loose: bool,
    /// Keeps items that have no partner at their position.
    #[schemars(title = "Keep items without partner", extend("x-pt" = pt("Manter itens sem par", "Mantém itens que não têm par em sua posição."), "x-show-when" = when("/mode", &["by_position"])))]
    pub keep_unpaired: bool,
    /// The input whose items are passed on, counted from 1.
    #[schemars(title = "Input to pass on", range(min = 1, max = 10), extend("x-pt" = pt("Entrada a repassar", "A entrada cujos itens são repassados, contada de 1."), "x-show-when" = when("/mode", &["choose"])))]
    pub choose: u32,
    /// Which value wins when items that are put together have the same field.
    #[schemars(title = "Same field in both", extend("x-pt" = pt("Mesmo campo em ambos", "Qual valor vence quando itens que se juntam têm o mesmo campo."), "x-advanced" = true, "x-show-when" = when("/mode", &["by_fields", "by_position", "all_combinations"])))]
    pub clash: Clash,
    /// Puts objects inside the items together field by field, instead of replacing them whole.
    #[schemars(title = "Merge inner objects", extend("x-pt" = pt("Juntar objetos internos", "Junta objetos dentro dos itens campo a campo, em vez de trocá-los por inteiro."), "x-advanced" = true, "x-show-when" = when("/mode", &["by_fields", "by_position", "all_combinations"])))]
    pub deep: bool,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            mode: Mode::Append,
            inputs: 2,
            fields: vec![Pair::default()],
            join: Join::Inner,
            multiple: Multiple::All,
            loose: false,
            keep_unpaired: false,
            choose: 1,
            clash: Clash::Last,
            deep: false,
        }
    }
}

pub struct Merge;

/// An item and where it came from.
type Made = (Arc<Item>, Vec<Origin>);

/// The items of an input with their origins.
fn of_input(context: &Context, input: usize) -> Vec<Made> {
    let batch = context.inputs.get(input).cloned().flatten().unwrap_or_default();
    let origin = |item: usize| vec![Origin { input: input as u16, item: item as u32 }];
    batch.items.iter().enumerate().map(|(i, item)| (item.clone(), origin(i))).collect()
}

fn too_many() -> NodeError {
    let text = format!("The merge makes more than {MAX_ITEMS} items. Filter the inputs before.");
    NodeError::new("too_many_items", text)
}

#[async_trait]
impl NodeKind for Merge {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["join", "combine", "append", "union", "juntar", "unir", "combinar"]),
            inputs: Ports {
                fixed: Vec::new(),
                rules: vec![PortRule::Count { pointer: "/inputs".into(), prefix: "in".into() }],
            },
            ..describe::<Parameters>(
                "merge",
                ["Merge", "Juntar"],
                ["Brings branches together", "Reúne ramos do fluxo"],
                Group::Flow,
                "merge",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let p: Parameters = context.once().await?;
        let mut inputs = (0..context.inputs.len()).map(|i| of_input(context, i));
        let made: Vec<Made> = match p.mode {
            Mode::Append => inputs.flatten().collect(),
            Mode::Choose => {
                let chosen = (p.choose.max(1) as usize) - 1;
                inputs.nth(chosen).unwrap_or_default()
            }
            Mode::ByFields => {
                let first = inputs.next().unwrap_or_default();
                let mut joined = first;
                for (n, right) in inputs.enumerate() {
                    context.breathe().await?;
                    joined = join::join(&p, joined, right, n + 2)?;
                }
                joined
            }
            Mode::ByPosition => combine::by_position(&p, inputs.collect()),
            Mode::AllCombinations => {
                let mut combined = inputs.next().unwrap_or_default();
                for (n, right) in inputs.enumerate() {
                    combined = combine::all(context, &p, combined, right, n + 2).await?;
                }
                combined
            }
        };
        Ok(Output::one(Batch::many(made)).into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let Ok(p) = crate::context::parse::<Parameters>(&node.parameters.clone().into()) else { return Vec::new() };
        let named = p.fields.iter().any(|f| !f.left.trim().is_empty() || !f.right.trim().is_empty());
        let message = [
            "Name a field that must be equal in both inputs.",
            "Informe um campo que deve ser igual nas duas entradas.",
        ];
        let missing = p.mode == Mode::ByFields && !named;
        missing.then(|| finding(node, "parameter_missing", "/fields", message)).into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
