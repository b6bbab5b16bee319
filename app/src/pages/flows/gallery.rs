//! Working flows to start from.

use flow::api::{GalleryFlow, NewFlow};
use flow::kind::shown;
use leptos::prelude::*;

use super::use_create;
use super::words::Words;
use crate::api::KindFace;
use crate::i18n::{count, text};
use crate::ui::{Callout, EmptyState, Outline};
use crate::view::{AnyView, IntoAny};

/// What the flows page shows while there is no flow.
#[component]
pub fn Gallery(gallery: Vec<GalleryFlow>, kinds: StoredValue<Vec<KindFace>>, edits: bool) -> AnyView {
    let words = Words::get();
    if !edits {
        return view! { <EmptyState icon="workflow" title=words.empty_title text=words.empty_viewer/> }.into_any();
    }
    view! {
        <div>
            <h2 class="big">{words.empty_title}</h2>
            <p class="t2">{words.empty_text}</p>
        </div>
        <h2>{words.start_from}</h2>
        <GalleryCards gallery=gallery kinds=kinds/>
        <Callout kind="info"><b>{words.import_hint}</b>" "{words.import_hint_text}</Callout>
    }
    .into_any()
}

/// A card for each flow of the gallery; a click makes a copy and opens it.
#[component]
pub fn GalleryCards(gallery: Vec<GalleryFlow>, kinds: StoredValue<Vec<KindFace>>) -> AnyView {
    let words = Words::get();
    let create = use_create();
    let cards = gallery
        .into_iter()
        .map(|example| {
            let id = example.id.clone();
            let steps = count(example.document.nodes.len(), words.steps_one, words.steps_many);
            let needs = needs_credential(&example, kinds);
            view! {
                <button
                    type="button"
                    class="card starter"
                    on:click=move |_| create.run(NewFlow { gallery: Some(id.clone()), ..NewFlow::default() })
                >
                    <span class="shot"><Outline flow=example.document kinds=kinds/></span>
                    <span class="txt">
                        <b class="title">{text(&example.name)}</b>
                        <span class="t2 about">{text(&example.description)}</span>
                        <span class="row small t3">
                            {format!("{steps}, {}", if needs { words.needs_credential } else { words.ready })}
                            <span class="end link">{words.use_this}</span>
                        </span>
                    </span>
                </button>
            }
        })
        .collect_view();
    view! { <div class="gal">{cards}</div> }.into_any()
}

/// Whether a node has a credential slot that shows with its parameters.
fn needs_credential(example: &GalleryFlow, kinds: StoredValue<Vec<KindFace>>) -> bool {
    kinds.with_value(|kinds| {
        example.document.nodes.iter().any(|node| {
            let Some(kind) = kinds.iter().find(|k| k.kind == node.kind) else { return false };
            kind.credentials.iter().any(|slot| shown(&slot.show_when, node, &kind.defaults) == Some(true))
        })
    })
}
