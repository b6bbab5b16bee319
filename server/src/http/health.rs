//! Whether the server lives and works.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use flow::api::Health;

use super::App;
use super::access::Viewer;
use super::error::ApiResult;

/// The process answers. Asks nothing else, so that a slow database restarts nobody.
pub async fn live() -> &'static str {
    "ok\n"
}

/// The server takes work: the database answers and it is not stopping.
pub async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.engine.stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match app.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

/// Version, database and load.
#[utoipa::path(get, path = "/health", tag = "Health", responses((status = 200, body = Health)))]
pub async fn show(State(app): State<App>, _: Viewer) -> ApiResult<Json<Health>> {
    Ok(Json(Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        database: app.store.kind().to_owned(),
        ready: !app.engine.stopping() && app.store.ping().await.is_ok(),
        active_runs: app.engine.active(),
        uptime_s: app.started.elapsed().as_secs(),
    }))
}
