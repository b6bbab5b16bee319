//! The inspector: one node with what reaches it, what it is told and what it gives. It takes the canvas's place and
//! keeps the neighbours in sight.

mod completions;
mod credential;
mod curl;
mod input;
mod output;
mod parameters;
mod path;
mod pin;
mod settings;
mod split;
mod webhook;

use std::collections::HashSet;

use leptos::prelude::*;

use super::state::use_editor;
use crate::canvas::Id;
use crate::data::Items;
use crate::view::{AnyView, IntoAny};

pub use pin::toggle_pin;
pub use settings::NumberField;

/// What the three panes share.
#[derive(Clone, Copy)]
pub struct Inspected {
    pub id: StoredValue<Id>,
    /// Index of the item that previews use.
    pub item: RwSignal<u32>,
    /// The items that the input pane shows.
    pub items: RwSignal<Items>,
    /// Parameters that were changed here: only these are called wrong before somebody wants to publish.
    pub touched: RwSignal<HashSet<String>>,
}

pub fn use_inspected() -> Inspected {
    expect_context::<Inspected>()
}

#[component]
pub fn Inspector() -> AnyView {
    let editor = use_editor();
    // Another node is another inspector; an edit of this one is not.
    let opened = Memo::new(move |_| {
        editor.edits.track();
        editor.opened.get().filter(|id| editor.node(id).is_some())
    });
    (move || opened.get().map(|id| view! { <One id=id/> })).into_any()
}

#[component]
fn One(id: Id) -> AnyView {
    provide_context(Inspected {
        id: StoredValue::new(id.clone()),
        item: RwSignal::new(0),
        items: RwSignal::new(Items::default()),
        touched: RwSignal::new(HashSet::new()),
    });
    view! {
        <div class="inspector" data-inspects=id.to_string()>
            <path::PathStrip/>
            <split::ThreePanes
                left=|| view! { <input::InputPane/> }.into_any()
                middle=|| view! { <parameters::ParametersPane/> }.into_any()
                right=|| view! { <output::OutputPane/> }.into_any()
            />
        </div>
    }
    .into_any()
}
