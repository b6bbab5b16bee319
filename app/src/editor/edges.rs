//! Edges as SVG paths and their labels. Pointer hits are found by geometry, so a path needs no twin and no listener.

use std::sync::Arc;

use flow::Edge;
use leptos::prelude::*;

use crate::ui::For;
use crate::view::{AnyView, IntoAny};

use super::state::use_editor;

#[component]
pub fn Edges() -> AnyView {
    let editor = use_editor();
    view! {
        <svg class="edges" aria-hidden="true">
            <For each=move || editor.drawn_edges.get() key=Clone::clone let(edge)>
                <EdgeLine edge=edge/>
            </For>
        </svg>
    }
    .into_any()
}

#[component]
fn EdgeLine(edge: Arc<Edge>) -> AnyView {
    let editor = use_editor();
    let line = editor.mount_line(&edge);
    let gone = edge.clone();
    on_cleanup(move || editor.unmount_line(&gone));
    let lit = {
        let edge = edge.clone();
        Memo::new(move |_| {
            editor.hovered.with(|h| h.as_ref() == Some(&edge))
                || editor.selected.with(|s| s.edge.as_ref() == Some(&edge))
                || editor.overlay.with(|o| o.drop.as_ref() == Some(&edge))
        })
    };
    view! {
        <path
            data-edge=name_of(&edge)
            class=move || if lit.get() { "hover" } else { line.with(|l| l.class()) }
            d=move || line.with(|l| l.d.clone())
        ></path>
    }
    .into_any()
}

/// `from.port-to.port`
fn name_of(edge: &Edge) -> String {
    format!("{}.{}-{}.{}", edge.from, edge.from_port, edge.to, edge.to_port)
}

/// Port names and item counts on the edges.
#[component]
pub fn Labels() -> AnyView {
    let editor = use_editor();
    view! {
        <For each=move || editor.drawn_edges.get() key=Clone::clone let(edge)>
            <Label edge=edge/>
        </For>
    }
    .into_any()
}

#[component]
fn Label(edge: Arc<Edge>) -> AnyView {
    let editor = use_editor();
    // The line's signal belongs to the path; the label follows the same changes.
    let line = Memo::new({
        let edge = edge.clone();
        move |_| {
            editor
                .line_signal(&edge)
                .map(|l| l.with(|l| (l.path.label, l.port.clone(), l.count.clone(), l.words.clone())))
        }
    });
    let name = name_of(&edge);
    let hovered = Memo::new(move |_| editor.hovered.with(|h| h.as_ref() == Some(&edge)));
    (move || {
        let (at, port, count, words) = line.get()?;
        if (port.is_empty() && count.is_empty()) || hovered.get() {
            return None;
        }
        Some(view! {
            <span
                class="elabel"
                data-edge=name.clone()
                title=words
                style:transform=format!("translate({}px,{}px) translate(-50%,-50%)", at.x, at.y)
            >
                {(!port.is_empty()).then(|| view! { <span class="t3">{port}</span> })}
                {(!count.is_empty()).then_some(count)}
            </span>
        })
    })
    .into_any()
}
