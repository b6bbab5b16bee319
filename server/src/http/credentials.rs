//! Credentials. Their values go in and never come out.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow::api::{Credential, NewCredential, Page, Problem};

use super::App;
use super::access::{Editor, Viewer};
use super::error::ApiResult;
use super::extract::{Body, Paging, Path, Query};
use crate::credentials;

/// Credentials by name, without their values.
#[utoipa::path(get, path = "/credentials", tag = "Credentials", params(Paging),
    responses((status = 200, body = Page<Credential>), (status = 400, body = Problem)))]
pub async fn list(
    State(app): State<App>,
    _: Viewer,
    Query(paging): Query<Paging>,
) -> ApiResult<Json<Page<Credential>>> {
    Ok(Json(credentials::list(&app.store, &paging.into(), &app.outlook()).await?))
}

/// Checks and stores a credential. A wrong certificate password or a damaged file is an error here, not at night.
#[utoipa::path(post, path = "/credentials", tag = "Credentials", request_body = NewCredential,
    responses((status = 201, body = Credential), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<App>,
    Editor(caller): Editor,
    Body(new): Body<NewCredential>,
) -> ApiResult<(StatusCode, Json<Credential>)> {
    let credential = credentials::create(&app.store, &app.vault, new, &caller.name, &app.outlook()).await?;
    Ok((StatusCode::CREATED, Json(credential)))
}

/// One credential, without its values.
#[utoipa::path(get, path = "/credentials/{id}", tag = "Credentials",
    responses((status = 200, body = Credential), (status = 404, body = Problem)))]
pub async fn show(State(app): State<App>, _: Viewer, Path(id): Path<String>) -> ApiResult<Json<Credential>> {
    Ok(Json(credentials::show(&app.store, &id, &app.outlook()).await?))
}

/// Changes the name and, unless it is empty, the secret.
#[utoipa::path(put, path = "/credentials/{id}", tag = "Credentials", request_body = NewCredential,
    responses((status = 200, body = Credential), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    State(app): State<App>,
    Editor(caller): Editor,
    Path(id): Path<String>,
    Body(new): Body<NewCredential>,
) -> ApiResult<Json<Credential>> {
    Ok(Json(credentials::update(&app.store, &app.vault, &id, new, &caller.name, &app.outlook()).await?))
}

/// Deletes a credential that no flow uses.
#[utoipa::path(delete, path = "/credentials/{id}", tag = "Credentials",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(State(app): State<App>, _: Editor, Path(id): Path<String>) -> ApiResult<StatusCode> {
    credentials::delete(&app.store, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
