//! The reference pages of the node kinds, made of their descriptions.

pub mod examples;

use flow::{Effect, Group, KindDescription, Ports, kind::PortRule};
use serde_json::{Map, Value};

use crate::registry::Registry;

/// Path under `docs/nodes/` and Markdown of every page: one for each kind, and the index.
pub fn pages() -> Vec<(String, String)> {
    let registry = Registry::standard();
    let kinds: Vec<&KindDescription> = registry.descriptions().map(AsRef::as_ref).collect();
    let mut pages = vec![("README.md".to_owned(), index(&kinds))];
    pages.extend(kinds.iter().map(|kind| (format!("{}.md", kind.kind), page(kind))));
    pages
}

fn index(kinds: &[&KindDescription]) -> String {
    let mut text =
        "# Nodes\n\nEvery node kind, by family. These pages come from the nodes' own descriptions.\n".to_owned();
    let mut groups: Vec<Group> = kinds.iter().map(|k| k.group).collect();
    groups.sort();
    groups.dedup();
    for group in groups {
        text += &format!("\n## {}\n\n| node | what it does |\n|---|---|\n", family(group));
        for kind in kinds.iter().filter(|k| k.group == group) {
            text += &format!("| [{}]({}.md) | {} |\n", kind.name.en, kind.kind, kind.summary.en);
        }
    }
    text
}

fn family(group: Group) -> &'static str {
    match group {
        Group::Trigger => "Triggers",
        Group::Flow => "Flow",
        Group::Data => "Data",
        Group::Files => "Files",
        Group::Pdf => "PDF",
        Group::Network => "Network",
        Group::Database => "Databases",
        Group::Kubernetes => "Kubernetes",
        Group::Ai => "AI",
    }
}

fn page(kind: &KindDescription) -> String {
    let mut text = format!("# {}\n\n{}. In Portuguese: {}.\n\n", kind.name.en, kind.summary.en, kind.name.pt);
    let effect = match kind.effect {
        Effect::Pure => "depends on its input alone",
        Effect::Outside => "reads or changes the world outside the flow",
    };
    text +=
        &format!("- Kind: `{}`, version {}; family: {}; it {effect}.\n", kind.kind, kind.version, family(kind.group));
    text += &format!("- Inputs: {}.\n", ports(&kind.inputs));
    text += &format!("- Outputs: {}; with “on error: send to the error port” also `error`.\n", ports(&kind.outputs));
    if !kind.credentials.is_empty() {
        text += "\n## Credentials\n\n| slot | what for | kinds | when |\n|---|---|---|---|\n";
        for slot in &kind.credentials {
            let kinds: Vec<String> = slot.kinds.iter().map(|k| format!("`{k}`")).collect();
            let when = shown_when(&slot.show_when);
            text += &format!("| `{}` | {} | {} | {when} |\n", slot.name, slot.label.en, kinds.join(", "));
        }
    }
    let mut rows = String::new();
    parameters(&kind.parameters, "", &mut rows);
    if rows.is_empty() {
        text += "\nIt has no parameters.\n";
    } else {
        text += "\n## Parameters\n\n| parameter | label | values | default | what it does |\n|---|---|---|---|---|\n";
        text += &rows;
    }
    if let Some(example) = examples::of(&kind.kind) {
        text += "\n## Example\n\n";
        text += &format!("{}\n", example.text);
        let mut block = |title: &str, value: &Value| {
            let json = serde_json::to_string_pretty(value).unwrap_or_default();
            text += &format!("\n{title}:\n\n```json\n{json}\n```\n");
        };
        block("Parameters", &example.parameters);
        for (i, input) in example.inputs.iter().enumerate() {
            let title = if example.inputs.len() == 1 { "Input".to_owned() } else { format!("Input {}", i + 1) };
            block(&title, input);
        }
        for (port, items) in &example.outputs {
            block(&format!("Output `{port}`"), items);
        }
    }
    text
}

fn ports(ports: &Ports) -> String {
    let fixed = ports.fixed.iter().map(|port| format!("`{}`", port.name));
    let ruled = ports.rules.iter().map(|rule| match rule {
        PortRule::Count { pointer, prefix } => format!("`{prefix}1`, `{prefix}2`… as many as `{}` says", &pointer[1..]),
        PortRule::List { pointer, name } => {
            format!("one for each of `{}`, named by its `{name}` (by its position when empty)", &pointer[1..])
        }
        PortRule::When { pointer, equals, port } => format!("`{}` when `{}` is `{equals}`", port.name, &pointer[1..]),
    });
    let all: Vec<String> = fixed.chain(ruled).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn shown_when(conditions: &Map<String, Value>) -> String {
    let one = |(pointer, values): (&String, &Value)| {
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        let values: Vec<String> = values.iter().map(|v| format!("`{}`", plain(v))).collect();
        format!("`{}` is {}", pointer.trim_start_matches('/').replace('/', "."), values.join(" or "))
    };
    if conditions.is_empty() {
        "always".to_owned()
    } else {
        conditions.iter().map(one).collect::<Vec<_>>().join(" and ")
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A row for each property, those of objects and lists after it.
fn parameters(schema: &Value, prefix: &str, rows: &mut String) {
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let text = |key: &str| field.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let default = match field.get("default") {
            Some(value) if !value.is_object() && !value.is_array() && plain(value).len() <= 40 => match plain(value) {
                empty if empty.is_empty() => "empty".to_owned(),
                value => format!("`{}`", value.replace('\n', " ").replace('|', "\\|")),
            },
            Some(Value::Array(list)) if list.is_empty() => "empty".to_owned(),
            _ => String::new(),
        };
        let mut help = text("description");
        if let Some(conditions) = field.get("x-show-when").and_then(Value::as_object) {
            help += &format!(" *Only when {}.*", shown_when(conditions));
        }
        let path = format!("{prefix}{name}");
        *rows += &format!("| `{path}` | {} | {} | {default} | {help} |\n", text("title"), values(field));
        parameters(field, &format!("{path}."), rows);
        if let Some(items) = field.get("items") {
            parameters(items, &format!("{path}[]."), rows);
        }
    }
}

fn values(field: &Value) -> String {
    let options = field.get("enum").or_else(|| field.pointer("/items/enum")).and_then(Value::as_array);
    if let Some(options) = options {
        let options: Vec<String> = options.iter().map(|o| format!("`{}`", plain(o))).collect();
        let list = field.get("type").and_then(Value::as_str) == Some("array");
        return format!("{}{}", if list { "list of " } else { "" }, options.join(", "));
    }
    let kind = match field.get("type") {
        Some(Value::String(one)) => one.clone(),
        _ if field.get("x-widget").and_then(Value::as_str) == Some("code:json") => "JSON".to_owned(),
        _ => "any".to_owned(),
    };
    let range = match (field.get("minimum"), field.get("maximum")) {
        (Some(min), Some(max)) => format!(" {min}–{max}"),
        (Some(min), None) if min.as_f64() != Some(0.0) => format!(" from {min}"),
        _ => String::new(),
    };
    let name = match kind.as_str() {
        "string" => "text",
        "boolean" => "`true`, `false`",
        "integer" => "whole number",
        "array" => "list",
        other => other,
    };
    format!("{name}{range}")
}
