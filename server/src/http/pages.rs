//! Pages: rendered here, hydrated in the browser. A page asks the API like any client, through the server's own router.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use app::api::{Answer, Request as ApiRequest, Server, Transport};
use app::context::Theme;
use app::i18n::Lang;
use app::{ShellContext, guard};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use flow::api::Problem;
use leptos::prelude::provide_context;
use tower::ServiceExt;

use super::access::{ACCESS_COOKIE, CSRF_HEADER, REFRESH_COOKIE, signed_in, signed_out};
use super::error::ApiError;
use super::{App, assets, headers, routes};
use crate::auth::AuthError;

/// Answers everything that is no API, webhook or file.
pub async fn page(State(app): State<App>, request: Request<Body>) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Pages can only be read.")
            .into_response();
    }
    match render(app, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn render(app: App, mut request: Request<Body>) -> Result<Response, ApiError> {
    let mut jar = CookieJar::from_headers(request.headers());
    let access = match jar.get(ACCESS_COOKIE) {
        Some(cookie) => app.auth.authenticate_jwt(cookie.value()).await.ok(),
        None => None,
    };
    let mut renewed = false;
    let caller = match (access, jar.get(REFRESH_COOKIE).map(|c| c.value().to_owned())) {
        (Some(caller), _) => Some(caller),
        (None, None) => None,
        // The short-lived proof has expired while nobody looked: renew it, so that the page opens signed in.
        (None, Some(token)) => {
            renewed = true;
            match app.auth.refresh(&token).await {
                Ok(tokens) => {
                    jar = signed_in(&app, jar, &tokens);
                    app.auth.authenticate_jwt(&tokens.access).await.ok()
                }
                Err(AuthError::SessionEnded) => {
                    jar = signed_out(&app, jar);
                    None
                }
                // The cookies may still be good when the server works again.
                Err(error) => return Err(error.into()),
            }
        }
    };
    let session = app.auth.session(caller.as_ref()).await?;
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    if let Some(to) = guard(&path, &session) {
        let response = Redirect::to(&to).into_response();
        return Ok(if renewed { (jar, response).into_response() } else { response });
    }
    if renewed {
        let cookies: Vec<String> = jar.iter().map(|c| format!("{}={}", c.name(), c.value())).collect();
        let value = HeaderValue::from_str(&cookies.join("; ")).map_err(ApiError::internal)?;
        request.headers_mut().insert(header::COOKIE, value);
    }
    let context = shell_context(&path, request.headers(), &jar, session);
    let transport =
        Loopback { router: routes::api_router(app), cookie: request.headers().get(header::COOKIE).cloned() };
    let server = Server(Arc::new(transport));
    let render = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(server.clone());
            let nonce = leptos::nonce::use_nonce().map(|n| n.to_string()).unwrap_or_default();
            let response = leptos::prelude::expect_context::<leptos_axum::ResponseOptions>();
            if let Ok(policy) = HeaderValue::from_str(&headers::page_policy(&nonce)) {
                response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
            response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response.insert_header(header::VARY, HeaderValue::from_static("Cookie, Accept-Language"));
        },
        move || app::shell(context.clone()),
    );
    let response = render(request).await;
    Ok(if renewed { (jar, response).into_response() } else { response })
}

fn shell_context(path: &str, headers: &HeaderMap, jar: &CookieJar, session: flow::api::Session) -> ShellContext {
    let site = assets::manifest();
    let url = |name: &str| site.url(name).unwrap_or_default().to_owned();
    let cookie = |name: &str| jar.get(name).map(|c| c.value()).unwrap_or_default();
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    ShellContext {
        style_url: url("style.css"),
        boot_url: url("boot.js"),
        codemirror_url: url("codemirror.js"),
        icon_url: url("icon.svg"),
        preload: site.program(app::parts(path)).map(str::to_owned).collect(),
        nonce: String::new(),
        lang: Lang::choose(cookie("lang"), accepted),
        theme: Theme::parse(cookie("theme")),
        session: Some(session),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_ms: jiff::Timestamp::now().as_millisecond(),
        offset_min: cookie("tz").parse().unwrap_or(0).clamp(-24 * 60, 24 * 60),
    }
}

/// Sends a page's requests into the API with the cookies that came with the page.
struct Loopback {
    router: Router,
    cookie: Option<HeaderValue>,
}

impl Transport for Loopback {
    fn send(&self, request: ApiRequest) -> Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>> {
        let mut built = Request::builder().method(request.method).uri(&request.path).header(CSRF_HEADER, "1");
        if let Some(cookie) = &self.cookie {
            built = built.header(header::COOKIE, cookie);
        }
        if let Some(revision) = request.if_match {
            built = built.header(header::IF_MATCH, format!("\"{revision}\""));
        }
        if request.body.is_some() {
            built = built.header(header::CONTENT_TYPE, "application/json");
        }
        let built = built.body(Body::from(request.body.unwrap_or_default()));
        let router = self.router.clone();
        Box::pin(async move {
            let request = built.map_err(|e| ApiError::internal(e).problem())?;
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            let body = body.map_err(|e| ApiError::internal(e).problem())?.to_vec();
            Ok(Answer { status, body })
        })
    }
}
