//! Runs: the list at the left, the chosen run beside it.

mod detail;
mod list;
mod log;
mod steps;
mod timeline;
mod words;

use flow::api::{FlowSummary, Page, Problem, RunSummary};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::{Outlet, Redirect};
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;

pub use self::detail::RunPage;
use self::list::RunList;
use self::words::Words;
use crate::api::{self, RunQuery};
use crate::context::with_page;
use crate::i18n::to_rfc3339;
use crate::ui::{EmptyState, Failed, SkeletonRows};
use crate::view::{AnyView, IntoAny};

/// Runs asked for at once.
const PAGE: u32 = 50;

/// What the address says about the list: `?flow=&status=&trigger=&range=`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Filter {
    flow: String,
    status: String,
    trigger: String,
    /// `1h`, `24h`, `7d`, `30d` or empty.
    range: String,
}

impl Filter {
    fn from_address(query: Memo<ParamsMap>) -> Self {
        query.with_untracked(|q| Self {
            flow: q.get("flow").unwrap_or_default(),
            status: q.get("status").unwrap_or_default(),
            trigger: q.get("trigger").unwrap_or_default(),
            range: q.get("range").unwrap_or_default(),
        })
    }

    /// The query part of an address, with its `?`; empty when nothing is filtered.
    fn to_query(&self) -> String {
        let parts: Vec<String> =
            [("flow", &self.flow), ("status", &self.status), ("trigger", &self.trigger), ("range", &self.range)]
                .into_iter()
                .filter(|(_, v)| !v.is_empty())
                .map(|(k, v)| format!("{k}={}", api::encode(v)))
                .collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn to_api(&self, now_ms: i64) -> RunQuery {
        let hours = match self.range.as_str() {
            "1h" => Some(1),
            "24h" => Some(24),
            "7d" => Some(7 * 24),
            "30d" => Some(30 * 24),
            _ => None,
        };
        RunQuery {
            flow: self.flow.clone(),
            status: self.status.clone(),
            trigger: self.trigger.clone(),
            from: hours.map(|h| to_rfc3339(now_ms - h * 3_600_000)).unwrap_or_default(),
            to: String::new(),
        }
    }
}

/// `/flows/:id/runs`: the runs page with that flow chosen.
#[component]
pub fn FlowRuns() -> AnyView {
    let id = use_params_map().with_untracked(|p| p.get("id")).unwrap_or_default();
    view! { <Redirect path=format!("/runs?flow={}", api::encode(&id))/> }.into_any()
}

/// `/runs`, with the chosen run in its outlet.
#[component]
pub fn RunsPage() -> AnyView {
    let words = Words::get();
    let filter = Filter::from_address(use_query_map());
    let query = filter.to_api(with_page(|p| p.now_ms));
    let first = Resource::new(
        || (),
        move |()| {
            let (runs, flows) = (api::runs(&query, None, PAGE), api::flows("", None, 200));
            async move { Ok::<(Page<RunSummary>, Page<FlowSummary>), Problem>((runs.await?, flows.await?)) }
        },
    );
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1></div>
            <span class="state small t2"><i class="dot run"></i>{words.live}</span>
        </div>
        <div class="runs-page">
            <Suspense fallback=move || view! { <section class="runs-list"><SkeletonRows/></section> }>
                {move || {
                    let filter = filter.clone();
                    Suspend::new(async move {
                        match first.await {
                            Ok((page, flows)) => view! { <RunList page=page flows=flows.items filter=filter/> }.into_any(),
                            Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
            <Outlet/>
        </div>
    }
    .into_any()
}

/// `/runs` without a chosen run.
#[component]
pub fn NoRun() -> AnyView {
    let words = Words::get();
    view! { <section class="run-view empty-run"><EmptyState icon="activity" title=words.choose text=words.choose_text/></section> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_go_into_the_address_and_the_request() {
        let filter = Filter { flow: "a b".into(), status: "failed".into(), range: "24h".into(), ..Filter::default() };
        assert_eq!(filter.to_query(), "?flow=a%20b&status=failed&range=24h");
        assert_eq!(filter.to_api(86_400_000).from, "1970-01-01T00:00:00.000Z");
        assert_eq!(Filter::default().to_query(), "");
        assert_eq!(Filter::default().to_api(0).from, "");
    }
}
