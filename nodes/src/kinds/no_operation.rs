//! No operation: passes items on; a place for branches to meet.

use async_trait::async_trait;
use flow::{Group, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::describe::{describe, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {}

pub struct NoOperation;

#[async_trait]
impl NodeKind for NoOperation {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["nothing", "pass", "noop", "nada", "junção"]),
            ..describe::<Parameters>(
                "no_operation",
                ["No operation", "Nenhuma operação"],
                ["Passes items on unchanged", "Repassa itens sem mudança"],
                Group::Flow,
                "minus",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        Ok(Output::one(context.input()).into())
    }
}
