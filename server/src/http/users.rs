//! Users, managed by owners.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow::api::{NewUser, Page, Problem, User, UserChange};

use super::App;
use super::access::Owner;
use super::error::ApiResult;
use super::extract::{Body, Paging, Path, Query};

/// Everyone who may sign in, by e-mail address.
#[utoipa::path(get, path = "/users", tag = "Users", params(Paging),
    responses((status = 200, body = Page<User>), (status = 400, body = Problem)))]
pub async fn list(State(app): State<App>, _: Owner, Query(paging): Query<Paging>) -> ApiResult<Json<Page<User>>> {
    Ok(Json(app.auth.users_page(&paging.into()).await?))
}

/// Adds a user.
#[utoipa::path(post, path = "/users", tag = "Users", request_body = NewUser,
    responses((status = 201, body = User), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    State(app): State<App>,
    _: Owner,
    Body(user): Body<NewUser>,
) -> ApiResult<(StatusCode, Json<User>)> {
    Ok((StatusCode::CREATED, Json(app.auth.add_user(user).await?)))
}

/// Changes a user's name, role or password, or switches the account off; all sessions of the user end.
#[utoipa::path(patch, path = "/users/{id}", tag = "Users", request_body = UserChange,
    responses((status = 200, body = User), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn update(
    State(app): State<App>,
    _: Owner,
    Path(id): Path<String>,
    Body(change): Body<UserChange>,
) -> ApiResult<Json<User>> {
    Ok(Json(app.auth.change_user(&id, change).await?))
}

/// Deletes a user. The last owner can't be deleted.
#[utoipa::path(delete, path = "/users/{id}", tag = "Users",
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(State(app): State<App>, _: Owner, Path(id): Path<String>) -> ApiResult<StatusCode> {
    app.auth.delete_user(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
