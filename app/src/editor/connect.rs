//! Connecting by keyboard: a list of all that the selected node may feed.

use flow::Edge;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::state::{Editor, use_editor};
use super::words::Words;
use crate::canvas::{Change, Id, connect};
use crate::i18n::{fill, text};
use crate::ui::{Dialog, Icon, SearchInput};
use crate::view::{AnyView, IntoAny};

/// Longer lists are narrowed by searching.
const SHOWN: usize = 100;

#[component]
pub fn ConnectDialog() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let from = move || editor.selected.with(|s| s.ids.first().cloned());
    let name = Memo::new(move |_| from().and_then(|id| editor.node(&id)).map(|n| n.name).unwrap_or_default());
    view! {
        <Dialog open=editor.connecting title=Signal::derive(move || fill(w.connect_from, [name.get()]))>
            {from().map(|id| view! { <Targets from=id/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Targets(from: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let search = RwSignal::new(String::new());
    let all: StoredValue<Vec<(String, Edge)>> = StoredValue::new(
        editor
            .with(|b| connect::possible(&b.doc, &from).into_iter().map(|edge| (label(editor, &edge), edge)).collect()),
    );
    let found = move || {
        let words = search.get().trim().to_lowercase();
        all.with_value(|all| {
            all.iter()
                .filter(|(label, _)| label.to_lowercase().contains(&words))
                .take(SHOWN)
                .cloned()
                .collect::<Vec<_>>()
        })
    };
    let pick = move |edge: Edge| {
        editor.connecting.set(false);
        let name = |id: &str| editor.node(id).map(|n| n.name).unwrap_or_default();
        editor.announce.set(fill(w.connected, [name(&edge.from), name(&edge.to)]));
        editor.commit(|_| vec![Change::add_edge(edge)]);
    };
    view! {
        <div class="stack" on:keydown=walk>
            <SearchInput value=search placeholder=w.connect_find class="full" autofocus=true/>
            <div class="connect-list">
                {move || {
                    let found = found();
                    if found.is_empty() {
                        return view! { <p class="t3">{w.connect_none}</p> }.into_any();
                    }
                    found
                        .into_iter()
                        .map(|(label, edge)| {
                            view! {
                                <button type="button" class="btn ghost" on:click=move |_| pick(edge.clone())>
                                    <Icon name="arrow-right" class="s14"/>
                                    <span class="clip">{label}</span>
                                </button>
                            }
                        })
                        .collect_view()
                        .into_any()
                }}
            </div>
        </div>
    }
    .into_any()
}

/// "true → Sign PDF, second": ports are named where there are several.
fn label(editor: Editor, edge: &Edge) -> String {
    editor.with(|b| {
        let mut label = b.doc.node(&edge.to).map(|n| n.name.clone()).unwrap_or_default();
        if b.doc.card(&edge.to).is_some_and(|c| c.inputs.len() > 1) {
            label = format!("{label}, {}", edge.to_port);
        }
        match b.doc.card(&edge.from) {
            Some(card) if card.outputs.len() > 1 => {
                let port = card.output_label(&edge.from_port).map(text).filter(|t| !t.is_empty());
                format!("{} → {label}", port.unwrap_or_else(|| edge.from_port.clone()))
            }
            _ => label,
        }
    })
}

/// Arrow keys walk from the field through the list; Enter in the field takes the first.
fn walk(event: KeyboardEvent) {
    let Some(list) = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) else { return };
    let Ok(items) = list.query_selector_all(".search input, .connect-list button") else { return };
    let active = document().active_element();
    let here = (0..items.length()).find(|i| items.get(*i).as_ref() == active.as_ref().map(|e| e.as_ref()));
    let next = match (event.key().as_str(), here) {
        ("ArrowDown", here) => here.map_or(0, |i| i + 1),
        ("ArrowUp", Some(i)) => i.saturating_sub(1),
        ("Enter", Some(0)) => {
            if let Some(first) = items.get(1).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
                event.prevent_default();
                first.click();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    if let Some(item) = items.get(next).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = item.focus();
    }
}
