//! A choice of one: the browser's own select, styled.

use leptos::prelude::*;

use crate::view::{AnyView, IntoAny};

/// `options` are `(value, label)`.
#[component]
pub fn Select(
    #[prop(into)] value: Signal<String>,
    #[prop(into)] options: Signal<Vec<(String, String)>>,
    #[prop(into)] on_change: Callback<String>,
    #[prop(optional, into)] label: Option<String>,
    /// `sm` for 28 px, `auto` to be as wide as its words.
    #[prop(default = "")]
    class: &'static str,
    #[prop(optional, into)] bad: Signal<bool>,
) -> AnyView {
    view! {
        <select
            class=format!("input select {class}")
            class:bad=bad
            aria-label=label
            prop:value=move || {
                options.track();
                value.get()
            }
            on:change=move |event| on_change.run(event_target_value(&event))
        >
            {move || {
                options
                    .get()
                    .into_iter()
                    .map(|(option, label)| {
                        let selected = option == value.get_untracked();
                        view! { <option value=option selected=selected>{label}</option> }
                    })
                    .collect_view()
            }}
        </select>
    }
    .into_any()
}
