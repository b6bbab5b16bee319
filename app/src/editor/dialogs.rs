//! What asks: somebody else saved in between.

use leptos::prelude::*;

use super::state::use_editor;
use super::words::Words;
use crate::i18n::fill;
use crate::ui::{Button, Dialog};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Dialogs() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let open = RwSignal::new(false);
    Effect::new(move || open.set(editor.draft.conflict.with(Option::is_some)));
    let by = move || {
        editor.draft.conflict.with(|c| match c {
            Some(c) if !c.by.is_empty() => c.by.clone(),
            _ => w.conflict_someone.to_owned(),
        })
    };
    let changed = move || {
        let changed = editor.draft.conflict.with(|c| c.as_ref().map(|c| c.changed.clone()).unwrap_or_default());
        let others = [(changed.notes, w.conflict_notes), (changed.settings, w.conflict_settings)];
        let others = others.into_iter().filter(|(told, _)| *told).map(|(_, word)| word.to_owned());
        others.chain(changed.nodes).collect::<Vec<String>>()
    };
    view! {
        <Dialog open=open title=w.conflict_title>
            <p>{move || fill(w.conflict_text, [by()])}</p>
            {move || {
                let names = changed();
                (!names.is_empty())
                    .then(|| {
                        view! {
                            <div>
                                <p class="t3 small">{w.conflict_changed}</p>
                                <ul class="changed-list">
                                    {names.into_iter().take(12).map(|name| view! { <li>{name}</li> }).collect_view()}
                                </ul>
                            </div>
                        }
                    })
            }}
            <p class="t2">{w.conflict_help}</p>
            <div class="dialog-foot">
                <Button on_click=move |_| editor.draft.take_theirs(editor)>{w.take_theirs}</Button>
                <Button kind="primary" on_click=move |_| editor.draft.keep_mine(editor)>{w.keep_mine}</Button>
            </div>
        </Dialog>
    }
    .into_any()
}
