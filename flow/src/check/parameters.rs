//! One node: its parameters, expressions, credentials and settings.

use serde_json::Value;

use super::{Finding, schema};
use crate::expression::{Template, node_names};
use crate::graph::{Flow, Node};
use crate::kind::{KindDescription, shown};

pub(super) fn check(flow: &Flow, node: &Node, kind: &KindDescription) -> Vec<Finding> {
    let mut found = schema::check(node, kind);
    let mut pointer = String::new();
    for (key, value) in &node.parameters {
        expressions(flow, node, value, &mut pointer, key, &mut found);
    }
    found.extend(credentials(node, kind));
    found.extend(settings(node));
    found
}

/// Every string that starts with `=` must be a template, and the nodes that it names must exist.
fn expressions(flow: &Flow, node: &Node, value: &Value, pointer: &mut String, key: &str, found: &mut Vec<Finding>) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::String(text) => {
            found.extend(template_findings(flow, text).into_iter().map(|f| f.of(node).at(pointer.clone())));
        }
        Value::Array(list) => {
            for (i, element) in list.iter().enumerate() {
                expressions(flow, node, element, pointer, &i.to_string(), found);
            }
        }
        Value::Object(map) => {
            for (key, element) in map {
                expressions(flow, node, element, pointer, key, found);
            }
        }
        _ => {}
    }
    pointer.truncate(length);
}

fn template_findings(flow: &Flow, parameter: &str) -> Vec<Finding> {
    if let Some(Err(error)) = Template::of(parameter) {
        let place = error.at + 1;
        let pt = format!(
            "A expressão não pode ser lida a partir do caractere {place}. Confira as chaves {{{{ }}}} e as aspas."
        );
        return vec![Finding::error("expression_invalid", error.message, pt)];
    }
    let missing = node_names(parameter).into_iter().filter(|name| flow.node_named(name).is_none());
    missing
        .map(|name| {
            let (en, pt) = (
                format!("The expression names the node '{name}', which does not exist. Correct the name."),
                format!("A expressão cita o nó '{name}', que não existe. Corrija o nome."),
            );
            Finding::error("node_unknown", en, pt)
        })
        .collect()
}

fn credentials(node: &Node, kind: &KindDescription) -> Vec<Finding> {
    let missing = kind.credentials.iter().filter(|slot| {
        let chosen = node.credentials.get(&slot.name).is_some_and(|id| !id.is_empty());
        !chosen && shown(&slot.show_when, node, &kind.defaults) == Some(true)
    });
    missing
        .map(|slot| {
            let (en, pt) = (
                format!("No credential is chosen for '{}'. Choose or create one.", slot.label.en),
                format!("Nenhuma credencial foi escolhida para '{}'. Escolha ou crie uma.", slot.label.pt),
            );
            Finding::error("credential_missing", en, pt).of(node).at(format!("/credentials/{}", slot.name))
        })
        .collect()
}

fn settings(node: &Node) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(retry) = &node.settings.retry {
        if !(1..=100).contains(&retry.tries) {
            found.push(Finding::error(
                "setting_invalid",
                "The number of tries must be 1 to 100. Correct it in the node's settings.",
                "O número de tentativas deve ser de 1 a 100. Corrija nas configurações do nó.",
            ));
        }
        if !(retry.factor >= 1.0 && retry.factor <= 100.0 && (0.0..=1.0).contains(&retry.jitter)) {
            found.push(Finding::error(
                "setting_invalid",
                "The wait between tries must grow by a factor of 1 to 100, and its random share be 0 to 1. Correct it in the node's settings.",
                "A espera entre tentativas deve crescer por um fator de 1 a 100, e a parte aleatória ser de 0 a 1. Corrija nas configurações do nó.",
            ));
        }
        if let Some(Err(error)) = retry.only_if.as_deref().map(|e| Template::parse(e.strip_prefix('=').unwrap_or(e))) {
            found.push(Finding::error(
                "expression_invalid",
                format!("The condition for a retry can't be read. {}", error.message),
                "A condição para tentar de novo não pode ser lida. Confira as chaves e as aspas.",
            ));
        }
    }
    found.extend(super::timeout(node.settings.timeout_s, "the node's settings", "nas configurações do nó"));
    found.into_iter().map(|f| f.of(node)).collect()
}
