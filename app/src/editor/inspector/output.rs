//! What the node gives, or why it does not.

use flow::StepStatus;
use leptos::prelude::*;

use super::{toggle_pin, use_inspected};
use crate::api::Side;
use crate::canvas::Id;
use crate::data::{Items, ItemsPane, JsonView, Source};
use crate::editor::live::NodeRun;
use crate::editor::state::{Editor, use_editor};
use crate::editor::words::Words;
use crate::i18n::{self, Common, duration};
use crate::ui::{Button, Callout, EmptyState, Icon, IconButton, Segments, Show};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn OutputPane() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = inspected.id.get_value();
    let run = {
        let id = id.clone();
        Memo::new(move |_| {
            editor.live.changes.track();
            editor.live.of(&id)
        })
    };
    let pinned = {
        let id = id.clone();
        Memo::new(move |_| {
            editor.edits.track();
            editor.node(&id).and_then(|n| n.pinned)
        })
    };
    // `(port, label)`
    let ports = {
        let id = id.clone();
        Memo::new(move |_| {
            editor.edits.track();
            ports(editor, &id)
        })
    };
    let chosen = RwSignal::new(None::<String>);
    // Where items are, unless the person chose otherwise.
    let port = Memo::new(move |_| {
        let ports = ports.get();
        chosen.get().filter(|c| ports.iter().any(|(p, _)| p == c)).or_else(|| {
            let with_items = run.get().and_then(|r| {
                ports.iter().find(|(p, _)| r.outputs.get(p).is_some_and(|n| *n > 0)).map(|(p, _)| p.clone())
            });
            with_items.or_else(|| ports.first().map(|(p, _)| p.clone()))
        })
    });
    let source = Memo::new(move |_| {
        let port = port.get()?;
        if let Some(pinned) = pinned.get() {
            return Some(Source::Fixed(Items::new(pinned.get(&port).cloned().unwrap_or_default())));
        }
        let step = run.get().filter(|r| r.status == StepStatus::Succeeded)?;
        let run = editor.live.run.get()?.id;
        Some(Source::Step { run, seq: step.seq, side: Side::Output, port })
    });
    let has_data = Memo::new(move |_| source.with(Option::is_some));
    let pin_id = StoredValue::new(id.clone());
    let can_pin = Memo::new(move |_| pinned.with(Option::is_some) || has_data.get());
    let no_ports = move || ports.with(Vec::is_empty);
    view! {
        <section class="pane well" aria-label=w.output>
            <div class="pane-head">
                <h2>{w.output}</h2>
                {move || run.get().map(|r| view! { <State run=r/> })}
                <span class="grow"></span>
                <Show when=move || editor.editable && can_pin.get()>
                    <IconButton
                        icon=Signal::derive(move || if pinned.with(Option::is_some) { "pin-off" } else { "pin" }.to_owned())
                        label=Signal::derive(move || if pinned.with(Option::is_some) { w.unpin } else { w.pin }.to_owned())
                        kind="ghost sm"
                        pressed=Signal::derive(move || pinned.with(Option::is_some))
                        on_click=move |_| toggle_pin(editor, pin_id.get_value())
                    />
                </Show>
            </div>
            <Show when=move || { ports.with(|p| p.len() > 1) }>
                <div class="port-tabs">
                    <PortTabs ports=ports port=port run=run chosen=chosen/>
                </div>
            </Show>
            <Show when=move || pinned.with(Option::is_some)>
                <div class="pane-note"><Callout kind="info"><b>{w.pinned_now}</b>" "{w.pinned_now_text}</Callout></div>
            </Show>
            {move || run.get().and_then(|r| r.error).map(|error| view! { <Trouble error=error/> })}
            <Show when=move || has_data.get()>
                <ItemsPane source=source view="table"/>
            </Show>
            <Show when=move || !has_data.get() && run.with(Option::is_none)>
                <EmptyState icon="play" title=w.no_output_yet text=w.no_output_yet_text>
                    {editor
                        .editable
                        .then(|| {
                            view! {
                                <Button icon="play" busy=editor.live.starting on_click=move |_| editor.live.start(editor, Some(pin_id.get_value()))>
                                    {w.run_step}
                                </Button>
                            }
                        })}
                </EmptyState>
            </Show>
            <Show when=move || no_ports() && run.with(|r| r.as_ref().is_some_and(|r| r.status == StepStatus::Succeeded))>
                <EmptyState icon="circle-check" title=w.no_items text=w.no_items_text/>
            </Show>
        </section>
    }
    .into_any()
}

/// "11 items, 8 ms".
#[component]
fn State(run: NodeRun) -> AnyView {
    let words = Common::get();
    let (class, icon) = match run.status {
        StepStatus::Succeeded => ("ok", "circle-check"),
        StepStatus::Failed => ("err", "circle-alert"),
        StepStatus::Running => ("info", "loader-circle"),
        StepStatus::Waiting => ("wait", "hourglass"),
        StepStatus::Cancelled => ("t3", "circle-slash"),
    };
    let items: u32 = run.outputs.values().sum();
    let text = match run.status {
        StepStatus::Succeeded => i18n::count(items as usize, words.items_one, words.items_many),
        other => words.step_status(other).to_owned(),
    };
    view! {
        <span class=format!("state small {class}")>
            <Icon name=icon class=if run.status == StepStatus::Running { "s14 spin" } else { "s14" }/>
            {text}
        </span>
        <span class="small t3 num">{run.duration_ms.map(duration)}</span>
    }
    .into_any()
}

#[component]
fn PortTabs(
    ports: Memo<Vec<(String, String)>>,
    port: Memo<Option<String>>,
    run: Memo<Option<NodeRun>>,
    chosen: RwSignal<Option<String>>,
) -> AnyView {
    let w = Words::get();
    let options = Signal::derive(move || {
        let run = run.get();
        ports
            .get()
            .into_iter()
            .map(|(port, label)| {
                let count = run.as_ref().and_then(|r| r.outputs.get(&port)).copied().unwrap_or(0);
                (port, if run.is_some() { format!("{label} {count}") } else { label })
            })
            .collect::<Vec<_>>()
    });
    view! {
        <Segments
            value=Signal::derive(move || port.get().unwrap_or_default())
            options=options
            label=w.output
            on_change=move |v: String| chosen.set(Some(v))
        />
    }
    .into_any()
}

/// What happened, what to do, and more for those who look closer.
#[component]
fn Trouble(error: flow::RunError) -> AnyView {
    let w = Words::get();
    let details = error.more();
    view! {
        <div class="pane-note" role="alert">
            <Callout kind="err"><b>{i18n::text(&error.said())}</b></Callout>
            {details
                .map(|value| {
                    view! {
                        <details class="trouble">
                            <summary>{w.error_details}</summary>
                            <JsonView value=value/>
                        </details>
                    }
                })}
        </div>
    }
    .into_any()
}

fn ports(editor: Editor, id: &Id) -> Vec<(String, String)> {
    editor.with(|b| {
        b.doc.card(id).map_or_else(Vec::new, |card| {
            card.outputs
                .iter()
                .map(|p| {
                    let label = i18n::text(&p.label);
                    (p.name.clone(), if label.is_empty() { p.name.clone() } else { label })
                })
                .collect()
        })
    })
}
