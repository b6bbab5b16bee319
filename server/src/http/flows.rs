//! Flows and their versions. What may happen to them is decided in [`crate::flows`].

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::Flow;
use flow::api::{
    FlowDetail, FlowEvent, FlowSummary, Listen, Listening, NewFlow, Page, Problem, Publish, Version, VersionDetail,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::access::{Editor, Viewer};
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Paging, Path, Query};
use crate::flows;
use crate::store::PageOf;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct List {
    /// Part of the name or description.
    search: Option<String>,
    cursor: Option<String>,
    /// 1–200, 50 when absent.
    limit: Option<u32>,
}

/// Flows, last changed first.
#[utoipa::path(get, path = "/flows", tag = "Flows", params(List),
    responses((status = 200, body = Page<FlowSummary>), (status = 400, body = Problem)))]
pub async fn list(State(app): State<App>, _: Viewer, Query(query): Query<List>) -> ApiResult<Json<Page<FlowSummary>>> {
    let page = PageOf { cursor: query.cursor, limit: query.limit };
    Ok(Json(flows::list(&app.store, &app.registry, query.search, page).await?))
}

/// Makes a flow: empty, from a document, or from the gallery.
#[utoipa::path(post, path = "/flows", tag = "Flows", request_body = NewFlow,
    responses((status = 201, body = FlowDetail), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<App>,
    Editor(caller): Editor,
    Body(new): Body<NewFlow>,
) -> ApiResult<(StatusCode, Response)> {
    let document = flows::new_document(new)?;
    let id = flows::create(&app.store, &document, &caller.name).await?;
    Ok((StatusCode::CREATED, detail(&app, &id).await?))
}

/// A flow with its draft; the ETag goes into `If-Match` when it is saved.
#[utoipa::path(get, path = "/flows/{id}", tag = "Flows",
    responses((status = 200, body = FlowDetail), (status = 404, body = Problem)))]
pub async fn show(State(app): State<App>, _: Viewer, Path(id): Path<String>) -> ApiResult<Response> {
    detail(&app, &id).await
}

/// Saves the draft. `If-Match` must carry the ETag of the state that was changed; if somebody saved in between, the
/// problem `conflict` says who changed what, and nothing is overwritten.
#[utoipa::path(put, path = "/flows/{id}", tag = "Flows", request_body = Flow,
    params(("If-Match" = String, Header, description = "ETag of the last answer, or * to overwrite")),
    responses((status = 200, body = FlowDetail), (status = 412, body = Problem), (status = 428, body = Problem)))]
pub async fn save(
    State(app): State<App>,
    Editor(caller): Editor,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(document): Body<Flow>,
) -> ApiResult<Response> {
    let expected = expected_revision(&headers)?;
    let revision = flows::save(&app.store, &id, &document, expected, &caller.name).await?;
    app.engine.publish_flow_event(&id, FlowEvent::Saved { revision, by: caller.name });
    detail(&app, &id).await
}

/// Deletes a flow with its versions, triggers and runs.
#[utoipa::path(delete, path = "/flows/{id}", tag = "Flows", responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(State(app): State<App>, _: Editor, Path(id): Path<String>) -> ApiResult<StatusCode> {
    app.store.delete_flow(&id).await?;
    app.webhooks.refresh(&app.store).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a version of the draft, which triggers use from now on, or switches a former version on again. Either
/// everything is activated, or nothing and the problem says why.
#[utoipa::path(post, path = "/flows/{id}/publish", tag = "Flows", request_body = Option<Publish>,
    responses((status = 200, body = Version), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn publish(
    State(app): State<App>,
    Editor(caller): Editor,
    Path(id): Path<String>,
    body: Option<Body<Publish>>,
) -> ApiResult<Json<Version>> {
    let wanted = body.map(|Body(body)| body).unwrap_or_default();
    let zone = &app.options.timezone;
    let version = flows::publish::publish(&app.store, &app.registry, zone, &id, &wanted, &caller.name).await?;
    // This server answers under the new paths before the caller hears of it; others follow within a second.
    app.webhooks.refresh(&app.store).await?;
    app.engine.publish_flow_event(&id, FlowEvent::Published { version: version.number, by: caller.name });
    Ok(Json(version))
}

/// Stops the flow's triggers. Its runs go on, its versions stay.
#[utoipa::path(post, path = "/flows/{id}/unpublish", tag = "Flows",
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn unpublish(
    State(app): State<App>,
    Editor(caller): Editor,
    Path(id): Path<String>,
) -> ApiResult<StatusCode> {
    app.store.unpublish(&id, &caller.name).await?;
    app.webhooks.refresh(&app.store).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The flow's versions, newest first.
#[utoipa::path(get, path = "/flows/{id}/versions", tag = "Flows", params(Paging),
    responses((status = 200, body = Page<Version>), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub async fn versions(
    State(app): State<App>,
    _: Viewer,
    Path(id): Path<String>,
    Query(paging): Query<Paging>,
) -> ApiResult<Json<Page<Version>>> {
    Ok(Json(flows::versions(&app.store, &id, &paging.into()).await?))
}

/// A version with its document.
#[utoipa::path(get, path = "/flows/{id}/versions/{number}", tag = "Flows",
    responses((status = 200, body = VersionDetail), (status = 404, body = Problem)))]
pub async fn version(
    State(app): State<App>,
    _: Viewer,
    Path((id, number)): Path<(String, u32)>,
) -> ApiResult<Json<VersionDetail>> {
    Ok(Json(flows::version(&app.store, &id, number).await?))
}

/// Lets the draft's webhook answer one call under its test URL, for two minutes.
#[utoipa::path(post, path = "/flows/{id}/listen", tag = "Flows", request_body = Listen,
    responses((status = 200, body = Listening), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn listen(
    State(app): State<App>,
    _: Editor,
    Path(id): Path<String>,
    Body(listen): Body<Listen>,
) -> ApiResult<Json<Listening>> {
    let row = app.store.flow(&id).await?;
    let until = app.webhooks.listen(&row, &app.registry, &listen.node)?;
    let document = flows::document(&row.draft)?;
    let addresses = flows::webhook_addresses(&document, &app.options.public_url());
    let address = addresses.into_iter().find(|a| a.node == listen.node);
    let test_url = address.ok_or_else(|| ApiError::not_found("webhook node"))?.test_url;
    Ok(Json(Listening { test_url, until }))
}

/// Stops listening for test calls.
#[utoipa::path(delete, path = "/flows/{id}/listen", tag = "Flows", responses((status = 204)))]
pub async fn stop_listening(State(app): State<App>, _: Editor, Path(id): Path<String>) -> StatusCode {
    app.webhooks.stop_listening(&id);
    StatusCode::NO_CONTENT
}

async fn detail(app: &App, id: &str) -> ApiResult<Response> {
    let detail = flows::detail(&app.store, &app.registry, id, &app.options.public_url()).await?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", detail.revision)).map_err(ApiError::internal)?;
    let mut response = Json(detail).into_response();
    response.headers_mut().insert(header::ETAG, tag);
    Ok(response)
}

/// `Some(revision)`, or `None` for `*`.
fn expected_revision(headers: &HeaderMap) -> ApiResult<Option<u32>> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return Err(ApiError::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "Saving needs the header If-Match with the flow's ETag, so that nobody's work is overwritten.",
        ));
    };
    let text = value.to_str().unwrap_or("").trim();
    if text == "*" {
        return Ok(None);
    }
    text.trim_start_matches("W/").trim_matches('"').parse().map(Some).map_err(|_| {
        ApiError::bad_request(
            "if_match_invalid",
            "If-Match is not an ETag of this flow. Load the flow again, then save.",
        )
    })
}
