//! The page `keys`.

use leptos::prelude::*;

#[component]
pub fn KeysPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"keys"</h1></div> }
}
