//! Putting a node into an edge: a new one by its `+`, an unconnected one by dropping it there.

use std::sync::Arc;

use flow::{Edge, Node};

use super::card::{COLUMN_GAP, Card, WIDTH};
use super::{Change, Doc, Id, Rect, snap, walk};

/// Puts a new node into `edge`; what follows moves right when there is no room. Nothing when the node has no input or
/// no output.
pub fn split(doc: &Doc, edge: &Arc<Edge>, mut node: Node) -> Vec<Change> {
    let card = Card::new(&node, doc.kinds().get(&node.kind));
    let Some([before, after]) = halves(edge, &node.id, &card) else { return Vec::new() };
    let (Some(from), Some(to)) = (doc.rect(&edge.from), doc.rect(&edge.to)) else { return Vec::new() };
    let x = snap(from.right()) + COLUMN_GAP;
    let middle = (doc.output_at(&edge.from, &edge.from_port).unwrap_or_default().y
        + doc.input_at(&edge.to, &edge.to_port).unwrap_or_default().y)
        / 2.0;
    node.position = [x, snap(middle - 32.0)];
    let mut changes = Vec::new();
    // Room for the card and the gaps on both sides; a backward edge has no "between".
    let missing = x + WIDTH as i32 + COLUMN_GAP - snap(to.x);
    if missing > 0 && to.x >= from.right() {
        for id in walk::downstream(doc, &edge.to) {
            if let Some([px, py]) = doc.position(&id).filter(|p| f64::from(p[0]) >= to.x) {
                changes.push(Change::Move { id, to: [px + missing, py] });
            }
        }
    }
    changes.push(Change::RemoveEdge { edge: edge.clone() });
    changes.push(Change::add_node(node));
    changes.push(Change::add_edge(before));
    changes.push(Change::add_edge(after));
    changes
}

/// The edge that the dragged node `id` would be put into if it were dropped where it is.
pub fn edge_below(doc: &Doc, id: &Id) -> Option<Arc<Edge>> {
    let placed = doc.placed(id)?;
    if !doc.edges_of(id).is_empty() || placed.card.inputs.is_empty() || placed.card.outputs.is_empty() {
        return None;
    }
    let rect = placed.card.rect(placed.node.position);
    let centre = rect.centre();
    let area = Rect::new(centre.x, centre.y, 0.0, 0.0).grown(24.0);
    let near = doc.edges_within(&area).into_iter();
    near.filter_map(|e| Some((doc.edge_path(&e)?.distance(centre), e)))
        .filter(|(distance, _)| *distance <= 24.0)
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, e)| e)
}

/// Puts the unconnected node `id` into `edge`.
pub fn drop_on(doc: &Doc, edge: &Arc<Edge>, id: &str) -> Vec<Change> {
    let halves = doc.card(id).and_then(|card| halves(edge, id, card));
    match halves {
        Some([before, after]) => {
            vec![Change::RemoveEdge { edge: edge.clone() }, Change::add_edge(before), Change::add_edge(after)]
        }
        None => Vec::new(),
    }
}

fn halves(edge: &Edge, id: &str, card: &Card) -> Option<[Edge; 2]> {
    let (input, output) = (card.inputs.first()?, card.outputs.first()?);
    Some([
        Edge { to: id.into(), to_port: input.name.clone(), ..edge.clone() },
        Edge { from: id.into(), from_port: output.name.clone(), ..edge.clone() },
    ])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, node};
    use super::*;

    #[test]
    fn a_new_node_goes_between_and_pushes_what_follows() {
        let mut doc = doc();
        let between: Arc<Edge> = edge("a", "out", "b").into();
        doc.apply_all(&split(&doc.clone(), &between, node("x", "set", [0, 0]))).unwrap();
        assert!(doc.has_edge(&edge("a", "out", "x")) && doc.has_edge(&edge("x", "out", "b")));
        assert!(!doc.has_edge(&between));
        assert_eq!(doc.position("x"), Some([320, 0]));
        assert_eq!(doc.position("b"), Some([640, 0]));
        assert_eq!(doc.position("c"), Some([960, -64]), "what comes after moves along");
        assert_eq!(doc.position("d"), Some([960, 96]), "what is not connected stays");
    }

    #[test]
    fn nothing_moves_where_there_is_room() {
        let mut doc = doc();
        doc.apply(Change::Move { id: "c".into(), to: [1_600, 0] }).unwrap();
        let between: Arc<Edge> = edge("b", "true", "c").into();
        let changes = split(&doc, &between, node("x", "switch", [0, 0]));
        assert!(!changes.iter().any(|c| matches!(c, Change::Move { .. })));
        assert!(split(&doc, &between, node("x", "respond", [0, 0])).is_empty(), "no way out");
    }

    #[test]
    fn an_unconnected_node_over_an_edge_is_offered_that_edge() {
        let mut doc = doc();
        doc.apply(Change::add_node(node("x", "set", [160, 16]))).unwrap();
        let found = edge_below(&doc, &"x".into()).unwrap();
        assert_eq!(*found, edge("a", "out", "b"));
        doc.apply_all(&drop_on(&doc.clone(), &found, "x")).unwrap();
        assert!(doc.has_edge(&edge("a", "out", "x")) && doc.has_edge(&edge("x", "out", "b")));
        assert_eq!(edge_below(&doc, &"x".into()), None, "it is connected now");
        assert_eq!(edge_below(&doc, &"d".into()), None, "it has no output");
    }
}
