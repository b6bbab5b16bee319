//! First start, sign-in, sign-out, and what people do with their own account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use flow::api::{NewUser, Page, PasswordChange, Problem, Session, SignIn, UserSession};

use super::App;
use super::access::{ACCESS_COOKIE, Anyone, OwnPage, Person, REFRESH_COOKIE, signed_in, signed_out};
use super::client::From;
use super::error::{ApiError, ApiResult};
use super::extract::{Body, Paging, Path, Query};
use crate::auth::Client;

/// Who is signed in, and whether this Fluxo still needs its owner.
#[utoipa::path(get, path = "/session", tag = "Sign-in", security(()), responses((status = 200, body = Session)))]
pub async fn show(State(app): State<App>, Anyone(caller): Anyone) -> ApiResult<Json<Session>> {
    Ok(Json(app.auth.session(caller.as_ref()).await?))
}

/// Makes the owner's account on first start, and signs in.
#[utoipa::path(post, path = "/setup", tag = "Sign-in", security(()), request_body = NewUser,
    responses((status = 200, body = Session), (status = 409, body = Problem)))]
pub async fn setup(
    State(app): State<App>,
    _: OwnPage,
    From(client): From,
    jar: CookieJar,
    Body(owner): Body<NewUser>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    let (email, password) = (owner.email.clone(), owner.password.clone());
    app.auth.setup(owner, &client).await?;
    enter(&app, jar, &email, &password, &client).await
}

/// Signs in with e-mail address and password; sets the session cookies.
#[utoipa::path(post, path = "/session", tag = "Sign-in", security(()), request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn create(
    State(app): State<App>,
    _: OwnPage,
    From(client): From,
    jar: CookieJar,
    Body(given): Body<SignIn>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    enter(&app, jar, &given.email, &given.password, &client).await
}

async fn enter(
    app: &App,
    jar: CookieJar,
    email: &str,
    password: &str,
    client: &Client,
) -> ApiResult<(CookieJar, Json<Session>)> {
    let tokens = app.auth.sign_in(email, password, client).await?;
    let caller = app.auth.authenticate_jwt(&tokens.access).await?;
    let session = app.auth.session(Some(&caller)).await?;
    Ok((signed_in(app, jar, &tokens), Json(session)))
}

/// Renews the session by its refresh cookie, which changes.
#[utoipa::path(post, path = "/session/refresh", tag = "Sign-in",
    responses((status = 200, body = Session), (status = 401, body = Problem)))]
pub async fn refresh(State(app): State<App>, _: OwnPage, jar: CookieJar) -> ApiResult<(CookieJar, Json<Session>)> {
    let token = jar.get(REFRESH_COOKIE).ok_or_else(ApiError::unauthenticated)?.value().to_owned();
    let tokens = app.auth.refresh(&token).await?;
    let caller = app.auth.authenticate_jwt(&tokens.access).await?;
    let session = app.auth.session(Some(&caller)).await?;
    Ok((signed_in(&app, jar, &tokens), Json(session)))
}

/// Signs out: the session ends on the server too.
#[utoipa::path(delete, path = "/session", tag = "Sign-in", responses((status = 204)))]
pub async fn delete(State(app): State<App>, _: OwnPage, jar: CookieJar) -> ApiResult<(CookieJar, StatusCode)> {
    let token = |name| jar.get(name).map(|cookie| cookie.value());
    app.auth.sign_out(token(REFRESH_COOKIE), token(ACCESS_COOKIE)).await?;
    Ok((signed_out(&app, jar), StatusCode::NO_CONTENT))
}

/// Where the person who asks is signed in, newest first.
#[utoipa::path(get, path = "/sessions", tag = "Sign-in", params(Paging), security(("session" = [])),
    responses((status = 200, body = Page<UserSession>), (status = 400, body = Problem), (status = 403, body = Problem)))]
pub async fn list(
    State(app): State<App>,
    Person(caller): Person,
    Query(paging): Query<Paging>,
) -> ApiResult<Json<Page<UserSession>>> {
    Ok(Json(app.auth.own_sessions(&caller, &paging.into()).await?))
}

/// Ends one of the sessions of the person who asks.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "Sign-in", security(("session" = [])),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn end(State(app): State<App>, Person(caller): Person, Path(id): Path<String>) -> ApiResult<StatusCode> {
    app.auth.end_own_session(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the password of the person who asks; the person's other sessions end.
#[utoipa::path(post, path = "/session/password", tag = "Sign-in", security(("session" = [])), request_body = PasswordChange,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn password(
    State(app): State<App>,
    Person(caller): Person,
    From(client): From,
    Body(change): Body<PasswordChange>,
) -> ApiResult<StatusCode> {
    app.auth.change_own_password(&caller, change, &client.address).await?;
    Ok(StatusCode::NO_CONTENT)
}
