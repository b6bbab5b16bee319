//! Items as rows, their fields as columns.

use leptos::prelude::*;
use serde_json::Value;

use super::words::Words;
use super::{Items, member, one_line};
use crate::i18n::fill;
use crate::view::{AnyView, IntoAny};

/// Most columns drawn; what has more is better read as JSON.
const COLUMNS: usize = 30;
/// Longest text of a cell in characters.
const CELL: usize = 160;

/// Names of all fields, in the order in which they first appear.
fn columns(items: &Items) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in items.iter() {
        for key in item.json.keys() {
            if !names.iter().any(|n| n == key) {
                names.push(key.clone());
            }
        }
    }
    names
}

fn type_of(items: &Items, name: &str, words: &'static Words) -> &'static str {
    match items.iter().filter_map(|i| i.json.get(name)).find(|v| !v.is_null()) {
        Some(Value::String(_)) => words.text,
        Some(Value::Number(_)) => words.number,
        Some(Value::Bool(_)) => words.yes_no,
        Some(Value::Array(_)) => words.list,
        Some(Value::Object(_)) => words.object,
        _ => "",
    }
}

/// `items` are `(index in all, item)`; `root` is what a dragged column begins with, `$json`.
#[component]
pub fn TableView(
    items: Items,
    indices: Vec<u32>,
    #[prop(into)] root: String,
    chosen: RwSignal<u32>,
    draggable: bool,
    /// Shows a file: its item's index and its name in the item.
    open: Callback<(u32, String)>,
) -> AnyView {
    let words = Words::get();
    let mut names = columns(&items);
    let left_out = names.len().saturating_sub(COLUMNS);
    names.truncate(COLUMNS);
    let has_files = items.iter().any(|i| !i.binary.is_empty());
    let heads = names
        .iter()
        .map(|name| {
            let expression = format!("{{{{ {} }}}}", member(&root, name));
            let start = move |event: leptos::ev::DragEvent| {
                if let Some(data) = event.data_transfer() {
                    let _ = data.set_data("text/plain", &expression);
                }
            };
            view! {
                <th scope="col" draggable=draggable.then_some("true") on:dragstart=start>
                    {name.clone()}
                    <span class="ty">{type_of(&items, name, words)}</span>
                </th>
            }
        })
        .collect_view();
    let rows = items
        .iter()
        .zip(indices)
        .map(|(item, index)| {
            let cells = names
                .iter()
                .map(|name| match item.json.get(name) {
                    None => view! { <td></td> }.into_any(),
                    Some(Value::Null) => view! { <td><span class="nul">"null"</span></td> }.into_any(),
                    Some(Value::String(text)) if text.is_empty() => {
                        view! { <td><span class="nul">{words.empty}</span></td> }.into_any()
                    }
                    Some(value) => {
                        let line = one_line(value);
                        let cut = line.char_indices().nth(CELL).map(|(at, _)| format!("{}…", &line[..at]));
                        let class = match value {
                            Value::Number(_) => "r",
                            Value::Object(_) | Value::Array(_) => "mono t2",
                            _ => "",
                        };
                        let title = (line.chars().count() > 40).then(|| line.chars().take(2_000).collect::<String>());
                        view! { <td class=class title=title>{cut.unwrap_or(line)}</td> }.into_any()
                    }
                })
                .collect_view();
            let files = has_files.then(|| {
                let links = item.binary.iter().map(|(key, blob)| {
                    let key = key.clone();
                    let show = move |_| open.run((index, key.clone()));
                    view! { <button type="button" class="link" on:click=show>{blob.file_name.clone()}</button> }
                });
                view! { <td><span class="row">{links.collect_view()}</span></td> }
            });
            view! {
                <tr class:on=move || chosen.get() == index on:click=move |_| chosen.set(index)>
                    <td class="num">
                        // For the keyboard; its click is the row's.
                        <button
                            type="button"
                            class="item-number"
                            aria-pressed=move || (chosen.get() == index).to_string()
                            aria-label=fill(words.item, [index + 1])
                        >
                            {index + 1}
                        </button>
                    </td>
                    {cells}
                    {files}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="data-scroll" tabindex="0" role="region" aria-label=words.table>
            <table class="data">
                <thead>
                    <tr>
                        <th scope="col">"#"</th>
                        {heads}
                        {has_files.then(|| view! { <th scope="col">{words.files}</th> })}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {(left_out > 0).then(|| view! { <p class="data-note small t3">{fill(words.more_columns, [left_out])}</p> })}
        </div>
    }
    .into_any()
}
