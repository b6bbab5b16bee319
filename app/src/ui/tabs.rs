//! Tabs and segmented choices; arrow keys move between them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::view::{AnyView, IntoAny};

/// `(id, words, count)` each; the chosen id is in `value`.
#[component]
pub fn Tabs(
    value: RwSignal<String>,
    #[prop(into)] tabs: Signal<Vec<(&'static str, String, Option<usize>)>>,
    #[prop(into)] label: String,
) -> AnyView {
    view! {
        <div class="tabs" role="tablist" aria-label=label on:keydown=walk>
            {move || {
                tabs.get()
                    .into_iter()
                    .map(|(id, words, count)| {
                        let on = move || *value.read() == *id;
                        view! {
                            <button
                                type="button"
                                role="tab"
                                class:on=on
                                aria-selected=move || on().to_string()
                                tabindex=move || if on() { "0" } else { "-1" }
                                on:click=move |_| value.set(id.to_owned())
                            >
                                {words}
                                {count.map(|n| view! { <span class="n">{n}</span> })}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
    .into_any()
}

/// A choice of few, all in sight: `(id, words)` each.
#[component]
pub fn Segments(
    #[prop(into)] value: Signal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(into)] label: String,
) -> AnyView {
    view! {
        <div class="seg" role="radiogroup" aria-label=label on:keydown=walk>
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|(id, words)| {
                        let (mine, chosen) = (id.clone(), id);
                        let on = Memo::new(move |_| *value.read() == mine);
                        view! {
                            <button
                                type="button"
                                role="radio"
                                class:on=on
                                aria-checked=move || on.get().to_string()
                                tabindex=move || if on.get() { "0" } else { "-1" }
                                on:click=move |_| on_change.run(chosen.clone())
                            >
                                {words}
                            </button>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
    .into_any()
}

/// Arrow keys choose the neighbour.
fn walk(event: KeyboardEvent) {
    let forward = match event.key().as_str() {
        "ArrowRight" | "ArrowDown" => true,
        "ArrowLeft" | "ArrowUp" => false,
        _ => return,
    };
    let Some(here) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
    let next = if forward { here.next_element_sibling() } else { here.previous_element_sibling() };
    if let Some(next) = next.and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        event.prevent_default();
        next.click();
        let _ = next.focus();
    }
}
