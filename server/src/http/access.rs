//! Who is calling, and whether they may: asked once, here, by the extractors that handlers name.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use flow::api::Role;

use super::App;
use super::error::ApiError;
use crate::auth::{AuthError, Principal, Tokens};

/// Short-lived proof of who is signed in.
pub const ACCESS_COOKIE: &str = "fluxo_access";
/// Renews the access cookie; changes with every use.
pub const REFRESH_COOKIE: &str = "fluxo_refresh";
/// Sent by our own client with every request; another site's form or image can't.
pub const CSRF_HEADER: &str = "x-fluxo";

/// A caller who may read.
pub struct Viewer(pub Principal);
/// A caller who may change, run and publish flows and use credentials.
pub struct Editor(pub Principal);
/// A caller who may manage users and keys.
pub struct Owner(pub Principal);
/// A person who is signed in, with any role; not a program with an API key.
pub struct Person(pub Principal);
/// A request that our own page or a program made, for what needs no caller: see [`check_origin`].
pub struct OwnPage;
/// A caller who may be nobody.
pub struct Anyone(pub Option<Principal>);

macro_rules! needs {
    ($extractor:ident, $role:expr) => {
        impl FromRequestParts<App> for $extractor {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
                let caller = caller(parts, app).await?.ok_or_else(ApiError::unauthenticated)?;
                authorise(&caller, $role)?;
                Ok(Self(caller))
            }
        }
    };
}
needs!(Viewer, Role::Viewer);
needs!(Editor, Role::Editor);
needs!(Owner, Role::Owner);

impl FromRequestParts<App> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = caller(parts, app).await?.ok_or_else(ApiError::unauthenticated)?;
        match caller.session() {
            Some(_) => Ok(Self(caller)),
            None => Err(AuthError::NotAPerson.into()),
        }
    }
}

impl FromRequestParts<App> for OwnPage {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        check_origin(&parts.method, &parts.headers).map(|()| Self)
    }
}

impl FromRequestParts<App> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match caller(parts, app).await {
            Ok(caller) => Ok(Self(caller)),
            // An expired cookie is nobody, not an error.
            Err(e) if e.status == StatusCode::UNAUTHORIZED => Ok(Self(None)),
            Err(e) => Err(e),
        }
    }
}

fn authorise(caller: &Principal, needed: Role) -> Result<(), ApiError> {
    if caller.role >= needed {
        return Ok(());
    }
    Err(ApiError::forbidden(format!(
        "This needs the role {}; you are {}. Ask an owner of this Fluxo to change your role.",
        needed.as_str(),
        caller.role.as_str()
    )))
}

/// An API key in the header, or else the access cookie.
async fn caller(parts: &Parts, app: &App) -> Result<Option<Principal>, ApiError> {
    if let Some(value) = parts.headers.get(header::AUTHORIZATION) {
        let key = value.to_str().ok().and_then(|v| v.split_once(' '));
        let Some((scheme, key)) = key.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
            return Err(ApiError::unauthenticated());
        };
        let _ = scheme;
        return Ok(Some(app.auth.authenticate_key(key.trim()).await?));
    }
    let jar = CookieJar::from_headers(&parts.headers);
    let Some(token) = jar.get(ACCESS_COOKIE) else { return Ok(None) };
    let caller = app.auth.authenticate_jwt(token.value()).await?;
    check_origin(&parts.method, &parts.headers)?;
    Ok(Some(caller))
}

/// Refuses requests that another site made a browser send: what changes something by cookie needs our header, and
/// must not say that it comes from elsewhere.
fn check_origin(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    let elsewhere = headers.get("sec-fetch-site").is_some_and(|v| v != "same-origin" && v != "none");
    if elsewhere || !headers.contains_key(CSRF_HEADER) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "cross_site",
            "This request did not come from Fluxo's own pages. Programs use an API key instead of cookies.",
        ));
    }
    Ok(())
}

/// Cookies for a fresh pair of tokens.
pub fn signed_in(app: &App, jar: CookieJar, tokens: &Tokens) -> CookieJar {
    let access = cookie(app, ACCESS_COOKIE, tokens.access.clone());
    let refresh = cookie(app, REFRESH_COOKIE, tokens.refresh.clone());
    jar.add(access).add(refresh)
}

/// Removes both cookies.
pub fn signed_out(app: &App, jar: CookieJar) -> CookieJar {
    let gone = |name| {
        let mut cookie = cookie(app, name, String::new());
        cookie.make_removal();
        cookie
    };
    jar.add(gone(ACCESS_COOKIE)).add(gone(REFRESH_COOKIE))
}

fn cookie(app: &App, name: &'static str, value: String) -> Cookie<'static> {
    let mut cookie = Cookie::new(name, value);
    cookie.set_http_only(true);
    cookie.set_secure(app.options.secure_cookies());
    // Lax, so that a link from a mail opens signed in; what changes something is guarded by `check_origin`.
    cookie.set_same_site(SameSite::Lax);
    cookie.set_path("/");
    cookie.make_permanent();
    cookie
}
