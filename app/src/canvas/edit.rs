//! Edits as lists of changes: what a command of the menu or a key does to the document.

use std::collections::HashSet;
use std::sync::Arc;

use flow::{Edge, KindDescription, Node, Note};
use serde_json::Value;

use super::card::{COLUMN_GAP, Card, HEIGHT, ROW_GAP, WIDTH};
use super::change::LAST;
use super::connect::{self, End};
use super::gesture::Side;
use super::names;
use super::{Change, Doc, Id, Point, Rect, snap};

/// A node of `kind` as it is when just placed.
pub fn new_node(doc: &Doc, kind: &KindDescription, id: String, language: &str, position: [i32; 2]) -> Node {
    let name = names::unique(kind.name.get(language), |n| doc.node_named(n).is_some());
    let parameters = match &kind.defaults {
        Value::Object(map) => map.clone(),
        _ => serde_json::Map::new(),
    };
    Node { id, name, kind: kind.kind.clone(), kind_version: kind.version, position, parameters, ..Node::default() }
}

/// Adds `node`, connected with `end` when that is allowed.
pub fn add(doc: &Doc, node: Node, end: Option<&End>) -> Vec<Change> {
    let mut changes = vec![Change::add_node(node.clone())];
    if let Some(end) = end
        && let Some(edge) = edge_to_new(doc, &node, end)
    {
        changes.push(Change::add_edge(edge));
    }
    changes
}

/// The edge between `end` and a node that is not in the document yet.
fn edge_to_new(doc: &Doc, node: &Node, end: &End) -> Option<Edge> {
    let card = Card::new(node, doc.kinds().get(&node.kind));
    let port = match end.side {
        Side::Out => card.inputs.first(),
        Side::In => card.outputs.first(),
    }?;
    // A node without edges can't close a circle: only its ports and the other end decide.
    let other = doc.card(&end.node)?;
    let there = match end.side {
        Side::Out => other.has_output(&end.port),
        Side::In => other.has_input(&end.port) && !other.trigger,
    };
    there.then(|| end.to(&node.id, &port.name))
}

/// Where a new card goes that was asked for without a place: right of the selected node and connected with it, or in
/// the middle of the view.
pub fn next_place(doc: &Doc, selection: &HashSet<Id>, view_centre: Point) -> (Point, Option<End>) {
    let mut nodes = selection.iter().filter_map(|id| Some((id, doc.placed(id)?)));
    if let (Some((id, placed)), None) = (nodes.next(), nodes.next())
        && !placed.card.outputs.is_empty()
    {
        let free = placed.card.outputs.iter().find(|p| !doc.leaving(id).any(|e| e.from_port == p.name));
        let port = free.or(placed.card.outputs.first()).map(|p| p.name.clone()).unwrap_or_default();
        let rect = placed.card.rect(placed.node.position);
        let at = Point::new(rect.right() + f64::from(COLUMN_GAP), rect.y);
        return (at, Some(End { node: id.clone(), side: Side::Out, port }));
    }
    (Point::new(view_centre.x - WIDTH / 2.0, view_centre.y - HEIGHT / 2.0), None)
}

/// The nearest place at or below `at` where a card covers no other.
pub fn free_place(doc: &Doc, at: Point) -> [i32; 2] {
    let mut position = [snap(at.x), snap(at.y)];
    for _ in 0..200 {
        let rect = Rect::new(f64::from(position[0]), f64::from(position[1]), WIDTH, HEIGHT).grown(8.0);
        match doc.nodes_within(&rect).iter().filter_map(|id| doc.rect(id)).map(|r| r.bottom()).max_by(f64::total_cmp) {
            Some(bottom) => position[1] = snap(bottom) + ROW_GAP,
            None => break,
        }
    }
    position
}

/// Removes nodes and notes with their edges. A lone node between two others leaves those connected.
pub fn delete(doc: &Doc, ids: &HashSet<Id>) -> Vec<Change> {
    let mut changes = Vec::new();
    for edge in doc.edges().filter(|e| ids.contains(e.from.as_str()) || ids.contains(e.to.as_str())) {
        changes.push(Change::RemoveEdge { edge: edge.clone() });
    }
    for id in ids {
        if doc.node(id).is_some() {
            changes.push(Change::RemoveNode { id: id.clone() });
        } else if doc.note(id).is_some() {
            changes.push(Change::RemoveNote { id: id.clone() });
        }
    }
    if let (1, Some(id)) = (ids.len(), ids.iter().next()) {
        let (before, after): (Vec<_>, Vec<_>) = (doc.arriving(id).collect(), doc.leaving(id).collect());
        if let ([before], [after]) = (before.as_slice(), after.as_slice()) {
            let healed = Edge {
                from: before.from.clone(),
                from_port: before.from_port.clone(),
                to: after.to.clone(),
                to_port: after.to_port.clone(),
            };
            if connect::check(doc, &healed).is_ok() {
                changes.push(Change::add_edge(healed));
            }
        }
    }
    changes
}

/// Switches the nodes off; on again when all of them are off.
pub fn toggle_disabled(doc: &Doc, ids: &HashSet<Id>) -> Vec<Change> {
    let nodes: Vec<&Node> = doc.nodes().filter(|(id, _)| ids.contains(*id)).map(|(_, p)| &p.node).collect();
    let all_off = nodes.iter().all(|n| n.settings.disabled);
    nodes
        .into_iter()
        .filter(|n| n.settings.disabled == all_off)
        .map(|n| patch(n, |n| n.settings.disabled = !all_off))
        .collect()
}

/// The change that edits a copy of `node`.
pub fn patch(node: &Node, edit: impl FnOnce(&mut Node)) -> Change {
    let mut node = Box::new(node.clone());
    edit(&mut node);
    Change::PatchNode { node }
}

/// Replaces a node; edges of ports that it no longer has go with it.
pub fn replace(doc: &Doc, node: Node) -> Vec<Change> {
    let Some(former) = doc.placed(&node.id) else { return Vec::new() };
    if former.node == node {
        return Vec::new();
    }
    let card = Card::new(&node, doc.kinds().get(&node.kind));
    let mut changes: Vec<Change> = Vec::new();
    for edge in doc.edges_of(&node.id) {
        let had = |edge: &Edge| {
            (edge.from == node.id && former.card.has_output(&edge.from_port))
                || (edge.to == node.id && former.card.has_input(&edge.to_port))
        };
        let has = (edge.from != node.id || card.has_output(&edge.from_port))
            && (edge.to != node.id || card.has_input(&edge.to_port));
        // An edge that had lost its port before is left for the person to see and decide.
        if had(edge) && !has {
            changes.push(Change::RemoveEdge { edge: edge.clone() });
        }
    }
    changes.push(Change::PatchNode { node: Box::new(node) });
    changes
}

/// Moves the selection by whole grid steps.
pub fn nudge(doc: &Doc, ids: &HashSet<Id>, [dx, dy]: [i32; 2]) -> Vec<Change> {
    let place = |id: &Id| doc.position(id).map(|[x, y]| Change::Move { id: id.clone(), to: [x + dx, y + dy] });
    ids.iter().filter_map(place).collect()
}

/// A note in the middle of `at`.
pub fn add_note(id: String, at: Point, text: String) -> Change {
    let size = [288, 128];
    let position = [snap(at.x - f64::from(size[0]) / 2.0), snap(at.y - f64::from(size[1]) / 2.0)];
    Change::AddNote { at: LAST, note: Note { id, position, size, text, color: "sand".into() } }
}

/// Removes one edge.
pub fn disconnect(edge: &Arc<Edge>) -> Vec<Change> {
    vec![Change::RemoveEdge { edge: edge.clone() }]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, kinds, node};
    use super::*;
    use serde_json::json;

    fn set(ids: &[&str]) -> HashSet<Id> {
        ids.iter().map(|id| Id::from(*id)).collect()
    }

    #[test]
    fn a_new_node_follows_the_selected_one_and_is_connected() {
        let mut doc = doc();
        let (at, end) = next_place(&doc, &set(&["b"]), Point::default());
        let end = end.unwrap();
        assert_eq!((at, end.port.as_str()), (Point::new(640.0, 0.0), "false"), "`true` is taken");
        let place = free_place(&doc, at);
        assert_eq!(place, [640, 48], "below the card that is there");
        let new = new_node(&doc, &kinds()["set"], "x".into(), "en", place);
        doc.apply_all(&add(&doc.clone(), new, Some(&end))).unwrap();
        assert!(doc.has_edge(&edge("b", "false", "x")));
        assert_eq!(doc.node("x").unwrap().name, "Set");
        let again = new_node(&doc, &kinds()["set"], "y".into(), "en", [0, 0]);
        assert_eq!(again.name, "Set 2");
    }

    #[test]
    fn a_trigger_is_added_without_an_edge() {
        let doc = doc();
        let trigger = new_node(&doc, &kinds()["webhook"], "x".into(), "en", [0, 0]);
        let end = End { node: "b".into(), side: Side::Out, port: "false".into() };
        assert_eq!(add(&doc, trigger, Some(&end)).len(), 1);
    }

    #[test]
    fn deleting_a_node_between_two_connects_those() {
        let mut doc = doc();
        doc.apply_all(&delete(&doc.clone(), &set(&["b"]))).unwrap();
        assert!(doc.has_edge(&edge("a", "out", "c")));
        let mut doc = super::super::testing::doc();
        doc.apply_all(&delete(&doc.clone(), &set(&["a", "b"]))).unwrap();
        assert_eq!((doc.nodes().len(), doc.edges().len()), (2, 0));
    }

    #[test]
    fn switching_off_and_on_again() {
        let mut doc = doc();
        let ids = set(&["a", "b"]);
        doc.apply_all(&toggle_disabled(&doc.clone(), &set(&["a"]))).unwrap();
        doc.apply_all(&toggle_disabled(&doc.clone(), &ids)).unwrap();
        assert!(doc.node("a").unwrap().settings.disabled && doc.node("b").unwrap().settings.disabled);
        doc.apply_all(&toggle_disabled(&doc.clone(), &ids)).unwrap();
        assert!(!doc.node("a").unwrap().settings.disabled && !doc.node("b").unwrap().settings.disabled);
    }

    #[test]
    fn edges_of_a_port_that_goes_are_removed_with_it() {
        let mut doc = doc();
        doc.apply(Change::add_node(node("s", "switch", [640, 200]))).unwrap();
        doc.apply(Change::add_edge(edge("s", "4", "d"))).unwrap();
        let mut fewer = doc.node("s").unwrap().clone();
        fewer.parameters.insert("ways".into(), json!(3));
        doc.apply_all(&replace(&doc.clone(), fewer.clone())).unwrap();
        assert_eq!(doc.edges_of("s").len(), 0);
        assert!(replace(&doc, fewer).is_empty(), "the same again changes nothing");
    }
}
