//! One run: what happened, when, with which data.

use flow::api::{Problem, RetryRun, RunDetail, RunEvent, RunSummary, Step};
use flow::{Flow, RunStatus};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_params_map};
use send_wrapper::SendWrapper;

use super::log::{Line, LogView};
use super::steps::StepData;
use super::timeline::Timeline;
use super::words::Words;
use crate::api::{self, KindFace};
use crate::context::may_edit;
use crate::i18n::{Common, duration, fill, parse_time, text};
use crate::ui::{
    Button, Callout, Confirm, Failed, Icon, Link, Menu, MenuItem, Moment, RelativeTime, Show, SkeletonRows, Tabs,
    status_class, status_icon, use_toasts,
};
use crate::view::{AnyView, IntoAny};

/// What the parts of the page share.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub run: RwSignal<RunSummary>,
    pub steps: RwSignal<Vec<Step>>,
    pub document: StoredValue<Flow>,
    pub kinds: StoredValue<Vec<KindFace>>,
    /// Step chosen in the data view, by number.
    pub step: RwSignal<Option<u32>>,
    pub tab: RwSignal<String>,
    pub lines: RwSignal<Vec<Line>>,
}

impl Shown {
    /// Name, icon and colours of a node of the run.
    pub fn node(self, id: &str) -> (String, String, &'static str) {
        let node = self.document.with_value(|d| d.node(id).map(|n| (n.name.clone(), n.kind.clone())));
        let Some((name, kind)) = node else {
            return (Words::get().removed_node.to_owned(), "box".to_owned(), "c-none");
        };
        let (icon, class) = self.kinds.with_value(|kinds| {
            kinds
                .iter()
                .find(|k| k.kind == kind)
                .map_or(("box".to_owned(), "c-none"), |k| (k.icon.clone(), crate::ui::group_class(k.group)))
        });
        (name, icon, class)
    }

    fn take(self, event: RunEvent) {
        match event {
            RunEvent::Run { run } => {
                self.run.try_set(*run);
            }
            RunEvent::Step { step } => {
                self.steps.try_update(|steps| match steps.iter_mut().find(|s| s.seq == step.seq) {
                    Some(old) => *old = *step,
                    None => {
                        let at = steps.partition_point(|s| s.seq < step.seq);
                        steps.insert(at, *step);
                    }
                });
            }
            RunEvent::Log { node, time, line, .. } => {
                let name = self.node(&node).0;
                self.lines.try_update(|lines| lines.push(Line { node: name, time, line }));
            }
        }
    }
}

/// `/runs/:run`
#[component]
pub fn RunPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("run").unwrap_or_default());
    let loaded = Resource::new(
        move || id.get(),
        |id| {
            let (run, kinds) = (api::run(&id), api::kind_faces());
            async move { Ok::<(RunDetail, Vec<KindFace>), Problem>((run.await?, kinds.await?)) }
        },
    );
    view! {
        <section class="run-view">
            <Transition fallback=|| view! { <SkeletonRows/> }>
                {move || Suspend::new(async move {
                    match loaded.await {
                        Ok((detail, kinds)) => view! { <RunView detail=detail kinds=kinds/> }.into_any(),
                        Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
    .into_any()
}

#[component]
fn RunView(detail: RunDetail, kinds: Vec<KindFace>) -> AnyView {
    let words = Words::get();
    let RunDetail { run, document, steps, last_event } = detail;
    let id = run.id.clone();
    let done = run.status.is_final();
    let shown = Shown {
        run: RwSignal::new(run),
        steps: RwSignal::new(steps),
        document: StoredValue::new(document),
        kinds: StoredValue::new(kinds),
        step: RwSignal::new(None),
        tab: RwSignal::new("timeline".to_owned()),
        lines: RwSignal::new(Vec::new()),
    };
    follow(shown, id, done, last_event);
    let tabs = Signal::derive(move || {
        vec![
            ("timeline", words.timeline.to_owned(), None),
            ("data", words.data.to_owned(), None),
            ("log", words.log.to_owned(), Some(shown.lines.read().len()).filter(|n| *n > 0)),
        ]
    });
    view! {
        <Head shown=shown/>
        <Trouble shown=shown/>
        <div class="run-tabs"><Tabs value=shown.tab tabs=tabs label=words.title/></div>
        <div class="run-body">
            {move || match shown.tab.read().as_str() {
                "data" => view! { <StepData shown=shown/> }.into_any(),
                "log" => view! { <LogView lines=shown.lines/> }.into_any(),
                _ => view! { <Timeline shown=shown/> }.into_any(),
            }}
        </div>
    }
    .into_any()
}

/// Live while it goes on; a run that is over is asked for its lines when they are looked at.
fn follow(shown: Shown, id: String, done: bool, last_event: u64) {
    // Made in the browser only; on the server, where this stays empty, another thread may drop it.
    let held = StoredValue::new(None::<SendWrapper<api::Subscription>>);
    Effect::new(move |started: Option<bool>| {
        let wanted = !done || shown.tab.read().as_str() == "log";
        if started != Some(true) && wanted {
            // Of a run that is over only the lines are news.
            let known = if done { u64::MAX } else { last_event };
            let events = api::follow_run(&id, known, move |event| shown.take(event));
            held.set_value(Some(SendWrapper::new(events)));
        }
        started == Some(true) || wanted
    });
    on_cleanup(move || {
        held.try_update_value(|h| *h = None);
    });
}

#[component]
fn Head(shown: Shown) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let run = shown.run;
    let version = move || run.read().version.map_or_else(|| words.draft.to_owned(), |v| format!("v{v}"));
    let status = move || run.read().status;
    let (flow, id, created, trigger, retry_of, flow_name) = run.with_untracked(|r| {
        (
            r.flow.clone(),
            r.id.clone(),
            r.started_at.clone().unwrap_or_else(|| r.created_at.clone()),
            r.trigger,
            r.retry_of.clone(),
            r.flow_name.clone(),
        )
    });
    let canvas = format!("/flows/{flow}?run={id}");
    let search = use_location().search;
    let back = move || {
        let search = search.read();
        if search.is_empty() { "/runs".to_owned() } else { format!("/runs?{search}") }
    };
    view! {
        <header class="run-head">
            <Link href=Signal::derive(back) class="btn ghost icon narrow-only" label=words.title><Icon name="arrow-left"/></Link>
            <span class=move || status_class(status())>
                <Icon
                    name=Signal::derive(move || status_icon(status()).to_owned())
                    class=Signal::derive(move || if status() == RunStatus::Running { "s20 spin" } else { "s20" }.to_owned())
                />
            </span>
            <h2 class="clip">{flow_name}</h2>
            <span class="t3 small">{version}</span>
            <span class="sr" role="status">{move || common.run_status(status())}</span>
            <span class="grow"></span>
            <Link href=canvas class="btn"><Icon name="external-link"/>{words.open_canvas}</Link>
            <Actions shown=shown/>
        </header>
        <dl class="run-facts small">
            <div><dt>{words.status}</dt><dd class=move || status_class(status())>{move || common.run_status(status())}</dd></div>
            <div><dt>{words.started}</dt><dd><RelativeTime at=created show=Moment::Full/></dd></div>
            <div><dt>{words.by}</dt><dd>{common.trigger(trigger)}</dd></div>
            <div>
                <dt>{move || if status().is_final() { words.took } else { words.running_for }}</dt>
                <dd class="num"><Elapsed run=run/></dd>
            </div>
            <div><dt>{words.steps}</dt><dd class="num">{move || shown.steps.read().len().max(run.read().steps as usize)}</dd></div>
            {move || run.read().job.clone().map(|job| view! { <div><dt>{words.job}</dt><dd class="mono">{job}</dd></div> })}
            {retry_of.map(|of| view! { <div><dt>{words.retry_of}</dt><dd><Link href=format!("/runs/{of}")>{of.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect::<String>()}</Link></dd></div> })}
        </dl>
    }
    .into_any()
}

/// How long the run took, or takes so far.
#[component]
fn Elapsed(run: RwSignal<RunSummary>) -> AnyView {
    let now = use_ticks(run);
    (move || {
        let run = run.read();
        let since = run.started_at.as_deref().and_then(parse_time);
        match (run.status.is_final(), now.get(), since) {
            (false, Some(now), Some(since)) => Some(duration(now.saturating_sub(since).max(0) as u64)),
            _ => run.duration_ms.map(duration),
        }
    })
    .into_any()
}

/// The browser's clock twice a second while the run goes on; none while the page is first drawn.
pub(super) fn use_ticks(run: RwSignal<RunSummary>) -> Signal<Option<i64>> {
    let now = RwSignal::new(None::<i64>);
    let is_over = Memo::new(move |_| run.read().status.is_final());
    Effect::new(move || {
        if is_over.get() {
            return;
        }
        let tick = move || {
            now.try_set(Some(js_sys::Date::now() as i64));
        };
        tick();
        if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_millis(500)) {
            on_cleanup(move || handle.clear());
        }
    });
    now.into()
}

#[component]
fn Actions(shown: Shown) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let navigate = StoredValue::new(use_navigate());
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let id = shown.run.with_untracked(|r| r.id.clone());
    let id = StoredValue::new(id);
    let go = move |to: String| {
        if let Some(navigate) = navigate.try_get_value() {
            navigate(&to, NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    let retry = move |newest: bool| {
        busy.set(true);
        let call = api::retry_run(&id.get_value(), &RetryRun { newest });
        leptos::task::spawn_local(async move {
            busy.try_set(false);
            match call.await {
                Ok(run) => {
                    toasts.ok(words.retried, "");
                    go(format!("/runs/{}", run.id));
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    let cancel = move |_| {
        busy.set(true);
        let call = api::cancel_run(&id.get_value());
        leptos::task::spawn_local(async move {
            if let Err(problem) = call.await {
                toasts.problem(&problem);
            }
            busy.try_set(false);
        });
    };
    let delete = move |()| {
        let call = api::delete_run(&id.get_value());
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    toasts.ok(words.deleted, "");
                    go("/runs".to_owned());
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    let is_over = move || shown.run.read().status.is_final();
    may_edit().then(|| {
        view! {
            <Show when=is_over fallback=move || view! { <Button busy=busy on_click=cancel>{words.cancel}</Button> }>
                <Button icon="rotate-cw" busy=busy on_click=move |_| retry(false)>{words.retry}</Button>
                <Menu id="run-more" label=common.more class="btn icon" button=|| view! { <Icon name="ellipsis"/> }>
                    <MenuItem icon="rotate-cw" on_click=move |()| retry(false)>{words.retry_same}</MenuItem>
                    <MenuItem icon="refresh-cw" on_click=move |()| retry(true)>{words.retry_newest}</MenuItem>
                    <MenuItem icon="trash-2" kind="del" on_click=move |()| asking.set(true)>{words.delete}</MenuItem>
                </Menu>
            </Show>
            <Confirm open=asking title=words.delete_title text=words.delete_text action=words.delete on_confirm=delete/>
        }
    })
    .into_any()
}

/// Why the run failed, or that it has not begun.
#[component]
fn Trouble(shown: Shown) -> AnyView {
    let words = Words::get();
    (move || {
        let run = shown.run.get();
        if run.status == RunStatus::Queued {
            return Some(
                view! { <div class="run-trouble"><Callout icon="clock">{words.queued_text}</Callout></div> }.into_any(),
            );
        }
        let error = run.error?;
        let node = error.node.clone();
        let title =
            node.as_deref().map_or_else(|| words.run_failed.to_owned(), |n| fill(words.failed_at, [shown.node(n).0]));
        let seq = node.and_then(|n| shown.steps.read_untracked().iter().rev().find(|s| s.node == n).map(|s| s.seq));
        let open = move |_| {
            shown.step.set(seq);
            shown.tab.set("data".to_owned());
        };
        Some(
            view! {
                <div class="run-trouble">
                    <Callout kind="err">
                        <div class="row wrap">
                            <span class="grow"><b>{title}</b>" "{text(&error.said())}</span>
                            {seq.map(|_| view! { <button type="button" class="link small" on:click=open>{words.open_step}</button> })}
                        </div>
                    </Callout>
                </div>
            }
            .into_any(),
        )
    })
    .into_any()
}
