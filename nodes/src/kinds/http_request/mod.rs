//! HTTP request: calls any web service.

mod auth;
pub mod curl;
mod digest;
mod page;
mod parameters;
mod request;
mod response;
mod send;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{Batch, Effect, Group, Item, KindDescription, Node};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::describe::{describe, finding, fixed_text, needed, slot, words};
use crate::context::{Context, Failed, Outcome, Output};
use crate::{NodeError, NodeKind};

pub use parameters::*;

pub struct HttpRequest;

#[async_trait]
impl NodeKind for HttpRequest {
    fn describe(&self) -> KindDescription {
        let by = |value: &str| Some(("/authentication", json!(value)));
        KindDescription {
            aliases: words(&[
                "api",
                "rest",
                "curl",
                "fetch",
                "get",
                "post",
                "web",
                "serviço",
                "requisição",
                "download",
            ]),
            effect: Effect::Outside,
            credentials: vec![
                slot("basic", ["User and password", "Usuário e senha"], &["http_basic"], by("basic")),
                slot("digest", ["User and password", "Usuário e senha"], &["http_basic"], by("digest")),
                slot("bearer", ["Token", "Token"], &["http_bearer"], by("bearer")),
                slot("header", ["Header", "Cabeçalho"], &["http_header"], by("header")),
                slot("query", ["Query parameter", "Parâmetro da consulta"], &["http_query"], by("query")),
                slot(
                    "client_certificate",
                    ["Client certificate", "Certificado do cliente"],
                    &["mtls"],
                    Some(("/client_certificate", json!(true))),
                ),
                slot(
                    "proxy",
                    ["User and password of the proxy", "Usuário e senha do proxy"],
                    &["http_basic"],
                    Some(("/proxy_password", json!(true))),
                ),
            ],
            subtitle: "{/method} {/url}".into(),
            ..describe::<Parameters>(
                "http_request",
                ["HTTP request", "Requisição HTTP"],
                ["Calls any web service", "Chama qualquer serviço web"],
                Group::Network,
                "globe",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let input = context.input();
        let parameters = context.each_shared::<Parameters>().await;
        let Some(first) = parameters.iter().find_map(|p| p.as_ref().ok()).cloned() else {
            // Nothing to send: every item's parameters are wrong, or there is no item.
            return collect(context, parameters.into_iter().map(|p| p.map(|_| Vec::new())).collect()).map(Into::into);
        };
        let auth = auth::Auth::load(context, &first).await?;
        let jobs: Vec<_> = input.items.iter().cloned().zip(parameters).enumerate().collect();
        let batch = if first.batch_size == 0 { jobs.len().max(1) } else { first.batch_size as usize };
        let mut results = Vec::with_capacity(jobs.len());
        let mut jobs = jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let work = jobs.by_ref().take(batch).map(|(i, (item, p))| one(context, &auth, i, item, p));
            let chunk = futures_util::stream::iter(work).buffered(first.concurrency.clamp(1, 100) as usize);
            let done: Vec<_> = context
                .unless_cancelled(async {
                    let mut chunk = std::pin::pin!(chunk);
                    let mut done = Vec::new();
                    while let Some(result) = chunk.next().await {
                        let stop = result.is_err() && !context.keep_going;
                        done.push(result);
                        if stop {
                            break;
                        }
                    }
                    Ok(done)
                })
                .await?;
            let stop = !context.keep_going && done.iter().any(Result::is_err);
            results.extend(done);
            if stop {
                break;
            }
            if jobs.peek().is_some() && first.batch_wait_ms > 0 {
                let pause = context.clock.sleep(Duration::from_millis(first.batch_wait_ms));
                let paused = async {
                    pause.await;
                    Ok(())
                };
                context.unless_cancelled(paused).await?;
            }
        }
        collect(context, results).map(Into::into)
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let message = ["Give the URL to call.", "Informe a URL a chamar."];
        let mut found: Vec<Finding> = needed(node, "url", message).into_iter().collect();
        let url = fixed_text(node, "url").map(str::trim).filter(|url| !url.is_empty());
        if url.is_some_and(|url| request::parse_url(url).is_err()) {
            let message = [
                "The URL must start with http:// or https:// and name a server.",
                "A URL deve começar com http:// ou https:// e indicar um servidor.",
            ];
            found.push(finding(node, "url_invalid", "/url", message));
        }
        if fixed_text(node, "proxy").is_some_and(|proxy| request::proxy(proxy).is_err()) {
            let message = [
                "A password does not belong into the proxy's address, where everybody can read it. Switch on “Proxy asks for a password” and choose a credential.",
                "Senha não cabe no endereço do proxy, onde todos podem lê-la. Ligue “O proxy pede senha” e escolha uma credencial.",
            ];
            found.push(finding(node, "proxy_secret", "/proxy", message));
        }
        let next = node.parameters.get("pagination");
        let field = |name: &str| next.and_then(|p| p.get(name)).and_then(Value::as_str).unwrap_or("").trim();
        if field("mode") == "next_url" && field("next_url").is_empty() {
            let message = [
                "Write the expression that gives the next page's address.",
                "Escreva a expressão que dá o endereço da próxima página.",
            ];
            found.push(finding(node, "parameter_missing", "/pagination/next_url", message));
        }
        found
    }
}

/// What one input item gives.
async fn one(
    context: &Context,
    auth: &auth::Auth,
    index: usize,
    item: Arc<Item>,
    parameters: Result<Arc<Parameters>, NodeError>,
) -> Result<Vec<Item>, NodeError> {
    let parameters = parameters?;
    let call = send::Call { context, auth, parameters: &parameters, index, item: &item };
    page::all(&call).await.map_err(|e| auth.mask_error(e))
}

fn collect(context: &Context, results: Vec<Result<Vec<Item>, NodeError>>) -> Result<Output, NodeError> {
    let (mut made, mut failed) = (Vec::new(), Vec::new());
    for (i, result) in results.into_iter().enumerate().take(context.input().len().max(1)) {
        match result {
            Ok(items) => made.extend(items.into_iter().map(|item| (Arc::new(item), i as u32))),
            Err(e) if context.keep_going && i < context.input().len() => {
                failed.push(Failed { item: i as u32, error: e.at_item(i) });
            }
            Err(e) => return Err(e.at_item(i)),
        }
    }
    Ok(Output { failed, ..Output::one(Batch::each(made)) })
}

#[cfg(test)]
mod tests;
