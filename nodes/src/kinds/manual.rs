//! Manual: starts a run when somebody clicks.

use async_trait::async_trait;
use flow::{Group, Item, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::describe::{describe, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {}

pub struct Manual;

#[async_trait]
impl NodeKind for Manual {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["start", "click", "button", "test", "iniciar", "clique", "botão"]),
            ..describe::<Parameters>(
                "manual",
                ["Manual", "Manual"],
                ["Starts with a click", "Inicia com um clique"],
                Group::Trigger,
                "mouse-pointer-click",
            )
        }
    }

    async fn run(&self, _: &Context) -> Result<Outcome, NodeError> {
        Ok(Output::fresh(vec![Item::default()]).into())
    }
}
