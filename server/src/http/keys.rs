//! API keys, managed by owners.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow::api::{ApiKey, CreatedApiKey, NewApiKey, Page, Problem};

use super::App;
use super::access::Owner;
use super::error::ApiResult;
use super::extract::{Body, Paging, Path, Query};

/// The API keys, newest first, without their secrets.
#[utoipa::path(get, path = "/keys", tag = "API keys", params(Paging),
    responses((status = 200, body = Page<ApiKey>), (status = 400, body = Problem)))]
pub async fn list(State(app): State<App>, _: Owner, Query(paging): Query<Paging>) -> ApiResult<Json<Page<ApiKey>>> {
    Ok(Json(app.auth.keys_page(&paging.into()).await?))
}

/// Makes an API key; the answer is the only place where it is shown.
#[utoipa::path(post, path = "/keys", tag = "API keys", request_body = NewApiKey,
    responses((status = 201, body = CreatedApiKey), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<App>,
    Owner(caller): Owner,
    Body(key): Body<NewApiKey>,
) -> ApiResult<(StatusCode, Json<CreatedApiKey>)> {
    Ok((StatusCode::CREATED, Json(app.auth.add_key(key, &caller.name).await?)))
}

/// Revokes an API key at once.
#[utoipa::path(delete, path = "/keys/{id}", tag = "API keys",
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn delete(State(app): State<App>, _: Owner, Path(id): Path<String>) -> ApiResult<StatusCode> {
    app.auth.delete_key(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
