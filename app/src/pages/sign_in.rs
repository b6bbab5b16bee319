//! The page `sign_in`.

use leptos::prelude::*;

#[component]
pub fn SignInPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"sign_in"</h1></div> }
}
