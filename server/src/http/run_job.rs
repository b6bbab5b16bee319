//! What the Job of a run asks and tells, with a token that is good for this attempt of this run.
//!
//! A Job runs other people's code: what it sends is untrusted, and it reaches nothing but its own run.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::BlobRef;
use flow::api::Problem;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::error::{ApiError, ApiResult};
use super::extract::{Path, Query};
use super::job::JobCaller;
use crate::credentials::{self, CredentialError};
use crate::engine::EngineOptions;
use crate::engine::remote::{Limits, OpenJob, Post, Work};
use crate::store::{JobRow, StoreError};

/// Bytes that one permit of the intake stands for.
const PIECE: u64 = 64 << 10;
/// Posts larger than this are read on a thread of their own.
const LARGE: usize = 1 << 20;

/// How much of posts is held in memory at the same time; more wait.
pub struct Intake {
    most: u64,
    room: Semaphore,
}

impl Intake {
    pub fn new(options: &EngineOptions) -> Self {
        let most = Limits::post(options);
        // Two of the largest, so that one of them does not keep all others waiting.
        Self { most, room: Semaphore::new((2 * most).div_ceil(PIECE) as usize) }
    }

    /// Room for a body of this size, as its sender says it; `None` when it is over the limit.
    async fn take(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        if bytes > self.most {
            return None;
        }
        // The semaphore is never closed.
        self.room.acquire_many(bytes.div_ceil(PIECE).max(1) as u32).await.ok()
    }
}

/// The run of a Job, as long as its attempt is at work.
async fn open(app: &App, job: &JobRow) -> ApiResult<OpenJob> {
    if job.step != 0 {
        return Err(ApiError::forbidden("The token is of a step's Job, which has no part in its run."));
    }
    Ok(app.engine.open_job(&job.run, job.part).await?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Asks {
    /// Any name of the process that asks: from here on no other one of this Job is heard.
    process: String,
}

/// The run that a Job shall go on with.
#[utoipa::path(get, path = "/run-job/work", tag = "Jobs", params(Asks), security(("job" = [])),
    responses((status = 200, body = Work), (status = 401, body = Problem), (status = 410, body = Problem), (status = 503, body = Problem)))]
pub async fn work(
    State(app): State<App>,
    JobCaller(caller): JobCaller,
    Query(asks): Query<Asks>,
) -> ApiResult<Response> {
    if asks.process.is_empty() || asks.process.len() > 100 {
        return Err(ApiError::bad_request("query_invalid", "The name of the process must have 1 to 100 characters."));
    }
    let work = open(&app, &caller).await?.work(asks.process).await?;
    Ok(private(Json(work).into_response()))
}

/// What happened in a run; it is durable when this is answered. A repeated post changes nothing.
#[utoipa::path(post, path = "/run-job/posts", tag = "Jobs", request_body = Post, security(("job" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 410, body = Problem), (status = 413, body = Problem),
    (status = 422, body = Problem), (status = 503, body = Problem)))]
pub async fn posts(
    State(app): State<App>,
    JobCaller(caller): JobCaller,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<StatusCode> {
    let job = open(&app, &caller).await?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let length = length.ok_or_else(|| {
        ApiError::new(StatusCode::LENGTH_REQUIRED, "length_missing", "A post must say its length in Content-Length.")
    })?;
    let too_large = || {
        let text =
            format!("A post of a Job may have {} bytes. Raise FLUXO_MAX_RUN_BYTES if runs need more.", app.intake.most);
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", text)
    };
    let _room = app.intake.take(length).await.ok_or_else(too_large)?;
    let bytes = axum::body::to_bytes(body, length as usize)
        .await
        .map_err(|_| ApiError::bad_request("body_broken", "The post did not arrive whole. Send it again."))?;
    let size = bytes.len();
    let read = move || serde_json::from_slice::<Post>(&bytes);
    let post = match size > LARGE {
        true => tokio::task::spawn_blocking(read).await.map_err(ApiError::internal)?,
        false => read(),
    };
    let post = post.map_err(|error| ApiError::unprocessable("job_post", format!("The post does not fit: {error}.")))?;
    job.post(post, size as u64).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A credential, opened.
#[derive(Serialize, ToSchema)]
pub struct JobSecret {
    kind: String,
    name: String,
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
}

/// The credential of a node of the run's flow; `null` when none is chosen.
#[utoipa::path(get, path = "/run-job/credentials/{node}/{slot}", tag = "Jobs", security(("job" = [])),
    responses((status = 200, body = Option<JobSecret>), (status = 401, body = Problem), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub async fn credential(
    State(app): State<App>,
    JobCaller(caller): JobCaller,
    Path((node, slot)): Path<(String, String)>,
) -> ApiResult<Response> {
    let job = open(&app, &caller).await?;
    let node = job.node(&node).ok_or_else(|| ApiError::not_found("node in the run's flow"))?;
    // Only what the flow's document names for this node and slot.
    let Some(id) = node.credentials.get(&slot).filter(|id| !id.is_empty()) else {
        return Ok(private(Json(None::<JobSecret>).into_response()));
    };
    let secret = credentials::open(&app.store, &app.vault, id).await.map_err(|error| match error {
        CredentialError::Store(StoreError::NotFound(_)) => {
            let text = "The credential that this node uses was deleted. Choose another one in the node.";
            ApiError::new(StatusCode::NOT_FOUND, "credential_gone", text)
        }
        error => error.into(),
    })?;
    Ok(private(Json(Some(JobSecret { kind: secret.kind, name: secret.name, fields: secret.fields })).into_response()))
}

/// A file that the run made or that its items name.
#[utoipa::path(get, path = "/run-job/blobs/{id}", tag = "Jobs", security(("job" = [])),
    responses((status = 200, content_type = "application/octet-stream"), (status = 401, body = Problem), (status = 404, body = Problem), (status = 410, body = Problem)))]
pub async fn download(
    State(app): State<App>,
    JobCaller(caller): JobCaller,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    if !open(&app, &caller).await?.may_read(&id).await? {
        return Err(ApiError::not_found("file in this run"));
    }
    let (blob, content) = app.blobs.stream(&id).await?;
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
    Ok(private(response))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Made {
    /// The file's name.
    name: Option<String>,
}

/// Stores a file that a run makes; it goes with the run.
#[utoipa::path(post, path = "/run-job/blobs", tag = "Jobs", params(Made), security(("job" = [])),
    request_body(content_type = "application/octet-stream"),
    responses((status = 201, body = BlobRef), (status = 401, body = Problem), (status = 410, body = Problem), (status = 413, body = Problem)))]
pub async fn upload(
    State(app): State<App>,
    JobCaller(caller): JobCaller,
    Query(made): Query<Made>,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<(StatusCode, Json<BlobRef>)> {
    let job = open(&app, &caller).await?;
    let most = job.may_make()?;
    let mime = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("application/octet-stream");
    let name = made.name.unwrap_or_else(|| "file".to_owned());
    let content = body.into_data_stream().map_err(std::io::Error::other);
    let blob = app.blobs.write_stream(Some(job.run()), &name, mime, content, most).await?;
    job.made(&blob);
    Ok((StatusCode::CREATED, Json(blob)))
}

/// Nobody on the way keeps it.
fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
