//! The flows: what there is, what starts it, how it went last; what to begin with when there is none.

mod gallery;
mod import;
mod row;
mod words;

use flow::api::{FlowSummary, GalleryFlow, NewFlow, Page, Problem};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use self::gallery::Gallery;
use self::import::ImportButton;
use self::row::FlowRow;
use self::words::Words;
use crate::api::{self, KindFace};
use crate::context::may_edit;
use crate::i18n::{count, text};
use crate::ui::{
    Button, EmptyState, Failed, For, LoadMore, Menu, MenuItem, SearchInput, Show, SkeletonRows, ToastsHandle,
    use_toasts,
};
use crate::view::{AnyView, IntoAny};

/// Flows asked for at once.
const PAGE: u32 = 50;
/// The most that the server gives at once.
const MOST: u32 = 200;

/// What the page starts with.
type First = Result<(Page<FlowSummary>, Vec<KindFace>, Vec<GalleryFlow>), Problem>;

/// `/flows`
#[component]
pub fn FlowsPage() -> AnyView {
    let words = Words::get();
    let first = Resource::new(
        || (),
        |()| async move {
            let (flows, kinds, gallery) = (api::flows("", None, PAGE), api::kind_faces(), api::gallery());
            First::Ok((flows.await?, kinds.await?, gallery.await?))
        },
    );
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{words.title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok((page, kinds, gallery)) => view! { <Flows page=page kinds=kinds gallery=gallery/> }.into_any(),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// What rows and dialogs share.
#[derive(Clone, Copy)]
struct List {
    items: RwSignal<Vec<FlowSummary>>,
    next: RwSignal<Option<String>>,
    search: RwSignal<String>,
    /// The search that `items` answer.
    shown_for: StoredValue<String>,
    busy: RwSignal<bool>,
    toasts: ToastsHandle,
}

impl List {
    /// Asks again for what is shown; says so when that fails.
    fn reload(self) {
        self.ask(true);
    }

    /// Looks for news; the next look may succeed, and a message every few seconds helps nobody.
    fn refresh(self) {
        self.ask(false);
    }

    fn ask(self, says: bool) {
        let search = self.search.get_untracked();
        let limit = (self.items.read_untracked().len() as u32).clamp(PAGE, MOST);
        let call = api::flows(&search, None, limit);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(page) if self.search.try_get_untracked().as_ref() == Some(&search) => {
                    let shown = self.items.try_get_untracked().unwrap_or_default();
                    let same = self.shown_for.try_get_value().as_ref() == Some(&search);
                    let (items, whole) = merge(if same { shown } else { Vec::new() }, page.items, page.next.is_some());
                    self.shown_for.try_set_value(search);
                    self.items.try_set(items);
                    if whole {
                        self.next.try_set(page.next);
                    }
                }
                Err(problem) if says => self.toasts.problem(&problem),
                _ => {}
            }
        });
    }

    fn more(self) {
        let search = self.search.get_untracked();
        let call = api::flows(&search, self.next.get_untracked(), PAGE);
        self.busy.set(true);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(_) if self.search.try_get_untracked() != Some(search) => {}
                Ok(page) => {
                    self.items.try_update(|items| {
                        // A flow that was changed meanwhile moved to the front and is there already.
                        items.retain(|old| page.items.iter().all(|new| new.id != old.id));
                        items.extend(page.items);
                    });
                    self.next.try_set(page.next);
                }
                Err(problem) => self.toasts.problem(&problem),
            }
            self.busy.try_set(false);
        });
    }
}

#[component]
fn Flows(page: Page<FlowSummary>, kinds: Vec<KindFace>, gallery: Vec<GalleryFlow>) -> AnyView {
    let words = Words::get();
    let edits = may_edit();
    let kinds = StoredValue::new(kinds);
    let list = List {
        items: RwSignal::new(page.items),
        next: RwSignal::new(page.next),
        search: RwSignal::new(String::new()),
        shown_for: StoredValue::new(String::new()),
        busy: RwSignal::new(false),
        toasts: use_toasts(),
    };
    refresh(list);
    let gallery = StoredValue::new(gallery);
    let create = use_create();
    let none_at_all = move || list.items.read().is_empty() && list.search.read().is_empty();
    let on = move || list.items.read().iter().filter(|f| f.published.is_some()).count();
    let examples = move || {
        gallery
            .get_value()
            .into_iter()
            .map(|example| {
                let id = example.id.clone();
                view! {
                    <MenuItem
                        icon="workflow"
                        on_click=move |()| create.run(NewFlow { gallery: Some(id.clone()), ..NewFlow::default() })
                    >
                        {text(&example.name)}
                    </MenuItem>
                }
            })
            .collect_view()
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1></div>
            {edits
                .then(|| {
                    view! {
                        <ImportButton list=list/>
                        <span class="split">
                            <Button
                                kind="primary"
                                icon="plus"
                                on_click=move |_| create.run(NewFlow { name: Some(words.unnamed.to_owned()), ..NewFlow::default() })
                            >
                                {words.new}
                            </Button>
                            <Menu
                                id="new-from"
                                label=words.from_example
                                class="btn primary"
                                button=|| view! { <crate::ui::Icon name="chevron-down" class="s14"/> }
                            >
                                {examples()}
                            </Menu>
                        </span>
                    }
                })}
        </div>
        <div class="body">
            <Show
                when=move || !none_at_all()
                fallback=move || view! { <Gallery gallery=gallery.get_value() kinds=kinds edits=edits/> }
            >
                <div class="flows-list">
                    <div class="row wrap">
                        <SearchInput value=list.search placeholder=words.search slash=true/>
                        <span class="grow"></span>
                        <span class="small t3 num" role="status">
                            {move || {
                                let more = list.next.read().is_some();
                                let all = list.items.read().len();
                                let flows = count(all, words.count_one, words.count_many);
                                format!("{flows}{}, {}", if more { "+" } else { "" }, count(on(), words.on_one, words.on_many))
                            }}
                        </span>
                    </div>
                    <Show
                        when=move || !list.items.read().is_empty()
                        fallback=move || {
                            view! {
                                <EmptyState icon="search" title=words.nothing text=words.nothing_text>
                                    <Button on_click=move |_| list.search.set(String::new())>{words.show_all}</Button>
                                </EmptyState>
                            }
                        }
                    >
                        <div class="card table-card" tabindex="0" role="region" aria-label=words.title>
                            <table class="table two flows-table">
                                <thead>
                                    <tr>
                                        <th scope="col">{words.name}</th>
                                        <th scope="col">{words.starts}</th>
                                        <th scope="col">{words.last_run}</th>
                                        <th scope="col" class="wide-only">{words.changed}</th>
                                        <th scope="col">{words.on}</th>
                                        <th scope="col"><span class="sr">{words.actions}</span></th>
                                    </tr>
                                </thead>
                                <tbody>
                                    <For each=move || list.items.get() key=|f| f.id.clone() let(flow)>
                                        <FlowRow flow=flow kinds=kinds list=list edits=edits/>
                                    </For>
                                </tbody>
                            </table>
                        </div>
                        <LoadMore more=Signal::derive(move || list.next.read().is_some()) busy=list.busy on_more=move |()| list.more()/>
                    </Show>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The fresh flows, and behind them those that were shown and that there was no room for. Also whether the fresh ones
/// are all that is shown.
fn merge(shown: Vec<FlowSummary>, mut fresh: Vec<FlowSummary>, more: bool) -> (Vec<FlowSummary>, bool) {
    let room = fresh.len();
    if !more || shown.len() <= room {
        return (fresh, true);
    }
    let rest: Vec<_> = shown.into_iter().skip(room).filter(|old| fresh.iter().all(|new| new.id != old.id)).collect();
    fresh.extend(rest);
    (fresh, false)
}

/// Follows the search field, and looks for news every ten seconds while somebody looks.
fn refresh(list: List) {
    Effect::new(move |former: Option<String>| {
        let now = list.search.get();
        if former.is_some_and(|f| f != now) {
            list.reload();
        }
        now
    });
    Effect::new(move |started: Option<()>| {
        if started.is_none() {
            let look = move || {
                if !document().hidden() {
                    list.refresh();
                }
            };
            if let Ok(handle) = set_interval_with_handle(look, std::time::Duration::from_secs(10)) {
                on_cleanup(move || handle.clear());
            }
        }
    });
}

/// Makes a flow and opens it.
pub(super) fn use_create() -> Callback<NewFlow> {
    let toasts = use_toasts();
    let navigate = StoredValue::new(use_navigate());
    let busy = StoredValue::new(false);
    Callback::new(move |new: NewFlow| {
        // A double click makes one flow.
        if busy.get_value() {
            return;
        }
        busy.set_value(true);
        leptos::task::spawn_local(async move {
            match api::create_flow(&new).await {
                Ok(flow) => {
                    let navigate = navigate.try_get_value();
                    if let Some(navigate) = navigate {
                        navigate(&format!("/flows/{}", flow.id), leptos_router::NavigateOptions::default());
                    }
                }
                Err(problem) => toasts.problem(&problem),
            }
            busy.try_set_value(false);
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(id: usize) -> FlowSummary {
        FlowSummary {
            id: id.to_string(),
            name: String::new(),
            description: String::new(),
            published: None,
            draft_changed: true,
            triggers: Vec::new(),
            nodes: 0,
            created_at: String::new(),
            updated_at: String::new(),
            updated_by: String::new(),
            last_run: None,
            next_tick: None,
        }
    }

    fn flows(ids: std::ops::Range<usize>) -> Vec<FlowSummary> {
        ids.map(flow).collect()
    }

    #[test]
    fn news_keep_what_was_loaded_behind_them() {
        assert_eq!(merge(flows(0..5), flows(0..3), false), (flows(0..3), true));
        assert_eq!(merge(flows(0..3), flows(0..3), true), (flows(0..3), true));
        // The fourth was changed and moved to the front.
        let fresh = vec![flow(3), flow(0), flow(1)];
        let (items, whole) = merge(flows(0..5), fresh, true);
        assert_eq!(items.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["3", "0", "1", "4"]);
        assert!(!whole);
    }
}
