//! Runs and their steps.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow::TriggerKind;
use flow::api::{Page, Problem, RetryRun, RunDetail, RunSummary, StartRun, StepItems};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::access::{Editor, Viewer};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Path, Query};
use crate::engine::Side;
use crate::flows;
use crate::store::{PageOf, RunFilter};

/// Starts a run of the draft, or of the published version, by hand. The answer comes when the run is durable, not when it ends.
#[utoipa::path(post, path = "/flows/{id}/runs", tag = "Runs", request_body = Option<StartRun>,
    responses((status = 202, body = RunSummary), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn start(
    State(app): State<App>,
    _: Editor,
    Path(id): Path<String>,
    body: Option<Body<StartRun>>,
) -> ApiResult<(StatusCode, Json<RunSummary>)> {
    let request = body.map(|Body(body)| body).unwrap_or_default();
    let start = flows::start::by_hand(&app.store, &app.registry, &id, request, TriggerKind::Manual).await?;
    let run = app.engine.submit(start).await?;
    Ok((StatusCode::ACCEPTED, Json(flows::runs::summary(&app.store, &run).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// Flow id.
    flow: Option<String>,
    /// One or several states, separated by commas.
    status: Option<String>,
    /// What started it: one or several, separated by commas.
    trigger: Option<String>,
    /// Earliest start, RFC 3339.
    from: Option<String>,
    /// Latest start, RFC 3339.
    to: Option<String>,
    cursor: Option<String>,
    /// 1–200, 50 when absent.
    limit: Option<u32>,
}

/// Runs, newest first.
#[utoipa::path(get, path = "/runs", tag = "Runs", params(List),
    responses((status = 200, body = Page<RunSummary>), (status = 400, body = Problem)))]
pub async fn list(State(app): State<App>, _: Viewer, Query(query): Query<List>) -> ApiResult<Json<Page<RunSummary>>> {
    let filter = RunFilter {
        flow: query.flow,
        status: names(query.status.as_deref(), flow::RunStatus::parse, "status")?,
        trigger: names(query.trigger.as_deref(), TriggerKind::parse, "trigger")?,
        from: time(query.from.as_deref(), "from")?,
        to: time(query.to.as_deref(), "to")?,
        page: PageOf { cursor: query.cursor, limit: query.limit },
    };
    Ok(Json(app.store.runs(filter).await?))
}

/// A run with what was run and its steps.
#[utoipa::path(get, path = "/runs/{id}", tag = "Runs",
    responses((status = 200, body = RunDetail), (status = 404, body = Problem)))]
pub async fn show(State(app): State<App>, _: Viewer, Path(id): Path<String>) -> ApiResult<Json<RunDetail>> {
    let document = flows::runs::document(&app.store, &id).await?;
    let mut run = flows::runs::summary(&app.store, &id).await?;
    // The steps of a run at work come before it: an event between the two is then sent again rather than lost.
    let (mut last_event, mut steps) = app.engine.steps(&id).await?;
    if !run.status.is_final() {
        run = flows::runs::summary(&app.store, &id).await?;
        if run.status.is_final() {
            // It ended in between, and its steps with it.
            (last_event, steps) = app.engine.steps(&id).await?;
        }
    }
    Ok(Json(RunDetail { run, document: (*document).clone(), steps, last_event }))
}

/// Deletes a run that has ended; its files follow within the hour.
#[utoipa::path(delete, path = "/runs/{id}", tag = "Runs",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(State(app): State<App>, _: Editor, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let run = flows::runs::summary(&app.store, &id).await?;
    if !run.status.is_final() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "run_active",
            "The run has not ended. Cancel it first, then delete it.",
        ));
    }
    app.store.delete_runs(std::slice::from_ref(&id)).await?;
    // Its files go with the next sweep.
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels a run; steps that are at work are stopped.
#[utoipa::path(post, path = "/runs/{id}/cancel", tag = "Runs",
    responses((status = 202, body = RunSummary), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn cancel(
    State(app): State<App>,
    Editor(caller): Editor,
    Path(id): Path<String>,
) -> ApiResult<(StatusCode, Json<RunSummary>)> {
    app.engine.cancel(&id, &caller.name).await?;
    // A run of another server's, or of nobody yet, may have Jobs that nobody here waits for.
    app.cluster.sweep();
    Ok((StatusCode::ACCEPTED, Json(flows::runs::summary(&app.store, &id).await?)))
}

/// Goes on from the failed step, as a new run.
#[utoipa::path(post, path = "/runs/{id}/retry", tag = "Runs", request_body = Option<RetryRun>,
    responses((status = 202, body = RunSummary), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn retry(
    State(app): State<App>,
    _: Editor,
    Path(id): Path<String>,
    body: Option<Body<RetryRun>>,
) -> ApiResult<(StatusCode, Json<RunSummary>)> {
    let newest = match body {
        Some(Body(RetryRun { newest: true })) => Some(flows::runs::newest(&app.store, &id).await?),
        _ => None,
    };
    let run = app.engine.retry(&id, newest).await?;
    Ok((StatusCode::ACCEPTED, Json(flows::runs::summary(&app.store, &run).await?)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Items {
    /// `input` or `output` (the default).
    side: Option<String>,
    /// Port name; the first one when absent.
    port: Option<String>,
    offset: Option<u32>,
    /// 1–1000, 50 when absent.
    limit: Option<u32>,
}

/// Items that reached or left a step.
#[utoipa::path(get, path = "/runs/{id}/steps/{seq}/items", tag = "Runs", params(Items),
    responses((status = 200, body = StepItems), (status = 404, body = Problem)))]
pub async fn items(
    State(app): State<App>,
    _: Viewer,
    Path((id, seq)): Path<(String, u32)>,
    Query(query): Query<Items>,
) -> ApiResult<Json<StepItems>> {
    let side = match query.side.as_deref() {
        None | Some("output") => Side::Output,
        Some("input") => Side::Input,
        Some(other) => {
            return Err(ApiError::bad_request("query_invalid", format!("'{other}' is no side; use input or output.")));
        }
    };
    let port = query.port.unwrap_or_default();
    let limit = query.limit.unwrap_or(50).clamp(1, 1000);
    Ok(Json(app.engine.step_items(&id, seq, side, &port, query.offset.unwrap_or(0), limit).await?))
}

fn names<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>, what: &str) -> ApiResult<Vec<T>> {
    let words = text.unwrap_or("").split(',').map(str::trim).filter(|word| !word.is_empty());
    words
        .map(|word| {
            parse(word)
                .ok_or_else(|| ApiError::bad_request("query_invalid", format!("'{word}' is no {what} of a run.")))
        })
        .collect()
}

fn time(text: Option<&str>, what: &str) -> ApiResult<Option<i64>> {
    text.map(|text| {
        text.parse::<jiff::Timestamp>().map(|t| t.as_millisecond()).map_err(|_| {
            ApiError::bad_request("query_invalid", format!("'{text}' in '{what}' is no time by RFC 3339."))
        })
    })
    .transpose()
}
