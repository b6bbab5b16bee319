//! Pinning: the output of the run that is shown is kept in the document and used instead of running the node.

use std::collections::BTreeMap;

use crate::api::{self, Side};
use crate::canvas::Id;
use crate::editor::state::Editor;
use crate::editor::words::Words;
use crate::i18n::fill;

/// The document is no place for more.
const MOST: u32 = 500;

/// Pins what the node gave in the run that is shown, or lets it go.
pub fn toggle_pin(editor: Editor, id: Id) {
    let w = Words::get();
    let Some(node) = editor.node(&id) else { return };
    if node.pinned.is_some() {
        editor.patch(&id, None, |n| n.pinned = None);
        return;
    }
    use leptos::prelude::GetUntracked;
    let (Some(step), Some(run)) = (editor.live.of(&id), editor.live.run.get_untracked()) else {
        editor.say.note(w.no_output_yet, w.no_output_yet_text);
        return;
    };
    let ports: Vec<String> = editor
        .with(|b| b.doc.card(&id).map(|c| c.outputs.iter().map(|p| p.name.clone()).collect()))
        .unwrap_or_default();
    leptos::task::spawn_local(async move {
        let mut pinned = BTreeMap::new();
        let mut left_out = 0;
        for port in ports {
            match api::step_items(&run.id, step.seq, Side::Output, &port, 0, MOST).await {
                Ok(page) if page.not_kept => {
                    editor.say.note(w.not_kept, w.not_kept_text);
                    return;
                }
                Ok(page) => {
                    left_out += page.total.saturating_sub(MOST);
                    pinned.insert(port, page.items);
                }
                Err(problem) => {
                    editor.say.problem(&problem);
                    return;
                }
            }
        }
        if editor.alive() {
            editor.patch(&id, None, |n| n.pinned = Some(pinned));
            if left_out > 0 {
                editor.say.note(fill(w.pinned_first, [MOST]), fill(w.pinned_first_text, [left_out]));
            }
        }
    });
}
