//! When each step ran. Bars are SVG, placed by per cent: the page's policy forbids style attributes.

use flow::StepStatus;
use flow::api::Step;
use leptos::prelude::*;

use super::detail::{Shown, use_ticks};
use super::words::Words;
use crate::i18n::{When, count, duration, fill, parse_time, waits_for};
use crate::ui::{EmptyState, For, Show, Tile};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Timeline(shown: Shown) -> AnyView {
    let words = Words::get();
    let now = use_ticks(shown.run);
    let start = Memo::new(move |_| {
        let run = shown.run.read();
        run.started_at.as_deref().or(Some(&run.created_at)).and_then(parse_time).unwrap_or(0)
    });
    // How long the axis is in milliseconds, with room for words at the end.
    let span = Memo::new(move |_| {
        let end = shown
            .steps
            .read()
            .iter()
            .filter_map(|s| Some(parse_time(&s.started_at)? - start.get() + s.duration_ms.unwrap_or(0) as i64))
            .max();
        let whole = shown.run.read().duration_ms.unwrap_or(0) as i64;
        let live = now.get().filter(|_| !shown.run.read().status.is_final()).map_or(0, |n| n - start.get());
        (end.unwrap_or(0).max(whole).max(live).max(1) as f64) * 1.3
    });
    let ticks = move || {
        let step = nice(span.get() / 5.0);
        (0..)
            .map(move |i| f64::from(i) * step)
            .take_while(|at| *at < span.get() * 0.98)
            .map(|at| view! { <text x=percent(at / span.get()) y="18" class="g-tick">{if at == 0.0 { "0".to_owned() } else { duration(at as u64) }}</text> })
            .collect_view()
    };
    let none = move || {
        let over = shown.run.read().status.is_final();
        match over {
            true => view! { <EmptyState icon="archive" title=words.no_steps_done text=words.no_steps_done_text/> },
            false => view! { <EmptyState icon="hourglass" title=words.no_steps text=words.no_steps_text/> },
        }
    };
    view! {
        <Show when=move || !shown.steps.read().is_empty() fallback=none>
            <div class="gantt">
                <div class="g-row head">
                    <span class="g-name">{words.step}</span>
                    <span class="g-lane"><svg width="100%" height="28" aria-hidden="true">{ticks}</svg></span>
                </div>
                <For each=move || shown.steps.get() key=|s| (s.seq, s.status, s.attempt, s.duration_ms, s.waiting.clone()) let(step)>
                    <Lane shown=shown step=step start=start span=span now=now/>
                </For>
            </div>
        </Show>
    }
    .into_any()
}

fn percent(share: f64) -> String {
    format!("{:.3}%", (share * 100.0).clamp(0.0, 100.0))
}

/// 1, 2 or 5 times a power of ten, at least 1.
fn nice(wanted: f64) -> f64 {
    let power = 10f64.powf(wanted.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= wanted).unwrap_or(power)
}

#[component]
fn Lane(shown: Shown, step: Step, start: Memo<i64>, span: Memo<f64>, now: Signal<Option<i64>>) -> AnyView {
    let words = Words::get();
    let (name, icon, class) = shown.node(&step.node);
    let began = parse_time(&step.started_at).unwrap_or(0);
    let (status, known) = (step.status, step.duration_ms);
    let live = matches!(status, StepStatus::Running | StepStatus::Waiting);
    let from = move || ((began - start.get()).max(0) as f64) / span.get();
    let width = move || {
        let length = match (live, now.get()) {
            (true, Some(now)) => (now - began).max(0) as f64,
            _ => known.unwrap_or(0) as f64,
        };
        length / span.get()
    };
    let bar = match status {
        StepStatus::Running => "g-bar r",
        StepStatus::Waiting => "g-bar w",
        StepStatus::Succeeded => "g-bar",
        StepStatus::Failed => "g-bar e",
        StepStatus::Cancelled => "g-bar c",
    };
    let label = words_beside(&step, words);
    let seq = step.seq;
    let title = format!("{name}: {label}");
    let open = move |_| {
        shown.step.set(Some(seq));
        shown.tab.set("data".to_owned());
    };
    view! {
        <button type="button" class="g-row" title=title.clone() aria-label=title on:click=open>
            <span class="g-name"><Tile icon=icon class=format!("xs {class}")/><span class="clip">{name}</span></span>
            <span class="g-lane" aria-hidden="true">
                <svg width="100%" height="28">
                    <rect class=bar x=move || percent(from()) width=move || percent(width()) y=if status == StepStatus::Waiting { "12" } else { "8" } height=if status == StepStatus::Waiting { "4" } else { "12" } rx="2"></rect>
                    // Four pixels are seen however short the step was.
                    <svg x=move || percent(from()) y="0" width="4" height="28" overflow="visible"><rect class=bar x="0" y="8" width="4" height="12" rx="2" visibility=if status == StepStatus::Waiting { "hidden" } else { "visible" }></rect></svg>
                    <svg x=move || percent(from() + width()) y="0" width="1" height="28" overflow="visible"><text x="10" y="18" class="g-lab">{label}</text></svg>
                </svg>
            </span>
        </button>
    }
    .into_any()
}

/// "838 ms, 2 items", "failed, attempt 2", "waiting until 14:00".
fn words_beside(step: &Step, words: &'static Words) -> String {
    let common = crate::i18n::Common::get();
    let mut parts = Vec::new();
    match step.status {
        StepStatus::Running => parts.push(words.running.to_owned()),
        StepStatus::Waiting => {
            let reason = step.waiting.as_ref().map(|w| waits_for(w, |_| When::rendered()));
            parts.push(reason.map_or_else(|| words.waiting.to_owned(), |w| fill(words.waiting_for, [w])));
        }
        StepStatus::Succeeded if step.pinned => parts.push(words.pinned.to_owned()),
        StepStatus::Succeeded => parts.extend(step.duration_ms.map(duration)),
        StepStatus::Failed => parts.push(common.failed.to_lowercase()),
        StepStatus::Cancelled => parts.push(common.cancelled.to_lowercase()),
    }
    if step.attempt > 1 {
        parts.push(fill(words.attempt, [step.attempt]));
    }
    if step.run_index > 0 {
        parts.push(fill(words.time_number, [step.run_index + 1]));
    }
    let items: u32 = step.outputs.values().sum();
    if items > 0 {
        parts.push(count(items as usize, common.items_one, common.items_many));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::nice;

    #[test]
    fn ticks_stand_at_round_times() {
        let check =
            |wanted: f64, expected: f64| assert!((nice(wanted) - expected).abs() < 1e-9, "{wanted}: {}", nice(wanted));
        check(0.2, 1.0);
        check(3.0, 5.0);
        check(10.0, 10.0);
        check(14.0, 20.0);
        check(730.0, 1000.0);
        check(2_001.0, 5_000.0);
    }
}
