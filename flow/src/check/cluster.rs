//! What a flow asks the cluster for, and what can't be done there.

use super::Finding;
use crate::graph::{ClusterSettings, Flow, RunsOn};

/// Kinds that need what only the server has, and what that is.
const SERVER_ONLY: [(&str, [&str; 2]); 3] = [
    ("read_file", ["the folders of the server", "as pastas do servidor"]),
    ("write_file", ["the folders of the server", "as pastas do servidor"]),
    ("kubernetes_job", ["the server, which starts its Job", "o servidor, que inicia o Job"]),
];

pub(super) fn check(flow: &Flow) -> Vec<Finding> {
    if flow.settings.runs_on == RunsOn::Server {
        return Vec::new();
    }
    let mut found = settings(&flow.settings.cluster);
    for node in flow.nodes.iter().filter(|node| !node.settings.disabled) {
        let Some((_, [en, pt])) = SERVER_ONLY.iter().find(|(kind, _)| *kind == node.kind) else { continue };
        let finding = Finding::error(
            "not_on_cluster",
            format!(
                "'{}' needs {en}, and this flow runs on the cluster. Run the flow on the server, or take the node out.",
                node.name
            ),
            format!(
                "'{}' precisa de {pt}, e este fluxo executa no cluster. Execute o fluxo no servidor ou retire o nó.",
                node.name
            ),
        );
        found.push(finding.of(node));
    }
    found
}

fn settings(cluster: &ClusterSettings) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let mut refuse = |what: [&str; 2], value: &str, example: &str| {
        wrong.push(Finding::error(
            "setting_invalid",
            format!(
                "'{value}' is no {} that Kubernetes knows. Write it like {example} in the flow's settings.",
                what[0]
            ),
            format!(
                "'{value}' não é {} que o Kubernetes conheça. Escreva como {example} nas configurações do fluxo.",
                what[1]
            ),
        ));
    };
    if !cluster.cpu.is_empty() && !is_cpu(&cluster.cpu) {
        refuse(["amount of CPU", "uma quantidade de CPU"], &cluster.cpu, "500m, 1 or 2.5");
    }
    if !cluster.memory.is_empty() && !is_memory(&cluster.memory) {
        refuse(["amount of memory", "uma quantidade de memória"], &cluster.memory, "512Mi or 2Gi");
    }
    if cluster.gpus > 64 {
        refuse(["number of GPUs", "um número de GPUs"], &cluster.gpus.to_string(), "1");
    }
    for (key, value) in &cluster.node_selector {
        if !is_key(key) || !is_label(value) {
            refuse(["label of a node", "um rótulo de nó"], &format!("{key}={value}"), "disktype=ssd");
        }
    }
    for text in &cluster.tolerations {
        if toleration(text).is_none() {
            refuse(["taint", "um taint"], text, "gpu=true:NoSchedule");
        }
    }
    if !cluster.priority_class.is_empty() && !is_name(&cluster.priority_class) {
        refuse(
            ["name of a priority class", "um nome de classe de prioridade"],
            &cluster.priority_class,
            "low-priority",
        );
    }
    wrong
}

/// A taint as kubectl writes it: key, value, effect; what is absent means any.
pub fn toleration(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let (rest, effect) = match text.rsplit_once(':') {
        Some((rest, effect)) => (rest, Some(effect)),
        None => (text, None),
    };
    let (key, value) = match rest.split_once('=') {
        Some((key, value)) => (key, Some(value)),
        None => (rest, None),
    };
    let known = effect.is_none_or(|e| ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&e));
    (known && is_key(key) && value.is_none_or(is_label)).then_some((key, value, effect))
}

/// A positive amount of cores: `2`, `2.5`, `500m`.
pub fn is_cpu(text: &str) -> bool {
    positive(text.strip_suffix('m').unwrap_or(text))
}

/// A positive amount of bytes: `512Mi`, `2Gi`, `1G`, `1048576`.
pub fn is_memory(text: &str) -> bool {
    let units = ["Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T"];
    positive(units.iter().find_map(|unit| text.strip_suffix(unit)).unwrap_or(text))
}

fn positive(text: &str) -> bool {
    let plain = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    plain && !text.starts_with('.') && !text.ends_with('.') && text.parse::<f64>().is_ok_and(|n| n > 0.0)
}

/// A label's key: a name, perhaps with a domain before it.
fn is_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').unwrap_or(("", text));
    (prefix.is_empty() && !text.starts_with('/') || is_name(prefix)) && !name.is_empty() && is_label(name)
}

/// A label's value; may be empty.
fn is_label(text: &str) -> bool {
    let ends = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    text.len() <= 63
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && ends(text.bytes().next())
        && ends(text.bytes().last())
}

/// A DNS name in lower case.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 253 && is_host(text)
}

fn is_host(text: &str) -> bool {
    text.split('.').all(|part| is_label(part) && !part.is_empty() && !part.contains('_'))
        && !text.bytes().any(|b| b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;

    #[test]
    fn amounts_are_those_of_kubernetes() {
        for text in ["1", "2.5", "500m", "0.1"] {
            assert!(is_cpu(text), "{text}");
        }
        for text in ["", "0", "-1", "1 core", "m", "1e3", "1.", ".5", "500 m", "99999999999999999"] {
            assert!(!is_cpu(text), "{text}");
        }
        for text in ["512Mi", "2Gi", "1G", "1048576", "1.5Gi"] {
            assert!(is_memory(text), "{text}");
        }
        for text in ["", "0Mi", "2 Gi", "2gb", "Mi", "2GiB"] {
            assert!(!is_memory(text), "{text}");
        }
    }

    #[test]
    fn tolerations_are_those_of_kubectl() {
        assert_eq!(toleration("gpu=true:NoSchedule"), Some(("gpu", Some("true"), Some("NoSchedule"))));
        assert_eq!(toleration("nvidia.com/gpu:NoExecute"), Some(("nvidia.com/gpu", None, Some("NoExecute"))));
        assert_eq!(toleration("spot"), Some(("spot", None, None)));
        for text in ["", "=x", "gpu:Never", "a b", "/x", "gpu=a b"] {
            assert_eq!(toleration(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_flow_on_the_cluster_is_looked_at() {
        let mut flow = Flow::default();
        flow.settings.cluster.cpu = "much".into();
        flow.nodes.push(Node { id: "r".into(), name: "Read".into(), kind: "read_file".into(), ..Node::default() });
        assert_eq!(check(&flow), []);
        flow.settings.runs_on = RunsOn::Cluster;
        let found = check(&flow);
        let codes: Vec<(&str, Option<&str>)> = found.iter().map(|f| (f.code.as_str(), f.node.as_deref())).collect();
        assert_eq!(codes, [("setting_invalid", None), ("not_on_cluster", Some("r"))]);
        flow.nodes[0].settings.disabled = true;
        assert_eq!(check(&flow).len(), 1);
    }
}
