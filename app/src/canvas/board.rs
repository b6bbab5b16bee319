//! The editor without its skin: document, view, selection, history and the gesture under way. Each call says in an
//! [`Outcome`] what the skin has to draw anew, so that a moved node costs one node and its edges.

use std::collections::HashSet;
use std::sync::Arc;

use flow::{Edge, Flow};

use super::connect::{End, Refusal, Target};
use super::gesture::{Act, Around, Gesture, Hit, Pointer, Side};
use super::history::History;
use super::{Change, Doc, Id, Kinds, Point, Rect, Viewport, connect, edit, hit, insert, snap, walk};

/// What changed, for the skin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub view: bool,
    pub selection: bool,
    /// Nodes, edges or notes were added or removed.
    pub structure: bool,
    /// Nodes and notes at another place.
    pub moved: Vec<Id>,
    /// Nodes and notes with other contents.
    pub patched: Vec<Id>,
    /// The flow's own name or settings.
    pub flow: bool,
    /// Selection box, edge being drawn, edge to drop on.
    pub overlay: bool,
    /// The document is different and wants to be saved.
    pub edited: bool,
    pub ask: Option<Ask>,
}

/// What only the skin can do.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Open the palette; what is picked goes to `at` (board) and is connected with `end`.
    Palette { at: Point, end: End },
    /// Say why the connection is refused.
    Refused(Refusal),
}

/// An edge being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub end: End,
    pub to: Point,
    pub target: Option<Target>,
}

/// What lies over the drawing during a gesture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    pub area: Option<Rect>,
    pub link: Option<Link>,
    /// The edge that the dragged node would be put into.
    pub drop: Option<Arc<Edge>>,
}

#[derive(Default)]
pub struct Board {
    pub doc: Doc,
    pub view: Viewport,
    pub selection: HashSet<Id>,
    pub selected_edge: Option<Arc<Edge>>,
    pub overlay: Overlay,
    history: History,
    gesture: Gesture,
    /// Where the dragged things were.
    origins: Vec<(Id, [i32; 2])>,
    resized: Option<flow::Note>,
    /// The selection before the box.
    before_box: Option<HashSet<Id>>,
    last: Option<Pointer>,
}

impl Board {
    pub fn new(flow: Flow, kinds: Kinds) -> Self {
        Self { doc: Doc::new(flow, kinds), ..Self::default() }
    }

    /// Puts in another document (somebody else saved); history starts anew.
    pub fn load(&mut self, flow: Flow) -> Outcome {
        self.doc = Doc::new(flow, self.doc.kinds().clone());
        self.history = History::default();
        self.gesture = Gesture::Idle;
        self.overlay = Overlay::default();
        self.origins.clear();
        let doc = &self.doc;
        self.selection.retain(|id| doc.rect(id).is_some());
        self.selected_edge = None;
        let patched = self.doc.ids().cloned().chain(self.doc.notes().map(|(id, _)| id.clone())).collect::<Vec<_>>();
        Outcome {
            structure: true,
            selection: true,
            flow: true,
            overlay: true,
            moved: patched.clone(),
            patched,
            ..Outcome::default()
        }
    }

    pub fn can_undo(&self) -> bool {
        self.history.can_undo()
    }

    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    pub fn gesture(&self) -> &Gesture {
        &self.gesture
    }

    pub fn hit(&self, screen: Point) -> Hit {
        hit::at(&self.doc, self.view.to_board(screen), self.view.zoom)
    }

    /// Applies `changes` as one step of undo; nothing happens when they do not fit. `now` in milliseconds.
    pub fn commit(&mut self, changes: Vec<Change>, key: Option<&str>, now: f64) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.note(&changes);
        match self.history.commit(&mut self.doc, changes, key, now) {
            Ok(()) => self.settle(outcome),
            Err(_) => Outcome::default(),
        }
    }

    /// Like [`Board::commit`], and selects `ids`.
    pub fn commit_selecting(&mut self, changes: Vec<Change>, ids: HashSet<Id>, now: f64) -> Outcome {
        let mut outcome = self.commit(changes, None, now);
        if outcome.edited {
            outcome.merge(self.select(ids));
        }
        outcome
    }

    pub fn undo(&mut self) -> Outcome {
        self.cancel_gesture();
        let changes = self.history.undo(&mut self.doc);
        self.after_history(&changes)
    }

    pub fn redo(&mut self) -> Outcome {
        self.cancel_gesture();
        let changes = self.history.redo(&mut self.doc);
        self.after_history(&changes)
    }

    pub fn select(&mut self, ids: HashSet<Id>) -> Outcome {
        let doc = &self.doc;
        let ids: HashSet<Id> = ids.into_iter().filter(|id| doc.rect(id).is_some()).collect();
        let changed = ids != self.selection || self.selected_edge.is_some();
        self.selection = ids;
        self.selected_edge = None;
        Outcome { selection: changed, ..Outcome::default() }
    }

    pub fn select_edge(&mut self, edge: Arc<Edge>) -> Outcome {
        self.selection.clear();
        self.selected_edge = self.doc.has_edge(&edge).then_some(edge);
        Outcome { selection: true, ..Outcome::default() }
    }

    /// The edge after the selected one; else the first of the selected node, else the first of all.
    pub fn next_edge(&self) -> Option<Arc<Edge>> {
        let order = || self.doc.edges();
        if let Some(edge) = &self.selected_edge {
            return order().skip_while(|e| *e != edge).nth(1).or(order().next()).cloned();
        }
        let node = walk::flow_order(&self.doc).into_iter().find(|id| self.selection.contains(id));
        let own = node.and_then(|id| self.doc.leaving(&id).next().or(self.doc.arriving(&id).next()).cloned());
        own.or_else(|| order().next().cloned())
    }

    pub fn select_all(&mut self) -> Outcome {
        let ids = self.doc.ids().chain(self.doc.notes().map(|(id, _)| id)).cloned().collect();
        self.select(ids)
    }

    pub fn set_view(&mut self, view: Viewport) -> Outcome {
        let changed = view != self.view;
        self.view = view;
        Outcome { view: changed, ..Outcome::default() }
    }

    /// The wheel: pans, or zooms to the pointer with Ctrl or a pinch.
    pub fn wheel(&mut self, at: Point, dx: f64, dy: f64, zoom: bool) -> Outcome {
        let view = if zoom {
            // A mouse's notch is 100 or more, a pinch sends small steps: both shall feel alike.
            self.view.zoomed(self.view.zoom * (-dy.clamp(-60.0, 60.0) * 0.005).exp(), at)
        } else {
            self.view.panned(-dx, -dy)
        };
        let mut outcome = self.set_view(view);
        if let Some(Pointer::Move { mods, .. }) = self.last
            && self.gesture.pans_at_border()
        {
            outcome.merge(self.pointer(Pointer::Move { at, mods }, 0.0));
        }
        outcome
    }

    /// Carries a pointer event through the gesture machine.
    pub fn pointer(&mut self, event: Pointer, now: f64) -> Outcome {
        self.last = Some(event);
        let gesture = std::mem::take(&mut self.gesture);
        let around = Around {
            hit: &|p| self.hit(p),
            to_board: &|p| self.view.to_board(p),
            is_selected: &|id| self.selection.contains(id),
        };
        let (next, acts) = gesture.next(event, &around);
        self.gesture = next;
        let mut outcome = Outcome::default();
        for act in acts {
            outcome.merge(self.act(act, now));
        }
        outcome
    }

    /// Once a frame during a gesture: near the border of the pane the view follows. Says whether it did.
    pub fn pan_at_border(&mut self, now: f64) -> Outcome {
        const BORDER: f64 = 36.0;
        const FASTEST: f64 = 14.0;
        let (true, Some(Pointer::Move { at, mods })) = (self.gesture.pans_at_border(), self.last) else {
            return Outcome::default();
        };
        let speed = |v: f64, size: f64| {
            let near = (BORDER - v).max(0.0) - (v - (size - BORDER)).max(0.0);
            (near / BORDER).clamp(-1.0, 1.0) * FASTEST
        };
        let (dx, dy) = (speed(at.x, self.view.width), speed(at.y, self.view.height));
        if dx == 0.0 && dy == 0.0 {
            return Outcome::default();
        }
        let mut outcome = self.set_view(self.view.panned(dx, dy));
        outcome.merge(self.pointer(Pointer::Move { at, mods }, now));
        outcome
    }

    fn act(&mut self, act: Act, now: f64) -> Outcome {
        match act {
            Act::Pan { dx, dy } => self.set_view(self.view.panned(dx, dy)),
            Act::Select { id, toggle: false } => self.select(HashSet::from([id])),
            Act::Select { id, toggle: true } => {
                let mut ids = self.selection.clone();
                if !ids.remove(&id) {
                    ids.insert(id);
                }
                self.select(ids)
            }
            Act::SelectNothing => self.select(HashSet::new()),
            Act::SelectEdge(edge) => self.select_edge(edge),
            Act::Box { area, add } => self.select_box(area, add),
            Act::BoxEnd => {
                self.before_box = None;
                self.overlay.area = None;
                Outcome { overlay: true, ..Outcome::default() }
            }
            Act::DragStart { id } => {
                let mut ids = self.selection.clone();
                ids.insert(id);
                let doc = &self.doc;
                self.origins = ids.into_iter().filter_map(|id| Some((id.clone(), doc.position(&id)?))).collect();
                Outcome::default()
            }
            Act::Drag { dx, dy } => self.drag([snap(dx), snap(dy)]),
            Act::Drop => self.drop_here(now),
            Act::DragCancel => {
                let mut outcome = self.drag([0, 0]);
                self.origins.clear();
                self.overlay.drop = None;
                outcome.overlay = true;
                outcome
            }
            Act::Connect { end, to } => {
                let target = end.target(&self.doc, to, self.view.zoom);
                self.overlay.link = Some(Link { end, to, target });
                Outcome { overlay: true, ..Outcome::default() }
            }
            Act::ConnectEnd { end, to } => self.connect_end(end, to, now),
            Act::ConnectCancel => {
                self.overlay.link = None;
                Outcome { overlay: true, ..Outcome::default() }
            }
            Act::PortClicked { end } => {
                let at = end.at(&self.doc).unwrap_or_default();
                let dx = if end.side == Side::Out { 96.0 } else { -320.0 };
                Outcome {
                    ask: Some(Ask::Palette { at: Point::new(at.x + dx, at.y - 32.0), end }),
                    ..Outcome::default()
                }
            }
            Act::ResizeStart { id } => {
                self.resized = self.doc.note(&id).cloned();
                Outcome::default()
            }
            Act::Resize { dx, dy } => {
                let Some(mut note) = self.resized.clone() else { return Outcome::default() };
                note.size = [(note.size[0] + snap(dx)).max(96), (note.size[1] + snap(dy)).max(48)];
                let id = Id::from(note.id.as_str());
                // The note is there: the gesture began on it.
                let _ = self.doc.apply(Change::PatchNote { note });
                Outcome { patched: vec![id], ..Outcome::default() }
            }
            Act::ResizeEnd => {
                let Some(before) = self.resized.take() else { return Outcome::default() };
                let Some(note) = self.doc.note(&before.id).cloned().filter(|n| *n != before) else {
                    return Outcome::default();
                };
                let id = Id::from(before.id.as_str());
                let (forward, back) = (vec![Change::PatchNote { note }], vec![Change::PatchNote { note: before }]);
                self.history.remember(forward, back, None, now);
                Outcome { patched: vec![id], edited: true, ..Outcome::default() }
            }
        }
    }

    fn select_box(&mut self, area: Rect, add: bool) -> Outcome {
        let base = self.before_box.get_or_insert_with(|| if add { self.selection.clone() } else { HashSet::new() });
        let mut ids = base.clone();
        ids.extend(self.doc.nodes_within(&area));
        // A note lies behind nodes: it has to be inside to be meant.
        let inside =
            |r: Rect| area.x <= r.x && area.y <= r.y && area.right() >= r.right() && area.bottom() >= r.bottom();
        let doc = &self.doc;
        ids.extend(doc.notes_within(&area).into_iter().filter(|id| doc.rect(id).is_some_and(inside)));
        self.overlay.area = Some(area);
        let mut outcome = self.select(ids);
        outcome.overlay = true;
        outcome
    }

    fn drag(&mut self, [dx, dy]: [i32; 2]) -> Outcome {
        let mut moved = Vec::new();
        for (id, [x, y]) in &self.origins {
            let to = [snap(f64::from(*x)) + dx, snap(f64::from(*y)) + dy];
            let to = if dx == 0 && dy == 0 { [*x, *y] } else { to };
            if self.doc.position(id) != Some(to) && self.doc.shift(id, to).is_some() {
                moved.push(id.clone());
            }
        }
        let drop = match self.origins.as_slice() {
            [(id, _)] => insert::edge_below(&self.doc, id),
            _ => None,
        };
        let overlay = drop != self.overlay.drop;
        self.overlay.drop = drop;
        Outcome { moved, overlay, ..Outcome::default() }
    }

    fn drop_here(&mut self, now: f64) -> Outcome {
        let doc = &self.doc;
        let origins = std::mem::take(&mut self.origins);
        let drop = self.overlay.drop.take();
        let mut forward = Vec::new();
        let mut back = Vec::new();
        for (id, from) in origins.iter().filter(|(id, from)| doc.position(id) != Some(*from)) {
            if let Some(to) = doc.position(id) {
                forward.push(Change::Move { id: id.clone(), to });
                back.push(Change::Move { id: id.clone(), to: *from });
            }
        }
        let mut outcome = Outcome { overlay: drop.is_some(), ..Outcome::default() };
        if forward.is_empty() {
            return outcome;
        }
        if let (Some(edge), [(id, _)]) = (drop, origins.as_slice()) {
            let changes = insert::drop_on(&self.doc, &edge, id);
            if let Ok(mut undo) = self.doc.apply_all(&changes) {
                outcome.note(&changes);
                forward.extend(changes);
                undo.append(&mut back);
                back = undo;
            }
        }
        self.history.remember(forward, back, None, now);
        self.settle(outcome)
    }

    fn connect_end(&mut self, end: End, to: Point, now: f64) -> Outcome {
        let target = end.target(&self.doc, to, self.view.zoom);
        self.overlay.link = None;
        let mut outcome = Outcome { overlay: true, ..Outcome::default() };
        match target {
            Some(Target { edge, verdict: Ok(()) }) => {
                outcome.merge(self.commit(vec![Change::add_edge(edge)], None, now))
            }
            Some(Target { verdict: Err(refusal), .. }) => outcome.ask = Some(Ask::Refused(refusal)),
            // Let go over its own card: the person thought better of it.
            None if self.doc.rect(&end.node).is_some_and(|r| r.grown(connect::CATCH).contains(to)) => {}
            None => outcome.ask = Some(Ask::Palette { at: Point::new(to.x, to.y - 32.0), end }),
        }
        outcome
    }

    fn cancel_gesture(&mut self) {
        if !self.gesture.is_idle() {
            self.pointer(Pointer::Cancel, 0.0);
        }
    }

    fn after_history(&mut self, changes: &[Change]) -> Outcome {
        if changes.is_empty() {
            return Outcome::default();
        }
        let mut outcome = Outcome::default();
        outcome.note(changes);
        // What came back or was moved is what the person looks for.
        let ids: HashSet<Id> = changes
            .iter()
            .filter_map(|c| match c {
                Change::AddNode { node, .. } => Some(Id::from(node.id.as_str())),
                Change::AddNote { note, .. } => Some(Id::from(note.id.as_str())),
                Change::Move { id, .. } => Some(id.clone()),
                _ => None,
            })
            .collect();
        if !ids.is_empty() {
            outcome.merge(self.select(ids));
        }
        self.settle(outcome)
    }

    /// After a change: what is gone can't stay selected.
    fn settle(&mut self, mut outcome: Outcome) -> Outcome {
        outcome.edited = true;
        let before = self.selection.len();
        let doc = &self.doc;
        self.selection.retain(|id| doc.rect(id).is_some());
        if self.selected_edge.as_ref().is_some_and(|e| !doc.has_edge(e)) {
            self.selected_edge = None;
            outcome.selection = true;
        }
        outcome.selection |= before != self.selection.len();
        outcome
    }

    /// Deletes what is selected.
    pub fn delete_selected(&mut self, now: f64) -> Outcome {
        match &self.selected_edge {
            Some(edge) => self.commit(edit::disconnect(&edge.clone()), None, now),
            None => self.commit(edit::delete(&self.doc, &self.selection), None, now),
        }
    }
}

impl Outcome {
    /// Adds what `changes` change.
    pub fn note(&mut self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Move { id, .. } => self.moved.push(id.clone()),
                Change::PatchNode { node } => self.patched.push(Id::from(node.id.as_str())),
                Change::PatchNote { note } => self.patched.push(Id::from(note.id.as_str())),
                Change::Rename { .. } | Change::Settings { .. } => self.flow = true,
                _ => self.structure = true,
            }
        }
    }

    pub fn merge(&mut self, other: Outcome) {
        self.view |= other.view;
        self.selection |= other.selection;
        self.structure |= other.structure;
        self.flow |= other.flow;
        self.overlay |= other.overlay;
        self.edited |= other.edited;
        self.moved.extend(other.moved);
        self.patched.extend(other.patched);
        self.ask = other.ask.or(self.ask.take());
    }
}

#[cfg(test)]
mod tests {
    use super::super::gesture::{Button, Mods};
    use super::super::testing::{doc, edge, kinds, node};
    use super::*;

    fn board() -> Board {
        let mut board = Board::new(doc().to_flow(), kinds());
        board.view = Viewport { x: 100.0, y: 100.0, zoom: 0.5, width: 1_200.0, height: 800.0 };
        board
    }

    /// Presses at one place of the board, moves to another in steps and lets go.
    fn drag(board: &mut Board, from: (f64, f64), to: (f64, f64)) -> Outcome {
        let screen = |b: &Board, p: (f64, f64)| b.view.to_screen(Point::new(p.0, p.1));
        let mods = Mods::default();
        let mut outcome = board.pointer(Pointer::Down { at: screen(board, from), button: Button::Left, mods }, 0.0);
        for i in 1..=4 {
            let t = f64::from(i) / 4.0;
            let p = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
            outcome.merge(board.pointer(Pointer::Move { at: screen(board, p), mods }, 0.0));
        }
        outcome.merge(board.pointer(Pointer::Up { at: screen(board, to), mods }, 0.0));
        outcome
    }

    fn ids(board: &Board) -> Vec<&str> {
        let mut list: Vec<&str> = board.selection.iter().map(|id| &**id).collect();
        list.sort_unstable();
        list
    }

    #[test]
    fn dragging_a_node_moves_it_on_the_grid_as_one_step_of_undo() {
        let mut board = board();
        let before = board.doc.to_flow();
        let outcome = drag(&mut board, (80.0, 20.0), (185.0, 290.0));
        assert_eq!(board.doc.position("a"), Some([112, 272]));
        assert!(outcome.edited && !outcome.structure && outcome.moved.iter().all(|id| &**id == "a"));
        board.undo();
        assert_eq!(board.doc.to_flow(), before);
        assert!(!board.can_undo());
        board.redo();
        assert_eq!(board.doc.position("a"), Some([112, 272]));
    }

    #[test]
    fn a_box_selects_and_all_of_it_is_dragged_together() {
        let mut board = board();
        drag(&mut board, (-60.0, -40.0), (500.0, 90.0));
        assert_eq!(ids(&board), ["a", "b"]);
        assert_eq!(board.overlay, Overlay::default());
        drag(&mut board, (100.0, 20.0), (100.0, 116.0));
        assert_eq!((board.doc.position("a"), board.doc.position("b")), (Some([0, 96]), Some([320, 96])));
        assert_eq!(ids(&board), ["a", "b"]);
    }

    #[test]
    fn escape_puts_everything_back() {
        let mut board = board();
        let before = board.doc.to_flow();
        let at = board.view.to_screen(Point::new(80.0, 20.0));
        board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
        board.pointer(Pointer::Move { at: Point::new(700.0, 700.0), mods: Mods::default() }, 0.0);
        assert_ne!(board.doc.to_flow(), before);
        board.pointer(Pointer::Cancel, 0.0);
        assert_eq!(board.doc.to_flow(), before);
        assert!(!board.can_undo());
    }

    #[test]
    fn dragging_from_a_port_connects() {
        let mut board = board();
        let outcome = drag(&mut board, (544.0, 48.0), (960.0, 128.0));
        assert!(board.doc.has_edge(&edge("b", "false", "d")) && outcome.structure && outcome.edited);
        let outcome = drag(&mut board, (864.0, -32.0), (100.0, 20.0));
        assert_eq!(outcome.ask, Some(Ask::Refused(Refusal::IntoTrigger)));
        let outcome = drag(&mut board, (864.0, -32.0), (1_000.0, 400.0));
        assert!(matches!(outcome.ask, Some(Ask::Palette { at: Point { x, y: 368.0 }, .. }) if x == 1_000.0));
        assert!(!outcome.edited);
    }

    #[test]
    fn a_free_node_dropped_on_an_edge_goes_into_it() {
        let mut board = board();
        board.commit(vec![Change::add_node(node("x", "set", [0, 400]))], None, 0.0);
        let before = board.doc.to_flow();
        drag(&mut board, (100.0, 420.0), (260.0, 20.0));
        assert!(board.doc.has_edge(&edge("a", "out", "x")) && board.doc.has_edge(&edge("x", "out", "b")));
        board.undo();
        assert_eq!(board.doc.to_flow(), before);
    }

    #[test]
    fn what_is_deleted_is_not_selected_and_comes_back_selected() {
        let mut board = board();
        board.select(HashSet::from(["b".into()]));
        assert!(board.delete_selected(0.0).selection);
        assert!(board.selection.is_empty());
        board.undo();
        assert_eq!(ids(&board), ["b"]);
        let at = board.view.to_screen(Point::new(272.0, 34.0));
        board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
        board.pointer(Pointer::Up { at, mods: Mods::default() }, 0.0);
        board.delete_selected(0.0);
        assert!(!board.doc.has_edge(&edge("a", "out", "b")));
    }

    #[test]
    fn the_view_follows_a_drag_at_the_border() {
        let mut board = board();
        let at = board.view.to_screen(Point::new(80.0, 20.0));
        board.pointer(Pointer::Down { at, button: Button::Left, mods: Mods::default() }, 0.0);
        board.pointer(Pointer::Move { at: Point::new(1_195.0, 400.0), mods: Mods::default() }, 0.0);
        let before = board.doc.position("a");
        for _ in 0..10 {
            assert!(board.pan_at_border(0.0).view);
        }
        assert!(board.doc.position("a") > before);
        board.pointer(Pointer::Move { at: Point::new(600.0, 400.0), mods: Mods::default() }, 0.0);
        assert_eq!(board.pan_at_border(0.0), Outcome::default());
    }

    #[test]
    fn edges_are_walked_one_after_another() {
        let mut board = board();
        board.select(HashSet::from(["b".into()]));
        let first = board.next_edge().unwrap();
        assert_eq!(first.from, "b");
        board.select_edge(first.clone());
        assert!(board.selection.is_empty());
        let mut seen = vec![first];
        loop {
            let next = board.next_edge().unwrap();
            if seen.contains(&next) {
                break;
            }
            board.select_edge(next.clone());
            seen.push(next);
        }
        assert_eq!(seen.len(), board.doc.edges().len());
    }

    #[test]
    fn a_note_is_resized_by_its_corner() {
        let mut board = board();
        board.commit(vec![edit::add_note("t".into(), Point::new(2_000.0, 0.0), "x".into())], None, 0.0);
        let rect = board.doc.rect("t").unwrap();
        drag(&mut board, (rect.right() - 4.0, rect.bottom() - 4.0), (rect.right() + 40.0, rect.bottom() - 4_000.0));
        assert_eq!(board.doc.note("t").unwrap().size, [336, 48]);
        board.undo();
        assert_eq!(board.doc.rect("t"), Some(rect));
    }
}
