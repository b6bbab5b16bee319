//! JSON that folds, with colours.

use leptos::prelude::*;
use serde_json::Value;

use crate::view::{AnyView, IntoAny};

/// Members drawn of one object or list.
const SHOWN: usize = 200;
/// Levels that are open at first.
const OPEN: usize = 2;

/// A value as a tree of text.
#[component]
pub fn JsonView(value: Value) -> AnyView {
    view! { <div class="json" tabindex="0" role="region" aria-label="JSON">{draw(value, None, 0, false)}</div> }
        .into_any()
}

fn draw(value: Value, key: Option<String>, depth: usize, comma: bool) -> AnyView {
    let name = key.map(|k| view! { <span class="k">{Value::String(k).to_string()}</span>": " });
    let tail = if comma { "," } else { "" };
    let (open, close, members): (_, _, Vec<(Option<String>, Value)>) = match value {
        Value::Object(map) if !map.is_empty() => ("{", "}", map.into_iter().map(|(k, v)| (Some(k), v)).collect()),
        Value::Array(list) if !list.is_empty() => ("[", "]", list.into_iter().map(|v| (None, v)).collect()),
        plain => {
            let class = match &plain {
                Value::String(_) => "s",
                Value::Number(_) => "n",
                Value::Bool(_) | Value::Null => "w",
                _ => "",
            };
            return view! { <div class="j">{name}<span class=class>{plain.to_string()}</span>{tail}</div> }.into_any();
        }
    };
    let count = members.len();
    let cut = count.saturating_sub(SHOWN);
    // Deep parts are drawn when they are opened: a large document has many.
    let shown = RwSignal::new(depth < OPEN);
    let members = StoredValue::new(members);
    view! {
        <details class="j" open=depth < OPEN on:toggle=move |_| shown.set(true)>
            <summary>{name}{open}<span class="fold">{format!(" {count} {close}{tail}")}</span></summary>
            <div class="j-in">
                {move || {
                    shown
                        .get()
                        .then(|| {
                            members
                                .get_value()
                                .into_iter()
                                .take(SHOWN)
                                .enumerate()
                                .map(|(i, (key, value))| draw(value, key, depth + 1, i + 1 < count))
                                .collect_view()
                        })
                }}
                {(cut > 0).then(|| view! { <div class="j t3">{format!("… {cut}")}</div> })}
            </div>
            <div class="j">{close}{tail}</div>
        </details>
    }
    .into_any()
}
