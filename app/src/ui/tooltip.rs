//! Tooltips and key caps.

use leptos::prelude::*;

use crate::view::{AnyView, Children, IntoAny};

/// Shows `text` and a shortcut while the pointer or the focus is on what is inside.
#[component]
pub fn Tooltip(#[prop(into)] text: String, #[prop(default = "")] keys: &'static str, children: Children) -> AnyView {
    view! {
        <span class="has-tip">
            {children.draw()}
            <span class="tip" role="tooltip">
                {text}
                {(!keys.is_empty()).then(|| view! { <kbd>{keys}</kbd> })}
            </span>
        </span>
    }
    .into_any()
}

/// Key caps of a shortcut written with spaces: `Ctrl K`.
#[component]
pub fn Keys(keys: &'static str) -> impl IntoView {
    keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view()
}
