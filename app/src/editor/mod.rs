//! The canvas editor.

use leptos::prelude::*;

/// `/flows/:id`
#[component]
pub fn EditorPage() -> impl IntoView {
    view! { <div class="canvas"></div> }
}
