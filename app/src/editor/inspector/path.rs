//! The strip with the steps before and after: a node is never seen without its neighbours.

use leptos::prelude::*;

use super::use_inspected;
use crate::canvas::{Id, walk};
use crate::editor::face::{Face, State, tile};
use crate::editor::state::{Editor, use_editor};
use crate::editor::words::Words;
use crate::ui::{Button, Icon, IconButton, Tile};
use crate::view::{AnyView, IntoAny};

/// Steps shown before the node.
const BEFORE: usize = 3;
/// Branches shown after it.
const AFTER: usize = 4;

#[component]
pub fn PathStrip() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = inspected.id.get_value();
    let here = id.clone();
    let chips = move || {
        editor.edits.track();
        editor.live.changes.track();
        editor.findings.track();
        editor.draft.shows_findings();
        let before = before(editor, &here);
        let after: Vec<Id> = editor.with(|b| {
            let mut after: Vec<Id> = Vec::new();
            for edge in b.doc.leaving(&here) {
                let to = Id::from(edge.to.as_str());
                if !after.contains(&to) {
                    after.push(to);
                }
            }
            after.truncate(AFTER);
            after
        });
        let before: Vec<_> =
            before.into_iter().map(|id| view! { <Chip id=id on=false/><i class="wire"></i> }).collect();
        let last = after.len().saturating_sub(1);
        let any = !after.is_empty();
        let after: Vec<_> = after
            .into_iter()
            .enumerate()
            .map(|(i, id)| view! { <Chip id=id on=false/>{(i < last).then(|| view! { <i class="gap"></i> })} })
            .collect();
        view! {
            {before}
            <Chip id=here.clone() on=true/>
            {any.then(|| view! { <i class="wire"></i> })}
            {after}
        }
    };
    let step = move |by: isize| {
        let order = editor.with(|b| walk::flow_order(&b.doc));
        let id = inspected.id.get_value();
        if let Some(here) = order.iter().position(|o| *o == id) {
            let next = (here as isize + by).rem_euclid(order.len() as isize) as usize;
            open(editor, &order[next]);
        }
    };
    view! {
        <nav class="path" aria-label=w.steps_around>
            <div class="path-chips">{chips}</div>
            <span class="grow"></span>
            <span class="row path-tools">
                <IconButton icon="chevron-left" label=w.previous_node kind="ghost sm" on_click=move |_| step(-1)/>
                <IconButton icon="chevron-right" label=w.next_node kind="ghost sm" on_click=move |_| step(1)/>
                <Button
                    kind="sm"
                    on_click=move |_| {
                        editor.opened.set(None);
                        editor.focus_pane();
                    }
                >
                    {w.back}<kbd>"Esc"</kbd>
                </Button>
            </span>
        </nav>
    }
    .into_any()
}

#[component]
fn Chip(id: Id, on: bool) -> AnyView {
    let editor = use_editor();
    let (icon, class) = tile(&editor, &id);
    let face = editor.with(|b| Face::of(&b.doc, &id, &editor));
    let glyph = face.state.icon().filter(|_| !matches!(face.state, State::Done));
    let color = match face.state {
        State::Running => "info",
        State::Failed | State::Wrong => "err",
        State::Waiting => "wait",
        _ => "t3",
    };
    view! {
        <button type="button" class="chip" class:on=on aria-current=on.then_some("step") on:click=move |_| open(editor, &id)>
            <Tile icon=icon class=format!("sm {class}")/>
            <span class="clip">{face.name}</span>
            {glyph.map(|g| view! { <Icon name=g class=format!("s14 {color}{}", if g == "loader-circle" { " spin" } else { "" })/> })}
        </button>
    }
    .into_any()
}

/// The way that leads here: always the upper source.
fn before(editor: Editor, id: &Id) -> Vec<Id> {
    editor.with(|b| {
        let mut way: Vec<Id> = Vec::new();
        let mut at = id.clone();
        while way.len() < BEFORE {
            let source = b
                .doc
                .arriving(&at)
                .map(|e| Id::from(e.from.as_str()))
                .min_by_key(|s| b.doc.position(s).map_or(0, |p| p[1]));
            match source {
                Some(source) if source != *id && !way.contains(&source) => {
                    way.push(source.clone());
                    at = source;
                }
                _ => break,
            }
        }
        way.reverse();
        way
    })
}

pub fn open(editor: Editor, id: &Id) {
    editor.select([id.clone()]);
    editor.opened.set(Some(id.clone()));
}
