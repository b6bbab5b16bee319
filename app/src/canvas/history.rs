//! Undo and redo, unlimited in the session: what was done and what undoes it.

use super::{Change, ChangeError, Doc};

/// Edits with the same key within this many milliseconds become one step of undo.
const SQUASH_MS: f64 = 1_000.0;

#[derive(Clone, Debug, Default)]
pub struct History {
    done: Vec<Entry>,
    undone: Vec<Entry>,
    /// Grows with every change of the document; equal numbers mean equal documents.
    revision: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    forward: Vec<Change>,
    back: Vec<Change>,
    /// For squashing: what is being edited, and when it was edited last.
    key: Option<(String, f64)>,
}

impl History {
    /// Applies `changes` and remembers how to undo them. Edits with an equal `key` (one parameter being typed) in quick
    /// succession become one step; `now` is in milliseconds.
    ///
    /// # Errors
    /// [`ChangeError`] when they do not fit; nothing is changed then.
    pub fn commit(
        &mut self,
        doc: &mut Doc,
        changes: Vec<Change>,
        key: Option<&str>,
        now: f64,
    ) -> Result<(), ChangeError> {
        if changes.is_empty() {
            return Ok(());
        }
        let back = doc.apply_all(&changes)?;
        self.remember(changes, back, key, now);
        Ok(())
    }

    /// Remembers changes that were applied already, as at the end of a drag.
    pub fn remember(&mut self, forward: Vec<Change>, back: Vec<Change>, key: Option<&str>, now: f64) {
        self.undone.clear();
        self.revision += 1;
        if let Some(last) = self.done.last_mut()
            && let (Some(key), Some((last_key, at))) = (key, last.key.as_mut())
            && last_key == key
            && now - *at <= SQUASH_MS
        {
            *at = now;
            squash(last, forward, back);
            return;
        }
        self.done.push(Entry { forward, back, key: key.map(|k| (k.to_owned(), now)) });
    }

    /// Undoes the last step; gives the changes that were applied, none when there is nothing to undo.
    pub fn undo(&mut self, doc: &mut Doc) -> Vec<Change> {
        self.step(doc, true)
    }

    pub fn redo(&mut self, doc: &mut Doc) -> Vec<Change> {
        self.step(doc, false)
    }

    pub fn can_undo(&self) -> bool {
        !self.done.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    fn step(&mut self, doc: &mut Doc, undo: bool) -> Vec<Change> {
        let (from, to) = if undo { (&mut self.done, &mut self.undone) } else { (&mut self.undone, &mut self.done) };
        let Some(mut entry) = from.pop() else { return Vec::new() };
        entry.key = None;
        let changes = if undo { entry.back.clone() } else { entry.forward.clone() };
        if doc.apply_all(&changes).is_err() {
            // The document was replaced under the history: its steps no longer fit and must not be tried again.
            from.clear();
            return Vec::new();
        }
        to.push(entry);
        self.revision += 1;
        changes
    }
}

/// Joins a further edit of the same thing. A lone change of the same target is replaced, so that typing a long text
/// keeps two states and not one for each letter.
fn squash(last: &mut Entry, forward: Vec<Change>, mut back: Vec<Change>) {
    let same = match (last.forward.as_slice(), forward.as_slice()) {
        ([Change::PatchNode { node: a }], [Change::PatchNode { node: b }]) => a.id == b.id,
        ([Change::PatchNote { note: a }], [Change::PatchNote { note: b }]) => a.id == b.id,
        ([Change::Rename { .. }], [Change::Rename { .. }]) | ([Change::Settings { .. }], [Change::Settings { .. }]) => {
            true
        }
        (a, b) => {
            let moved = |c: &Change| if let Change::Move { id, .. } = c { Some(id.clone()) } else { None };
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| moved(a).is_some() && moved(a) == moved(b))
        }
    };
    if same {
        last.forward = forward;
    } else {
        last.forward.extend(forward);
        back.append(&mut last.back);
        last.back = back;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, node};
    use super::*;

    fn shift(x: i32) -> Vec<Change> {
        vec![Change::Move { id: "a".into(), to: [x, 0] }]
    }

    #[test]
    fn undo_and_redo_walk_through_all_states() {
        let (mut doc, mut history) = (doc(), History::default());
        let mut states = vec![doc.to_flow()];
        for x in [16, 32, 48] {
            history.commit(&mut doc, shift(x), None, 0.0).unwrap();
            states.push(doc.to_flow());
        }
        for state in states.iter().rev().skip(1) {
            assert_eq!(history.undo(&mut doc).len(), 1);
            assert_eq!(doc.to_flow(), *state);
        }
        assert!(history.undo(&mut doc).is_empty() && !history.can_undo());
        for state in &states[1..] {
            history.redo(&mut doc);
            assert_eq!(doc.to_flow(), *state);
        }
        assert!(!history.can_redo());
    }

    #[test]
    fn a_new_edit_forgets_what_was_undone() {
        let (mut doc, mut history) = (doc(), History::default());
        history.commit(&mut doc, shift(16), None, 0.0).unwrap();
        history.undo(&mut doc);
        history.commit(&mut doc, shift(32), None, 0.0).unwrap();
        assert!(!history.can_redo());
    }

    #[test]
    fn quick_edits_of_one_thing_are_one_step() {
        let (mut doc, mut history) = (doc(), History::default());
        let start = doc.to_flow();
        for (i, x) in [16, 32, 48].into_iter().enumerate() {
            history.commit(&mut doc, shift(x), Some("arrows"), 100.0 * i as f64).unwrap();
        }
        history.commit(&mut doc, shift(64), Some("arrows"), 5_000.0).unwrap();
        history.undo(&mut doc);
        assert_eq!(doc.position("a"), Some([48, 0]), "a pause begins a new step");
        history.undo(&mut doc);
        assert_eq!(doc.to_flow(), start);
        history.redo(&mut doc);
        assert_eq!(doc.position("a"), Some([48, 0]));
    }

    #[test]
    fn unlike_changes_under_one_key_undo_in_reverse() {
        let (mut doc, mut history) = (doc(), History::default());
        let start = doc.to_flow();
        history.commit(&mut doc, vec![Change::add_node(node("n", "set", [0, 0]))], Some("k"), 0.0).unwrap();
        history.commit(&mut doc, vec![Change::Move { id: "n".into(), to: [16, 16] }], Some("k"), 1.0).unwrap();
        history.undo(&mut doc);
        assert_eq!(doc.to_flow(), start);
        history.redo(&mut doc);
        assert_eq!(doc.position("n"), Some([16, 16]));
    }

    #[test]
    fn a_change_that_does_not_fit_leaves_no_trace() {
        let (mut doc, mut history) = (doc(), History::default());
        assert!(history.commit(&mut doc, vec![Change::RemoveNode { id: "?".into() }], None, 0.0).is_err());
        assert!(!history.can_undo());
    }
}
