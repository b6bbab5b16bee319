//! Flows and versions as the API shows them.

use std::collections::HashMap;

use flow::Flow;
use flow::api::{FlowDetail, FlowSummary, Page, RunSummary, Version, VersionDetail, WebhookAddress};
use nodes::Registry;
use nodes::kinds::webhook;

use super::{FlowError, check, document};
use crate::store::{FlowFilter, FlowRow, Outline, PageOf, Store, VersionRow, time};

/// A page of flows, last changed first.
pub async fn list(
    store: &Store,
    registry: &Registry,
    search: Option<String>,
    page: PageOf,
) -> Result<Page<FlowSummary>, FlowError> {
    let page = store.flows(FlowFilter { search, page }).await?;
    let ids: Vec<String> = page.items.iter().map(|row| row.id.clone()).collect();
    let news = News { runs: store.last_runs(&ids).await?, ticks: store.next_ticks(&ids).await? };
    let mut outlines = store.outlines(&ids).await?;
    let shown = |row: FlowRow| summary(registry, &row, outlines.remove(&row.id).unwrap_or_default(), &news);
    Ok(Page { items: page.items.into_iter().map(shown).collect(), next: page.next })
}

/// What happens to flows besides being saved.
struct News {
    runs: HashMap<String, RunSummary>,
    ticks: HashMap<String, i64>,
}

/// A flow with its draft and what is wrong with it.
pub async fn detail(store: &Store, registry: &Registry, id: &str, public_url: &str) -> Result<FlowDetail, FlowError> {
    let row = store.flow(id).await?;
    let draft = document(&row.draft)?;
    let ids = [row.id.clone()];
    let news = News { runs: store.last_runs(&ids).await?, ticks: store.next_ticks(&ids).await? };
    Ok(FlowDetail {
        summary: summary(registry, &row, Outline::of(&draft), &news),
        revision: row.revision,
        findings: check(&draft, registry),
        webhooks: webhook_addresses(&draft, public_url),
        draft,
    })
}

fn summary(registry: &Registry, row: &FlowRow, outline: Outline, news: &News) -> FlowSummary {
    let is_trigger = |kind: &String| registry.get(kind).is_some_and(|k| k.description.is_trigger());
    FlowSummary {
        id: row.id.clone(),
        name: row.name.clone(),
        description: row.description.clone(),
        published: row.published.as_ref().map(|p| p.number),
        draft_changed: row.draft_changed(),
        triggers: outline.kinds.into_iter().filter(is_trigger).collect(),
        nodes: outline.nodes,
        created_at: time::rfc3339(row.created_at),
        updated_at: time::rfc3339(row.updated_at),
        updated_by: row.updated_by.clone(),
        last_run: news.runs.get(&row.id).cloned(),
        next_tick: news.ticks.get(&row.id).copied().map(time::rfc3339),
    }
}

/// Where the webhooks of a document answer.
pub fn webhook_addresses(document: &Flow, public_url: &str) -> Vec<WebhookAddress> {
    let webhooks = document.nodes.iter().filter(|n| n.kind == "webhook");
    webhooks
        .filter_map(|node| {
            let parameters = webhook::Parameters::of(node).ok()?;
            let path = parameters.path.trim().trim_matches('/');
            Some(WebhookAddress {
                node: node.id.clone(),
                methods: parameters.methods(),
                url: format!("{public_url}/webhook/{path}"),
                test_url: format!("{public_url}/webhook-test/{path}"),
            })
        })
        .collect()
}

/// The versions of a flow, newest first.
pub async fn versions(store: &Store, flow: &str, page: &PageOf) -> Result<Page<Version>, FlowError> {
    let page = store.versions(flow, page).await?;
    Ok(Page { items: page.items.into_iter().map(version_of).collect(), next: page.next })
}

/// One version with its document.
pub async fn version(store: &Store, flow: &str, number: u32) -> Result<VersionDetail, FlowError> {
    let row = store.version(flow, number).await?;
    let document = document(&row.document)?;
    Ok(VersionDetail { version: version_of(row), document })
}

pub fn version_of(row: VersionRow) -> Version {
    Version {
        id: row.id,
        number: row.number,
        name: row.name,
        created_at: time::rfc3339(row.created_at),
        created_by: row.created_by,
        published: row.published,
    }
}
