//! Node kinds, previews, listening, files, health.

use flow::api::{
    CurlCommand, CurlImport, Health, Listen, Listening, PdfSignatures, Preview, PreviewExpression, PreviewSchedule,
    SchedulePreview,
};
use flow::kind::CredentialSlot;
use flow::{Group, Text as Words};
use serde::{Deserialize, Serialize};

use super::{BASE, Call, Request, Text, command, get, get_text, post};

/// What lists show of a node kind. The whole has its form, which only the editor needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KindFace {
    pub kind: String,
    pub name: Words,
    pub group: Group,
    /// Name of a symbol in the icon sprite.
    pub icon: String,
    pub credentials: Vec<CredentialSlot>,
    /// Parameters of a node that was just placed.
    pub defaults: serde_json::Value,
}

pub fn kind_faces() -> Call<Vec<KindFace>> {
    get("/node-kinds")
}

/// All node kinds: a list of [`flow::KindDescription`].
pub fn node_kinds_text() -> Call<Text> {
    get_text("/node-kinds")
}

/// What an expression gives for one item.
pub fn preview_expression(preview: &PreviewExpression) -> Call<Preview> {
    post("/expressions/preview", preview)
}

/// The next ticks of a schedule.
pub fn preview_schedule(preview: &PreviewSchedule) -> Call<SchedulePreview> {
    post("/schedules/preview", preview)
}

/// The parameters of an HTTP request node that does what a curl command does.
pub fn import_curl(command: &CurlCommand) -> Call<CurlImport> {
    post("/tools/curl", command)
}

/// Lets the draft's webhook answer one call under its test address.
pub fn listen(flow: &str, listen: &Listen) -> Call<Listening> {
    post(&format!("/flows/{flow}/listen"), listen)
}

pub fn stop_listening(flow: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/flows/{flow}/listen")))
}

pub fn health() -> Call<Health> {
    get("/health")
}

/// Address of a file, to be downloaded.
pub fn blob_url(id: &str) -> String {
    format!("{BASE}/blobs/{id}")
}

/// Address of a file, to be shown in the page.
pub fn blob_inline_url(id: &str) -> String {
    format!("{BASE}/blobs/{id}?inline=1")
}

/// What a PDF's signatures are worth, in sentences of the language with this tag.
pub fn blob_signatures(id: &str, language: &str) -> Call<PdfSignatures> {
    get(&format!("/blobs/{id}/signatures?language={language}"))
}

/// Address of the file as it was when its signature `number` (from 1) was made.
pub fn blob_revision_url(id: &str, number: usize, language: &str) -> String {
    format!("{BASE}/blobs/{id}/signatures/{number}?language={language}")
}
