//! Zoom and what belongs to the view, in the lower left corner.

use leptos::prelude::*;

use super::actions::{self, ALL_ACTIONS, Action};
use super::state::use_editor;
use super::words::Words;
use crate::ui::Icon;
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Tools() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let percent = Memo::new(move |_| (editor.view.with(|v| v.zoom) * 100.0).round() as u32);
    view! {
        <div class="float zoom-tools nodrag" role="toolbar" aria-label=w.view>
            <button type="button" class="z" aria-label=w.zoom_out title=format!("{} (-)", w.zoom_out) on:click=move |_| actions::zoom(editor, 0.8)>
                <Icon name="minus"/>
            </button>
            <button type="button" class="z num percent" aria-label=w.zoom_100 title=format!("{} (0)", w.zoom_100) on:click=move |_| editor.set_view(|b| b.view.zoomed_middle(1.0))>
                {move || format!("{} %", percent.get())}
            </button>
            <button type="button" class="z" aria-label=w.zoom_in title=format!("{} (+)", w.zoom_in) on:click=move |_| actions::zoom(editor, 1.25)>
                <Icon name="plus"/>
            </button>
            <button type="button" class="z" aria-label=w.fit title=format!("{} (1)", w.fit) on:click=move |_| editor.fit()>
                <Icon name="maximize"/>
            </button>
            {editor
                .editable
                .then(|| {
                    ["tidy", "note", "sheet"]
                        .into_iter()
                        .filter_map(|id| ALL_ACTIONS.iter().find(|a| a.id == id))
                        .map(|action| view! { <Tool action=*action/> })
                        .collect_view()
                })}
        </div>
        {editor
            .editable
            .then(|| {
                view! {
                    <button type="button" class="btn add-button nodrag" title=format!("{} (N)", w.add_node) on:click=move |_| editor.ask_for_node(None, None)>
                        <Icon name="plus"/>
                        <span>{w.add_node}</span>
                        <kbd>"N"</kbd>
                    </button>
                }
            })}
    }
    .into_any()
}

#[component]
fn Tool(action: &'static Action) -> AnyView {
    let editor = use_editor();
    let title = action.title(editor);
    view! {
        <button type="button" class="z" aria-label=title.clone() title=action.with_keys(&title) on:click=move |_| (action.run)(editor)>
            <Icon name=(action.icon)(editor)/>
        </button>
    }
    .into_any()
}
