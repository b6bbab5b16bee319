//! The yardstick of `cargo xtask bench webhook`: an axum handler that does nothing but one durable insert, through the same
//! writer and its group commit. `bare_insert ADDRESS FOLDER`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use flow::{Flow, RunStatus, TriggerKind};
use serde_json::{Value, json};
use server::store::{Op, RunRow, Store, StoreOptions, new_id};

#[derive(Clone)]
struct Yardstick {
    store: Store,
    flow: Arc<str>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(address), Some(folder)) = (words.next(), words.next()) else {
        return Err("Usage: bare_insert ADDRESS FOLDER".into());
    };
    let store = Store::open(&StoreOptions::in_folder(folder.as_ref())).await?;
    let flow = store.create_flow(&Flow { name: "bare".to_owned(), ..Flow::default() }, "bench").await?;
    let state = Yardstick { store, flow: flow.id.as_str().into() };
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, Router::new().route("/", post(insert)).with_state(state)).await?;
    Ok(())
}

/// Saves what came as a finished run, and says which.
async fn insert(State(state): State<Yardstick>, Json(body): Json<Value>) -> Result<Json<Value>, (StatusCode, String)> {
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
    let id = new_id();
    let run = RunRow {
        id: id.clone(),
        flow_id: state.flow.to_string(),
        flow_name: "bare".to_owned(),
        version_id: None,
        version_number: None,
        document: None,
        trigger: TriggerKind::Webhook,
        trigger_node: "Webhook".to_owned(),
        status: RunStatus::Succeeded,
        epoch: 1,
        owner: None,
        lease_until: None,
        wake_at: None,
        created_at: now,
        started_at: Some(now),
        finished_at: Some(now),
        steps: 0,
        error: None,
        answer: Some(body.to_string().into()),
        retry_of: None,
        until_node: None,
        state: None,
        job: None,
    };
    match state.store.commit(vec![Op::InsertRun(Box::new(run))]).await {
        Ok(()) => Ok(Json(json!({ "run": id }))),
        Err(error) => Err((StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}
