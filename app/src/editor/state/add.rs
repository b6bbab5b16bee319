//! New nodes: where they come from and where they go.

use std::collections::HashSet;

use flow::{KindDescription, Node};
use leptos::prelude::*;

use super::super::palette::PaletteAt;
use super::{Editor, now};
use crate::canvas::connect::End;
use crate::canvas::{Board, Id, Point, edit, insert, walk};
use crate::i18n::use_lang;

/// A short random id for a node or a note: unique within a flow is enough, [`Board`] checks it.
fn new_id() -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    (0..10).map(|_| char::from(DIGITS[(js_sys::Math::random() * 32.0) as usize & 31])).collect()
}

/// An id that the flow does not have.
pub fn fresh(board: &Board) -> String {
    loop {
        let id = new_id();
        if board.doc.rect(&id).is_none() {
            return id;
        }
    }
}

impl Editor {
    /// Adds a node of `kind`: at `at`, else beside what is selected, else in the middle; then selects it.
    pub fn add_node(&self, kind: &KindDescription, place: Option<&PaletteAt>) {
        if !self.editable {
            return;
        }
        let lang = use_lang().tag();
        let mut made = None;
        self.act(|b| {
            let id = fresh(b);
            let (changes, id) = match place {
                Some(PaletteAt::Edge(edge)) => {
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, [0, 0]);
                    let changes = insert::split(&b.doc, edge, node.clone());
                    // What can't stand between two nodes is put beside the first of them.
                    let changes = if changes.is_empty() {
                        let from = std::iter::once(Id::from(edge.from.as_str())).collect();
                        let (at, _) = edit::next_place(&b.doc, &from, b.view.centre());
                        let node = Node { position: edit::free_place(&b.doc, at), ..node };
                        edit::add(&b.doc, node, None)
                    } else {
                        changes
                    };
                    (changes, id)
                }
                Some(PaletteAt::Board { at, end }) => {
                    let position = match end {
                        Some(_) => edit::free_place(&b.doc, *at),
                        None => [crate::canvas::snap(at.x), crate::canvas::snap(at.y)],
                    };
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, position);
                    (edit::add(&b.doc, node, end.as_ref()), id)
                }
                Some(PaletteAt::Anywhere) | None => {
                    let (at, end) = edit::next_place(&b.doc, &b.selection, b.view.centre());
                    // A trigger starts a branch of its own.
                    let (at, end) = if kind.is_trigger() {
                        (Point::new(b.view.centre().x - 112.0, b.view.centre().y - 32.0), None)
                    } else {
                        (at, end)
                    };
                    let node = edit::new_node(&b.doc, kind, id.clone(), lang, edit::free_place(&b.doc, at));
                    (edit::add(&b.doc, node, end.as_ref()), id)
                }
            };
            let id = Id::from(id.as_str());
            made = Some(id.clone());
            b.commit_selecting(changes, HashSet::from([id]), now())
        });
        if let Some(id) = made {
            self.reveal(&id);
            self.focus_card(&id);
        }
    }

    /// The trigger that a run starts from: the selected one, the one before what is selected, or the first.
    pub fn trigger(&self) -> Option<Id> {
        self.with(|b| {
            let is_trigger = |id: &Id| b.doc.card(id).is_some_and(|c| c.trigger);
            let before = b.selection.iter().flat_map(|id| walk::upstream(&b.doc, id)).find(is_trigger);
            before.or_else(|| b.doc.ids().find(|id| is_trigger(id)).cloned())
        })
    }

    /// Opens the palette for an end that is being connected.
    pub fn ask_for_node(&self, end: Option<End>, at: Option<Point>) {
        if self.editable {
            self.palette.set(Some(match at {
                Some(at) => PaletteAt::Board { at, end },
                None => PaletteAt::Anywhere,
            }));
        }
    }
}
