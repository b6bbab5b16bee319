//! Every route, in one list.

use axum::Router;
use axum::middleware;
use axum::routing::{any, get};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::ACCESS_COOKIE;
use super::error::ApiError;
use super::{
    App, assets, blobs, compress, credentials, docs, events, flows, headers, health, job, keys, kinds, notices, pages,
    run_job, runs, session, signatures, tools, users, webhooks,
};

#[derive(OpenApi)]
#[openapi(info(
    title = "Fluxo",
    description = "Flows, runs and everything around them. Programs send an API key as `Authorization: Bearer fluxo_…`; \
                   errors are RFC 9457 problems with a stable `code`; lists are pages, `next` is the `cursor` of the \
                   following one.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
), modifiers(&Security))]
struct Document;

/// How callers show who they are.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("fluxo_…")
            .description(Some("An API key, for programs."));
        let session = ApiKeyValue::with_description(
            ACCESS_COOKIE,
            "The session of a browser. Requests that change something also send the header `X-Fluxo`.",
        );
        let job = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The token that a Job of Fluxo has, for what it does and as long as it does it."));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(key.build()));
        components.add_security_scheme("job", SecurityScheme::Http(job.build()));
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(session)));
        let needs = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
        document.security = Some(vec![needs("key"), needs("session")]);
    }
}

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session::setup))
        .routes(routes!(session::show, session::create, session::delete))
        .routes(routes!(session::refresh))
        .routes(routes!(session::password))
        .routes(routes!(session::list))
        .routes(routes!(session::end))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::update, users::delete))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::delete))
        .routes(routes!(kinds::nodes))
        .routes(routes!(kinds::credentials))
        .routes(routes!(kinds::gallery))
        .routes(routes!(flows::list, flows::create))
        .routes(routes!(flows::show, flows::save, flows::delete))
        .routes(routes!(flows::publish))
        .routes(routes!(flows::unpublish))
        .routes(routes!(flows::versions))
        .routes(routes!(flows::version))
        .routes(routes!(flows::listen, flows::stop_listening))
        .routes(routes!(runs::start))
        .routes(routes!(events::flow))
        .routes(routes!(runs::list))
        .routes(routes!(runs::show, runs::delete))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::retry))
        .routes(routes!(runs::items))
        .routes(routes!(events::run))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::show, credentials::update, credentials::delete))
        .routes(routes!(notices::list))
        .routes(routes!(blobs::upload))
        .routes(routes!(blobs::download))
        .routes(routes!(signatures::show))
        .routes(routes!(signatures::revision))
        .routes(routes!(run_job::work))
        .routes(routes!(run_job::posts))
        .routes(routes!(run_job::credential))
        .routes(routes!(run_job::download))
        .routes(routes!(run_job::upload))
        .routes(routes!(job::blob))
        .routes(routes!(job::keep))
        .routes(routes!(tools::preview_expression))
        .routes(routes!(tools::preview_schedule))
        .routes(routes!(tools::import_curl))
        .routes(routes!(health::show))
}

/// The API's description, from the handlers.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, paths) = OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    paths
}

/// The API alone, for pages that are rendered here.
pub fn api_router(app: App) -> Router {
    let (api, _) = OpenApiRouter::new().nest("/api/v1", api()).split_for_parts();
    api.with_state(app)
}

/// The whole server.
pub fn router(app: App) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    let description = std::sync::Arc::new(description.to_json().unwrap_or_default());
    let described = move || {
        let json = description.to_string();
        async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], json) }
    };
    Router::new()
        .merge(api)
        .route("/api/v1/openapi.json", get(described))
        .route("/api/docs", get(docs::page))
        .route("/docs/errors", get(docs::errors))
        .route("/api/v1/{*rest}", any(|| async { ApiError::not_found("address in the API") }))
        .fallback(pages::page)
        // Around what stands above, not around what follows.
        .layer(compress::layer())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/webhook/{*path}", any(webhooks::call))
        .route("/webhook-test/{*path}", any(webhooks::call_test))
        .route("/assets/{*path}", get(assets::serve))
        .layer(middleware::from_fn(headers::security))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(ApiError::internal("a handler panicked"))
        }))
        .with_state(app)
}
