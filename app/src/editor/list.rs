//! The nodes as a list in flow order, drawn or not: the drawing for screen readers and the keyboard.

use leptos::prelude::*;

use super::face::Face;
use super::state::use_editor;
use super::words::Words;
use crate::canvas::{Id, walk};
use crate::ui::For;
use crate::view::{AnyView, IntoAny};

/// Longer lists are of no help; what is selected or found by the palette's words still is.
const MOST: usize = 300;

#[component]
pub fn NodeList() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let rows = Memo::new(move |_| {
        editor.edits.track();
        editor.drawn_notes.track();
        editor.live.changes.track();
        editor.with(|b| {
            let order: Vec<Id> = walk::flow_order(&b.doc).into_iter().take(MOST).collect();
            order.into_iter().map(|id| (Face::of(&b.doc, &id, &editor).label(), id)).collect::<Vec<_>>()
        })
    });
    view! {
        <nav class="sr node-list" aria-label=w.nodes_in_order>
            <ul>
                <For each=move || rows.get() key=Clone::clone let((label, id))>
                    <li>
                        <button
                            type="button"
                            tabindex="-1"
                            on:click=move |_| {
                                editor.select([id.clone()]);
                                editor.reveal(&id);
                                editor.focus_card(&id);
                            }
                        >
                            {label}
                        </button>
                    </li>
                </For>
            </ul>
        </nav>
    }
    .into_any()
}
