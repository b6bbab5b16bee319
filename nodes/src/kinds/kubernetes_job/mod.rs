//! Kubernetes Job: any container, run on the cluster.

mod output;
mod parameters;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::check::Finding;
use flow::{Batch, BlobRef, Effect, Group, Item, KindDescription, Node};
use serde_json::{Value, json};

use super::describe::{describe, finding, fixed_text, needed, slot, words};
use crate::context::{Context, Outcome, Output};
use crate::world::{ContainerJob, Secret};
use crate::{NodeError, NodeKind};
use parameters::{Argument, Credentials, OutputFrom, Parameters, PullPolicy, Which};

/// Bytes of a container's output that become items.
const MAX_OUTPUT: usize = 8 << 20;
/// Credentials whose fields a container may get.
const KINDS: &[&str] = &["password", "http_basic", "http_bearer", "http_header", "http_query", "jwt", "mtls"];
const SLOTS: [&str; 2] = ["credential", "credential2"];

pub struct KubernetesJob;

#[async_trait]
impl NodeKind for KubernetesJob {
    fn describe(&self) -> KindDescription {
        let first = slot(SLOTS[0], ["First credential", "Primeira credencial"], KINDS, None);
        let second = slot(SLOTS[1], ["Second credential", "Segunda credencial"], KINDS, None);
        let shown = |slot: flow::CredentialSlot, values: Value| flow::CredentialSlot {
            show_when: serde_json::Map::from_iter([("/credentials".to_owned(), values)]),
            ..slot
        };
        KindDescription {
            aliases: words(&[
                "container",
                "docker",
                "image",
                "pod",
                "batch",
                "k8s",
                "cluster",
                "contêiner",
                "imagem",
                "executar",
            ]),
            effect: Effect::Outside,
            credentials: vec![shown(first, json!(["one", "two"])), shown(second, json!(["two"]))],
            subtitle: "{/image}".into(),
            ..describe::<Parameters>(
                "kubernetes_job",
                ["Kubernetes Job", "Job do Kubernetes"],
                ["Runs a container", "Executa um contêiner"],
                Group::Kubernetes,
                "container",
            )
        }
    }

    async fn run(&self, context: &Context) -> Result<Outcome, NodeError> {
        let secrets = secrets(context).await?;
        let secrets = &secrets;
        // How often it runs is fixed in the drawing; an item can't change it.
        if context.node.parameters.get("mode") == Some(&json!("each_item")) {
            let at_once = context.node.parameters.get("at_once").and_then(Value::as_u64).unwrap_or(5);
            let output = context
                .map_items(at_once.clamp(1, 100) as usize, |i, item, p: Parameters| async move {
                    let fields = Value::Object(item.json.clone());
                    let files = if p.give_files { files_of(&item, "") } else { Vec::new() };
                    let job = container(&p, secrets, &fields, files)?;
                    output::items(context.jobs.run(i as u32, job).await?, &p)
                })
                .await?;
            return Ok(output.into());
        }
        let p: Parameters = context.once().await?;
        let input = context.input();
        if input.is_empty() {
            return Ok(Output::default().into());
        }
        let fields: Value = input.items.iter().map(|item| Value::Object(item.json.clone())).collect();
        let numbered = input.items.iter().enumerate().filter(|_| p.give_files);
        let files = numbered.flat_map(|(i, item)| files_of(item, &format!("{i}/"))).collect();
        let job = container(&p, secrets, &fields, files)?;
        let result = context.unless_cancelled(context.jobs.run(0, job)).await?;
        let origins = context.all_origins();
        let made = output::items(result, &p)?;
        Ok(Output::one(Batch::many(made.into_iter().map(|item| (Arc::new(item), origins.clone())))).into())
    }

    fn outlives_server(&self) -> bool {
        true
    }

    fn check(&self, node: &Node) -> Vec<Finding> {
        let mut found: Vec<Finding> =
            needed(node, "image", ["Name the image.", "Informe a imagem."]).into_iter().collect();
        let quantity = [
            "This is not a quantity. Write a number, with a unit when needed: 500m, 2, 256Mi.",
            "Isto não é uma quantidade. Escreva um número, com unidade se preciso: 500m, 2, 256Mi.",
        ];
        for name in ["cpu_request", "cpu_limit", "memory_request", "memory_limit", "scratch"] {
            if fixed_text(node, name).is_some_and(|text| !is_quantity(text)) {
                found.push(finding(node, "parameter_invalid", &format!("/{name}"), quantity));
            }
        }
        if fixed_text(node, "image").is_some_and(|image| image.trim().contains(char::is_whitespace)) {
            let text = ["An image's name has no blanks.", "O nome de uma imagem não tem espaços."];
            found.push(finding(node, "parameter_invalid", "/image", text));
        }
        found
    }

    fn needs_cluster(&self) -> bool {
        true
    }
}

/// The credentials that the node uses, in the order of its slots.
async fn secrets(context: &Context) -> Result<Vec<Secret>, NodeError> {
    let p: Credentials = match context.node.parameters.get("credentials") {
        Some(value) => serde_json::from_value(value.clone()).unwrap_or_default(),
        None => Credentials::None,
    };
    let count = match p {
        Credentials::None => 0,
        Credentials::One => 1,
        Credentials::Two => 2,
    };
    let mut secrets = Vec::with_capacity(count);
    for slot in &SLOTS[..count] {
        let secret = context.secrets.get(slot).await?;
        secrets.push(secret.ok_or_else(|| {
            NodeError::new("credential_missing", "A credential is not chosen. Choose it in the node.")
        })?);
    }
    Ok(secrets)
}

fn container(
    p: &Parameters,
    secrets: &[Secret],
    fields: &Value,
    files: Vec<(String, BlobRef)>,
) -> Result<ContainerJob, NodeError> {
    let image = p.image.trim();
    if image.is_empty() {
        return Err(NodeError::new("parameter_missing", "The image is empty. Name the container's image."));
    }
    let mut environment = Vec::with_capacity(p.environment.len());
    for variable in &p.environment {
        environment.push((variable_name(&variable.name)?, variable.value.clone()));
    }
    let mut secret_environment = Vec::new();
    for variable in p.secret_environment.iter().filter(|_| p.credentials != Credentials::None) {
        let index = usize::from(variable.credential == Which::Second);
        let value = secrets.get(index).map_or("", |secret| secret.text(variable.field.as_str()));
        if value.is_empty() {
            let text = format!(
                "The credential for the variable {} has no {}. Choose another field or credential.",
                variable.name.trim(),
                variable.field.as_str()
            );
            return Err(NodeError::new("credential_field_missing", text));
        }
        secret_environment.push((variable_name(&variable.name)?, value.to_owned()));
    }
    let list = |arguments: &[Argument]| arguments.iter().map(|argument| argument.value.clone()).collect();
    let input = p.give_items.then(|| Bytes::from(fields.to_string()));
    Ok(ContainerJob {
        image: image.to_owned(),
        command: list(&p.command),
        arguments: list(&p.arguments),
        environment,
        secret_environment,
        input,
        files,
        keep_files: p.output == OutputFrom::Files,
        cpu_request: quantity("CPU request", &p.cpu_request)?,
        cpu_limit: quantity("CPU limit", &p.cpu_limit)?,
        memory_request: quantity("Memory request", &p.memory_request)?,
        memory_limit: quantity("Memory limit", &p.memory_limit)?,
        scratch: quantity("Scratch space", &p.scratch)?,
        timeout: Duration::from_secs(u64::from(p.timeout_s.clamp(1, 604_800))),
        start_within: Duration::from_secs(u64::from(p.start_within_s.clamp(1, 604_800))),
        pull_policy: match p.pull_policy {
            PullPolicy::IfNotPresent => "IfNotPresent",
            PullPolicy::Always => "Always",
            PullPolicy::Never => "Never",
        }
        .to_owned(),
        user: p.user.clamp(1, i32::MAX as u32),
        max_output: MAX_OUTPUT,
    })
}

/// The item's files as `before` + property/name.
fn files_of(item: &Item, before: &str) -> Vec<(String, BlobRef)> {
    let path = |property: &str, name: &str| format!("{before}{}/{}", path_part(property), path_part(name));
    item.binary.iter().map(|(property, blob)| (path(property, &blob.file_name), blob.clone())).collect()
}

/// A name that is one part of a path and nothing else.
fn path_part(name: &str) -> String {
    let part: String = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c }).collect();
    let part = part.trim_start_matches('.').chars().take(200).collect::<String>();
    if part.is_empty() { "file".to_owned() } else { part }
}

fn variable_name(name: &str) -> Result<String, NodeError> {
    let name = name.trim();
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    match plain && !name.is_empty() {
        true => Ok(name.to_owned()),
        false => {
            let text =
                format!("“{name}” is no name of a variable. Use letters, digits and _, and begin with a letter.");
            Err(NodeError::new("parameter_invalid", text))
        }
    }
}

fn quantity(what: &str, text: &str) -> Result<String, NodeError> {
    match is_quantity(text) {
        true => Ok(text.trim().to_owned()),
        false => {
            let text = format!(
                "{what}: “{}” is not a quantity. Write a number, with a unit when needed: 500m, 2, 256Mi.",
                text.trim()
            );
            Err(NodeError::new("parameter_invalid", text))
        }
    }
}

/// A Kubernetes quantity above nothing, or blank.
fn is_quantity(text: &str) -> bool {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let units = ["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    text.is_empty() || (units.contains(&unit) && digits.parse::<f64>().is_ok_and(|n| n > 0.0 && n.is_finite()))
}

#[cfg(test)]
mod tests;
