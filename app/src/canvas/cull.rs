//! What has to be in the DOM: only what is in view, in steps, so that small movements change nothing.

use std::sync::Arc;

use flow::Edge;

use super::{Doc, Id, Rect, Viewport};

/// Screen pixels around the view in which cards are kept ready.
pub const MARGIN: f64 = 200.0;
/// The view counts as moved only after this many screen pixels.
const STEP: f64 = 128.0;

/// The part of the board whose cards stand in the DOM, in steps of the view.
pub fn window(view: &Viewport) -> Rect {
    let step = STEP / view.zoom;
    let seen = view.visible().grown(MARGIN / view.zoom);
    let low = |v: f64| (v / step).floor() * step;
    let high = |v: f64| (v / step).ceil() * step;
    let (x, y) = (low(seen.x), low(seen.y));
    Rect::new(x, y, high(seen.right()) - x, high(seen.bottom()) - y)
}

/// What is drawn, each list in the document's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    pub nodes: Vec<Id>,
    pub edges: Vec<Arc<Edge>>,
    pub notes: Vec<Id>,
}

/// The contents of `window`, and of `kept` (selected, dragged, focused) whatever their place.
pub fn drawn<'a>(doc: &Doc, window: &Rect, kept: impl IntoIterator<Item = &'a Id>) -> Drawn {
    let mut nodes: Vec<usize> = doc.nodes_within(window).iter().filter_map(|id| doc.nodes.get_index_of(id)).collect();
    nodes.extend(kept.into_iter().filter_map(|id| doc.nodes.get_index_of(id)));
    nodes.sort_unstable();
    nodes.dedup();
    let mut edges: Vec<usize> =
        doc.edges_within(window).iter().filter_map(|edge| doc.edges.get_index_of(edge)).collect();
    edges.sort_unstable();
    Drawn {
        nodes: nodes.into_iter().filter_map(|i| doc.nodes.get_index(i)).map(|(id, _)| id.clone()).collect(),
        edges: edges.into_iter().filter_map(|i| doc.edges.get_index(i)).cloned().collect(),
        notes: doc.notes().map(|(id, _)| id.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::doc;
    use super::*;

    #[test]
    fn the_window_holds_the_view_and_moves_in_steps() {
        let view = Viewport { width: 1_000.0, height: 700.0, zoom: 0.8, x: -13.0, y: 71.0 };
        let (window, seen) = (window(&view), view.visible());
        assert!(window.x <= seen.x - MARGIN / 0.8 && window.right() >= seen.right() + MARGIN / 0.8);
        assert_eq!(super::window(&view.panned(1.0, 1.0)), window);
        assert_ne!(super::window(&view.panned(200.0, 0.0)), window);
    }

    #[test]
    fn only_what_is_in_the_window_is_drawn_and_what_is_kept() {
        let doc = doc();
        let window = Rect::new(600.0, -200.0, 300.0, 300.0);
        let some = drawn(&doc, &window, &["d".into()]);
        assert_eq!(some.nodes, ["c".into(), "d".into()]);
        assert_eq!(some.edges.len(), 1);
        let all = drawn(&doc, &Rect::new(-900.0, -900.0, 9_000.0, 9_000.0), &[]);
        assert_eq!(all.nodes, ["a", "b", "c", "d"].map(Id::from));
    }
}
