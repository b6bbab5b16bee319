//! The page `runs`.

use leptos::prelude::*;

#[component]
pub fn RunsPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"runs"</h1></div> }
}
