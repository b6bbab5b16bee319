//! What changed on the board reaches the signals: only those of cards and lines that are mounted, and only when they differ.

use std::collections::HashSet;
use std::sync::Arc;

use flow::Edge;
use leptos::html;
use leptos::prelude::*;

use super::super::face::{Face, Line};
use super::super::palette::PaletteAt;
use super::super::words::Words;
use super::{CardSignals, Editor, Selected};
use crate::canvas::board::Ask;
use crate::canvas::{Board, Id, Outcome, cull};

impl Editor {
    /// Draws what `outcome` says.
    pub fn show(&self, outcome: Outcome) {
        if outcome.view {
            self.apply_view();
        }
        if outcome.structure {
            self.drawn_notes.set(self.with(|b| b.doc.notes().map(|(id, _)| id.clone()).collect()));
        }
        let refreshed: HashSet<&Id> = outcome.patched.iter().collect();
        self.refresh_faces(refreshed.iter().copied());
        let moved: HashSet<&Id> = outcome.moved.iter().chain(refreshed).collect();
        self.refresh_places(&moved);
        if outcome.structure || outcome.view || !outcome.moved.is_empty() || outcome.selection {
            self.redraw_lists(outcome.structure || !outcome.moved.is_empty() || outcome.selection);
        }
        if outcome.selection {
            self.refresh_selection();
        }
        if outcome.overlay {
            self.overlay.set(self.with(|b| b.overlay.clone()));
        }
        if outcome.structure {
            self.close_gone();
            // Port names stand beside free ports only.
            let ids: Vec<Id> = self.cards.with_value(|c| c.keys().cloned().collect());
            self.refresh_faces(ids.iter());
            self.hovered.update(|h| {
                if h.as_ref().is_some_and(|e| !self.with(|b| b.doc.has_edge(e))) {
                    *h = None;
                }
            });
        }
        if outcome.flow {
            let name = self.with(|b| b.doc.name().to_owned());
            if self.flow_name.get_untracked() != name {
                self.flow_name.set(name);
            }
        }
        if outcome.edited {
            self.edits.update(|n| *n += 1);
            self.can_undo.set(self.with(Board::can_undo));
            self.can_redo.set(self.with(Board::can_redo));
            self.draft.changed(*self);
        }
        if outcome.structure || outcome.selection || !outcome.moved.is_empty() || outcome.view || outcome.edited {
            self.far.request(*self, outcome.view && !outcome.edited && outcome.moved.is_empty());
        }
        match outcome.ask {
            Some(Ask::Palette { at, end }) if self.editable => {
                self.palette.set(Some(PaletteAt::Board { at, end: Some(end) }));
            }
            Some(Ask::Refused(refusal)) => {
                let text = crate::i18n::text(&refusal.text());
                self.say.note(Words::get().not_connected, text);
            }
            _ => {}
        }
    }

    /// One transform on the layer, and the grid below it.
    fn apply_view(&self) {
        let view = self.with(|b| b.view);
        let style = |node: NodeRef<html::Div>, name: &str, value: &str| {
            if let Some(node) = node.get_untracked() {
                let _ = web_sys::HtmlElement::style(&node).set_property(name, value);
            }
        };
        style(self.layer, "transform", &format!("translate({}px,{}px) scale({})", view.x, view.y, view.zoom));
        // Dots closer than 8 px would be a grey veil.
        let mut step = 16.0 * view.zoom;
        while step < 8.0 {
            step *= 4.0;
        }
        let (x, y) = (view.x.rem_euclid(step) - step, view.y.rem_euclid(step) - step);
        style(self.grid, "transform", &format!("translate({x}px,{y}px)"));
        if (view.zoom - self.view.get_untracked().zoom).abs() > 1e-9 || self.view.get_untracked().width == 0.0 {
            style(self.grid, "background-size", &format!("{step}px {step}px"));
        }
        self.view.set(view);
    }

    /// Mounts what came into view and unmounts what left it.
    fn redraw_lists(&self, always: bool) {
        let (view, window) = self.with(|b| (b.view, cull::window(&b.view)));
        if !view.draws_cards() {
            self.window.set_value(None);
            if !self.drawn_nodes.read_untracked().is_empty() || !self.drawn_edges.read_untracked().is_empty() {
                self.drawn_nodes.set(Vec::new());
                self.drawn_edges.set(Vec::new());
            }
            return;
        }
        if !always && self.window.get_value() == Some(window) {
            return;
        }
        self.window.set_value(Some(window));
        let focused = self.last_focus.get_value();
        let drawn = self.with(|b| {
            // A large selection is not kept outside the view: it would bring the whole flow into the page.
            let kept: Vec<&Id> = b.selection.iter().take(50).chain(focused.as_ref()).collect();
            cull::drawn(&b.doc, &window, kept)
        });
        if *self.drawn_nodes.read_untracked() != drawn.nodes {
            self.drawn_nodes.set(drawn.nodes);
        }
        if *self.drawn_edges.read_untracked() != drawn.edges {
            self.drawn_edges.set(drawn.edges);
        }
    }

    fn refresh_selection(&self) {
        let (ids, edge) = self.with(|b| {
            let mut ids: Vec<Id> = b.selection.iter().cloned().collect();
            ids.sort();
            (ids, b.selected_edge.clone())
        });
        self.cards.with_value(|cards| {
            for (id, card) in cards {
                let on = ids.binary_search(id).is_ok();
                if card.selected.get_untracked() != on {
                    card.selected.set(on);
                }
            }
        });
        self.selected.set(Selected { ids, edge });
    }

    /// Signals for a card (or a note) that is being mounted.
    pub fn mount_card(&self, id: &Id) -> CardSignals {
        let (position, face, selected) = self.with(|b| {
            let face = Face::of(&b.doc, id, self);
            (b.doc.position(id).unwrap_or_default(), Arc::new(face), b.selection.contains(id))
        });
        let signals = CardSignals {
            position: RwSignal::new(position),
            face: RwSignal::new(face),
            selected: RwSignal::new(selected),
        };
        self.cards.update_value(|c| {
            c.insert(id.clone(), signals);
        });
        signals
    }

    pub fn unmount_card(&self, id: &Id) {
        let _ = self.cards.try_update_value(|c| c.remove(id));
    }

    pub fn mount_line(&self, edge: &Arc<Edge>) -> RwSignal<Arc<Line>> {
        let line = RwSignal::new(Arc::new(self.with(|b| Line::of(&b.doc, edge, self))));
        self.lines.update_value(|l| {
            l.insert(edge.clone(), line);
        });
        line
    }

    pub fn unmount_line(&self, edge: &Arc<Edge>) {
        let _ = self.lines.try_update_value(|l| l.remove(edge));
    }

    /// The signal of a line that is mounted.
    pub fn line_signal(&self, edge: &Arc<Edge>) -> Option<RwSignal<Arc<Line>>> {
        self.lines.with_value(|l| l.get(edge).copied())
    }

    pub fn line(&self, edge: &Arc<Edge>) -> Line {
        self.with(|b| Line::of(&b.doc, edge, self))
    }

    /// The faces of those of `ids` that are mounted, and the lines of their edges.
    pub fn refresh_faces<'a>(&self, ids: impl IntoIterator<Item = &'a Id>) {
        let mut touched = Vec::new();
        for id in ids {
            let Some(card) = self.cards.with_value(|c| c.get(id).copied()) else { continue };
            let face = self.with(|b| Face::of(&b.doc, id, self));
            if *card.face.read_untracked().as_ref() != face {
                card.face.set(Arc::new(face));
            }
            touched.push(id.clone());
        }
        let touched: HashSet<&Id> = touched.iter().collect();
        self.refresh_lines(&touched);
    }

    fn refresh_places(&self, ids: &HashSet<&Id>) {
        for id in ids {
            let Some(card) = self.cards.with_value(|c| c.get(*id).copied()) else { continue };
            if let Some(to) = self.with(|b| b.doc.position(id))
                && card.position.get_untracked() != to
            {
                card.position.set(to);
            }
        }
        self.refresh_lines(ids);
    }

    /// The lines of the edges of `ids`, each once.
    pub fn refresh_lines(&self, ids: &HashSet<&Id>) {
        let mut done: HashSet<Arc<Edge>> = HashSet::new();
        for id in ids {
            for edge in self.with(|b| b.doc.edges_of(id).to_vec()) {
                let Some(line) = self.lines.with_value(|l| l.get(&edge).copied()) else { continue };
                if done.insert(edge.clone()) {
                    let new = self.line(&edge);
                    if *line.read_untracked().as_ref() != new {
                        line.set(Arc::new(new));
                    }
                }
            }
        }
    }

    /// All nodes, for what changes everywhere at once: a run that begins.
    pub fn refresh_all(&self) {
        let ids: Vec<Id> = self.cards.with_value(|c| c.keys().cloned().collect());
        self.refresh_faces(ids.iter());
        let edges: Vec<(Arc<Edge>, RwSignal<Arc<Line>>)> =
            self.lines.with_value(|l| l.iter().map(|(e, s)| (e.clone(), *s)).collect());
        for (edge, line) in edges {
            let new = self.line(&edge);
            if *line.read_untracked().as_ref() != new {
                line.set(Arc::new(new));
            }
        }
        self.far.request(*self, false);
    }

    /// A node that is gone, by undo or by somebody else, can't be open.
    fn close_gone(&self) {
        if let Some(id) = self.opened.get_untracked()
            && self.node(&id).is_none()
        {
            self.opened.set(None);
            self.focus_pane();
        }
    }
}
