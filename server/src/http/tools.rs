//! Previews for the editor.

use axum::Json;
use axum::extract::State;
use flow::api::{
    CurlCommand, CurlCredential, CurlImport, Preview, PreviewExpression, PreviewSchedule, Problem, SchedulePreview,
    Tick,
};
use jiff::Timestamp;
use nodes::kinds::http_request::curl;
use nodes::schedule::Spec;

use super::App;
use super::access::{Editor, Viewer};
use super::error::{ApiError, ApiResult};
use super::extract::Body;
use crate::store::time;

/// Due times that a preview shows.
const TICKS: usize = 5;

/// What an expression gives for one item of a run. An expression that fails is an answer too, with `error`.
#[utoipa::path(post, path = "/expressions/preview", tag = "Editor", request_body = PreviewExpression,
    responses((status = 200, body = Preview), (status = 404, body = Problem)))]
pub async fn preview_expression(
    State(app): State<App>,
    _: Editor,
    Body(request): Body<PreviewExpression>,
) -> ApiResult<Json<Preview>> {
    Ok(Json(app.engine.preview(request).await?))
}

/// The parameters of an HTTP request node that does what a curl command does. What the command shows of its sender is told
/// apart, so that it can be stored as a credential.
#[utoipa::path(post, path = "/tools/curl", tag = "Editor", request_body = CurlCommand,
    responses((status = 200, body = CurlImport), (status = 422, body = Problem)))]
pub async fn import_curl(_: Editor, Body(request): Body<CurlCommand>) -> ApiResult<Json<CurlImport>> {
    let imported =
        curl::from_curl(&request.command).map_err(|e| ApiError::unprocessable(e.code, e.message).at("/command"))?;
    let credential = imported.credential.map(|(kind, secret)| CurlCredential { kind, secret });
    Ok(Json(CurlImport { parameters: imported.parameters, credential, ignored: imported.ignored }))
}

/// The next five due times of a schedule node's parameters, and the schedule in words.
#[utoipa::path(post, path = "/schedules/preview", tag = "Editor", request_body = PreviewSchedule,
    responses((status = 200, body = SchedulePreview), (status = 422, body = Problem)))]
pub async fn preview_schedule(
    State(app): State<App>,
    _: Viewer,
    Body(request): Body<PreviewSchedule>,
) -> ApiResult<Json<SchedulePreview>> {
    let spec: Spec = serde_json::from_value(request.parameters)
        .map_err(|e| ApiError::unprocessable("schedule_invalid", format!("The schedule does not fit: {e}.")))?;
    let zone = request.timezone.filter(|z| !z.is_empty()).unwrap_or_else(|| app.options.timezone.clone());
    let due = spec
        .due(&zone)
        .map_err(|e| ApiError::unprocessable("schedule_invalid", e.message.en.clone()).at(e.pointer).with(e.message))?;
    let mut next = Vec::with_capacity(TICKS);
    let mut last = Timestamp::now();
    while let Some(at) = due.next_after(last).filter(|_| next.len() < TICKS) {
        let local = at.to_zoned(due.zone().clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string();
        next.push(Tick { at: time::rfc3339(at.as_millisecond()), local });
        last = at;
    }
    Ok(Json(SchedulePreview { words: spec.words(&zone), next }))
}
