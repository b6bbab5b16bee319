//! What a webhook's caller gets.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::{BlobRef, RunStatus};
use nodes::kinds::respond;
use nodes::kinds::webhook::Parameters;
use nodes::{Answer, AnswerBody};
use serde_json::json;

use super::super::App;
use super::super::blobs::disposition;
use super::super::error::{ApiError, ApiResult};
use crate::engine::Ended;

/// Names the run to whoever calls.
pub const RUN_HEADER: HeaderName = HeaderName::from_static("x-fluxo-run");
/// Whatever a flow answers is shown by browsers under our address. It may be a page with scripts and forms, but in an origin
/// of its own: it reads nothing of ours and acts for nobody who is signed in.
const SANDBOX: &str = "sandbox allow-downloads allow-forms allow-modals allow-orientation-lock allow-pointer-lock \
                       allow-popups allow-presentation allow-scripts allow-top-navigation-by-user-activation \
                       allow-top-navigation-to-custom-protocols";
/// For PDF, which runs nothing of a page: browsers' own viewer does not work inside a sandbox.
const VIEWER: &str = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'self'";

/// 202 with the run's id; the run is durable.
pub fn accepted(run: &str) -> ApiResult<Response> {
    with_run((StatusCode::ACCEPTED, Json(json!({"run": run}))).into_response(), run)
}

/// What the Respond node said if one ran, otherwise what the webhook says of the last step's items; or why the run failed.
pub async fn at_end(app: &App, parameters: &Parameters, (run, ended): (String, Ended)) -> ApiResult<Response> {
    if ended.answer.is_some() {
        return by_respond(app, (run, ended)).await;
    }
    if ended.status != RunStatus::Succeeded {
        return failed(&run, &ended);
    }
    with_run(build(app, &parameters.answer_at_end(&ended.last_items)).await?, &run)
}

/// What the Respond node said; or why it was not reached.
pub async fn by_respond(app: &App, (run, ended): (String, Ended)) -> ApiResult<Response> {
    let Some(answer) = &ended.answer else {
        return match ended.status {
            RunStatus::Succeeded => with_run(
                (
                    StatusCode::OK,
                    Json(json!({"run": run, "message": "The run ended without reaching a Respond node."})),
                )
                    .into_response(),
                &run,
            ),
            _ => failed(&run, &ended),
        };
    };
    with_run(build(app, answer).await?, &run)
}

/// A run that failed is the flow's fault, not the caller's: 500 with the run's error and id. A run that waits has been
/// taken: 202.
fn failed(run: &str, ended: &Ended) -> ApiResult<Response> {
    if matches!(ended.status, RunStatus::Waiting | RunStatus::Running | RunStatus::Queued) {
        return accepted(run);
    }
    let (code, message) = match (&ended.error, ended.status) {
        (Some(error), _) => (error.code.clone(), error.message.clone()),
        (None, RunStatus::Cancelled) => ("cancelled".to_owned(), "The run was cancelled.".to_owned()),
        (None, _) => ("run_failed".to_owned(), "The run failed.".to_owned()),
    };
    let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, code, message).with(json!({"run": run}));
    with_run(error.into_response(), run)
}

async fn build(app: &App, answer: &Answer) -> ApiResult<Response> {
    let mut response = match &answer.body {
        AnswerBody::Empty => ().into_response(),
        AnswerBody::Json(value) => Json(value).into_response(),
        AnswerBody::Text(text) => text.clone().into_response(),
        AnswerBody::Blob(blob) => file(app, blob).await?,
    };
    *response.status_mut() = StatusCode::from_u16(answer.status)
        .map_err(|_| ApiError::internal(format!("the flow answered with status {}", answer.status)))?;
    for (name, value) in &answer.headers {
        let unsendable = || ApiError::internal(format!("the flow answered with the header '{}'", name.escape_debug()));
        // The Respond node refuses them with a sentence.
        if respond::refused(&name.to_ascii_lowercase()).is_some() {
            return Err(unsendable());
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unsendable())?;
        response.headers_mut().insert(name, value);
    }
    let headers = response.headers_mut();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    let pdf = kind.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("application/pdf");
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(if pdf { VIEWER } else { SANDBOX }));
    // What is declared is what is shown: nothing that is called a PDF becomes a page.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

async fn file(app: &App, blob: &BlobRef) -> ApiResult<Response> {
    let (blob, content) = app.blobs.stream(&blob.id).await?;
    let mut response = Body::from_stream(content).into_response();
    let headers = response.headers_mut();
    let mime = HeaderValue::from_str(&blob.mime);
    headers.insert(header::CONTENT_TYPE, mime.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(blob.size));
    if let Ok(value) = HeaderValue::from_str(&disposition("inline", &blob.file_name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

fn with_run(mut response: Response, run: &str) -> ApiResult<Response> {
    response.headers_mut().insert(RUN_HEADER, HeaderValue::from_str(run).map_err(ApiError::internal)?);
    Ok(response)
}
