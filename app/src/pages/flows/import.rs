//! Flows from files.

use flow::Flow;
use leptos::html;
use leptos::prelude::*;

use super::List;
use super::words::Words;
use crate::api;
use crate::i18n::{count, fill};
use crate::ui::Button;
use crate::view::{AnyView, IntoAny};

/// Reads JSON files that were exported here, each a flow.
#[component]
pub fn ImportButton(list: List) -> AnyView {
    let words = Words::get();
    let input = NodeRef::<html::Input>::new();
    let picked = move |_| {
        let Some(input) = input.get_untracked() else { return };
        let Some(files) = input.files() else { return };
        let files: Vec<web_sys::File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
        leptos::task::spawn_local(async move {
            let mut done = 0;
            for file in files {
                match import(&file).await {
                    Ok(()) => done += 1,
                    Err(problem) => list.toasts.problem(&problem),
                }
            }
            if done > 0 {
                list.toasts.ok(count(done, words.imported_one, words.imported_many), "");
                list.reload();
            }
            // The same file can be chosen again.
            input.set_value("");
        });
    };
    view! {
        <input node_ref=input type="file" accept="application/json,.json" multiple=true hidden=true on:change=picked/>
        <Button icon="upload" on_click=move |_| { if let Some(input) = input.get_untracked() { input.click(); } }>{words.import}</Button>
    }
    .into_any()
}

async fn import(file: &web_sys::File) -> Result<(), flow::api::Problem> {
    let words = Words::get();
    let name = file.name();
    let refused = |why: String| flow::api::Problem {
        detail: fill(words.import_failed, [name.clone(), why]),
        ..Default::default()
    };
    let text =
        wasm_bindgen_futures::JsFuture::from(file.text()).await.ok().and_then(|t| t.as_string()).unwrap_or_default();
    // Read as a flow, so that what is wrong with it is said with its line; sent as it is.
    serde_json::from_str::<Flow>(&text).map_err(|e| refused(e.to_string()))?;
    let document: serde_json::Value = serde_json::from_str(&text).map_err(|e| refused(e.to_string()))?;
    api::create_flow_of(&document, None).await.map(|_| ())
}
