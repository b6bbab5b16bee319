//! On or off.

use leptos::prelude::*;

use crate::view::{AnyView, Children, IntoAny};

/// A switch that acts at once. `label` is its name for assistive technology.
#[component]
pub fn Switch(
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] label: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
) -> AnyView {
    view! {
        <button
            type="button"
            role="switch"
            class="toggle"
            class:on=on
            aria-checked=move || on.get().to_string()
            aria-label=label
            disabled=disabled
            on:click=move |_| on_change.run(!on.get_untracked())
        ></button>
    }
    .into_any()
}

/// A checkbox with its words.
#[component]
pub fn Checkbox(
    #[prop(into)] on: Signal<bool>,
    #[prop(into)] on_change: Callback<bool>,
    children: Children,
) -> AnyView {
    view! {
        <label class="row check-row">
            <input
                type="checkbox"
                class="check"
                prop:checked=on
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span>{children.draw()}</span>
        </label>
    }
    .into_any()
}
