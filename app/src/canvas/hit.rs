//! What is under the pointer, by geometry: no element needs a listener of its own.

use super::gesture::{Hit, Side};
use super::{Doc, Point, Rect};

/// Half of a port's hit area, in board pixels.
const PORT: f64 = 12.0;
/// Half of an edge's hit path, in screen pixels.
const EDGE: f64 = 8.0;
/// Square in a note's lower right corner that resizes it.
const CORNER: f64 = 16.0;

/// The topmost thing at a point of the board.
pub fn at(doc: &Doc, p: Point, zoom: f64) -> Hit {
    let here = Rect::new(p.x, p.y, 0.0, 0.0);
    let mut near: Vec<usize> =
        doc.nodes_within(&here.grown(PORT)).iter().filter_map(|id| doc.nodes.get_index_of(id)).collect();
    // Later in the document means on top.
    near.sort_unstable_by(|a, b| b.cmp(a));
    let near = near.iter().filter_map(|i| doc.nodes.get_index(*i));
    for (id, placed) in near.clone() {
        let within = |c: Option<Point>| c.is_some_and(|c| (c.x - p.x).abs() <= PORT && (c.y - p.y).abs() <= PORT);
        for port in &placed.card.outputs {
            if within(doc.output_at(id, &port.name)) {
                return Hit::Port { node: id.clone(), side: Side::Out, port: port.name.clone() };
            }
        }
        for port in &placed.card.inputs {
            if within(doc.input_at(id, &port.name)) {
                return Hit::Port { node: id.clone(), side: Side::In, port: port.name.clone() };
            }
        }
    }
    for (id, placed) in near {
        if placed.card.rect(placed.node.position).contains(p) {
            return Hit::Node(id.clone());
        }
    }
    let slack = EDGE / zoom;
    let edge = doc
        .edges_within(&here.grown(slack))
        .into_iter()
        .filter_map(|edge| Some((doc.edge_path(&edge)?.distance(p), edge)))
        .filter(|(distance, _)| *distance <= slack)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, edge)) = edge {
        return Hit::Edge(edge);
    }
    for (id, note) in doc.notes.iter().rev() {
        let rect = super::doc::note_rect(note);
        if rect.contains(p) {
            let resize = p.x >= rect.right() - CORNER && p.y >= rect.bottom() - CORNER;
            return Hit::Note { id: id.clone(), resize };
        }
    }
    Hit::Canvas
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, node};
    use super::super::{Change, change::LAST};
    use super::*;
    use flow::Note;

    #[track_caller]
    fn check(x: f64, y: f64, expected: Hit) {
        let mut doc = doc();
        let note = Note { id: "n".into(), position: [-16, -16], size: [1_600, 400], ..Note::default() };
        doc.apply(Change::AddNote { at: LAST, note }).unwrap();
        assert_eq!(at(&doc, Point::new(x, y), 1.0), expected);
    }

    #[test]
    fn ports_before_cards_before_edges_before_notes() {
        check(100.0, 20.0, Hit::Node("a".into()));
        check(230.0, 26.0, Hit::Port { node: "a".into(), side: Side::Out, port: "out".into() });
        check(315.0, 35.0, Hit::Port { node: "b".into(), side: Side::In, port: "in".into() });
        check(548.0, 50.0, Hit::Port { node: "b".into(), side: Side::Out, port: "false".into() });
        check(272.0, 38.0, Hit::Edge(edge("a", "out", "b").into()));
        check(272.0, 100.0, Hit::Note { id: "n".into(), resize: false });
        check(1_580.0, 380.0, Hit::Note { id: "n".into(), resize: true });
        check(272.0, -100.0, Hit::Canvas);
    }

    #[test]
    fn of_two_cards_the_later_one_is_on_top() {
        let mut doc = doc();
        doc.apply(Change::add_node(node("e", "set", [48, 16]))).unwrap();
        assert_eq!(at(&doc, Point::new(120.0, 40.0), 1.0), Hit::Node("e".into()));
    }
}
