//! Server-sent events: what happens in a run, and to a flow.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use flow::api::{FlowEvent, Problem, RunEvent};
use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use tokio_stream::wrappers::BroadcastStream;
use utoipa::IntoParams;

use super::App;
use super::access::Viewer;
use super::error::ApiResult;
use super::extract::{Path, Query};
use crate::auth::Principal;

/// How long a stream may outlive its session or key.
const RECHECK: Duration = Duration::from_secs(3);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// Number of the last event that is known; the header `Last-Event-ID` wins.
    after: Option<u64>,
}

/// The events of a run after the given one, then live ones; ends after the run's last.
#[utoipa::path(get, path = "/runs/{id}/events", tag = "Runs", params(After),
    responses((status = 200, content_type = "text/event-stream", body = RunEvent), (status = 404, body = Problem)))]
pub async fn run(
    State(app): State<App>,
    Viewer(caller): Viewer,
    Path(id): Path<String>,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let resumed = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    let events = app.engine.events(&id, resumed.or(query.after).unwrap_or(0)).await?;
    let events = events.map(|(number, event)| {
        let name = match event {
            RunEvent::Run { .. } => "run",
            RunEvent::Step { .. } => "step",
            RunEvent::Log { .. } => "log",
        };
        Ok(Event::default().id(number.to_string()).event(name).data(json(&event)))
    });
    Ok(Sse::new(events.take_until(gone(app, caller))).keep_alive(alive()))
}

/// Saves, publications and new runs of a flow, from now on.
#[utoipa::path(get, path = "/flows/{id}/events", tag = "Flows",
    responses((status = 200, content_type = "text/event-stream", body = FlowEvent), (status = 404, body = Problem)))]
pub async fn flow(
    State(app): State<App>,
    Viewer(caller): Viewer,
    Path(id): Path<String>,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    app.store.flow(&id).await?;
    // A listener that fell behind misses events; what it shows is asked for again with the next one.
    let events = BroadcastStream::new(app.engine.flow_events(&id)).filter_map(|event| async move {
        let event = event.ok()?;
        let name = match event {
            FlowEvent::Saved { .. } => "saved",
            FlowEvent::Published { .. } => "published",
            FlowEvent::Run { .. } => "run",
        };
        Some(Ok(Event::default().event(name).data(json(&event))))
    });
    // An open editor must not keep the server from stopping; it comes back to the next one.
    let events = events.take_until(app.engine.until_stopping());
    Ok(Sse::new(events.take_until(gone(app, caller))).keep_alive(alive()))
}

/// Ends when the caller may not listen any more: the session or the key was revoked or has expired.
async fn gone(app: App, caller: Principal) {
    loop {
        tokio::time::sleep(RECHECK).await;
        match app.auth.still(&caller).await {
            Ok(true) => {}
            Ok(false) => return,
            // A database that does not answer for a moment ends nobody's stream.
            Err(error) => tracing::debug!(%error, "a listener could not be checked"),
        }
    }
}

fn json(event: &impl serde::Serialize) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

/// Often enough for proxies that close quiet connections after 30 s or more.
fn alive() -> KeepAlive {
    KeepAlive::new().interval(Duration::from_secs(15))
}
