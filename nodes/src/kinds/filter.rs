//! Filter: lets the items pass for which conditions hold.

use async_trait::async_trait;
use flow::check::Finding;
use flow::graph::OUTPUT;
use flow::kind::PortRule;
use flow::{Batch, Group, KindDescription, Node, Port, Ports};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::conditions::{self, Comparer, Conditions};
use super::describe::{describe, pt, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// Items for which the conditions hold pass; the others end here.
    #[schemars(title = "Conditions", extend("x-pt" = pt("Condições", "Itens para os quais as condições valem passam; os outros terminam aqui."), "x-widget" = "conditions"))]
    pub conditions: Conditions,
    /// Adds an output for the items that do not pass.
    #[schemars(title = "Output for the rest", extend("x-pt" = pt("Saída para o resto", "Acrescenta uma saída para os itens que não passam."), "x-advanced" = true, "x-no-expression" = true))]
    pub output_rest: bool,
}

pub struct Filter;

const REST: &str = "rest";

#[async_trait]
impl NodeKind for Filter {
    fn describe(&self) -> KindDescription {
        let rest = Port::new(REST, "the rest", "o resto");
        KindDescription {
            aliases: words(&["where", "remove", "only", "filtrar", "somente"]),
            outputs: Ports {
                fixed: vec![Port::new(OUTPUT, "kept", "mantidos")],
                rules: vec![PortRule::When { pointer: "/output_rest".into(), equals: json!(true), port: rest }],
            },
            ..describe::<Parameters>(
                "filter",
                ["Filter", "Filtrar"],
                ["Keeps items that match", "Mantém itens que atendem"],
                Group::Flow,
                "list-filter",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let mut comparer = Comparer::new(&context.timezone);
        let (mut kept, mut rest) = (Vec::new(), Vec::new());
        let failed = context
            .for_items::<Parameters>(|i, item, p| {
                if p.conditions.hold(&mut comparer)? {
                    kept.push((item.clone(), i));
                } else if p.output_rest {
                    rest.push((item.clone(), i));
                }
                Ok(())
            })
            .await?;
        let mut ports = vec![(OUTPUT.to_owned(), Batch::each(kept))];
        if !rest.is_empty() {
            ports.push((REST.to_owned(), Batch::each(rest)));
        }
        Ok(Output { ports, failed, answer: None }.into())
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        conditions::check(node, "/conditions", node.parameters.get("conditions"))
    }
}
