//! What somebody else saved: shown at once while nothing of our own waits, else the person decides.

use flow::api::{FlowDetail, FlowEvent};
use leptos::prelude::*;

use super::super::state::Editor;
use super::super::words::Words;
use super::copy::forget_copy;
use super::{Draft, Save};
use crate::api;
use crate::context::use_session;
use crate::i18n::fill;

impl Draft {
    /// After a conflict: puts this draft over the other one.
    pub fn keep_mine(&self, editor: Editor) {
        let draft = *self;
        leptos::task::spawn_local(async move {
            match api::flow(&editor.flow_id.get_value()).await {
                Ok(_) if !editor.alive() => {}
                Ok(theirs) => {
                    draft.revision.set_value(theirs.revision);
                    draft.conflict.set(None);
                    draft.state.set(Save::Pending);
                    draft.save(editor).await;
                }
                Err(problem) => editor.say.problem(&problem),
            }
        });
    }

    /// After a conflict: takes the other draft; this one goes to the clipboard, so that nothing is lost.
    pub fn take_theirs(&self, editor: Editor) {
        let draft = *self;
        let mine = serde_json::to_string_pretty(&editor.document()).unwrap_or_default();
        // At once: browsers allow it for a moment after the click only.
        let copied = crate::ui::copy_now(&mine);
        leptos::task::spawn_local(async move {
            match api::flow(&editor.flow_id.get_value()).await {
                Ok(_) if !editor.alive() => {}
                Ok(theirs) => {
                    draft.adopt(editor, theirs);
                    let w = Words::get();
                    let text = match copied.await {
                        true => w.took_theirs_text,
                        false => {
                            // No clipboard on this address: yours goes into a file.
                            crate::ui::download_text("draft.json", "application/json", &mine);
                            w.took_theirs_file
                        }
                    };
                    editor.say.ok(w.took_theirs, text);
                }
                Err(problem) => editor.say.problem(&problem),
            }
        });
    }

    /// Puts the server's document in the place of this one.
    pub fn adopt(&self, editor: Editor, detail: FlowDetail) {
        self.revision.set_value(detail.revision);
        self.conflict.set(None);
        self.state.set(Save::Saved);
        forget_copy(&editor.flow_id.get_value());
        self.sent.set_value(Vec::new());
        self.told.set_value(String::new());
        editor.take(&detail);
        editor.load(detail.draft);
    }

    /// Asks for what others saved while no events came.
    pub(super) fn catch_up(&self, editor: Editor) {
        let draft = *self;
        leptos::task::spawn_local(async move {
            let Ok(detail) = api::flow(&editor.flow_id.get_value()).await else { return };
            if editor.alive() {
                let by = detail.summary.updated_by.clone();
                draft.take_news(editor, detail, by);
            }
        });
    }

    /// Shows what somebody else saved, unless there are changes of our own: with those the next save finds out and asks.
    fn take_news(&self, editor: Editor, detail: FlowDetail, by: String) {
        if self.sending.get_value().is_some() || self.state.get_untracked() != Save::Saved {
            return;
        }
        if detail.revision > self.revision.get_value() {
            let w = Words::get();
            self.adopt(editor, detail);
            editor.say.ok(fill(w.changed_by, [by]), w.changed_by_text);
        } else {
            editor.take(&detail);
        }
    }

    pub(super) fn heard(&self, editor: Editor, event: FlowEvent) {
        let w = Words::get();
        match event {
            FlowEvent::Saved { revision, by } if revision > self.revision.get_value() => {
                // With changes of our own the next save finds out and asks.
                if self.sending.get_value().is_some() || self.state.get_untracked() != Save::Saved {
                    return;
                }
                let draft = *self;
                leptos::task::spawn_local(async move {
                    let Ok(detail) = api::flow(&editor.flow_id.get_value()).await else { return };
                    if editor.alive() && detail.revision > draft.revision.get_value() {
                        draft.take_news(editor, detail, by);
                    }
                });
            }
            FlowEvent::Saved { .. } => {}
            FlowEvent::Published { version, by } => {
                if editor.published.get_untracked() != Some(version) {
                    editor.published.set(Some(version));
                    let me = use_session().user.map(|u| (u.email, u.name));
                    if me.is_none_or(|(email, name)| by != email && by != name) {
                        editor.say.ok(fill(w.published_by, [by, version.to_string()]), "");
                    }
                }
            }
            FlowEvent::Run { run } => editor.live.noticed(editor, *run),
        }
    }
}
