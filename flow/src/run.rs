//! The record of a run: its state, its steps, their errors.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Text;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Queued,
    Running,
    Waiting,
    Succeeded,
    Failed,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Running,
    Waiting,
    Succeeded,
    Failed,
    Cancelled,
}

/// What started a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TriggerKind {
    Manual,
    Webhook,
    /// A call of the test URL while somebody listens in the editor.
    WebhookTest,
    Schedule,
    Retry,
    Api,
}

/// Why a step or a run failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{message}")]
pub struct RunError {
    /// Stable, `snake_case`, for example `http_status`.
    pub code: String,
    /// One plain sentence: what happened. What to do.
    pub message: String,
    /// Node id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Index of the input item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// More for people who look closer, secrets removed; for HTTP: request, status, the body's first 4 KiB.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Value,
}

/// Name in [`RunError::details`] of the message in Brazilian Portuguese.
const MESSAGE_PT: &str = "message_pt";

impl RunError {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), node: None, item: None, details: Value::Null }
    }

    /// The message for people: in English where its author gave it in no other language.
    pub fn said(&self) -> Text {
        let pt = self.details.get(MESSAGE_PT).and_then(Value::as_str).unwrap_or(&self.message);
        Text::new(&self.message, pt)
    }

    /// The details beyond the message, if there are any.
    pub fn more(&self) -> Option<Value> {
        let mut details = self.details.clone();
        if let Value::Object(map) = &mut details {
            map.remove(MESSAGE_PT);
            return (!map.is_empty()).then_some(details);
        }
        (!details.is_null()).then_some(details)
    }
}

impl RunStatus {
    /// Nothing more will happen.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting, Self::Succeeded, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

impl StepStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Waiting, Self::Succeeded, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}

impl TriggerKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Webhook => "webhook",
            Self::WebhookTest => "webhook_test",
            Self::Schedule => "schedule",
            Self::Retry => "retry",
            Self::Api => "api",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Manual, Self::Webhook, Self::WebhookTest, Self::Schedule, Self::Retry, Self::Api]
            .into_iter()
            .find(|s| s.as_str() == text)
    }
}
