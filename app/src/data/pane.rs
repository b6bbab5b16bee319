//! Items of a step in pages of fifty, in four views, with search.

use std::sync::Arc;

use flow::Item;
use flow::api::Problem;
use leptos::prelude::*;
use serde_json::Value;

use super::words::Words;
use super::{FilesView, Items, JsonView, SchemaView, TableView, matches};
use crate::api::{self, Side};
use crate::i18n::{fill, number};
use crate::ui::{
    EmptyState, IconButton, SearchInput, Segments, Show, SkeletonRows, copy_or_say, download_text, use_toasts,
};
use crate::view::{AnyView, IntoAny};

/// Items of one page.
pub const PAGE: u32 = 50;
/// Items asked for at once when all are wanted.
const AT_ONCE: u32 = 500;

/// Where items come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Kept by the server.
    Step { run: String, seq: u32, side: Side, port: String },
    /// At hand, for example pinned.
    Fixed(Items),
}

#[derive(Clone, Debug, PartialEq)]
struct Loaded {
    items: Items,
    offset: u32,
    total: u32,
    not_kept: bool,
}

/// A pane of data: views, search, pages. Nothing when there is no source.
#[component]
pub fn ItemsPane(
    #[prop(into)] source: Signal<Option<Source>>,
    /// Index of the item that previews use; a click on a row changes it.
    #[prop(optional)]
    chosen: Option<RwSignal<u32>>,
    /// What the paths of dragged fields begin with.
    #[prop(default = "$json".into(), into)]
    root: Signal<String>,
    /// `table`, `json`, `schema` or `files`.
    #[prop(default = "table")]
    view: &'static str,
    /// Fields can be dragged onto parameters.
    #[prop(optional)]
    draggable: bool,
    /// Set to the items of the shown page, for completions and the like.
    #[prop(optional)]
    shown: Option<RwSignal<Items>>,
) -> AnyView {
    let words = Words::get();
    let toasts = use_toasts();
    let steps = chosen.is_some();
    let chosen = chosen.unwrap_or_else(|| RwSignal::new(0));
    let offset = RwSignal::new(0u32);
    let loaded = RwSignal::new(None::<Result<Loaded, String>>);
    let search = RwSignal::new(String::new());
    let mode = RwSignal::new(view.to_owned());
    // The file that was opened from the table: its item and name in it.
    let opened = RwSignal::new(None::<(u32, String)>);
    let open = Callback::new(move |file| {
        opened.set(Some(file));
        mode.set("files".to_owned());
    });
    let asked = StoredValue::new(0u32);
    let source = Memo::new(move |_| source.get());
    Effect::new(move |former: Option<Option<Source>>| {
        let now = source.get();
        if former.is_some_and(|f| f != now) {
            offset.set(0);
        }
        now
    });
    Effect::new(move || {
        let (now, offset) = (source.get(), offset.get());
        let number = asked.get_value() + 1;
        asked.set_value(number);
        match now {
            None => loaded.set(None),
            Some(Source::Fixed(items)) => {
                let total = items.len() as u32;
                let page = items.iter().skip(offset as usize).take(PAGE as usize).cloned().collect();
                loaded.set(Some(Ok(Loaded { items: Arc::new(page), offset, total, not_kept: false })));
            }
            Some(Source::Step { run, seq, side, port }) => {
                let call = api::step_items(&run, seq, side, &port, offset, PAGE);
                leptos::task::spawn_local(async move {
                    let answer = call.await.map_err(|p| p.detail);
                    if asked.try_get_value() == Some(number) {
                        let page = answer.map(|a| Loaded {
                            items: Arc::new(a.items),
                            offset,
                            total: a.total,
                            not_kept: a.not_kept,
                        });
                        loaded.try_set(Some(page));
                    }
                });
            }
        }
    });
    if let Some(shown) = shown {
        Effect::new(move || {
            let items = match &*loaded.read() {
                Some(Ok(page)) => page.items.clone(),
                _ => Arc::default(),
            };
            shown.set(items);
        });
    }
    let files = Memo::new(move |_| match &*loaded.read() {
        Some(Ok(page)) => page.items.iter().map(|i| i.binary.len()).sum::<usize>(),
        _ => 0,
    });
    // What was asked for stays; files come to the front when there is nothing else to see.
    let options = Signal::derive(move || {
        let mut options = vec![
            ("table".to_owned(), words.table.to_owned()),
            ("json".to_owned(), words.json.to_owned()),
            ("schema".to_owned(), words.schema.to_owned()),
        ];
        if files.get() > 0 {
            options.push(("files".to_owned(), format!("{} {}", words.files, files.get())));
        }
        options
    });
    let body = move || match loaded.get() {
        None if source.read().is_none() => ().into_any(),
        None => view! { <SkeletonRows rows=5/> }.into_any(),
        Some(Err(message)) => {
            view! { <EmptyState icon="circle-alert" title=crate::i18n::Common::get().something_wrong text=message/> }
                .into_any()
        }
        Some(Ok(page)) if page.not_kept => {
            view! { <EmptyState icon="archive" title=words.not_kept text=words.not_kept_text/> }.into_any()
        }
        Some(Ok(page)) if page.total == 0 => {
            view! { <EmptyState icon="box" title=words.no_items text=words.no_items_text/> }.into_any()
        }
        Some(Ok(page)) => {
            let text = search.get().trim().to_lowercase();
            let found: Vec<(u32, Item)> = page
                .items
                .iter()
                .enumerate()
                .filter(|(_, item)| text.is_empty() || matches(item, &text))
                .map(|(i, item)| (page.offset + i as u32, item.clone()))
                .collect();
            if found.is_empty() {
                return view! { <p class="data-note t3">{words.nothing_found}</p> }.into_any();
            }
            draw(&mode.get(), found, root.get(), chosen, draggable, opened, open)
        }
    };
    let as_json = move || match &*loaded.read() {
        Some(Ok(page)) => {
            serde_json::to_string_pretty(&page.items.iter().map(|i| &i.json).collect::<Vec<_>>()).unwrap_or_default()
        }
        _ => String::new(),
    };
    let total = Memo::new(move |_| match &*loaded.read() {
        Some(Ok(page)) => page.total,
        _ => 0,
    });
    // Another item, on its page.
    let step = move |by: i64| {
        let last = i64::from(total.get_untracked().saturating_sub(1));
        let to = (i64::from(chosen.get_untracked()) + by).clamp(0, last) as u32;
        chosen.set(to);
        let page = to / PAGE * PAGE;
        if offset.get_untracked() != page {
            offset.set(page);
        }
    };
    let copy = move |_| {
        copy_or_say(&as_json(), toasts);
        if total.get_untracked() > PAGE {
            toasts.note(words.page_copied, words.page_copied_text);
        }
    };
    let busy = RwSignal::new(false);
    let download = move |_| {
        let Some(source) = source.get_untracked().filter(|_| !busy.get_untracked()) else { return };
        let total = total.get_untracked();
        busy.set(true);
        leptos::task::spawn_local(async move {
            match all_of(source, total).await {
                Ok(items) => {
                    let json = serde_json::to_string_pretty(&items).unwrap_or_default();
                    download_text("items.json", "application/json", &json);
                }
                Err(problem) => toasts.problem(&problem),
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="data-pane">
            <div class="data-tools">
                <SearchInput value=search placeholder=words.search class="sm full"/>
                <Segments value=mode options=options label=words.view on_change=move |v| {
                    opened.set(None);
                    mode.set(v);
                }/>
                <IconButton icon="copy" label=words.copy_json kind="ghost sm" on_click=copy/>
                <IconButton icon="download" label=words.download_json kind="ghost sm" disabled=busy on_click=download/>
            </div>
            <Show when=move || { total.get() > PAGE && !search.read().trim().is_empty() }>
                <p class="data-note small t3" role="status">{words.page_searched}</p>
            </Show>
            <div class="data-body">{body}</div>
            <Show when=move || { total.get() > 0 }>
                <div class="foot">
                    // One page is told by its items' own numbers.
                    <Show when=move || !steps || (total.get() > PAGE) || (total.get() == 1)>
                        <span class="num">
                            {move || {
                                let first = offset.get() + 1;
                                let last = (offset.get() + PAGE).min(total.get());
                                fill(words.range, [first, last, total.get()].map(|n| number(n.into())))
                            }}
                        </span>
                    </Show>
                    <span class="grow"></span>
                    <Show when=move || steps && (total.get() > 1)>
                        <IconButton icon="arrow-up" label=words.previous_item kind="ghost xs" disabled=Signal::derive(move || chosen.get() == 0) on_click=move |_| step(-1)/>
                        <span class="num" role="status">{move || fill(words.item_of, [(chosen.get() + 1).min(total.get()), total.get()].map(|n| number(n.into())))}</span>
                        <IconButton icon="arrow-down" label=words.next_item kind="ghost xs" disabled=Signal::derive(move || chosen.get() + 1 >= total.get()) on_click=move |_| step(1)/>
                    </Show>
                    {draggable.then(|| view! { <Show when=move || { total.get() <= PAGE }><span class="wide-only clip">{words.drag}</span></Show> })}
                    <Show when=move || { total.get() > PAGE }>
                        <IconButton icon="chevron-left" label=words.previous kind="ghost xs" disabled=Signal::derive(move || offset.get() == 0) on_click=move |_| offset.update(|o| *o = o.saturating_sub(PAGE))/>
                        <IconButton icon="chevron-right" label=words.next kind="ghost xs" disabled=Signal::derive(move || offset.get() + PAGE >= total.get()) on_click=move |_| offset.update(|o| *o += PAGE)/>
                    </Show>
                </div>
            </Show>
        </div>
    }
    .into_any()
}

/// The JSON of every item, not of the shown page only.
async fn all_of(source: Source, total: u32) -> Result<Vec<Value>, Problem> {
    let json = |items: &[Item]| items.iter().map(|i| Value::Object(i.json.clone())).collect::<Vec<_>>();
    match source {
        Source::Fixed(items) => Ok(json(&items)),
        Source::Step { run, seq, side, port } => {
            let mut all = Vec::new();
            for offset in (0..total).step_by(AT_ONCE as usize) {
                let page = api::step_items(&run, seq, side, &port, offset, AT_ONCE).await?;
                all.extend(json(&page.items));
            }
            Ok(all)
        }
    }
}

fn draw(
    mode: &str,
    found: Vec<(u32, Item)>,
    root: String,
    chosen: RwSignal<u32>,
    draggable: bool,
    opened: RwSignal<Option<(u32, String)>>,
    open: Callback<(u32, String)>,
) -> AnyView {
    match mode {
        "json" => {
            let values = found.into_iter().map(|(_, item)| Value::Object(item.json)).collect();
            view! { <JsonView value=Value::Array(values)/> }.into_any()
        }
        "schema" => {
            // The chosen item when it is on this page, else the first.
            let found = StoredValue::new(found);
            (move || {
                let index = chosen.get();
                let item = found
                    .with_value(|f| f.iter().find(|(i, _)| *i == index).or(f.first()).map(|(_, item)| item.clone()));
                item.map(|item| view! { <SchemaView item=item root=root.clone()/> })
            })
            .into_any()
        }
        "files" => {
            let (indices, items): (Vec<u32>, Vec<Item>) = found.into_iter().unzip();
            view! { <FilesView items=Arc::new(items) indices=indices first=opened.get_untracked()/> }.into_any()
        }
        _ => {
            let (indices, items): (Vec<u32>, Vec<Item>) = found.into_iter().unzip();
            view! { <TableView items=Arc::new(items) indices=indices root=root chosen=chosen draggable=draggable open=open/> }
                .into_any()
        }
    }
}
