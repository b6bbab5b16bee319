//! The data of steps: choose one, look at what it got and what it sent.

use flow::api::Step;
use leptos::prelude::*;
use serde_json::Value;

use super::detail::Shown;
use super::words::Words;
use crate::api::Side;
use crate::data::{ItemsPane, JsonView, Source};
use crate::i18n::{Common, count, duration, text};
use crate::ui::{Callout, EmptyState, For, Segments, Show, StepGlyph, Tile};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn StepData(shown: Shown) -> AnyView {
    let words = Words::get();
    // The step that was chosen, or else the one that failed, or else the last.
    let chosen = Memo::new(move |_| {
        let steps = shown.steps.read();
        let failed = steps.iter().rev().find(|s| s.status == flow::StepStatus::Failed);
        let wanted = shown.step.get().and_then(|seq| steps.iter().find(|s| s.seq == seq));
        wanted.or(failed).or(steps.last()).cloned()
    });
    let none = move || view! { <EmptyState icon="box" title=words.no_steps text=words.no_steps_text/> };
    view! {
        <Show when=move || !shown.steps.read().is_empty() fallback=none>
            <div class="step-data">
                <ul class="step-list">
                    <For each=move || shown.steps.get() key=|s| (s.seq, s.status, s.duration_ms) let(step)>
                        <StepRow shown=shown step=step chosen=chosen/>
                    </For>
                </ul>
                {move || chosen.get().map(|step| view! { <OneStep shown=shown step=step/> })}
            </div>
        </Show>
    }
    .into_any()
}

#[component]
fn StepRow(shown: Shown, step: Step, chosen: Memo<Option<Step>>) -> AnyView {
    let common = Common::get();
    let (name, icon, class) = shown.node(&step.node);
    let seq = step.seq;
    let on = Memo::new(move |_| chosen.read().as_ref().is_some_and(|s| s.seq == seq));
    let items: u32 = step.outputs.values().sum();
    view! {
        <li>
            <button type="button" class="step-row" class:on=on aria-current=move || on.get().then_some("true") on:click=move |_| shown.step.set(Some(seq))>
                <Tile icon=icon class=format!("xs {class}")/>
                <span class="clip grow">{name}</span>
                <span class="small t3 num">{(items > 0).then(|| count(items as usize, common.items_one, common.items_many))}</span>
            </button>
        </li>
    }
    .into_any()
}

/// Sides and ports of a step: `out:true` is its output port `true`, `in:0` its first input.
#[component]
fn OneStep(shown: Shown, step: Step) -> AnyView {
    let words = Words::get();
    let (name, icon, class) = shown.node(&step.node);
    let run = shown.run.with_untracked(|r| r.id.clone());
    let mut views: Vec<(String, String)> = Vec::new();
    for (i, input) in step.inputs.iter().enumerate() {
        let label = if step.inputs.len() > 1 { format!("{} {}", words.input, i + 1) } else { words.input.to_owned() };
        views.push((format!("in:{}", input.port), format!("{label} {}", input.items)));
    }
    for (port, items) in &step.outputs {
        let label = if step.outputs.len() > 1 { format!("{} {port}", words.output) } else { words.output.to_owned() };
        views.push((format!("out:{port}"), format!("{label} {items}")));
    }
    let first =
        step.outputs.iter().find(|(_, n)| **n > 0).or(step.outputs.iter().next()).map(|(p, _)| format!("out:{p}"));
    let side = RwSignal::new(first.or_else(|| views.first().map(|v| v.0.clone())).unwrap_or_default());
    let seq = step.seq;
    let source = Signal::derive(move || {
        let side = side.read();
        let (which, port) = side.split_once(':')?;
        let side = if which == "in" { Side::Input } else { Side::Output };
        Some(Source::Step { run: run.clone(), seq, side, port: port.to_owned() })
    });
    let details = step.error.as_ref().and_then(flow::RunError::more);
    let empty = views.is_empty();
    view! {
        <div class="one-step">
            <div class="pane-head">
                <Tile icon=icon class=format!("sm {class}")/>
                <h3 class="clip">{name}</h3>
                <span class="small row"><StepGlyph status=step.status/></span>
                <span class="small t3 num">{step.duration_ms.map(duration)}</span>
                <span class="grow"></span>
                {(!empty).then(|| view! { <Segments value=side options=views label=words.data on_change=move |v| side.set(v)/> })}
            </div>
            {step.error.map(|error| view! { <div class="data-note"><Callout kind="err">{text(&error.said())}</Callout></div> })}
            {details
                .map(|details: Value| {
                    view! { <details class="more data-note"><summary>{words.details}</summary><JsonView value=details/></details> }
                })}
            {match empty {
                true => view! { <EmptyState icon="box" title=words.nothing text=words.no_output/> }.into_any(),
                false => view! { <ItemsPane source=source/> }.into_any(),
            }}
        </div>
    }
    .into_any()
}
