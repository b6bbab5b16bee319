//! The context menu: the actions that fit what was pressed.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::actions::{CANVAS_MENU, EDGE_MENU, NODE_MENU, shown};
use super::state::{MenuOn, use_editor};
use super::words::Words;
use crate::canvas::{Change, Id};
use crate::ui::Icon;
use crate::view::{AnyView, IntoAny};

#[component]
pub fn ContextMenu() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let node = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let (Some(menu), Some(at)) = (node.get(), editor.menu.get()) {
            // Inside the pane, whatever its size.
            let view = editor.view.get_untracked();
            let x = at.at.x.min(view.width - f64::from(menu.offset_width()) - 8.0).max(8.0);
            let y = at.at.y.min(view.height - f64::from(menu.offset_height()) - 8.0).max(8.0);
            let style = web_sys::HtmlElement::style(&menu);
            let _ = style.set_property("transform", &format!("translate({x}px,{y}px)"));
            focus_item(&menu, 0);
        }
    });
    let leave = window_event_listener(leptos::ev::pointerdown, move |event| {
        let inside = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|e| matches!(e.closest(".ctx-menu"), Ok(Some(_))));
        if !inside && editor.menu.get_untracked().is_some() {
            editor.menu.set(None);
        }
    });
    on_cleanup(move || leave.remove());
    (move || {
        let on = editor.menu.get()?.on;
        let actions = match on {
            MenuOn::Canvas => CANVAS_MENU,
            MenuOn::Selection => NODE_MENU,
            MenuOn::Edge => EDGE_MENU,
        };
        let note = editor.with(|b| {
            let mut ids = b.selection.iter();
            match (ids.next(), ids.next()) {
                (Some(id), None) => b.doc.note(id).map(|_| id.clone()),
                _ => None,
            }
        });
        let rows = actions.iter().map(|action| match action {
            None => view! { <hr/> }.into_any(),
            Some(action) if note.is_some() && !matches!(action.id, "copy" | "cut" | "duplicate" | "delete") => {
                ().into_any()
            }
            Some(action) => {
                let action = *action;
                let class = if action.id == "delete" { "del" } else { "" };
                view! {
                    <button
                        type="button"
                        role="menuitem"
                        class=class
                        disabled=!(action.enabled)(editor)
                        on:click=move |_| {
                            editor.menu.set(None);
                            editor.focus_pane();
                            (action.run)(editor);
                        }
                    >
                        <Icon name=(action.icon)(editor)/>
                        <span class="grow">{action.title(editor)}</span>
                        {action.keys.first().map(|keys| view! { <kbd>{shown(keys)}</kbd> })}
                    </button>
                }
                .into_any()
            }
        });
        Some(view! {
            <div
                class="menu ctx-menu nodrag"
                role="menu"
                aria-label=w.more
                node_ref=node
                on:keydown=move |event| {
                    let Some(menu) = node.get_untracked() else { return };
                    let step = match event.key().as_str() {
                        "ArrowDown" => 1,
                        "ArrowUp" => -1,
                        "Escape" | "Tab" => {
                            event.prevent_default();
                            event.stop_propagation();
                            editor.menu.set(None);
                            editor.focus_pane();
                            return;
                        }
                        _ => return,
                    };
                    event.prevent_default();
                    event.stop_propagation();
                    focus_item(&menu, step);
                }
            >
                {note.clone().map(|id| view! { <Colors id=id/> })}
                {rows.collect_view()}
            </div>
        })
    })
    .into_any()
}

/// The colours of a note.
#[component]
fn Colors(id: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    [("sand", w.sand), ("sky", w.sky), ("leaf", w.leaf), ("rose", w.rose)]
        .into_iter()
        .map(|(color, name)| {
            let id = id.clone();
            let pick = move |_| {
                editor.menu.set(None);
                editor.focus_pane();
                editor.commit(|b| match b.doc.note(&id) {
                    Some(note) => {
                        vec![Change::PatchNote { note: flow::Note { color: color.to_owned(), ..note.clone() } }]
                    }
                    None => Vec::new(),
                });
            };
            view! {
                <button type="button" role="menuitem" on:click=pick>
                    <i class=format!("swatch {color}")></i>
                    <span class="grow">{name}</span>
                </button>
            }
        })
        .collect_view()
        .into_any()
}

/// Moves the focus by `step` among the items; to the first when none has it.
fn focus_item(menu: &web_sys::HtmlDivElement, step: i32) {
    let Ok(items) = menu.query_selector_all("button:not(:disabled)") else { return };
    let count = items.length() as i32;
    if count == 0 {
        return;
    }
    let active = document().active_element();
    let here = (0..count).find(|i| items.get(*i as u32).as_ref() == active.as_ref().map(|e| e.as_ref()));
    let next = here.map_or(0, |h| (h + step).rem_euclid(count));
    if let Some(item) = items.get(next as u32).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
