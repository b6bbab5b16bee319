//! What reaches the node.

use leptos::prelude::*;

use super::use_inspected;
use crate::api::Side;
use crate::canvas::Id;
use crate::data::{Items, ItemsPane, Source};
use crate::editor::state::{Editor, use_editor};
use crate::editor::words::Words;
use crate::i18n::{self, Common};
use crate::ui::{Button, EmptyState, Select, Show};
use crate::view::{AnyView, IntoAny};

/// One edge that arrives: where its items can be had.
#[derive(Clone, Debug, PartialEq)]
struct Arrival {
    from: Id,
    from_port: String,
    port: String,
    /// Name of the node, with the ports' names where there are several.
    label: String,
    source: Option<Source>,
    items: Option<u32>,
}

#[component]
pub fn InputPane() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let words = Common::get();
    let id = inspected.id.get_value();
    let trigger = editor.with(|b| b.doc.card(&id).is_some_and(|c| c.trigger || c.inputs.is_empty()));
    let arrivals = {
        let id = id.clone();
        Memo::new(move |_| {
            editor.edits.track();
            editor.live.changes.track();
            arrivals(editor, &id)
        })
    };
    let chosen = RwSignal::new(0usize);
    let here = Memo::new(move |_| {
        let index = chosen.get();
        arrivals.with(|a| a.get(index).or(a.first()).cloned())
    });
    let source = Signal::derive(move || here.get().and_then(|a| a.source));
    let root = Signal::derive(move || match here.get() {
        // The first arrival is what `$json` means; another one is named.
        Some(arrival) if arrivals.with(|a| a.first().is_some_and(|f| *f != arrival)) => {
            let name = editor.node(&arrival.from).map(|n| n.name).unwrap_or_default();
            format!("$('{}').item.json", name.replace('\\', "\\\\").replace('\'', "\\'"))
        }
        _ => "$json".to_owned(),
    });
    let count =
        move || here.get().and_then(|a| a.items).map(|n| i18n::count(n as usize, words.items_one, words.items_many));
    let body = move || {
        if trigger {
            return view! { <EmptyState icon="mouse-pointer-click" title=w.no_input text=w.no_input_text/> }.into_any();
        }
        match here.get() {
            None => view! { <EmptyState icon="plug" title=w.not_linked text=w.not_linked_text/> }.into_any(),
            Some(arrival) if arrival.source.is_none() => {
                let from = arrival.from.clone();
                view! {
                    <EmptyState icon="play" title=w.no_input_yet text=w.no_input_yet_text>
                        {editor
                            .editable
                            .then(|| {
                                view! {
                                    <Button icon="play" busy=editor.live.starting on_click=move |_| editor.live.start(editor, Some(from.clone()))>
                                        {w.run_before}
                                    </Button>
                                }
                            })}
                    </EmptyState>
                }
                .into_any()
            }
            Some(_) => ().into_any(),
        }
    };
    let has_data = Memo::new(move |_| source.get().is_some());
    view! {
        <section class="pane well" aria-label=w.input>
            <div class="pane-head">
                <h2>{w.input}</h2>
                <span class="small t3">{count}</span>
                <span class="grow"></span>
                <Show when=move || { arrivals.with(|a| a.len() > 1) }>
                    <Select
                        value=Signal::derive(move || chosen.get().to_string())
                        options=Signal::derive(move || {
                            arrivals.with(|a| a.iter().enumerate().map(|(i, a)| (i.to_string(), a.label.clone())).collect())
                        })
                        label=w.input
                        class="sm auto"
                        on_change=move |v: String| chosen.set(v.parse().unwrap_or(0))
                    />
                </Show>
            </div>
            {body}
            <Show when=move || has_data.get()>
                <ItemsPane source=source chosen=inspected.item root=root view="schema" draggable=true shown=inspected.items/>
            </Show>
        </section>
    }
    .into_any()
}

/// The edges that arrive at `id`, those of its first input first. Items come from the node's own step in the run that
/// is shown, else from what its source gave, else from what is pinned there.
fn arrivals(editor: Editor, id: &Id) -> Vec<Arrival> {
    let run = editor.live.run.get_untracked().map(|r| r.id);
    let own = editor.live.of(id);
    editor.with(|b| {
        let Some(card) = b.doc.card(id) else { return Vec::new() };
        let mut edges: Vec<_> = b.doc.arriving(id).cloned().collect();
        edges.sort_by_key(|e| card.inputs.iter().position(|p| p.name == e.to_port));
        edges
            .into_iter()
            .filter_map(|edge| {
                let from = b.doc.placed(&edge.from)?;
                let step = editor.live.of(&edge.from);
                let received = own.as_ref().and_then(|own| {
                    let seq = step.as_ref().map(|s| s.seq);
                    own.inputs
                        .iter()
                        .find(|i| i.port == edge.to_port && i.from_port == edge.from_port && Some(i.from_seq) == seq)
                        .map(|i| (own.seq, i.items))
                });
                let pinned = from.node.pinned.as_ref().and_then(|p| p.get(&edge.from_port)).cloned();
                let (source, items) = match (&run, received, step) {
                    (Some(run), Some((seq, items)), _) => {
                        let side = Side::Input;
                        (Some(Source::Step { run: run.clone(), seq, side, port: edge.to_port.clone() }), Some(items))
                    }
                    (Some(run), None, Some(step)) if step.status == flow::StepStatus::Succeeded => {
                        let items = step.outputs.get(&edge.from_port).copied();
                        let (side, port) = (Side::Output, edge.from_port.clone());
                        (Some(Source::Step { run: run.clone(), seq: step.seq, side, port }), Some(items.unwrap_or(0)))
                    }
                    _ => match pinned {
                        Some(items) => {
                            let count = items.len() as u32;
                            (Some(Source::Fixed(Items::new(items))), Some(count))
                        }
                        None => (None, None),
                    },
                };
                let mut label = from.node.name.clone();
                if let Some(port) = from.card.output_label(&edge.from_port) {
                    label = format!("{label}, {}", i18n::text(port));
                }
                if card.inputs.len() > 1 {
                    label = format!("{} → {label}", edge.to_port);
                }
                Some(Arrival {
                    from: edge.from.as_str().into(),
                    from_port: edge.from_port.clone(),
                    port: edge.to_port.clone(),
                    label,
                    source,
                    items,
                })
            })
            .collect()
    })
}
