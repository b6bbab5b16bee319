//! The page `flows`.

use leptos::prelude::*;

#[component]
pub fn FlowsPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"flows"</h1></div> }
}
