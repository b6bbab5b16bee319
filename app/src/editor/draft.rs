//! The draft: saved by itself shortly after each change, kept in the browser until the server has it. Nothing typed is
//! lost by a reload, a lost connection or somebody else's save.

use std::time::Duration;

use flow::Flow;
use flow::api::{Conflict, FlowDetail, FlowEvent, Problem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::state::Editor;
use super::words::Words;
use crate::api::{self, Subscription};
use crate::context::use_session;
use crate::i18n::fill;

/// Quiet time after a change before it is saved.
const QUIET: Duration = Duration::from_millis(800);
/// Between two tries while the server can't be reached.
const RETRY: Duration = Duration::from_secs(4);

/// Where the draft stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Save {
    #[default]
    Saved,
    Pending,
    Saving,
    /// Kept in the browser; tried again by itself.
    Offline,
    Failed(String),
    Conflict,
}

/// What the browser keeps until the server has it.
#[derive(Serialize, Deserialize)]
struct LocalCopy {
    /// The revision that it is based on.
    revision: u32,
    document: Flow,
}

#[derive(Clone, Copy)]
pub struct Draft {
    pub state: RwSignal<Save>,
    pub conflict: RwSignal<Option<Conflict>>,
    revision: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
    /// The number of edits that the running save holds.
    sending: StoredValue<Option<u64>>,
    /// Findings are shown on the cards: not before the person wanted to publish.
    shows: StoredValue<bool>,
    stream: StoredValue<Option<Subscription>, LocalStorage>,
}

impl Draft {
    pub fn new(detail: &FlowDetail) -> Self {
        Self {
            state: RwSignal::new(Save::Saved),
            conflict: RwSignal::new(None),
            revision: StoredValue::new(detail.revision),
            timer: StoredValue::new_local(None),
            sending: StoredValue::new(None),
            shows: StoredValue::new(false),
            stream: StoredValue::new_local(None),
        }
    }

    pub fn shows_findings(&self) -> bool {
        self.shows.get_value()
    }

    /// From now on cards say what keeps them from running.
    pub fn show_findings(&self, editor: Editor) {
        self.shows.set_value(true);
        editor.refresh_all();
    }

    /// Takes up what was not saved when the page was left, and follows what others save.
    pub fn start(&self, editor: Editor) {
        if editor.editable
            && let Some(copy) = read_copy(&editor.flow_id.get_value())
            && copy.document != editor.document()
        {
            let w = Words::get();
            // Based on an older revision this save will conflict, and the person decides.
            self.revision.set_value(copy.revision);
            editor.load(copy.document);
            editor.edits.update(|n| *n += 1);
            self.changed(editor);
            editor.say.ok(w.restored, w.restored_text);
        }
        let draft = *self;
        let stream = api::follow_flow(&editor.flow_id.get_value(), move |event| draft.heard(editor, event));
        self.stream.set_value(Some(stream));
    }

    /// The document was changed: it is saved soon.
    pub fn changed(&self, editor: Editor) {
        if self.state.get_untracked() != Save::Conflict {
            if self.sending.get_value().is_none() {
                self.state.set(Save::Pending);
            }
            self.later(editor, QUIET);
        }
    }

    /// The connection is back.
    pub fn changed_back(&self, editor: Editor) {
        if self.state.get_untracked() == Save::Offline {
            self.later(editor, Duration::ZERO);
        }
    }

    /// Writes what is not saved yet to the browser's store; called when the page is left.
    pub fn keep_copy(&self, editor: Editor) {
        if self.state.get_untracked() != Save::Saved {
            let copy = LocalCopy { revision: self.revision.get_value(), document: editor.document() };
            if let (Some(store), Ok(text)) = (store(), serde_json::to_string(&copy)) {
                let _ = store.set_item(&key(&editor.flow_id.get_value()), &text);
            }
        }
    }

    /// The editor is left for another page: what is not saved is sent off, and kept here until it arrived.
    pub fn leave(&self, editor: Editor) {
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        if !editor.editable || matches!(self.state.get_untracked(), Save::Saved | Save::Conflict) {
            return;
        }
        self.keep_copy(editor);
        if self.sending.get_value().is_none() {
            let id = editor.flow_id.get_value();
            let save = api::save_flow(&id, &editor.document(), self.revision.get_value());
            leptos::task::spawn_local(async move {
                if save.await.is_ok() {
                    forget_copy(&id);
                }
            });
        }
    }

    /// Saves now what is not saved yet. Says whether the server has everything.
    pub async fn flush(&self, editor: Editor) -> bool {
        // A save that is under way holds an older state: wait for it, then save the rest.
        for _ in 0..200 {
            if !editor.alive() {
                return false;
            }
            if self.sending.get_value().is_none() {
                break;
            }
            pause(50).await;
        }
        match self.state.get_untracked() {
            Save::Saved => true,
            Save::Conflict => false,
            _ => self.save(editor).await,
        }
    }

    fn later(&self, editor: Editor, wait: Duration) {
        let draft = *self;
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            let save = move || {
                leptos::task::spawn_local(async move {
                    draft.save(editor).await;
                });
            };
            *timer = set_timeout_with_handle(save, wait).ok();
        });
    }

    async fn save(&self, editor: Editor) -> bool {
        if !editor.alive() || self.sending.get_value().is_some() || !editor.editable {
            return false;
        }
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        let Some(edits) = editor.edits.try_get_untracked() else { return false };
        let id = editor.flow_id.get_value();
        self.sending.set_value(Some(edits));
        self.keep_copy(editor);
        if self.state.get_untracked() != Save::Offline {
            self.state.set(Save::Saving);
        }
        let answer = api::save_flow(&id, &editor.document(), self.revision.get_value()).await;
        // The page may have been left meanwhile.
        let Some(now) = editor.edits.try_get_untracked() else { return answer.is_ok() };
        self.sending.set_value(None);
        match answer {
            Ok(detail) => {
                self.revision.set_value(detail.revision);
                editor.take(&detail);
                if now == edits {
                    forget_copy(&id);
                    self.state.set(Save::Saved);
                } else {
                    self.state.set(Save::Pending);
                    self.later(editor, QUIET);
                }
                now == edits
            }
            Err(problem) => {
                self.failed(editor, &problem);
                false
            }
        }
    }

    fn failed(&self, editor: Editor, problem: &Problem) {
        match problem.code.as_str() {
            "conflict" => {
                self.state.set(Save::Conflict);
                let conflict = serde_json::from_value(problem.more.clone()).unwrap_or(Conflict {
                    by: String::new(),
                    at: String::new(),
                    revision: 0,
                    changed: Vec::new(),
                });
                self.conflict.set(Some(conflict));
            }
            "no_connection" | "unexpected_answer" => {
                self.state.set(Save::Offline);
                self.later(editor, RETRY);
            }
            _ => {
                if self.state.get_untracked() != Save::Failed(problem.detail.clone()) {
                    editor.say.problem(problem);
                }
                self.state.set(Save::Failed(problem.detail.clone()));
            }
        }
    }

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
        leptos::task::spawn_local(async move {
            match api::flow(&editor.flow_id.get_value()).await {
                Ok(_) if !editor.alive() => {}
                Ok(theirs) => {
                    crate::ui::copy_text(&mine);
                    draft.adopt(editor, theirs);
                    let w = Words::get();
                    editor.say.ok(w.took_theirs, w.took_theirs_text);
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
        editor.take(&detail);
        editor.load(detail.draft);
    }

    fn heard(&self, editor: Editor, event: FlowEvent) {
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
                    if !editor.alive() {
                        return;
                    }
                    if detail.revision > draft.revision.get_value() && draft.state.get_untracked() == Save::Saved {
                        draft.adopt(editor, detail);
                        editor.say.ok(fill(w.changed_by, [by]), w.changed_by_text);
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

/// Waits without blocking the page.
pub async fn pause(ms: i32) {
    let wait = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
    });
    let _ = wasm_bindgen_futures::JsFuture::from(wait).await;
}

fn key(flow: &str) -> String {
    format!("fluxo-draft-{flow}")
}

fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn read_copy(flow: &str) -> Option<LocalCopy> {
    serde_json::from_str(&store()?.get_item(&key(flow)).ok()??).ok()
}

fn forget_copy(flow: &str) {
    if let Some(store) = store() {
        let _ = store.remove_item(&key(flow));
    }
}
