//! Nodes, names, edges: what can be seen on the canvas.

use std::collections::{HashMap, HashSet};

use super::Finding;
use crate::graph::{Edge, Flow, Node};
use crate::kind::KindDescription;

type Kinds<'a, 'k> = &'a dyn Fn(&str) -> Option<&'k KindDescription>;

pub(super) fn check(flow: &Flow, kinds: Kinds<'_, '_>) -> Vec<Finding> {
    let mut found = names(flow);
    for node in flow.nodes.iter().filter(|n| kinds(&n.kind).is_none()) {
        let (en, pt) = (
            format!("This server has no node of the kind '{}'. Replace the node, or update the server.", node.kind),
            format!("Este servidor não tem nós do tipo '{}'. Troque o nó ou atualize o servidor.", node.kind),
        );
        let finding = match node.settings.disabled {
            true => Finding::warning("kind_missing", en, pt),
            false => Finding::error("kind_missing", en, pt),
        };
        found.push(finding.of(node));
    }
    let by_id: HashMap<&str, usize> = flow.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
    let mut next = vec![Vec::new(); flow.nodes.len()];
    let mut seen = HashSet::new();
    for edge in &flow.edges {
        match (by_id.get(edge.from.as_str()), by_id.get(edge.to.as_str())) {
            (Some(&from), Some(&to)) => {
                found.extend(ports(edge, &flow.nodes[from], &flow.nodes[to], kinds));
                next[from].push(to);
                if !seen.insert(edge) {
                    found.push(twice(&flow.nodes[from], &flow.nodes[to]));
                }
            }
            (from, to) => found.push(dangling(flow, from.or(to).copied())),
        }
    }
    found.extend(cycle(flow, &next));
    found.extend(triggers(flow, &next, kinds));
    found
}

fn names(flow: &Flow) -> Vec<Finding> {
    let (mut ids, mut names, mut found) = (HashSet::new(), HashSet::new(), Vec::new());
    for node in &flow.nodes {
        if !ids.insert(node.id.as_str()) || node.id.is_empty() {
            let (en, pt) = (
                format!("Two nodes have the same id, '{}'. Delete one of them and add it again.", node.id),
                format!("Dois nós têm o mesmo id, '{}'. Exclua um deles e adicione-o de novo.", node.id),
            );
            found.push(Finding::error("duplicate_id", en, pt).of(node));
        }
        if node.name.trim().is_empty() {
            found.push(
                Finding::error(
                    "name_missing",
                    "The node has no name. Give it one.",
                    "O nó não tem nome. Dê um nome a ele.",
                )
                .of(node),
            );
        } else if !names.insert(node.name.as_str()) {
            let (en, pt) = (
                format!("Two nodes are called '{}'. Rename one, so that expressions know which is meant.", node.name),
                format!("Dois nós se chamam '{}'. Renomeie um deles, para que as expressões saibam qual é.", node.name),
            );
            found.push(Finding::error("duplicate_name", en, pt).of(node));
        }
    }
    found
}

fn dangling(flow: &Flow, end: Option<usize>) -> Finding {
    let finding = Finding::error(
        "edge_dangling",
        "An edge leads to a node that no longer exists. Delete the edge.",
        "Uma conexão leva a um nó que não existe mais. Exclua a conexão.",
    );
    match end {
        Some(node) => finding.of(&flow.nodes[node]),
        None => finding,
    }
}

fn twice(from: &Node, to: &Node) -> Finding {
    let (en, pt) = (
        format!("'{}' and '{}' are connected twice by the same ports. Delete one of the edges.", from.name, to.name),
        format!(
            "'{}' e '{}' estão conectados duas vezes pelas mesmas portas. Exclua uma das conexões.",
            from.name, to.name
        ),
    );
    Finding::warning("edge_duplicate", en, pt).of(from)
}

fn ports(edge: &Edge, from: &Node, to: &Node, kinds: Kinds<'_, '_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let leaves = kinds(&from.kind).is_none_or(|k| k.output_ports(from).iter().any(|p| p.name == edge.from_port));
    if !leaves {
        let (en, pt) = (
            format!(
                "'{}' has no output '{}' any more. Connect the edge to another output, or delete it.",
                from.name, edge.from_port
            ),
            format!(
                "'{}' não tem mais a saída '{}'. Ligue a conexão a outra saída ou exclua-a.",
                from.name, edge.from_port
            ),
        );
        found.push(Finding::error("port_missing", en, pt).of(from));
    }
    let Some(kind) = kinds(&to.kind) else { return found };
    let inputs = kind.input_ports(to);
    if inputs.is_empty() {
        let (en, pt) = (
            format!("An edge leads into '{}', but a trigger has no input. Delete the edge.", to.name),
            format!("Uma conexão chega a '{}', mas um gatilho não tem entrada. Exclua a conexão.", to.name),
        );
        found.push(Finding::error("port_missing", en, pt).of(to));
    } else if !inputs.iter().any(|p| p.name == edge.to_port) {
        let (en, pt) = (
            format!(
                "'{}' has no input '{}' any more. Connect the edge to another input, or delete it.",
                to.name, edge.to_port
            ),
            format!(
                "'{}' não tem mais a entrada '{}'. Ligue a conexão a outra entrada ou exclua-a.",
                to.name, edge.to_port
            ),
        );
        found.push(Finding::error("port_missing", en, pt).of(to));
    }
    found
}

/// One cycle, named node by node: enough to know where to cut.
fn cycle(flow: &Flow, next: &[Vec<usize>]) -> Option<Finding> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; next.len()];
    for start in 0..next.len() {
        // (node, its edges that were followed): the path from `start`.
        let mut path = vec![(start, 0)];
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        while let Some((node, edge)) = path.last_mut() {
            let Some(&to) = next[*node].get(*edge) else {
                marks[*node] = Mark::Done;
                path.pop();
                continue;
            };
            *edge += 1;
            match marks[to] {
                Mark::Done => {}
                Mark::New => {
                    marks[to] = Mark::Open;
                    path.push((to, 0));
                }
                Mark::Open => {
                    let names: Vec<&str> = path
                        .iter()
                        .map(|(node, _)| *node)
                        .skip_while(|node| *node != to)
                        .chain([to])
                        .map(|node| flow.nodes[node].name.as_str())
                        .collect();
                    let circle = names.join(" → ");
                    let (en, pt) = (
                        format!(
                            "These nodes lead in a circle: {circle}. Delete one of their edges: a run must come to an end."
                        ),
                        format!(
                            "Estes nós formam um círculo: {circle}. Exclua uma das conexões: uma execução precisa chegar ao fim."
                        ),
                    );
                    return Some(Finding::error("cycle", en, pt).of(&flow.nodes[to]));
                }
            }
        }
    }
    None
}

fn triggers(flow: &Flow, next: &[Vec<usize>], kinds: Kinds<'_, '_>) -> Vec<Finding> {
    let is_trigger = |node: &Node| kinds(&node.kind).is_some_and(KindDescription::is_trigger);
    let starts: Vec<usize> = (0..flow.nodes.len()).filter(|&i| is_trigger(&flow.nodes[i])).collect();
    if !starts.iter().any(|&i| !flow.nodes[i].settings.disabled) {
        return vec![Finding::error(
            "no_trigger",
            "Nothing starts this flow. Add a trigger: manual, webhook or schedule.",
            "Nada inicia este fluxo. Adicione um gatilho: manual, webhook ou agendamento.",
        )];
    }
    let reached = reach(next, starts.iter().copied());
    let by_webhook = reach(next, starts.iter().copied().filter(|&i| flow.nodes[i].kind == "webhook"));
    let mut found = Vec::new();
    for (i, node) in flow.nodes.iter().enumerate().filter(|(_, n)| !n.settings.disabled && kinds(&n.kind).is_some()) {
        if !reached[i] {
            let (en, pt) = (
                format!("No trigger leads to '{}', so it never runs. Connect it, or delete it.", node.name),
                format!("Nenhum gatilho leva a '{}', então ele nunca é executado. Conecte-o ou exclua-o.", node.name),
            );
            found.push(Finding::warning("unreachable", en, pt).of(node));
        } else if node.kind == "respond" && !by_webhook[i] {
            let (en, pt) = (
                format!(
                    "'{}' answers a webhook call, but no webhook leads to it. Add a webhook trigger, or delete the node.",
                    node.name
                ),
                format!(
                    "'{}' responde a uma chamada de webhook, mas nenhum webhook leva a ele. Adicione um gatilho webhook ou exclua o nó.",
                    node.name
                ),
            );
            found.push(Finding::error("respond_without_webhook", en, pt).of(node));
        }
    }
    found
}

fn reach(next: &[Vec<usize>], starts: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; next.len()];
    let mut stack: Vec<usize> = starts.collect();
    while let Some(node) = stack.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            stack.extend(&next[node]);
        }
    }
    reached
}
