//! First start, sign-in, sign-out.

use axum::Json;
use axum::extract::State;
use axum_extra::extract::CookieJar;
use flow::api::{NewUser, Session, SignIn};

use super::App;
use super::access::{Anyone, REFRESH_COOKIE, check_origin, signed_in, signed_out};
use super::client::ClientAddress;
use super::error::{ApiError, ApiResult};
use super::extract::Body;

/// Who is signed in, and whether this Fluxo still needs its owner.
#[utoipa::path(get, path = "/session", tag = "Sign-in", security(()), responses((status = 200, body = Session)))]
pub async fn show(State(app): State<App>, Anyone(caller): Anyone) -> ApiResult<Json<Session>> {
    Ok(Json(app.auth.session(caller.as_ref()).await?))
}

/// Makes the owner's account on first start, and signs in.
#[utoipa::path(post, path = "/setup", tag = "Sign-in", security(()), request_body = NewUser,
    responses((status = 200, body = Session), (status = 409, body = flow::api::Problem)))]
pub async fn setup(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    method: axum::http::Method,
    headers: axum::http::HeaderMap,
    Body(owner): Body<NewUser>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    check_origin(&method, &headers)?;
    let (email, password) = (owner.email.clone(), owner.password.clone());
    app.auth.setup(owner).await?;
    enter(&app, jar, &email, &password, &address).await
}

/// Signs in with e-mail address and password; sets the session cookies.
#[utoipa::path(post, path = "/session", tag = "Sign-in", security(()), request_body = SignIn,
    responses((status = 200, body = Session), (status = 401, body = flow::api::Problem), (status = 429, body = flow::api::Problem)))]
pub async fn create(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    jar: CookieJar,
    method: axum::http::Method,
    headers: axum::http::HeaderMap,
    Body(given): Body<SignIn>,
) -> ApiResult<(CookieJar, Json<Session>)> {
    check_origin(&method, &headers)?;
    enter(&app, jar, &given.email, &given.password, &address).await
}

async fn enter(
    app: &App,
    jar: CookieJar,
    email: &str,
    password: &str,
    address: &str,
) -> ApiResult<(CookieJar, Json<Session>)> {
    let tokens = app.auth.sign_in(email, password, address).await?;
    let caller = app.auth.authenticate_jwt(&tokens.access).await?;
    let session = app.auth.session(Some(&caller)).await?;
    Ok((signed_in(app, jar, &tokens), Json(session)))
}

/// Renews the session by its refresh cookie, which changes.
#[utoipa::path(post, path = "/session/refresh", tag = "Sign-in",
    responses((status = 200, body = Session), (status = 401, body = flow::api::Problem)))]
pub async fn refresh(
    State(app): State<App>,
    jar: CookieJar,
    method: axum::http::Method,
    headers: axum::http::HeaderMap,
) -> ApiResult<(CookieJar, Json<Session>)> {
    check_origin(&method, &headers)?;
    let token = jar.get(REFRESH_COOKIE).ok_or_else(ApiError::unauthenticated)?.value().to_owned();
    let tokens = app.auth.refresh(&token).await?;
    let caller = app.auth.authenticate_jwt(&tokens.access).await?;
    let session = app.auth.session(Some(&caller)).await?;
    Ok((signed_in(&app, jar, &tokens), Json(session)))
}

/// Signs out: the session ends on the server too.
#[utoipa::path(delete, path = "/session", tag = "Sign-in", responses((status = 204)))]
pub async fn delete(
    State(app): State<App>,
    jar: CookieJar,
    method: axum::http::Method,
    headers: axum::http::HeaderMap,
) -> ApiResult<(CookieJar, axum::http::StatusCode)> {
    check_origin(&method, &headers)?;
    if let Some(token) = jar.get(REFRESH_COOKIE) {
        app.auth.sign_out(token.value()).await?;
    }
    Ok((signed_out(&app, jar), axum::http::StatusCode::NO_CONTENT))
}
