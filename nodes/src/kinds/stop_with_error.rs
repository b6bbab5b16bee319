//! Stop with error: fails the run on purpose.

use async_trait::async_trait;
use flow::{Group, KindDescription};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::common::Json;
use super::describe::{describe, pt, words};
use crate::context::{Context, Outcome, Output};
use crate::{NodeError, NodeKind};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Parameters {
    /// What went wrong, for the people who see the failed run.
    #[schemars(title = "Message", extend("x-pt" = pt("Mensagem", "O que deu errado, para quem vê a execução que falhou."), "x-widget" = "multiline"))]
    pub message: String,
    /// A short stable word for programs, such as order_unknown.
    #[schemars(title = "Code", extend("x-pt" = pt("Código", "Uma palavra curta e estável para programas, como pedido_desconhecido."), "x-advanced" = true))]
    pub code: String,
    /// Further facts, as JSON.
    #[schemars(title = "Details", extend("x-pt" = pt("Detalhes", "Outros fatos, como JSON."), "x-advanced" = true))]
    pub details: Json,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { message: "The flow stopped on purpose.".into(), code: "stopped".into(), details: Json(Value::Null) }
    }
}

pub struct StopWithError;

impl Parameters {
    fn error(&self) -> NodeError {
        let filled = |text: &str, or: &str| if text.trim().is_empty() { or.to_owned() } else { text.trim().to_owned() };
        let details = self.details.value("“Details”").unwrap_or_else(|_| self.details.0.clone());
        NodeError::new(filled(&self.code, "stopped"), filled(&self.message, "The flow stopped on purpose."))
            .with_details(details)
    }
}

#[async_trait]
impl NodeKind for StopWithError {
    fn describe(&self) -> KindDescription {
        KindDescription {
            aliases: words(&["throw", "fail", "abort", "falhar", "parar", "erro"]),
            subtitle: "{/message}".into(),
            ..describe::<Parameters>(
                "stop_with_error",
                ["Stop with error", "Parar com erro"],
                ["Fails the run on purpose", "Faz a execução falhar"],
                Group::Flow,
                "circle-alert",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let failed = context.for_items::<Parameters>(|_, _, p| Err(p.error())).await?;
        Ok(Output { failed, ..Output::default() }.into())
    }
}
