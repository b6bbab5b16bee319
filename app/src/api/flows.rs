//! Flows, versions, the gallery.

use flow::Flow;
use flow::api::{FlowDetail, FlowSummary, GalleryFlow, NewFlow, Page, Publish, Version, VersionDetail};

use serde::Deserialize;

use super::{Call, Request, Text, all, call, command, get, get_text, post, with_query};

/// Flows by name, newest change first.
pub fn flows(search: &str, cursor: Option<String>, limit: u32) -> Call<Page<FlowSummary>> {
    get(&with_query(
        "/flows",
        &[("search", Some(search.to_owned())), ("cursor", cursor), ("limit", Some(limit.to_string()))],
    ))
}

pub fn flow(id: &str) -> Call<FlowDetail> {
    get(&format!("/flows/{id}"))
}

/// A flow with its draft: a [`FlowDetail`].
pub fn flow_text(id: &str) -> Call<Text> {
    get_text(&format!("/flows/{id}"))
}

/// What the list needs of a flow that was just made.
#[derive(Deserialize)]
pub struct Created {
    pub id: String,
}

pub fn create_flow(new: &NewFlow) -> Call<Created> {
    post("/flows", new)
}

/// Makes a flow of a document that is JSON already, under another name if one is given.
pub fn create_flow_of(document: &serde_json::Value, name: Option<&str>) -> Call<Created> {
    post("/flows", &serde_json::json!({ "document": document, "name": name }))
}

/// Saves the draft if it still has `revision`; the problem `conflict` says who came first.
pub fn save_flow(id: &str, draft: &Flow, revision: u32) -> Call<FlowDetail> {
    call(Request::new("PUT", &format!("/flows/{id}")).json(draft).if_match(revision))
}

pub fn delete_flow(id: &str) -> Call<()> {
    command(Request::new("DELETE", &format!("/flows/{id}")))
}

/// Makes the draft the version that triggers use.
pub fn publish_flow(id: &str, publish: &Publish) -> Call<Version> {
    post(&format!("/flows/{id}/publish"), publish)
}

/// Switches the triggers off.
pub fn unpublish_flow(id: &str) -> Call<()> {
    command(Request::new("POST", &format!("/flows/{id}/unpublish")))
}

/// Newest first.
pub fn versions(id: &str) -> Call<Vec<Version>> {
    all(&format!("/flows/{id}/versions"))
}

pub fn version(id: &str, number: u32) -> Call<VersionDetail> {
    get(&format!("/flows/{id}/versions/{number}"))
}

pub fn gallery() -> Call<Vec<GalleryFlow>> {
    get("/gallery")
}
