//! The page `users`.

use leptos::prelude::*;

#[component]
pub fn UsersPage() -> impl IntoView {
    view! { <div class="page-head"><h1>"users"</h1></div> }
}
