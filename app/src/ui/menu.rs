//! Menus: the browser's popover, anchored to its button; arrow keys walk, Esc closes.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::view::{AnyView, Children, ChildrenFn, IntoAny};

use super::Icon;

/// Id of the menu that items stand in.
#[derive(Clone)]
struct MenuId(String);

/// A button that opens a menu. `id` must be unique in the page; `button` is what the button shows.
#[component]
pub fn Menu(
    #[prop(into)] id: String,
    #[prop(into)] label: String,
    /// Class of the button.
    #[prop(default = "btn ghost icon sm")]
    class: &'static str,
    /// `up` opens above.
    #[prop(default = "")]
    place: &'static str,
    #[prop(into)] button: ChildrenFn,
    children: ChildrenFn,
) -> AnyView {
    provide_context(MenuId(id.clone()));
    view! {
        <button type="button" class=class popovertarget=id.clone() aria-haspopup="menu" aria-label=label.clone() title=label.clone()>
            {button.draw()}
        </button>
        <div id=id class=format!("menu {place}") popover="auto" role="menu" aria-label=label on:keydown=walk>
            {children.draw()}
        </div>
    }
    .into_any()
}

/// One action of a menu. `kind`: `del` for what destroys.
#[component]
pub fn MenuItem(
    #[prop(into)] icon: String,
    #[prop(default = "")] kind: &'static str,
    /// Shortcut, shown at the end.
    #[prop(default = "")]
    keys: &'static str,
    /// Shows a check.
    #[prop(optional, into)]
    checked: Signal<bool>,
    #[prop(into)] on_click: Callback<()>,
    children: Children,
) -> AnyView {
    let id = use_context::<MenuId>().map(|m| m.0);
    view! {
        <button
            type="button"
            role="menuitem"
            class=kind
            popovertarget=id
            popovertargetaction="hide"
            on:click=move |_| on_click.run(())
        >
            <Icon name=icon/>
            <span class="grow">{children.draw()}</span>
            {(!keys.is_empty()).then(|| view! { <kbd>{keys}</kbd> })}
            {move || checked.get().then(|| view! { <Icon name="check" class="s14"/> })}
        </button>
    }
    .into_any()
}

/// A line between groups of actions.
#[component]
pub fn MenuLine() -> AnyView {
    view! { <hr/> }.into_any()
}

/// Arrow keys, Home and End move between the actions.
fn walk(event: KeyboardEvent) {
    let Some(menu) = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return };
    let Ok(items) = menu.query_selector_all("[role^=menuitem]") else { return };
    let count = items.length();
    if count == 0 {
        return;
    }
    let active = document().active_element();
    let here = (0..count).find(|i| items.get(*i).as_ref() == active.as_ref().map(|e| e.as_ref()));
    let next = match (event.key().as_str(), here) {
        ("ArrowDown", Some(i)) => (i + 1) % count,
        ("ArrowUp", Some(i)) => (i + count - 1) % count,
        ("ArrowDown" | "Home", _) => 0,
        ("ArrowUp" | "End", _) => count - 1,
        _ => return,
    };
    event.prevent_default();
    if let Some(item) = items.get(next).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
