//! Webhooks: a call becomes an item, the item starts a run, the run's answer becomes the response.

mod answer;
mod body;
mod table;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flow::BlobRef;
use nodes::kinds::webhook::{self, Admitted, Mode};

pub use table::{Entry, Found, Params, Table};

use super::App;
use super::access::{ACCESS_COOKIE, REFRESH_COOKIE};
use super::error::{ApiError, ApiResult};
use crate::auth::KEY_PREFIX;
use crate::credentials;
use crate::engine::{Start, new_id};
use crate::store::StoreError;

/// Longest `Idempotency-Key`.
const MAX_KEY: usize = 255;

/// A call of a published webhook.
pub async fn call(State(app): State<App>, request: Request<Body>) -> Response {
    let path = path(&request, "/webhook/");
    let found = app.webhooks.find(request.method().as_str(), &path);
    answered(&app, request, found, &path, "There is no published webhook here").await
}

const NOBODY: &str = "Nobody listens for a test call here. Press Listen on the webhook node first";

/// A call of a draft's webhook, while somebody listens in the editor.
pub async fn call_test(State(app): State<App>, request: Request<Body>) -> Response {
    let path = path(&request, "/webhook-test/");
    let found = app.webhooks.find_listening(request.method().as_str(), &path);
    answered(&app, request, found, &path, NOBODY).await
}

fn path(request: &Request<Body>, prefix: &str) -> String {
    request.uri().path().strip_prefix(prefix).unwrap_or_default().trim_matches('/').to_owned()
}

async fn answered(app: &App, request: Request<Body>, found: Found, path: &str, nothing: &str) -> Response {
    let result = match found {
        Found::Entry { entry, params } => handle(app, request, entry, params).await,
        Found::OtherMethods(methods) => {
            let allowed = methods.join(", ");
            let detail = format!("This webhook answers {allowed}, not {}.", request.method());
            let mut response =
                ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail).into_response();
            if let Ok(value) = HeaderValue::from_str(&allowed) {
                response.headers_mut().insert(header::ALLOW, value);
            }
            Ok(response)
        }
        Found::Nothing => Err(not_found(nothing, path)),
    };
    result.unwrap_or_else(IntoResponse::into_response)
}

fn not_found(nothing: &str, path: &str) -> ApiError {
    let detail = format!("{nothing}: '{path}'. Check the address, and that the flow is published.");
    ApiError::new(StatusCode::NOT_FOUND, "webhook_not_found", detail)
}

async fn handle(app: &App, request: Request<Body>, entry: Arc<Entry>, path: Params) -> ApiResult<Response> {
    let parameters = &entry.parameters;
    let admitted = match admit(app, &entry, request.headers()).await? {
        Ok(admitted) => admitted,
        Err(refused) => return Ok(refused),
    };
    let key = idempotency_key(&request)?;
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    let run = new_id();
    let parsed = body::read(request, parameters.raw_body, &app.blobs, &run, app.options.max_body).await?;
    let files: Vec<BlobRef> = parsed.files.values().cloned().collect();
    let call = webhook::Call {
        method: method.as_str(),
        url: uri.path_and_query().map_or("/", |p| p.as_str()),
        headers: headers.iter().filter_map(|(name, value)| Some((name.as_str(), shown(name, value)?))).collect(),
        path,
        query: uri.query().unwrap_or_default(),
        body: parsed.body,
        files: parsed.files,
    };
    let mut start = Start::new(&entry.flow_id, entry.document.clone(), entry.trigger, &entry.node);
    start.id = Some(run.clone());
    start.flow_name = entry.flow_name.clone();
    start.version = entry.version.clone();
    start.items = Some(vec![webhook::item(call, &admitted)]);
    start.idempotency = key;
    let response = started(app, &entry, start).await;
    // A repeated call got the former run, a refused one none.
    let owns =
        response.as_ref().is_ok_and(|r| r.headers().get(answer::RUN_HEADER).is_some_and(|id| id == run.as_str()));
    if !owns && !files.is_empty() && matches!(app.store.run(&run).await, Err(StoreError::NotFound(_))) {
        app.blobs.discard(&files).await;
    }
    let response = response?;
    Ok(if method == Method::HEAD { response.map(|_| Body::empty()) } else { response })
}

/// Starts the run and waits for what its caller gets.
async fn started(app: &App, entry: &Arc<Entry>, start: Start) -> ApiResult<Response> {
    // Not before: a call that is refused, or whose body can't be read, does not use up the listening.
    if entry.version.is_none() && !app.webhooks.take(entry) {
        return Err(not_found(NOBODY, &entry.parameters.path));
    }
    let parameters = &entry.parameters;
    match parameters.answer {
        Mode::AtOnce => answer::accepted(&app.engine.submit(start).await?),
        Mode::AtEnd => answer::at_end(app, parameters, app.engine.run_to_answer(start).await?).await,
        Mode::Respond => answer::by_respond(app, app.engine.run_to_answer(start).await?).await,
    }
}

/// Whether the caller is let in, or the answer that says why not.
async fn admit(app: &App, entry: &Entry, headers: &HeaderMap) -> ApiResult<Result<Admitted, Response>> {
    let Some(slot) = entry.parameters.credential_slot() else { return Ok(Ok(Admitted::default())) };
    let id = entry.document.node(&entry.node).and_then(|node| node.credentials.get(slot));
    let Some(id) = id else {
        // Publishing refuses this; a draft that listens may still be like it.
        let detail = "The webhook checks its callers, but no credential is chosen. Choose one in the webhook node.";
        return Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "credential_missing", detail));
    };
    let secret = credentials::open(&app.store, &app.vault, id).await?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Ok(webhook::authorise(&entry.parameters, &secret, header, jiff::Timestamp::now()).map_err(|error| {
        let challenge = error.details["challenge"].as_str().and_then(|text| HeaderValue::from_str(text).ok());
        let mut response = ApiError::new(StatusCode::UNAUTHORIZED, error.code, error.message).into_response();
        if let Some(challenge) = challenge {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }))
}

/// A header's value as the item may hold it. Who can read the run must not become who called: our own cookies and keys,
/// which a browser or a program sends along, stay out.
fn shown<'a>(name: &HeaderName, value: &'a HeaderValue) -> Option<Cow<'a, str>> {
    let text = value.to_str().ok()?;
    if name == header::AUTHORIZATION {
        let token = text.trim().split_once(' ').map_or(text, |(_, token)| token).trim();
        return (!token.starts_with(KEY_PREFIX)).then_some(Cow::Borrowed(text));
    }
    if name != header::COOKIE {
        return Some(Cow::Borrowed(text));
    }
    let ours = |cookie: &&str| [ACCESS_COOKIE, REFRESH_COOKIE].contains(&cookie.split('=').next().unwrap_or("").trim());
    let others: Vec<&str> = text.split(';').map(str::trim).filter(|c| !c.is_empty() && !ours(c)).collect();
    (!others.is_empty()).then(|| Cow::Owned(others.join("; ")))
}

fn idempotency_key(request: &Request<Body>) -> ApiResult<Option<String>> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => Ok(Some(key.to_owned())),
        _ => Err(ApiError::bad_request(
            "idempotency_key_invalid",
            format!("Idempotency-Key must be 1 to {MAX_KEY} visible characters."),
        )),
    }
}
