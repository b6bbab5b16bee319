//! If: sends each item one of two ways.

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Group, KindDescription, Node, Port, Ports};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conditions::{self, Comparer, Conditions};
use super::describe::{describe, pt, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Items for which the conditions hold leave by "true", the others by "false".
    #[schemars(title = "Conditions", extend("x-pt" = pt("Condições", "Itens para os quais as condições valem saem por “verdadeiro”, os outros por “falso”."), "x-widget" = "conditions"))]
    pub conditions: Conditions,
}

pub struct If;

#[async_trait]
impl NodeKind for If {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["condition", "branch", "condição", "se", "decisão", "boolean"]),
            outputs: Ports {
                fixed: vec![Port::new("true", "true", "verdadeiro"), Port::new("false", "false", "falso")],
                rules: Vec::new(),
            },
            ..describe::<Parameters>(
                "if",
                ["If", "Se"],
                ["Sends items two ways", "Envia itens por dois caminhos"],
                Group::Flow,
                "split",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let mut comparer = Comparer::new(&context.timezone);
        let (mut yes, mut no) = (Vec::new(), Vec::new());
        let failed = context
            .for_items::<Parameters>(|i, item, p| {
                let side = if p.conditions.hold(&mut comparer)? { &mut yes } else { &mut no };
                side.push((item.clone(), i));
                Ok(())
            })
            .await?;
        let ports = vec![("true".to_owned(), Batch::each(yes)), ("false".to_owned(), Batch::each(no))];
        Ok(Output { ports, failed, answer: None }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        conditions::check(node, "/conditions", node.parameters.get("conditions"))
    }
}
