//! What is in view, and where the keyboard's focus is.

use std::sync::Arc;

use flow::Edge;
use leptos::prelude::*;

use super::super::words::Words;
use super::Editor;
use crate::canvas::{Board, Id, Outcome, Rect, Viewport};
use crate::i18n::fill;

impl Editor {
    /// Selects an edge, brings it into view and says its name.
    pub fn select_edge(&self, edge: &Arc<Edge>) {
        self.act(|b| {
            let mut outcome = b.select_edge(edge.clone());
            if let Some(path) = b.doc.edge_path(edge) {
                let around = Rect::new(path.label.x - 24.0, path.label.y - 24.0, 48.0, 48.0);
                outcome.merge(b.set_view(b.view.revealing(around, 48.0)));
            }
            outcome
        });
        let name = |id: &str| self.node(id).map(|n| n.name).unwrap_or_default();
        self.announce.set(fill(Words::get().edge_from_to, [name(&edge.from), name(&edge.to)]));
    }

    /// Pans until the node is in view.
    pub fn reveal(&self, id: &str) {
        self.act(|b| match b.doc.rect(id) {
            Some(rect) => b.set_view(b.view.revealing(rect, 48.0)),
            None => Outcome::default(),
        });
    }

    pub fn set_view(&self, make: impl FnOnce(&Board) -> Viewport) {
        self.act(|b| {
            let view = make(b);
            b.set_view(view)
        });
    }

    /// Fits everything, or the given things, into the pane.
    pub fn fit(&self) {
        self.set_view(|b| match b.doc.bounds() {
            Some(bounds) => b.view.fitted(bounds, 64.0),
            None => Viewport { width: b.view.width, height: b.view.height, ..Viewport::default() },
        });
    }

    /// Moves the keyboard's focus to a card.
    pub fn focus_card(&self, id: &Id) {
        self.last_focus.set_value(Some(id.clone()));
        let (id, pane) = (id.clone(), self.pane);
        request_animation_frame(move || {
            let Some(Some(pane)) = pane.try_get_untracked() else { return };
            if let Ok(Some(card)) = pane.query_selector(&format!("[data-node-id=\"{id}\"]")) {
                use wasm_bindgen::JsCast;
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                if let Some(card) = card.dyn_ref::<web_sys::HtmlElement>() {
                    let _ = card.focus_with_options(&options);
                }
            } else {
                let _ = pane.focus();
            }
        });
    }

    /// Focus back to the canvas.
    pub fn focus_pane(&self) {
        match self.with(|b| b.selection.iter().next().cloned()) {
            Some(id) => self.focus_card(&id),
            None => {
                if let Some(pane) = self.pane.get_untracked() {
                    let _ = pane.focus();
                }
            }
        }
    }
}
