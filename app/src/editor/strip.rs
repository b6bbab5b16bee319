//! The strip at the bottom: the run that is shown, its progress, its end, and how to stop it.

use flow::api::Step;
use flow::{RunStatus, StepStatus};
use leptos::prelude::*;

use super::live::short_id;
use super::state::use_editor;
use super::words::Words;
use crate::i18n::{Common, duration, fill, parse_time};
use crate::ui::{Button, Icon, IconButton, Link, Show, status_class, status_icon};
use crate::view::{AnyView, IntoAny};

/// As many steps are drawn as ticks; more would be thinner than a pixel.
const TICKS: usize = 80;

#[component]
pub fn RunStrip() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let live = editor.live;
    let shown = Memo::new(move |_| live.run.with(Option::is_some));
    let log = RwSignal::new(false);
    view! {
        <Show when=move || shown.get()>
            <Show when=move || log.get()>
                <RunLog/>
            </Show>
            <div class="strip">
                <Summary/>
                <Progress/>
                <span class="grow"></span>
                <button type="button" class="btn ghost sm" aria-pressed=move || log.get().to_string() class:on=log on:click=move |_| log.update(|l| *l = !*l)>
                    <Icon name="terminal" class="s14"/>{w.log}
                </button>
                {move || live.run.get().map(|run| view! { <Link href=format!("/runs/{}", run.id) class="btn ghost sm">{w.open_run}</Link> })}
                {move || match live.run.with(|r| r.as_ref().is_some_and(|r| !r.status.is_final())) {
                    true => view! { <Button kind="sm" on_click=move |_| live.cancel(editor)>{w.cancel_run}</Button> }.into_any(),
                    false => {
                        view! { <IconButton icon="x" label=w.close_run kind="ghost sm" on_click=move |_| live.close(editor)/> }
                            .into_any()
                    }
                }}
            </div>
        </Show>
    }
    .into_any()
}

/// "Run 4182 running, 0:14".
#[component]
fn Summary() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let words = Common::get();
    let tick = RwSignal::new(0u32);
    let clock = set_interval_with_handle(move || tick.update(|t| *t += 1), std::time::Duration::from_millis(500)).ok();
    on_cleanup(move || {
        if let Some(clock) = clock {
            clock.clear();
        }
    });
    (move || {
        let run = editor.live.run.get()?;
        let class = status_class(run.status);
        let icon = status_icon(run.status);
        let spin = if run.status == RunStatus::Running { "spin" } else { "" };
        let took = run.duration_ms.filter(|_| run.status.is_final()).or_else(|| {
            tick.track();
            let start = parse_time(run.started_at.as_ref().unwrap_or(&run.created_at))?;
            Some((super::state::now() as i64 - start).max(0) as u64)
        });
        let state = words.run_status(run.status).to_lowercase();
        let text = match took {
            Some(ms) => format!("{state}, {}", duration(ms)),
            None => state,
        };
        Some(view! {
            <span class=format!("state {class}")><Icon name=icon class=spin/><b>{fill(w.run_number, [short_id(&run.id)])}</b></span>
            <span class="t2 num">{text}</span>
            {run.job.map(|job| view! { <span class="t3 small clip" title=job.clone()><Icon name="container" class="s14"/>{job.clone()}</span> })}
        })
    })
    .into_any()
}

#[component]
fn Progress() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    (move || {
        editor.live.changes.track();
        let steps = editor.live.steps();
        let count = |status| steps.iter().filter(|s| s.status == status).count();
        let parts: Vec<(&str, String)> = [
            (StepStatus::Succeeded, "t3", w.n_done),
            (StepStatus::Failed, "err", w.n_failed),
            (StepStatus::Waiting, "wait", w.n_waiting),
            (StepStatus::Running, "info", w.n_running),
        ]
        .into_iter()
        .map(|(status, class, words)| (class, words, count(status)))
        .filter(|(.., n)| *n > 0)
        .map(|(class, words, n)| (class, fill(words, [n])))
        .collect();
        let said: Vec<String> = parts.iter().map(|(_, text)| text.clone()).collect();
        let label = fill(w.steps_of, [steps.len().to_string(), said.join(", ")]);
        let ticks: Vec<_> = steps.iter().rev().take(TICKS).rev().map(tick).collect();
        view! {
            <div class="ticks" role="img" aria-label=label>{ticks}</div>
            {parts.into_iter().map(|(class, text)| view! { <span class=format!("small {class}")>{text}</span> }).collect_view()}
        }
    })
    .into_any()
}

/// A step: the longer it took, the wider.
fn tick(step: &Step) -> impl IntoView + use<> {
    let class = match step.status {
        StepStatus::Succeeded => "",
        StepStatus::Failed => "e",
        StepStatus::Running => "r",
        StepStatus::Waiting => "w",
        StepStatus::Cancelled => "n",
    };
    let ms = step.duration_ms.unwrap_or(400) as f64;
    let width = (6.0 + (ms + 1.0).log10() * 10.0).min(64.0);
    view! { <i class=class style:width=format!("{width}px")></i> }
}

#[component]
fn RunLog() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let node = NodeRef::<leptos::html::Div>::new();
    Effect::new(move || {
        editor.live.log.track();
        if let Some(list) = node.get() {
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    view! {
        <div class="log run-log" role="log" aria-label=w.log tabindex="0" node_ref=node>
            {move || {
                let lines = editor.live.log.get();
                if lines.is_empty() {
                    return view! { <p class="t3 log-empty">{w.log_empty}</p> }.into_any();
                }
                lines
                    .into_iter()
                    .map(|(node, line)| {
                        let name = editor.node(&node).map(|n| n.name).unwrap_or_default();
                        view! { <div><time>{name}</time><span>{line}</span></div> }
                    })
                    .collect_view()
                    .into_any()
            }}
        </div>
    }
    .into_any()
}
