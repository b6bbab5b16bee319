//! What a Job's pod may ask for, by the token that it was given: good for that Job and as long as it is open.

use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::BlobRef;
use flow::api::Problem;
use futures_util::TryStreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::{Path, Query};
use crate::cluster::name;
use crate::store::JobRow;

/// Most files that one Job may keep.
const FILES: u64 = 10_000;

/// Who moves files for a step's Job. That of a whole run has addresses of its own, where its attempt and limits are checked.
fn of_step(job: &JobRow) -> ApiResult<()> {
    match job.step {
        0 => Err(ApiError::forbidden("The token is of a whole run's Job, which moves its files at /run-job/blobs.")),
        _ => Ok(()),
    }
}

/// A Job's pod.
pub struct JobCaller(pub JobRow);

impl FromRequestParts<App> for JobCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
        let token = value.and_then(|v| v.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty());
        let token = token.ok_or_else(refused)?;
        let row = app.store.job_by_token(&name::sha256(token.as_bytes())).await?;
        Ok(Self(row.ok_or_else(refused)?))
    }
}

fn refused() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "job_token",
        "This address is for pods of Jobs that are at work, and the token is of none. The Job may have ended or been cancelled.",
    )
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Sent {
    /// Where it is in the container's output folder: `report.pdf`, `pages/1.png`.
    path: String,
}

/// A file of the Job's run.
#[utoipa::path(get, path = "/job/blobs/{id}", tag = "Jobs",
    responses((status = 200, content_type = "application/octet-stream"), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn blob(State(app): State<App>, JobCaller(job): JobCaller, Path(id): Path<String>) -> ApiResult<Response> {
    of_step(&job)?;
    if !app.store.run_has_blob(&job.run, &id).await? {
        return Err(ApiError::not_found("file of this run"));
    }
    let (blob, content) = app.blobs.stream(&id).await?;
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Keeps a file that the Job's container wrote; the body is its content.
#[utoipa::path(post, path = "/job/files", tag = "Jobs", params(Sent), request_body(content_type = "application/octet-stream"),
    responses((status = 201, body = BlobRef), (status = 401, body = Problem), (status = 413, body = Problem)))]
pub async fn keep(
    State(app): State<App>,
    JobCaller(job): JobCaller,
    Query(sent): Query<Sent>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<BlobRef>)> {
    of_step(&job)?;
    let path = sent.path.trim_matches('/');
    if path.is_empty() || path.len() > 1_000 || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err(ApiError::bad_request("path_invalid", "The file's path is not one inside the output folder."));
    }
    if app.store.job_file_count(&job.name).await? >= FILES {
        let text = format!("The container left more than {FILES} files. Put them into one archive.");
        return Err(ApiError::unprocessable("too_many_files", text));
    }
    let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/octet-stream");
    let content = body.into_data_stream().map_err(std::io::Error::other);
    let blob = app.blobs.write_stream(Some(&job.run), path, mime, content, app.options.max_body).await?;
    app.store.add_job_file(&job, path, &blob.id).await?;
    Ok((StatusCode::CREATED, Json(blob)))
}
