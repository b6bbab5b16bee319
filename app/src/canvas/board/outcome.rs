//! What a call of the board changed.

use super::super::connect::{End, Refusal};
use super::super::{Change, Id, Point};

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
