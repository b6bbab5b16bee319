//! What people should look at before a run fails of it.

use axum::Json;
use axum::extract::State;
use flow::api::{Notice, Page, Problem};

use super::App;
use super::access::Viewer;
use super::error::ApiResult;
use super::extract::{Paging, Query};
use crate::certificates;

/// Certificates of credentials that end soon or have expired, the earliest first.
#[utoipa::path(get, path = "/notices", tag = "Credentials", params(Paging),
    responses((status = 200, body = Page<Notice>), (status = 400, body = Problem)))]
pub async fn list(State(app): State<App>, _: Viewer, Query(paging): Query<Paging>) -> ApiResult<Json<Page<Notice>>> {
    Ok(Json(certificates::notices(&app.store, &app.outlook(), &paging.into()).await?))
}
