//! Carries out what the gesture machine says: dragging, connecting, the selection's box, a note's corner.

use std::collections::HashSet;
use std::sync::Arc;

use flow::Edge;

use super::super::connect::{self, End, Target};
use super::super::gesture::{Act, Side};
use super::super::{Change, Id, Point, Rect, insert, snap};
use super::{Ask, Board, Outcome};

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

impl Board {
    pub(super) fn act(&mut self, act: Act, now: f64) -> Outcome {
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
}
