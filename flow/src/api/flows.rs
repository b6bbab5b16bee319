//! Flows and their versions.

use serde::{Deserialize, Serialize};

use super::{RunSummary, Time};
use crate::changes::Changes;
use crate::check::Finding;
use crate::graph::Flow;
use crate::text::Text;

/// A row of the flows page. `GET /api/v1/flows?search=&cursor=&limit=`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowSummary {
    pub id: String,
    pub name: String,
    pub description: String,
    /// Number of the version that triggers use; absent while none is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<u32>,
    /// The draft differs from the published version.
    pub draft_changed: bool,
    /// Kinds of its trigger nodes.
    pub triggers: Vec<String>,
    /// Number of nodes.
    pub nodes: u32,
    pub created_at: Time,
    pub updated_at: Time,
    /// Name or e-mail address of who saved last.
    pub updated_by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run: Option<RunSummary>,
    /// When its next tick is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_tick: Option<Time>,
}

/// A flow with its draft. `GET|PUT /api/v1/flows/{id}`; `PUT` takes a [`Flow`] and `If-Match` with the ETag of the last answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FlowDetail {
    #[serde(flatten)]
    pub summary: FlowSummary,
    /// Grows with every save; the ETag is `"{revision}"`.
    pub revision: u32,
    pub draft: Flow,
    /// What is wrong with the draft; errors keep it from being published.
    pub findings: Vec<Finding>,
    /// Where its webhooks answer, by node id.
    pub webhooks: Vec<WebhookAddress>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookAddress {
    pub node: String,
    pub methods: Vec<String>,
    /// `http(s)://host/webhook/…`
    pub url: String,
    /// `http(s)://host/webhook-test/…`, answers while somebody listens.
    pub test_url: String,
}

/// `POST /api/v1/flows`: an empty flow, a document, or a copy of a flow of the gallery.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewFlow {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub document: Option<Flow>,
    /// Id of a [`GalleryFlow`].
    #[serde(default)]
    pub gallery: Option<String>,
}

/// `more` of the problem `conflict`: somebody saved in between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict {
    /// Who saved.
    pub by: String,
    pub at: Time,
    pub revision: u32,
    /// What was changed since the state that the sender started from.
    pub changed: Changes,
}

/// An immutable saved state. `GET /api/v1/flows/{id}/versions`, `POST /api/v1/flows/{id}/publish`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Version {
    pub id: String,
    /// 1, 2, 3… within the flow.
    pub number: u32,
    pub name: String,
    pub created_at: Time,
    pub created_by: String,
    pub published: bool,
}

/// `GET /api/v1/flows/{id}/versions/{number}`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionDetail {
    #[serde(flatten)]
    pub version: Version,
    pub document: Flow,
}

/// `POST /api/v1/flows/{id}/publish`
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Publish {
    /// What changed, in a few words.
    #[serde(default)]
    pub name: String,
    /// Number of the version to switch on again, as it is; a new version of the draft when absent.
    #[serde(default)]
    pub version: Option<u32>,
}

/// A working flow to start from. `GET /api/v1/gallery`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GalleryFlow {
    pub id: String,
    pub name: Text,
    pub description: Text,
    pub document: Flow,
}
