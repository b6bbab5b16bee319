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
pub mod pages;
mod shell;
pub mod ui;
mod view;

pub use app::App;
pub use context::{PageContext, Theme};
pub use shell::{ShellContext, guard, shell};

/// Takes over the page that the server rendered; called by the boot script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    context::remember_zone();
    leptos::mount::hydrate_body(App);
    if let Some(root) = leptos::prelude::document().document_element() {
        // Tests, and scripts that act for people, wait for this: what is clicked before it is lost.
        let _ = root.set_attribute("data-hydrated", "");
    }
}
