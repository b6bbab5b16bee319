//! Node kinds, previews, listening, files, health.

use flow::KindDescription;
use flow::api::{
    CurlCommand, CurlImport, Health, Listen, Listening, Preview, PreviewExpression, PreviewSchedule, SchedulePreview,
};

use super::{BASE, Call, Request, command, get, post};

pub fn node_kinds() -> Call<Vec<KindDescription>> {
    get("/node-kinds")
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
