//! What can be put into a flow: node kinds, credential kinds, the gallery.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use flow::KindDescription;
use flow::api::{CredentialKind, GalleryFlow};

use super::App;
use super::access::Viewer;
use super::error::ApiResult;

/// All node kinds with their forms.
#[utoipa::path(get, path = "/node-kinds", tag = "Kinds", responses((status = 200, body = Vec<KindDescription>)))]
pub async fn nodes(State(app): State<App>, _: Viewer) -> ApiResult<Response> {
    let kinds: Vec<_> = app.registry.descriptions().cloned().collect();
    let mut response = Json(kinds).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    Ok(response)
}

/// All kinds of credentials with their forms.
#[utoipa::path(get, path = "/credential-kinds", tag = "Kinds", responses((status = 200, body = Vec<CredentialKind>)))]
pub async fn credentials(_: Viewer) -> ApiResult<Json<Vec<CredentialKind>>> {
    Ok(Json(::nodes::credentials::all().iter().map(|kind| kind.describe()).collect()))
}

/// Working flows to start from.
#[utoipa::path(get, path = "/gallery", tag = "Kinds", responses((status = 200, body = Vec<GalleryFlow>)))]
pub async fn gallery(_: Viewer) -> ApiResult<Json<Vec<GalleryFlow>>> {
    Ok(Json(crate::flows::gallery::all()))
}
