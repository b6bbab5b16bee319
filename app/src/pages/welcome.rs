//! The page `welcome`.

use leptos::prelude::*;

#[component]
pub fn Welcome() -> impl IntoView {
    view! { <div class="page-head"><h1>"welcome"</h1></div> }
}
