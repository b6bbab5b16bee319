//! The palette: every node kind, found by words in both languages, placed by Enter, a click or by dragging.

use std::collections::HashSet;
use std::sync::Arc;

use flow::{Edge, Group, KindDescription};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::search;
use super::state::{Editor, use_editor};
use super::words::Words;
use crate::canvas::connect::End;
use crate::canvas::{Point, Side};
use crate::i18n::{self, fill, use_lang};
use crate::ui::{Icon, IconButton, Tile, group_class};
use crate::view::{AnyView, IntoAny};

/// What is picked goes here.
#[derive(Clone, Debug, PartialEq)]
pub enum PaletteAt {
    /// Beside what is selected, or in the middle.
    Anywhere,
    /// Upper left corner on the board, connected with `end`.
    Board { at: Point, end: Option<End> },
    /// Between the two ends of an edge.
    Edge(Arc<Edge>),
}

const RECENT: &str = "fluxo-recent";
const PINNED: &str = "fluxo-palette";
/// As many kinds are remembered.
const REMEMBERED: usize = 3;

/// A heading and its kinds.
type Section = (String, Vec<Arc<KindDescription>>);

#[component]
pub fn Palette() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let query = RwSignal::new(String::new());
    let chosen = RwSignal::new(0usize);
    let pinned = RwSignal::new(stored(PINNED).as_deref() == Some("open"));
    let input = NodeRef::<html::Input>::new();
    let list = NodeRef::<html::Div>::new();
    let all: StoredValue<Vec<Arc<KindDescription>>> =
        StoredValue::new(editor.with(|b| in_order(b.doc.kinds().values())));
    // After an input nothing is fed by a trigger; before an output only a trigger or what gives items fits.
    let fits = move |kind: &KindDescription| match editor.palette.get() {
        Some(PaletteAt::Board { end: Some(End { side: Side::Out, .. }), .. }) | Some(PaletteAt::Edge(_)) => {
            !kind.is_trigger()
        }
        _ => true,
    };
    let sections = Memo::new(move |_| {
        let kinds: Vec<_> = all.with_value(|a| a.iter().filter(|k| fits(k)).cloned().collect());
        let words = query.get();
        sections(&kinds, &words)
    });
    // Titles of the families that are folded away; a search looks into all of them.
    let folded = RwSignal::new(HashSet::<String>::new());
    let open = move |title: &str| !query.read().trim().is_empty() || !folded.read().contains(title);
    let flat = move || {
        let sections = sections.get();
        sections.into_iter().filter(|(title, _)| open(title)).flat_map(|(_, kinds)| kinds).collect::<Vec<_>>()
    };
    let toggle = move |title: &str| {
        folded.update(|f| {
            if !f.remove(title) {
                f.insert(title.to_owned());
            }
        });
        chosen.set(0);
    };
    // The family of the chosen kind.
    let family = move || {
        let mut left = chosen.get_untracked();
        sections.get_untracked().into_iter().filter(|(title, _)| open(title)).find_map(|(title, kinds)| {
            let here = left < kinds.len();
            left = left.saturating_sub(kinds.len());
            here.then_some(title)
        })
    };
    let pick = move |kind: Arc<KindDescription>| {
        let place = editor.palette.get_untracked();
        remember(&kind.kind);
        if !pinned.get_untracked() {
            editor.palette.set(None);
        } else {
            editor.palette.set(Some(PaletteAt::Anywhere));
        }
        editor.add_node(&kind, place.as_ref());
    };
    let close = move || {
        editor.palette.set(None);
        editor.focus_pane();
    };
    Effect::new(move || {
        // A new question starts at the best answer.
        query.track();
        chosen.set(0);
    });
    Effect::new(move || {
        editor.palette.track();
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let key = move |event: KeyboardEvent| {
        // Buttons beside the field answer their keys themselves.
        let in_field = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()).is_some();
        if !in_field && event.key() != "Escape" {
            return;
        }
        let kinds = flat();
        let last = kinds.len().saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|c| *c = (*c + 1).min(last)),
            "ArrowUp" => chosen.update(|c| *c = c.saturating_sub(1)),
            "Home" if query.get_untracked().is_empty() => chosen.set(0),
            "End" if query.get_untracked().is_empty() => chosen.set(last),
            "ArrowLeft" if query.get_untracked().is_empty() => {
                if let Some(title) = family() {
                    toggle(&title);
                }
            }
            "ArrowRight" if query.get_untracked().is_empty() => folded.set(HashSet::new()),
            "Enter" => {
                if let Some(kind) = kinds.get(chosen.get_untracked()) {
                    pick(kind.clone());
                }
            }
            "Escape" => close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
        scroll_to_chosen(list);
    };
    let count = all.with_value(Vec::len);
    view! {
        <aside class="panel palette" aria-label=w.add_node on:keydown=key>
            <div class="pad row">
                <span class="input search full">
                    <Icon name="search"/>
                    <input
                        node_ref=input
                        type="text"
                        role="combobox"
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-activedescendant=move || (chosen.get() < flat().len()).then(|| format!("pick-{}", chosen.get()))
                        aria-label=w.add_node
                        placeholder=fill(w.search_nodes, [count])
                        autocomplete="off"
                        prop:value=move || query.get()
                        on:input=move |event| query.set(event_target_value(&event))
                    />
                </span>
                <span class="row tight">
                    <IconButton
                        icon="pin"
                        label=w.keep_open
                        kind="ghost sm"
                        pressed=Signal::derive(move || pinned.get())
                        on_click=move |_| {
                            pinned.update(|p| *p = !*p);
                            store(PINNED, if pinned.get_untracked() { "open" } else { "" });
                        }
                    />
                    <IconButton icon="x" label=crate::i18n::Common::get().close kind="ghost sm" on_click=move |_| close()/>
                </span>
            </div>
            <div class="pane-body scroll" role="listbox" id="palette-list" aria-label=w.add_node node_ref=list>
                {move || {
                    let mut index = 0;
                    let sections = sections.get();
                    if sections.is_empty() {
                        return view! { <p class="palette-none t3">{fill(w.nothing_found, [query.get()])}</p> }.into_any();
                    }
                    sections
                        .into_iter()
                        .map(|(title, kinds)| {
                            let (n, shown) = (kinds.len(), open(&title));
                            let rows: Vec<_> = kinds
                                .into_iter()
                                .filter(|_| shown)
                                .map(|kind| {
                                    let here = index;
                                    index += 1;
                                    view! { <Pick kind=kind index=here chosen=chosen on_pick=Callback::new(pick)/> }
                                })
                                .collect();
                            let (name, heading) = (title.clone(), title.clone());
                            view! {
                                <div role="group" aria-label=title>
                                    // Arrow keys left and right do the same for the keyboard.
                                    <div class="grp" class:folded=!shown aria-hidden="true" on:click=move |_| toggle(&name)>
                                        {heading}
                                        <span class="n">{n}</span>
                                    </div>
                                    {rows}
                                </div>
                            }
                        })
                        .collect_view()
                        .into_any()
                }}
            </div>
            <div class="foot">
                <span><kbd>"↑"</kbd>" "<kbd>"↓"</kbd>" "{w.choose}</span>
                <span><kbd>"↵"</kbd>" "{w.add}</span>
                <span><kbd>"←"</kbd>" "{w.fold}</span>
                <span>{w.or_drag}</span>
            </div>
        </aside>
    }
    .into_any()
}

#[component]
fn Pick(
    kind: Arc<KindDescription>,
    index: usize,
    chosen: RwSignal<usize>,
    on_pick: Callback<Arc<KindDescription>>,
) -> AnyView {
    let editor = use_editor();
    let on = move || chosen.get() == index;
    let class = format!("sm {}", group_class(kind.group));
    let (name, summary) = (i18n::text(&kind.name), i18n::text(&kind.summary));
    let kind = StoredValue::new(kind);
    view! {
        <div
            class="pick"
            class:on=on
            role="option"
            id=format!("pick-{index}")
            aria-selected=move || on().to_string()
            data-kind=kind.with_value(|k| k.kind.clone())
            on:pointerdown=move |event| drag(editor, kind.get_value(), on_pick, &event)
        >
            <Tile icon=kind.with_value(|k| k.icon.clone()) class=class/>
            <div class="clip"><b>{name}</b><small>{summary}</small></div>
            <kbd class="enter" aria-hidden="true">"↵"</kbd>
        </div>
    }
    .into_any()
}

/// A press on a kind: a click places it, a drag carries it onto the canvas.
fn drag(editor: Editor, kind: Arc<KindDescription>, on_pick: Callback<Arc<KindDescription>>, event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    event.prevent_default();
    let start = Point::new(f64::from(event.client_x()), f64::from(event.client_y()));
    let Some(row) = event.current_target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
    let _ = row.set_pointer_capture(event.pointer_id());
    let ghost: StoredValue<Option<web_sys::HtmlElement>, LocalStorage> = StoredValue::new_local(None);
    let place = move |at: Point| {
        ghost.with_value(|g| {
            if let Some(g) = g {
                let _ =
                    g.style().set_property("transform", &format!("translate({}px,{}px)", at.x - 112.0, at.y - 32.0));
            }
        });
    };
    let handles: StoredValue<Vec<WindowListenerHandle>, LocalStorage> = StoredValue::new_local(Vec::new());
    let finish = move || {
        ghost.update_value(|g| {
            if let Some(g) = g.take() {
                g.remove();
            }
        });
        handles.update_value(|h| h.drain(..).for_each(WindowListenerHandle::remove));
    };
    let template = row.clone();
    let moved = window_event_listener(leptos::ev::pointermove, move |event| {
        let at = Point::new(f64::from(event.client_x()), f64::from(event.client_y()));
        if ghost.with_value(Option::is_none) && at.distance(start) > 5.0 {
            let made = template.clone_node_with_deep(true).ok().and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok());
            if let (Some(made), Some(body)) = (made, document().body()) {
                made.set_class_name("pick ghost");
                made.set_id("");
                let _ = body.append_child(&made);
                ghost.set_value(Some(made));
            }
        }
        place(at);
    });
    let dropped = {
        let kind = kind.clone();
        window_event_listener(leptos::ev::pointerup, move |event| {
            let dragged = ghost.with_value(Option::is_some);
            finish();
            if !dragged {
                on_pick.run(kind.clone());
                return;
            }
            let Some(pane) = editor.pane.get_untracked() else { return };
            let bounds = pane.get_bounding_client_rect();
            let at =
                Point::new(f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top());
            if at.x < 0.0 || at.y < 0.0 || at.x > bounds.width() || at.y > bounds.height() {
                return;
            }
            let at = editor.with(|b| b.view.to_board(at));
            remember(&kind.kind);
            let edge = editor.with(|b| match crate::canvas::hit::at(&b.doc, at, b.view.zoom) {
                crate::canvas::Hit::Edge(edge) if !kind.is_trigger() => Some(edge),
                _ => None,
            });
            let place = match edge {
                Some(edge) => PaletteAt::Edge(edge),
                None => PaletteAt::Board { at: Point::new(at.x - 112.0, at.y - 32.0), end: None },
            };
            if stored(PINNED).as_deref() != Some("open") {
                editor.palette.set(None);
            }
            editor.add_node(&kind, Some(&place));
        })
    };
    let cancelled = window_event_listener(leptos::ev::pointercancel, move |_| finish());
    handles.set_value(vec![moved, dropped, cancelled]);
}

/// In the order of the families, then as the server gives them by name.
fn in_order<'a>(kinds: impl Iterator<Item = &'a Arc<KindDescription>>) -> Vec<Arc<KindDescription>> {
    let mut all: Vec<_> = kinds.cloned().collect();
    all.sort_by(|a, b| {
        a.group.cmp(&b.group).then_with(|| i18n::text(&a.name).to_lowercase().cmp(&i18n::text(&b.name).to_lowercase()))
    });
    all
}

fn sections(kinds: &[Arc<KindDescription>], query: &str) -> Vec<Section> {
    let w = Words::get();
    if !query.trim().is_empty() {
        let found = search::find(kinds, query, use_lang().tag());
        return if found.is_empty() { Vec::new() } else { vec![(w.found.to_owned(), found)] };
    }
    let mut sections = Vec::new();
    let recent: Vec<_> = recent().iter().filter_map(|r| kinds.iter().find(|k| k.kind == *r)).cloned().collect();
    if !recent.is_empty() {
        sections.push((w.recent.to_owned(), recent));
    }
    for kind in kinds {
        let title = group_name(kind.group);
        match sections.iter_mut().find(|(t, _)| *t == title) {
            Some((_, list)) => list.push(kind.clone()),
            None => sections.push((title.to_owned(), vec![kind.clone()])),
        }
    }
    sections
}

pub fn group_name(group: Group) -> &'static str {
    let w = Words::get();
    match group {
        Group::Trigger => w.g_trigger,
        Group::Flow => w.g_flow,
        Group::Data => w.g_data,
        Group::Files => w.g_files,
        Group::Pdf => w.g_pdf,
        Group::Network => w.g_network,
        Group::Database => w.g_database,
        Group::Kubernetes => w.g_kubernetes,
        Group::Ai => w.g_ai,
    }
}

fn recent() -> Vec<String> {
    stored(RECENT).and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default()
}

pub fn remember(kind: &str) {
    let mut list = recent();
    list.retain(|k| k != kind);
    list.insert(0, kind.to_owned());
    list.truncate(REMEMBERED);
    store(RECENT, &serde_json::to_string(&list).unwrap_or_default());
}

fn stored(key: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(key).ok().flatten()
}

fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(key, value);
    }
}

fn scroll_to_chosen(list: NodeRef<html::Div>) {
    request_animation_frame(move || {
        let Some(Some(list)) = list.try_get_untracked() else { return };
        if let Ok(Some(row)) = list.query_selector(".pick.on") {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}
