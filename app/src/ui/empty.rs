//! Empty states that teach, and messages in the page.

use leptos::prelude::*;

use crate::view::{AnyView, Children, IntoAny};

use super::Icon;

/// What is missing and what to do about it.
#[component]
pub fn EmptyState(
    #[prop(into)] icon: String,
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    #[prop(optional)] children: Option<Children>,
) -> AnyView {
    view! {
        <div class="empty">
            <i class="tile c-none"><Icon name=icon/></i>
            <h2>{title}</h2>
            <p class="t2">{text}</p>
            {children.map(|c| view! { <div class="row">{c.draw()}</div> })}
        </div>
    }
    .into_any()
}

/// A message: `kind` is `info`, `warn`, `err`, `ok` or empty.
#[component]
pub fn Callout(
    #[prop(default = "")] kind: &'static str,
    #[prop(optional, into)] icon: Option<String>,
    children: Children,
) -> AnyView {
    let icon = icon.unwrap_or_else(|| {
        match kind {
            "warn" => "triangle-alert",
            "err" => "circle-alert",
            "ok" => "circle-check",
            _ => "info",
        }
        .to_owned()
    });
    view! {
        <div class=format!("callout {kind}") role=(kind == "err").then_some("alert")>
            <Icon name=icon/>
            <div class="grow">{children.draw()}</div>
        </div>
    }
    .into_any()
}
