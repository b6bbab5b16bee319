//! Rows of everything but runs and steps. Times are milliseconds UTC.

use std::sync::Arc;

use flow::api::Role;
use serde_json::{Map, Value};

use super::PageOf;
use crate::vault::Sealed;

/// A flow with its draft.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRow {
    pub id: String,
    pub name: String,
    pub description: String,
    /// JSON of the drawn flow; empty in lists.
    pub draft: Arc<str>,
    /// Grows with every save.
    pub revision: u32,
    /// The version that triggers use.
    pub published: Option<PublishedRow>,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
}

/// The active version of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedRow {
    pub version_id: String,
    pub number: u32,
    /// Revision of the draft that it was made from.
    pub revision: u32,
}

impl FlowRow {
    /// The draft differs from the published version (true as well when nothing is published).
    pub fn draft_changed(&self) -> bool {
        self.published.as_ref().is_none_or(|p| p.revision != self.revision)
    }
}

/// Which flows a list shows; last changed first.
#[derive(Clone, Debug, Default)]
pub struct FlowFilter {
    /// Part of the name or description, case ignored.
    pub search: Option<String>,
    pub page: PageOf,
}

/// An immutable saved state of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRow {
    pub id: String,
    pub flow_id: String,
    pub number: u32,
    /// What changed, in a few words.
    pub name: String,
    /// JSON of the flow; empty in lists.
    pub document: Arc<str>,
    pub created_at: i64,
    pub created_by: String,
    pub published: bool,
}

/// What [`super::Store::publish`] makes active.
#[derive(Clone, Debug)]
pub struct PublishRow {
    pub flow: String,
    /// What changed, in a few words.
    pub name: String,
    /// JSON of the flow.
    pub document: Arc<str>,
    /// Revision of the draft that `document` is.
    pub revision: u32,
    pub by: String,
    pub webhooks: Vec<NewWebhook>,
    pub schedules: Vec<NewSchedule>,
}

/// A webhook of a flow that is being published; one for each method.
#[derive(Clone, Debug, PartialEq)]
pub struct NewWebhook {
    pub node: String,
    /// `GET`, `POST`…
    pub method: String,
    /// As written: `orders/:id`.
    pub path: String,
    /// With every parameter as `:`; what is unique: `orders/:`.
    pub normalised: String,
}

/// A schedule of a flow that is being published.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSchedule {
    pub node: String,
    /// JSON.
    pub spec: Arc<str>,
    pub next_at: Option<i64>,
}

/// An active webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookRow {
    pub flow_id: String,
    pub flow_name: String,
    pub version_id: String,
    pub version_number: u32,
    pub node: String,
    pub method: String,
    pub path: String,
    pub normalised: String,
}

/// An active schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleRow {
    /// `flow:node`; stays when the flow is published again, so a tick can't fire twice.
    pub id: String,
    pub flow_id: String,
    pub flow_name: String,
    pub version_id: String,
    pub version_number: u32,
    pub node: String,
    /// JSON.
    pub spec: Arc<str>,
    /// Absent when it never comes due again.
    pub next_at: Option<i64>,
    /// Its last tick.
    pub last_at: Option<i64>,
}

/// A credential; its values are readable by the vault only.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialRow {
    pub id: String,
    pub name: String,
    pub kind: String,
    /// What may be shown.
    pub summary: Map<String, Value>,
    pub sealed: Sealed,
    pub created_at: i64,
    pub updated_at: i64,
    pub updated_by: String,
    /// When its certificate ends; absent for kinds without one, and until an older credential's certificate was read.
    pub expires_at: Option<i64>,
}

/// A credential whose certificate ends soon or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringRow {
    pub id: String,
    pub name: String,
    pub expires_at: i64,
}

/// A person who may sign in.
#[derive(Clone, PartialEq)]
pub struct UserRow {
    pub id: String,
    /// In lower case.
    pub email: String,
    pub name: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    pub role: Role,
    pub disabled: bool,
    pub created_at: i64,
    pub last_seen_at: Option<i64>,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A change of a user; absent fields stay.
#[derive(Clone, Default)]
pub struct UserPatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
    pub password_hash: Option<String>,
    /// The session that goes on when a new password ends the others.
    pub keep_session: Option<String>,
}

/// A signed-in browser: the family of its refresh tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionRow {
    pub id: String,
    pub user_id: String,
    /// Number of the refresh token that is good now.
    pub generation: u32,
    pub created_at: i64,
    /// When that token was given out.
    pub rotated_at: i64,
    pub expires_at: i64,
    pub revoked_at: Option<i64>,
    /// Network address that it was started from.
    pub address: String,
    /// What the browser called itself.
    pub agent: String,
}

/// An API key; the key itself is not stored.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRow {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// The first characters.
    pub prefix: String,
    /// SHA-256 of the key, hexadecimal.
    pub hash: String,
    pub created_by: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub expires_at: Option<i64>,
}

/// A file in the blob store.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobRow {
    pub id: String,
    /// The run that it belongs to, and goes with.
    pub run_id: Option<String>,
    pub file_name: String,
    pub mime: String,
    pub size: u64,
    pub created_at: i64,
}

/// Failed sign-ins for an e-mail address, a network address or both together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Attempts {
    pub failures: u32,
    /// The first one that counts.
    pub since: i64,
    pub last_at: i64,
}
