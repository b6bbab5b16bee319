//! A page that does not exist.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::EmptyState;
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the page.
    Words {
        title: "This page does not exist" | "Esta página não existe",
        text: "The address may be mistyped, or what was here is deleted." | "O endereço pode estar incorreto, ou o que havia aqui foi excluído.",
        flows: "To the flows" | "Ir para os fluxos",
    }
}

/// For every address without a page.
#[component]
pub fn NotFound() -> AnyView {
    let words = Words::get();
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <main class="lost" id="page">
            <EmptyState icon="map" title=words.title text=words.text><a class="btn primary" href="/flows">{words.flows}</a></EmptyState>
        </main>
    }
    .into_any()
}
