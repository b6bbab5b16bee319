//! The user interface: pages, forms and the canvas editor, rendered on the server and hydrated in the browser.
//!
//! It talks to `/api/v1` and nothing else, also while it is rendered on the server ([`api::Transport`]).
#![recursion_limit = "512"]

pub mod api;
mod app;
pub mod canvas;
pub mod context;
pub mod data;
pub mod editor;
pub mod form;
pub mod i18n;
mod notices;
pub mod pages;
mod shell;
pub mod ui;
mod view;

pub use app::App;
pub use context::{PageContext, Theme};
pub use shell::{ShellContext, guard, shell};

/// The parts of the program that the page at `path` needs beside the first one: names of the site's files without
/// `.wasm`.
pub fn parts(path: &str) -> &'static [&'static str] {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match (pages::part::has(path), editor::has(path)) {
        (true, _) => &["pages"],
        (_, true) => &["editor"],
        _ => &[],
    }
}

/// Takes over the page that the server rendered; called by the boot script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn hydrate() -> Result<(), wasm_bindgen::JsValue> {
    console_error_panic_hook::set_once();
    context::remember_zone();
    let path = leptos::prelude::window().location().pathname()?;
    if pages::part::has(&path) {
        // What the server drew can only be taken over by what draws it.
        pages::part::load().await.map_err(|error| js_sys::Error::new(&error.to_string()))?;
    }
    leptos::mount::hydrate_body(App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // Tests, and scripts that act for people, wait for this: what is clicked before it is lost.
        let _ = root.set_attribute("data-hydrated", "");
    }
    leptos::prelude::set_timeout(|| leptos::task::spawn_local(fetch_rest()), REST);
    Ok(())
}

/// How long the first page is left alone before the rest of the program is fetched.
#[cfg(feature = "hydrate")]
const REST: std::time::Duration = std::time::Duration::from_millis(500);

/// So that no page waits for its part when a link leads there.
#[cfg(feature = "hydrate")]
async fn fetch_rest() {
    // Who opens such a page asks again, and hears of it when that fails too.
    let _ = editor::load().await;
    let _ = pages::part::load().await;
}
