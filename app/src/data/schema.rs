//! The fields of an item as a tree; each can be dragged onto a parameter.

use flow::Item;
use leptos::prelude::*;
use serde_json::Value;

use super::words::Words;
use super::{member, one_line};
use crate::i18n::fill;
use crate::ui::{Icon, copy_or_say, use_toasts};
use crate::view::{AnyView, IntoAny};

/// Members drawn of one object or list.
const SHOWN: usize = 100;

/// `root` is what the paths begin with: `$json` or `$('Node').item.json`.
#[component]
pub fn SchemaView(item: Item, #[prop(into)] root: String) -> AnyView {
    let nodes = item
        .json
        .into_iter()
        .map(|(key, value)| {
            let path = member(&root, &key);
            node(key, value, path, 0)
        })
        .collect_view();
    let files = item
        .binary
        .into_iter()
        .map(|(key, blob)| {
            view! { <li><span></span><Key name=key.clone() icon="paperclip" path=member("$binary", &key)/><span class="val">{blob.file_name}</span></li> }
        })
        .collect_view();
    view! { <ul class="tree">{nodes}{files}</ul> }.into_any()
}

/// A field that can be dragged, and copied with Enter.
#[component]
fn Key(#[prop(into)] name: String, icon: &'static str, path: String) -> AnyView {
    let expression = format!("{{{{ {path} }}}}");
    let toasts = use_toasts();
    let (dragged, copied) = (expression.clone(), expression.clone());
    view! {
        <button
            type="button"
            class="key"
            draggable="true"
            title=expression
            on:dragstart=move |event| {
                if let Some(data) = event.data_transfer() {
                    let _ = data.set_data("text/plain", &dragged);
                    data.set_effect_allowed("copy");
                }
            }
            on:click=move |_| copy_or_say(&copied, toasts)
        >
            <Icon name=icon/>
            {name}
        </button>
    }
    .into_any()
}

fn node(key: String, value: Value, path: String, depth: usize) -> AnyView {
    let words = Words::get();
    let icon = match &value {
        Value::String(_) => "type",
        Value::Number(_) => "hash",
        Value::Bool(_) => "toggle-left",
        Value::Array(_) => "brackets",
        Value::Object(_) => "braces",
        Value::Null => "circle-slash",
    };
    let children: Vec<(String, Value, String)> = match value {
        Value::Object(map) => map
            .into_iter()
            .take(SHOWN)
            .map(|(k, v)| {
                let p = member(&path, &k);
                (k, v, p)
            })
            .collect(),
        Value::Array(list) => {
            list.into_iter().take(SHOWN).enumerate().map(|(i, v)| (i.to_string(), v, format!("{path}[{i}]"))).collect()
        }
        plain => {
            let line: String = one_line(&plain).chars().take(200).collect();
            return view! { <li><span></span><Key name=key icon=icon path=path/><span class="val">{line}</span></li> }
                .into_any();
        }
    };
    if children.is_empty() {
        return view! { <li><span></span><Key name=key icon=icon path=path/><span class="val"><i>{words.empty}</i></span></li> }
            .into_any();
    }
    let count = match (icon, children.len()) {
        ("braces", 1) => fill(words.field, [1]),
        ("braces", n) => fill(words.fields, [n]),
        (_, 1) => fill(words.entry, [1]),
        (_, n) => fill(words.entries, [n]),
    };
    let open = RwSignal::new(depth == 0 && icon == "braces");
    let label = key.clone();
    let children = StoredValue::new(children);
    view! {
        <li>
            <button
                type="button"
                class="fold-button"
                aria-expanded=move || open.get().to_string()
                aria-label=label
                on:click=move |_| open.update(|o| *o = !*o)
            >
                <Icon name="chevron-right" class="s14"/>
            </button>
            <Key name=key icon=icon path=path/>
            <span class="val">{count}</span>
        </li>
        {move || {
            open.get()
                .then(|| {
                    view! {
                        <li class="branch">
                            <ul>{children.get_value().into_iter().map(|(k, v, p)| node(k, v, p, depth + 1)).collect_view()}</ul>
                        </li>
                    }
                })
        }}
    }
    .into_any()
}
