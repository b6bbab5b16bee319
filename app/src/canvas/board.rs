//! The editor without its skin: document, view, selection, history and the gesture under way. Each call says in an
//! [`Outcome`] what the skin has to draw anew, so that a moved node costs one node and its edges.

mod carry;
mod outcome;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use flow::{Edge, Flow};

pub use self::carry::{Link, Overlay};
pub use self::outcome::{Ask, Outcome};
use super::gesture::{Around, Gesture, Hit, Pointer};
use super::history::History;
use super::{Change, Doc, Id, Kinds, Point, Viewport, edit, hit, walk};

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
