//! Buttons.

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use crate::view::{AnyView, Children, IntoAny};

use super::Icon;

/// A button with a verb. `kind`: empty, `primary`, `danger` or `ghost`; add `sm` for 28 px.
#[component]
pub fn Button(
    #[prop(default = "")] kind: &'static str,
    #[prop(optional, into)] icon: Option<Signal<String>>,
    #[prop(default = "button")] r#type: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Shows that it works on it and takes no second click.
    #[prop(optional, into)]
    busy: Signal<bool>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
    children: Children,
) -> AnyView {
    let lead = move || match busy.get() {
        true => Some(view! { <Icon name="loader-circle" class="spin"/> }.into_any()),
        false => icon.map(|name| view! { <Icon name=name/> }.into_any()),
    };
    let click = move |event: MouseEvent| {
        if let Some(on_click) = on_click
            && !busy.get_untracked()
        {
            on_click.run(event);
        }
    };
    view! {
        <button
            type=r#type
            class=format!("btn {kind}")
            disabled=disabled
            aria-busy=move || busy.get().then_some("true")
            on:click=click
        >
            {lead}
            {children.draw()}
        </button>
    }
    .into_any()
}

/// A button that is an icon; `label` is its name for everyone who does not see it, and its tooltip.
#[component]
pub fn IconButton(
    #[prop(into)] icon: Signal<String>,
    #[prop(into)] label: Signal<String>,
    /// `ghost` unless said otherwise; `sm` for 28 px, `xs` for 24.
    #[prop(default = "ghost")]
    kind: &'static str,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// For a button that stays down.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
) -> AnyView {
    let on = move || pressed.is_some_and(|p| p.get());
    view! {
        <button
            type="button"
            class=move || format!("btn icon {kind}{}", if on() { " on" } else { "" })
            title=label
            aria-label=label
            aria-pressed=move || pressed.map(|p| p.get().to_string())
            disabled=disabled
            on:click=move |event| {
                if let Some(on_click) = on_click {
                    on_click.run(event);
                }
            }
        >
            <Icon name=icon/>
        </button>
    }
    .into_any()
}
