//! The list of runs with its filters; it looks for news while somebody looks.

use std::time::Duration;

use flow::api::{FlowSummary, Page, RunSummary};
use flow::{RunStatus, TriggerKind};
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

use super::words::Words;
use super::{Filter, PAGE};
use crate::api;
use crate::context::with_page;
use crate::i18n::{Common, duration};
use crate::ui::{
    Button, EmptyState, Icon, Link, RelativeTime, Select, Show, SkeletonRows, VirtualList, status_class, status_icon,
    use_toasts,
};
use crate::view::{AnyView, IntoAny};

/// Height of a row with its line, in pixels, as the style sheet has it.
const ROW: u32 = 57;

#[component]
pub fn RunList(page: Page<RunSummary>, flows: Vec<FlowSummary>, filter: Filter) -> AnyView {
    let words = Words::get();
    let toasts = use_toasts();
    let items = RwSignal::new(page.items);
    let next = RwSignal::new(page.next);
    let busy = RwSignal::new(false);
    let filter = RwSignal::new(filter);
    // Runs of a new filter are on their way: whether there are any is not known yet.
    let loading = RwSignal::new(false);
    let location = use_location();
    let query = use_query_map();
    let chosen = Memo::new(move |_| location.pathname.read().strip_prefix("/runs/").unwrap_or("").to_owned());
    let navigate = StoredValue::new(use_navigate());
    let look = move || {
        let asked = filter.get_untracked();
        let now = if cfg!(feature = "ssr") { with_page(|p| p.now_ms) } else { js_sys::Date::now() as i64 };
        let call = api::runs(&asked.to_api(now), None, PAGE);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(page) if filter.try_get_untracked() == Some(asked) => {
                    let old = items.try_get_untracked().unwrap_or_default();
                    let (merged, whole) = merge(old, page.items, page.next.is_some());
                    if items.try_with_untracked(|old| *old != merged) == Some(true) {
                        items.try_set(merged);
                    }
                    if whole {
                        next.try_set(page.next);
                    }
                    loading.try_set(false);
                }
                Ok(_) => {}
                // The next look may succeed; a message every few seconds helps nobody.
                Err(problem) if problem.code == "no_connection" => {}
                Err(problem) => {
                    loading.try_set(false);
                    toasts.problem(&problem);
                }
            }
        });
    };
    let more = move |()| {
        if next.read_untracked().is_none() || busy.get_untracked() {
            return;
        }
        busy.set(true);
        let now = js_sys::Date::now() as i64;
        let asked = filter.get_untracked();
        let call = api::runs(&asked.to_api(now), next.get_untracked(), PAGE);
        leptos::task::spawn_local(async move {
            match call.await {
                // Another filter was chosen meanwhile.
                Ok(_) if filter.try_get_untracked() != Some(asked) => {}
                Ok(page) => {
                    items.try_update(|items| items.extend(page.items));
                    next.try_set(page.next);
                }
                Err(problem) => toasts.problem(&problem),
            }
            busy.try_set(false);
        });
    };
    Effect::new(move |started: Option<()>| {
        if started.is_none() {
            let tick = move || {
                if !document().hidden() {
                    look();
                }
            };
            if let Ok(handle) = set_interval_with_handle(tick, Duration::from_secs(3)) {
                on_cleanup(move || handle.clear());
            }
        }
    });
    let change = Callback::new(move |new: Filter| {
        let to = format!("{}{}", location.pathname.get_untracked(), new.to_query());
        filter.set(new);
        items.set(Vec::new());
        next.set(None);
        loading.set(true);
        look();
        let options = leptos_router::NavigateOptions { replace: true, scroll: false, ..Default::default() };
        navigate.with_value(|navigate| navigate(&to, options));
    });
    // The navigation leads here without filters while the page stays.
    Effect::new(move |former: Option<String>| {
        let now = location.search.get();
        if former.is_some_and(|f| f != now) {
            let wanted = Filter::from_address(query);
            if wanted != filter.get_untracked() {
                filter.set(wanted);
                items.set(Vec::new());
                next.set(None);
                loading.set(true);
                look();
            }
        }
        now
    });
    // J and K walk through the list.
    let walk = move |step: isize| {
        let items = items.read_untracked();
        let here = items.iter().position(|r| r.id == *chosen.read_untracked());
        let to = here.map_or(0, |i| i.saturating_add_signed(step).min(items.len().saturating_sub(1)));
        if let Some(run) = items.get(to) {
            let to = format!("/runs/{}{}", run.id, filter.read_untracked().to_query());
            navigate.with_value(|navigate| {
                navigate(&to, leptos_router::NavigateOptions { scroll: false, ..Default::default() })
            });
        }
    };
    let listener = crate::ui::on_window_key(move |event| match event.key().as_str() {
        "j" => walk(1),
        "k" => walk(-1),
        _ => {}
    });
    on_cleanup(move || drop(listener));
    view! {
        <section class="runs-list" class:has-run=move || !chosen.read().is_empty() aria-label=words.title>
            <Filters filter=filter flows=flows on_change=change/>
            <Show
                when=move || items.read().is_empty()
                fallback=move || {
                    let row = Callback::new(move |index: usize| {
                        let run = Memo::new(move |_| items.read().get(index).cloned());
                        (move || run.get().map(|run| view! { <Row run=run chosen=chosen filter=filter/> })).into_any()
                    });
                    let count = Signal::derive(move || items.read().len());
                    view! { <VirtualList count=count row_height=ROW row=row label=words.title on_end=more/> }
                }
            >
                {move || match filter.read().is_empty() {
                    _ if loading.get() => view! { <SkeletonRows/> }.into_any(),
                    true => view! { <EmptyState icon="activity" title=words.none text=words.none_text/> }.into_any(),
                    false => view! {
                        <EmptyState icon="list-filter" title=words.no_match text=words.no_match_text>
                            <Button kind="sm" on_click=move |_| change.run(Filter::default())>{words.clear}</Button>
                        </EmptyState>
                    }
                    .into_any(),
                }}
            </Show>
            <div class="foot wide-only"><span class="end"><kbd>"J"</kbd>" "<kbd>"K"</kbd>" "{words.next_previous}</span></div>
        </section>
    }
    .into_any()
}

/// New first page and what was shown below it. Also whether the first page is all that is shown.
fn merge(old: Vec<RunSummary>, mut fresh: Vec<RunSummary>, more: bool) -> (Vec<RunSummary>, bool) {
    let Some(last) = fresh.last().filter(|_| more).map(|r| r.id.clone()) else { return (fresh, true) };
    // Ids grow with time: what is older than the fresh page was loaded while scrolling.
    let older: Vec<RunSummary> = old.into_iter().filter(|r| r.id < last).collect();
    let whole = older.is_empty();
    fresh.extend(older);
    (fresh, whole)
}

#[component]
fn Filters(filter: RwSignal<Filter>, flows: Vec<FlowSummary>, on_change: Callback<Filter>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let any = |text: &str| (String::new(), text.to_owned());
    let by_flow: Vec<_> = [any(words.any_flow)].into_iter().chain(flows.into_iter().map(|f| (f.id, f.name))).collect();
    let by_status: Vec<_> = [any(words.any_status)]
        .into_iter()
        .chain(
            [
                RunStatus::Running,
                RunStatus::Waiting,
                RunStatus::Queued,
                RunStatus::Succeeded,
                RunStatus::Failed,
                RunStatus::Cancelled,
            ]
            .map(|s| (s.as_str().to_owned(), common.run_status(s).to_owned())),
        )
        .collect();
    let by_trigger: Vec<_> = [any(words.any_trigger)]
        .into_iter()
        .chain(
            [
                TriggerKind::Manual,
                TriggerKind::Webhook,
                TriggerKind::WebhookTest,
                TriggerKind::Schedule,
                TriggerKind::Retry,
                TriggerKind::Api,
            ]
            .map(|t| (t.as_str().to_owned(), common.trigger(t).to_owned())),
        )
        .collect();
    let by_time: Vec<_> = [
        ("", words.any_time),
        ("1h", words.last_hour),
        ("24h", words.last_day),
        ("7d", words.last_week),
        ("30d", words.last_month),
    ]
    .map(|(v, w)| (v.to_owned(), w.to_owned()))
    .to_vec();
    let with = move |set: fn(&mut Filter, String)| {
        Callback::new(move |value: String| {
            let mut new = filter.get_untracked();
            set(&mut new, value);
            on_change.run(new);
        })
    };
    view! {
        <div class="runs-filters" role="group" aria-label=words.filters>
            <Select class="sm" label=words.flow options=by_flow value=Signal::derive(move || filter.read().flow.clone()) on_change=with(|f, v| f.flow = v)/>
            <Select class="sm" label=words.status options=by_status value=Signal::derive(move || filter.read().status.clone()) on_change=with(|f, v| f.status = v)/>
            <Select class="sm" label=words.trigger options=by_trigger value=Signal::derive(move || filter.read().trigger.clone()) on_change=with(|f, v| f.trigger = v)/>
            <Select class="sm" label=words.time options=by_time value=Signal::derive(move || filter.read().range.clone()) on_change=with(|f, v| f.range = v)/>
        </div>
    }
    .into_any()
}

#[component]
fn Row(run: RunSummary, chosen: Memo<String>, filter: RwSignal<Filter>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let id = run.id.clone();
    let on = Memo::new(move |_| *chosen.read() == id);
    let address = run.id.clone();
    let version = run.version.map_or_else(|| words.draft.to_owned(), |v| format!("v{v}"));
    let class = status_class(run.status);
    let spin = if run.status == RunStatus::Running { "spin" } else { "" };
    view! {
        <Link
                href=Signal::derive(move || format!("/runs/{address}{}", filter.read().to_query()))
                class=Signal::derive(move || if on.get() { "runrow on" } else { "runrow" }.to_owned())
                keep_scroll=true
            >
                <span class=class><Icon name=status_icon(run.status) class=spin/></span>
                <span class="clip">
                    <b class="clip block">{run.flow_name}{run.job.map(|job| view! { " "<span class="t3" title=job><Icon name="container" class="s14"/></span> })}</b>
                    <span class="small t3 clip block"><span class=class>{common.run_status(run.status)}</span>{format!(" · {} · {version}", common.trigger(run.trigger).to_lowercase())}</span>
                </span>
                <span class="small num r">
                    <span class="block">{run.duration_ms.map(duration)}</span>
                    <span class="t3"><RelativeTime at=run.created_at/></span>
                </span>
            </Link>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: &str, status: RunStatus) -> RunSummary {
        RunSummary {
            id: id.into(),
            flow: "f".into(),
            flow_name: "F".into(),
            version: None,
            trigger: TriggerKind::Manual,
            status,
            created_at: String::new(),
            started_at: None,
            finished_at: None,
            duration_ms: None,
            steps: 0,
            error: None,
            retry_of: None,
            job: None,
        }
    }

    #[test]
    fn news_replace_the_first_page_and_keep_what_is_older() {
        let old = vec![run("3", RunStatus::Running), run("2", RunStatus::Succeeded), run("1", RunStatus::Succeeded)];
        let fresh = vec![run("4", RunStatus::Queued), run("3", RunStatus::Failed), run("2", RunStatus::Succeeded)];
        let (merged, whole) = merge(old.clone(), fresh.clone(), true);
        let ids: Vec<_> = merged.iter().map(|r| (r.id.as_str(), r.status)).collect();
        assert_eq!(
            ids,
            [
                ("4", RunStatus::Queued),
                ("3", RunStatus::Failed),
                ("2", RunStatus::Succeeded),
                ("1", RunStatus::Succeeded)
            ]
        );
        assert!(!whole);
        assert_eq!(merge(old, fresh.clone(), false), (fresh, true));
        assert_eq!(merge(vec![run("1", RunStatus::Failed)], Vec::new(), true), (Vec::new(), true));
    }
}
