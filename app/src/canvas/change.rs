//! Every edit as data: applied to a document it gives the change that undoes it.

use std::sync::Arc;

use flow::{Edge, FlowSettings, Node, Note};

use super::{Doc, Id};

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `at`: index in the document's list, its end when larger.
    AddNode {
        at: usize,
        node: Box<Node>,
    },
    /// A node whose edges are gone already.
    RemoveNode {
        id: Id,
    },
    /// Everything of the node but its id; moving is [`Change::Move`].
    PatchNode {
        node: Box<Node>,
    },
    /// A node or a note.
    Move {
        id: Id,
        to: [i32; 2],
    },
    AddEdge {
        at: usize,
        edge: Arc<Edge>,
    },
    RemoveEdge {
        edge: Arc<Edge>,
    },
    AddNote {
        at: usize,
        note: Note,
    },
    RemoveNote {
        id: Id,
    },
    PatchNote {
        note: Note,
    },
    Rename {
        name: String,
    },
    Settings {
        description: String,
        settings: FlowSettings,
    },
}

/// A change that does not fit the document; nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChangeError {
    #[error("the id {0} is taken")]
    Taken(Id),
    #[error("there is nothing with the id {0}")]
    Missing(Id),
    #[error("the node {0} still has edges")]
    Connected(Id),
    #[error("the edge exists already")]
    EdgeExists,
    #[error("there is no such edge")]
    NoSuchEdge,
}

/// At the end of the list.
pub const LAST: usize = usize::MAX;

impl Change {
    pub fn add_node(node: Node) -> Self {
        Self::AddNode { at: LAST, node: Box::new(node) }
    }

    pub fn add_edge(edge: Edge) -> Self {
        Self::AddEdge { at: LAST, edge: Arc::new(edge) }
    }
}

impl Doc {
    /// Applies `change`; gives back its inverse.
    ///
    /// # Errors
    /// [`ChangeError`] when it does not fit; the document is as before then.
    pub fn apply(&mut self, change: Change) -> Result<Change, ChangeError> {
        let missing = |id: &str| ChangeError::Missing(id.into());
        Ok(match change {
            Change::AddNode { at, node } => {
                let id = Id::from(node.id.as_str());
                if self.notes.contains_key(&id) || !self.insert_node(at, *node) {
                    return Err(ChangeError::Taken(id));
                }
                Change::RemoveNode { id }
            }
            Change::RemoveNode { id } => {
                if !self.edges_of(&id).is_empty() {
                    return Err(ChangeError::Connected(id));
                }
                let (at, node) = self.remove_node(&id).ok_or_else(|| missing(&id))?;
                Change::AddNode { at, node: Box::new(node) }
            }
            Change::PatchNode { node } => {
                let id = node.id.clone();
                Change::PatchNode { node: Box::new(self.swap_node(*node).ok_or_else(|| missing(&id))?) }
            }
            Change::Move { id, to } => {
                let from = self.shift(&id, to).ok_or_else(|| missing(&id))?;
                Change::Move { id, to: from }
            }
            Change::AddEdge { at, edge } => {
                for end in [&edge.from, &edge.to] {
                    self.node(end).ok_or_else(|| missing(end))?;
                }
                if !self.insert_edge(at, edge.clone()) {
                    return Err(ChangeError::EdgeExists);
                }
                Change::RemoveEdge { edge }
            }
            Change::RemoveEdge { edge } => {
                let (at, edge) = self.remove_edge(&edge).ok_or(ChangeError::NoSuchEdge)?;
                Change::AddEdge { at, edge }
            }
            Change::AddNote { at, note } => {
                let id = Id::from(note.id.as_str());
                if self.notes.contains_key(&id) || self.nodes.contains_key(&id) {
                    return Err(ChangeError::Taken(id));
                }
                self.notes.shift_insert(at.min(self.notes.len()), id.clone(), note);
                Change::RemoveNote { id }
            }
            Change::RemoveNote { id } => {
                let (at, _, note) = self.notes.shift_remove_full(&id).ok_or_else(|| missing(&id))?;
                Change::AddNote { at, note }
            }
            Change::PatchNote { note } => {
                let stored = self.notes.get_mut(note.id.as_str()).ok_or_else(|| missing(&note.id))?;
                Change::PatchNote { note: std::mem::replace(stored, note) }
            }
            Change::Rename { name } => Change::Rename { name: std::mem::replace(&mut self.name, name) },
            Change::Settings { description, settings } => Change::Settings {
                description: std::mem::replace(&mut self.description, description),
                settings: std::mem::replace(&mut self.settings, settings),
            },
        })
    }

    /// Applies all of `changes` or none; gives back what undoes them, in the order to apply it.
    ///
    /// # Errors
    /// [`ChangeError`] of the first that does not fit.
    pub fn apply_all(&mut self, changes: &[Change]) -> Result<Vec<Change>, ChangeError> {
        let mut inverse = Vec::with_capacity(changes.len());
        for change in changes {
            match self.apply(change.clone()) {
                Ok(back) => inverse.push(back),
                Err(error) => {
                    for back in inverse.into_iter().rev() {
                        // The document is in the very state that `back` was made for.
                        let _ = self.apply(back);
                    }
                    return Err(error);
                }
            }
        }
        inverse.reverse();
        Ok(inverse)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, node};
    use super::*;

    #[test]
    fn every_change_has_an_exact_inverse() {
        let mut note = Note { id: "t".into(), size: [160, 80], text: "hi".into(), ..Note::default() };
        let mut renamed = node("b", "if", [320, 0]);
        renamed.name = "Other".into();
        let steps = [
            Change::add_node(node("z", "set", [960, 0])),
            Change::AddNode { at: 0, node: Box::new(node("y", "set", [960, 96])) },
            Change::add_edge(edge("c", "out", "z")),
            Change::PatchNode { node: Box::new(renamed) },
            Change::Move { id: "a".into(), to: [-16, 48] },
            Change::RemoveEdge { edge: Arc::new(edge("a", "out", "b")) },
            Change::RemoveNode { id: "a".into() },
            Change::AddNote { at: LAST, note: note.clone() },
            Change::PatchNote {
                note: {
                    note.text = "there".into();
                    note
                },
            },
            Change::Move { id: "t".into(), to: [32, 32] },
            Change::RemoveNote { id: "t".into() },
            Change::Rename { name: "New".into() },
            Change::Settings { description: "d".into(), settings: FlowSettings::default() },
        ];
        let mut doc = doc();
        let mut states = Vec::new();
        let mut back = Vec::new();
        for step in steps {
            states.push(doc.to_flow());
            back.push(doc.apply(step).unwrap());
        }
        for (state, inverse) in states.into_iter().zip(back).rev() {
            doc.apply(inverse).unwrap();
            assert_eq!(doc.to_flow(), state);
        }
    }

    #[test]
    fn a_list_of_changes_is_applied_whole_or_not_at_all() {
        let mut doc = doc();
        let before = doc.to_flow();
        let changes = [Change::add_node(node("z", "set", [0, 0])), Change::RemoveNode { id: "a".into() }];
        assert_eq!(doc.apply_all(&changes), Err(ChangeError::Connected("a".into())));
        assert_eq!(doc.to_flow(), before);
    }

    #[test]
    fn the_indexes_follow_the_changes() {
        let mut doc = doc();
        doc.apply(Change::Move { id: "b".into(), to: [5_008, 5_008] }).unwrap();
        let far = super::super::Rect::new(5_000.0, 5_000.0, 300.0, 100.0);
        assert_eq!(doc.nodes_within(&far), ["b".into()]);
        assert_eq!(doc.edges_within(&far).len(), 2, "its two edges come along");
        doc.apply(Change::RemoveEdge { edge: Arc::new(edge("a", "out", "b")) }).unwrap();
        assert_eq!(doc.edges_within(&far).len(), 1);
        assert_eq!(doc.arriving("b").count(), 0);
    }
}
