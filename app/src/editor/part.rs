//! The workbench is a module of its own in the browser: who only looks at lists and forms does not fetch it.

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::{Workbench, WorkbenchProps, top_bar};
use crate::api::Text;
use crate::ui::{Failed, NotLoaded};
use crate::view::{AnyView, IntoAny};

/// Draws the workbench of a flow, from the answers of the API.
type Draw = fn(&Text, &Text) -> AnyView;

/// What the other module gives. Everything that only this reaches is in that module.
#[wasm_split(editor, fallible, preload(fetch))]
fn workbench() -> Result<Draw, SplitLoaderError> {
    Ok(|detail, kinds| match (detail.read(), kinds.read()) {
        (Ok(detail), Ok(kinds)) => Workbench(WorkbenchProps { detail, kinds }),
        (Err(problem), _) | (_, Err(problem)) => view! { <Failed problem=problem/> }.into_any(),
    })
}

/// Fetches the module, so that the first flow opens without waiting for it.
pub async fn load() -> Result<(), SplitLoaderError> {
    fetch().await
}

/// Whether the page at `path` needs it.
pub fn has(path: &str) -> bool {
    path.strip_prefix("/flows/").is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
}

/// The frame until the page is hydrated and the module is there, the editor from then on: both look the same at the first
/// glance.
#[component]
pub fn ClientOnly(name: String, detail: Text, kinds: Text) -> AnyView {
    let loaded = RwSignal::new(None::<Result<Draw, ()>>);
    let answers = StoredValue::new((detail, kinds));
    Effect::new(move || {
        leptos::task::spawn_local(async move {
            let draw = workbench().await.map_err(drop);
            loaded.try_set(Some(draw));
        });
    });
    (move || match loaded.get() {
        Some(Ok(draw)) => untrack(|| answers.with_value(|(detail, kinds)| draw(detail, kinds))),
        Some(Err(())) => view! { <NotLoaded/> }.into_any(),
        None => view! { <top_bar::Waiting name=name.clone()/> }.into_any(),
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn the_editor_alone_needs_it() {
        let check = |path: &str, expected: bool| assert_eq!(has(path), expected, "{path}");
        check("/flows", false);
        check("/flows/", false);
        check("/flows/0193", true);
        check("/flows/0193/runs", false);
        check("/runs/0193", false);
    }
}
