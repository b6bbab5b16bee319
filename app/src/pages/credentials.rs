//! The page `credentials`.

use leptos::prelude::*;

#[component]
pub fn CredentialsPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"credentials"</h1></div> }
}
