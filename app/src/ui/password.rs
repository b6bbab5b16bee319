//! A password that can be looked at.

use leptos::prelude::*;

use super::Icon;
use super::field::{About, keep_typed};
use crate::i18n::Common;
use crate::view::{AnyView, IntoAny};

/// `autocomplete`: `current-password` or `new-password`.
#[component]
pub fn PasswordInput(
    value: RwSignal<String>,
    #[prop(default = "current-password")] autocomplete: &'static str,
    #[prop(optional, into)] bad: Signal<bool>,
    #[prop(optional, into)] placeholder: String,
    /// Its name for assistive technology, since the button beside it has one too.
    #[prop(into)]
    label: String,
    #[prop(default = "password")] name: &'static str,
) -> AnyView {
    let words = Common::get();
    let shown = RwSignal::new(false);
    let node = NodeRef::<leptos::html::Input>::new();
    keep_typed(node, value);
    let described = use_context::<About>().map(|about| about.0);
    view! {
        <span class="input" class:bad=bad>
            <input
                node_ref=node
                type=move || if shown.get() { "text" } else { "password" }
                name=name
                placeholder=placeholder
                autocomplete=autocomplete
                aria-label=label
                aria-describedby=described
                aria-invalid=move || bad.get().then_some("true")
                value=value.get_untracked()
                on:input=move |event| value.set(event_target_value(&event))
                on:change=move |event| value.set(event_target_value(&event))
            />
            <button
                type="button"
                class="btn ghost icon xs"
                aria-label=move || if shown.get() { words.hide_password } else { words.show_password }
                aria-pressed=move || shown.get().to_string()
                on:click=move |_| shown.update(|s| *s = !*s)
            >
                <Icon name=Signal::derive(move || if shown.get() { "eye-off" } else { "eye" }.to_owned())/>
            </button>
        </span>
    }
    .into_any()
}
