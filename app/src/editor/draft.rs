//! The draft: saved by itself shortly after each change, kept in the browser until the server has it. Nothing typed is
//! lost by a reload, a lost connection or somebody else's save.

mod copy;
mod news;

use std::time::Duration;

use flow::Flow;
use flow::api::{Conflict, FlowDetail, Problem};
use leptos::prelude::*;

use self::copy::{Kept, LocalCopy, forget_copy, read_copy, write_copy};
use super::state::Editor;
use super::words::Words;
use crate::api::{self, Subscription};

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

/// Documents whose answer never came that are remembered: the server may have any of them.
const UNANSWERED: usize = 2;
/// Saves in a row that a flush waits for while somebody goes on drawing.
const FLUSHES: usize = 5;

#[derive(Clone, Copy)]
pub struct Draft {
    pub state: RwSignal<Save>,
    pub conflict: RwSignal<Option<Conflict>>,
    revision: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
    /// The number of edits that the running save holds.
    sending: StoredValue<Option<u64>>,
    /// The number of edits that the server has.
    saved: StoredValue<u64>,
    /// Documents that were sent and not answered: an answer that got lost is no conflict.
    sent: StoredValue<Vec<Flow>>,
    /// The failure that was told last; trying again by itself does not tell it again.
    told: StoredValue<String>,
    /// Findings are shown on the cards: not before the person wanted to publish.
    shows: RwSignal<bool>,
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
            saved: StoredValue::new(0),
            sent: StoredValue::new(Vec::new()),
            told: StoredValue::new(String::new()),
            shows: RwSignal::new(false),
            stream: StoredValue::new_local(None),
        }
    }

    pub fn shows_findings(&self) -> bool {
        self.shows.get()
    }

    /// From now on cards say what keeps them from running.
    pub fn show_findings(&self, editor: Editor) {
        self.shows.set(true);
        editor.refresh_all();
    }

    /// Takes up what was not saved when the page was left, and follows what others save.
    pub fn start(&self, editor: Editor) {
        let id = editor.flow_id.get_value();
        if editor.editable
            && let Some(copy) = read_copy(&id)
        {
            let w = Words::get();
            match copy.against(self.revision.get_value(), &editor.document()) {
                Kept::Forget => forget_copy(&id),
                Kept::Restore => {
                    editor.load(copy.document);
                    self.changed(editor);
                    editor.say.ok(w.restored, w.restored_text);
                }
                Kept::Ask => {
                    self.revision.set_value(copy.revision);
                    self.sent.set_value(copy.sent);
                    editor.load(copy.document);
                    self.changed(editor);
                }
            }
        }
        let draft = *self;
        let events = move |event| draft.heard(editor, event);
        // What was said while nobody listened is not said again.
        let stream = api::follow_flow(
            &id,
            events,
            move || draft.catch_up(editor),
            // Somebody may call the webhook from another window meanwhile.
            move || editor.live.listening.try_with_untracked(Option::is_some) == Some(true),
        );
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
            let document = editor.document();
            let mut sent = self.sent.get_value();
            sent.retain(|s| *s != document);
            let mut copy = LocalCopy { revision: self.revision.get_value(), document, sent };
            let id = editor.flow_id.get_value();
            if !write_copy(&id, &copy) {
                // The store is small: what matters most is what was drawn.
                copy.sent.clear();
                write_copy(&id, &copy);
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
        if !editor.editable || self.state.get_untracked() == Save::Saved {
            return;
        }
        if self.state.get_untracked() == Save::Conflict {
            // The person has not decided: they are asked again when they come back.
            self.keep_copy(editor);
            return;
        }
        // The save that is under way sends the rest when it is answered.
        if self.sending.get_value().is_none() {
            self.remember_sent(&editor.document());
            self.keep_copy(editor);
            send_rest(editor.flow_id.get_value(), editor.document(), self.revision.get_value());
        } else {
            self.keep_copy(editor);
        }
    }

    /// Saves now what is not saved yet. Says whether the server has all that was drawn until now.
    pub async fn flush(&self, editor: Editor) -> bool {
        let Some(wanted) = editor.edits.try_get_untracked() else { return false };
        for _ in 0..FLUSHES {
            // A save that is under way holds an older state: wait for it, then save the rest.
            while editor.alive() && self.sending.get_value().is_some() {
                pause(50).await;
            }
            if !editor.alive() {
                return false;
            }
            match self.state.get_untracked() {
                Save::Saved => return true,
                Save::Conflict => return false,
                _ if self.saved.get_value() >= wanted => return true,
                _ => {}
            }
            self.save(editor).await;
            let gave_up =
                matches!(self.state.try_get_untracked(), None | Some(Save::Offline | Save::Failed(_) | Save::Conflict));
            if gave_up {
                return false;
            }
        }
        false
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

    async fn save(&self, editor: Editor) {
        if !editor.alive() || self.sending.get_value().is_some() || !editor.editable {
            return;
        }
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        let Some(edits) = editor.edits.try_get_untracked() else { return };
        let id = editor.flow_id.get_value();
        let document = editor.document();
        self.sending.set_value(Some(edits));
        if !matches!(self.state.get_untracked(), Save::Offline | Save::Failed(_)) {
            self.state.set(Save::Saving);
        }
        self.remember_sent(&document);
        self.keep_copy(editor);
        let answer = api::save_flow(&id, &document, self.revision.get_value()).await;
        // After a conflict: it may be our own save, whose answer got lost.
        let theirs = match &answer {
            Err(problem) if problem.code == "conflict" => api::flow(&id).await.ok(),
            _ => None,
        };
        // The page may have been left meanwhile.
        let Some(now) = editor.edits.try_get_untracked() else {
            if let Ok(detail) = answer {
                match read_copy(&id) {
                    Some(copy) if copy.document == document => forget_copy(&id),
                    Some(copy) => send_rest(id, copy.document, detail.revision),
                    None => {}
                }
            }
            return;
        };
        self.sending.set_value(None);
        match (answer, theirs) {
            (Ok(detail), _) => self.arrived(editor, edits, now, &detail),
            (Err(_), Some(theirs)) if theirs.draft == document => self.arrived(editor, edits, now, &theirs),
            (Err(_), Some(theirs)) if self.sent.with_value(|sent| sent.contains(&theirs.draft)) => {
                self.revision.set_value(theirs.revision);
                self.state.set(Save::Pending);
                self.later(editor, Duration::ZERO);
            }
            (Err(problem), _) => self.failed(editor, &problem),
        }
    }

    /// The server has the draft as it was after `edits` changes; `now` there are more, or as many.
    fn arrived(&self, editor: Editor, edits: u64, now: u64, detail: &FlowDetail) {
        self.revision.set_value(detail.revision);
        self.saved.set_value(edits);
        self.sent.set_value(Vec::new());
        self.told.set_value(String::new());
        editor.take(detail);
        if now == edits {
            forget_copy(&editor.flow_id.get_value());
            self.state.set(Save::Saved);
        } else {
            self.state.set(Save::Pending);
            self.later(editor, QUIET);
        }
    }

    fn remember_sent(&self, document: &Flow) {
        self.sent.update_value(|sent| {
            sent.retain(|s| s != document);
            sent.push(document.clone());
            let extra = sent.len().saturating_sub(UNANSWERED);
            sent.drain(..extra);
        });
    }

    fn failed(&self, editor: Editor, problem: &Problem) {
        let unknown = problem.code == "no_connection" || problem.status >= 500;
        if !unknown {
            // It was refused: it did not arrive.
            self.sent.update_value(|sent| {
                sent.pop();
            });
        }
        match problem.code.as_str() {
            "conflict" => {
                self.state.set(Save::Conflict);
                let conflict = serde_json::from_str(&problem.more.to_string()).unwrap_or(Conflict {
                    by: String::new(),
                    at: String::new(),
                    revision: 0,
                    changed: flow::Changes::default(),
                });
                self.conflict.set(Some(conflict));
            }
            "no_connection" => {
                self.state.set(Save::Offline);
                self.later(editor, RETRY);
            }
            _ => {
                if self.told.get_value() != problem.detail {
                    editor.say.problem(problem);
                    self.told.set_value(problem.detail.clone());
                }
                self.state.set(Save::Failed(problem.detail.clone()));
                // A server in trouble, or one that has too much to do, may have recovered by then.
                if problem.status >= 500 || problem.status == 429 {
                    self.later(editor, RETRY);
                }
            }
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

/// Sends what was drawn before the page was left; the copy stays until it arrived.
fn send_rest(id: String, document: Flow, revision: u32) {
    let save = api::save_flow(&id, &document, revision);
    leptos::task::spawn_local(async move {
        // Who came back meanwhile has a copy of their own there.
        if save.await.is_ok() && read_copy(&id).is_some_and(|copy| copy.document == document) {
            forget_copy(&id);
        }
    });
}
