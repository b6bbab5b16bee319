//! The page `not_found`.

use leptos::prelude::*;

#[component]
pub fn NotFound() -> impl IntoView {
    view! { <div class="page-head"><h1>"not_found"</h1></div> }
}
