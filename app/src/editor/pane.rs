//! The pane: takes all pointer events, holds the one transformed layer and what floats above it.

use leptos::ev::{MouseEvent, PointerEvent, WheelEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::card::{Card, NoteCard};
use super::edges::{Edges, Labels};
use super::menu::ContextMenu;
use super::minimap::Minimap;
use super::overlay::{EdgeActions, NodeTools, Overlays};
use super::state::{Editor, MenuAt, MenuOn, Writing, now, use_editor};
use super::tools::Tools;
use super::words::Words;
use crate::canvas::gesture::Button;
use crate::canvas::{Hit, Mods, Point, Pointer, Viewport};
use crate::i18n::{fill, text};
use crate::ui::{For, Icon, Show, Tile, group_class};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Pane() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let space = RwSignal::new(false);
    let pressed = RwSignal::new(false);
    watch_space(space);
    watch_size(editor);
    let down = move |event: PointerEvent| {
        if is_own(&event) {
            return;
        }
        let Some(pane) = editor.pane.get_untracked() else { return };
        let button = match (event.pointer_type().as_str(), event.button()) {
            ("touch", _) => Button::Touch,
            (_, 0) => Button::Left,
            (_, 1) => Button::Middle,
            (_, 2) => Button::Right,
            _ => return,
        };
        // A name or a note that is being written keeps what was typed: its field does so when the focus leaves it.
        if editor.writing.with_untracked(Option::is_some)
            && let Some(field) = document().active_element().and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok())
        {
            let _ = field.blur();
        }
        // Focus leaves inputs, so that keys mean the canvas; a card that is pressed gets it.
        let at = place(&pane, &event);
        if let Hit::Node(id) = editor.with(|b| b.hit(at)) {
            editor.focus_card(&id);
        } else {
            let _ = pane.focus();
        }
        event.prevent_default();
        // The ring is for the keyboard; the browser can't tell that a press moved this focus.
        let _ = pane.class_list().add_1("by-pointer");
        editor.menu.set(None);
        editor.writing.set(None);
        if button != Button::Right {
            let _ = pane.set_pointer_capture(event.pointer_id());
            pressed.set(true);
        }
        let mut mods = mods(&event);
        // Whoever may only read pans wherever they drag.
        mods.space = space.get_untracked()
            || (!editor.editable && button == Button::Left && !matches!(editor.with(|b| b.hit(at)), Hit::Node(_)));
        editor.act(|b| b.pointer(Pointer::Down { at, button, mods }, now()));
        follow_border(editor, pressed);
    };
    let moved = move |event: PointerEvent| {
        let Some(pane) = editor.pane.get_untracked() else { return };
        let at = place(&pane, &event);
        if editor.with(|b| b.gesture().is_idle()) {
            if !is_own(&event) {
                hover(editor, at);
            } else if !is_within(&event, ".eacts") && editor.hovered.with_untracked(Option::is_some) {
                editor.hovered.set(None);
            }
            return;
        }
        let mods = mods(&event);
        if !editor.editable && editor.with(|b| changes_something(b.gesture())) {
            return;
        }
        editor.act(|b| b.pointer(Pointer::Move { at, mods }, now()));
    };
    let up = move |event: PointerEvent| {
        let Some(pane) = editor.pane.get_untracked() else { return };
        pressed.set(false);
        let at = place(&pane, &event);
        editor.act(|b| b.pointer(Pointer::Up { at, mods: mods(&event) }, now()));
    };
    let cancel = move |_: PointerEvent| {
        pressed.set(false);
        editor.act(|b| b.pointer(Pointer::Cancel, now()));
    };
    let wheel = move |event: WheelEvent| {
        if is_scrollable(&event) {
            return;
        }
        event.prevent_default();
        let Some(pane) = editor.pane.get_untracked() else { return };
        let at = place(&pane, &event);
        let unit = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { 32.0 } else { 1.0 };
        let (mut dx, mut dy) = (event.delta_x() * unit, event.delta_y() * unit);
        let zoom = event.ctrl_key() || event.meta_key();
        if event.shift_key() && !zoom && dx == 0.0 {
            (dx, dy) = (dy, 0.0);
        }
        quiet_while_moving(editor);
        editor.act(|b| b.wheel(at, dx, dy, zoom));
    };
    let double = move |event: MouseEvent| {
        if is_own(&event) {
            return;
        }
        let Some(pane) = editor.pane.get_untracked() else { return };
        let at = place(&pane, &event);
        match editor.with(|b| b.hit(at)) {
            Hit::Node(id) => editor.opened.set(Some(id)),
            Hit::Note { id, .. } if editor.editable => editor.writing.set(Some(Writing::Note(id))),
            Hit::Canvas if editor.editable => {
                let at = editor.with(|b| b.view.to_board(at));
                editor.ask_for_node(None, Some(Point::new(at.x - 112.0, at.y - 32.0)));
            }
            _ => {}
        }
    };
    let menu = move |event: MouseEvent| {
        if is_own(&event) {
            return;
        }
        event.prevent_default();
        let Some(pane) = editor.pane.get_untracked() else { return };
        // The menu's key comes without a place of its own.
        if event.button() != 2
            && let Some(menu) = menu_of_selection(editor)
        {
            editor.menu.set(Some(menu));
            return;
        }
        let at = place(&pane, &event);
        let on = match editor.with(|b| b.hit(at)) {
            Hit::Node(_) | Hit::Note { .. } | Hit::Port { .. } => MenuOn::Selection,
            Hit::Edge(_) => MenuOn::Edge,
            Hit::Canvas => MenuOn::Canvas,
        };
        editor.menu.set(Some(MenuAt { at, on }));
    };
    let empty = Memo::new(move |_| {
        editor.edits.track();
        editor.with(|b| b.doc.nodes().len() == 0 && b.doc.notes().len() == 0)
    });
    view! {
        <div
            class="canvas"
            class:grab=move || space.get()
            class:busy=move || pressed.get()
            node_ref=editor.pane
            tabindex="0"
            role="application"
            aria-label=move || fill(w.canvas, [editor.flow_name.get()])
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:pointercancel=cancel
            on:pointerleave=move |_| editor.hovered.set(None)
            on:wheel=wheel
            on:dblclick=double
            on:contextmenu=menu
        >
            <div class="grid" node_ref=editor.grid aria-hidden="true"></div>
            <canvas class="far" node_ref=editor.far.base aria-hidden="true"></canvas>
            <canvas class="far" node_ref=editor.far.top aria-hidden="true"></canvas>
            <div class="layer" node_ref=editor.layer>
                <For each=move || { if editor.view.with(Viewport::draws_cards) { editor.drawn_notes.get() } else { Vec::new() } } key=Clone::clone let(id)>
                    <NoteCard id=id/>
                </For>
                <Edges/>
                <For each=move || editor.drawn_nodes.get() key=Clone::clone let(id)>
                    <Card id=id/>
                </For>
                <Labels/>
                <EdgeActions/>
                <Overlays/>
            </div>
            <NodeTools/>
            <Show when=move || empty.get() && editor.editable>
                <Empty/>
            </Show>
            <Tools/>
            <Minimap/>
            <ContextMenu/>
        </div>
    }
    .into_any()
}

/// What a flow without nodes shows: three ways to begin.
#[component]
fn Empty() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let triggers: Vec<_> = editor.with(|b| {
        let mut all: Vec<_> = b.doc.kinds().values().filter(|k| k.is_trigger()).cloned().collect();
        all.sort_by_key(|k| k.kind.clone());
        all
    });
    view! {
        <div class="canvas-empty nodrag">
            <h2>{w.empty_title}</h2>
            <p class="t2">{w.empty_text}</p>
            <div class="starts">
                {triggers
                    .into_iter()
                    .map(|kind| {
                        let (name, summary) = (text(&kind.name), text(&kind.summary));
                        let (icon, class) = (kind.icon.clone(), group_class(kind.group));
                        view! {
                            <button type="button" class="start" on:click=move |_| editor.add_node(&kind, None)>
                                <Tile icon=icon class=class/>
                                <span><b>{name}</b><small>{summary}</small></span>
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <button type="button" class="btn ghost" on:click=move |_| editor.ask_for_node(None, None)>
                <Icon name="plus"/>{w.empty_more}" "<kbd>"N"</kbd>
            </button>
        </div>
    }
    .into_any()
}

/// Place of a mouse event on the pane.
fn place(pane: &web_sys::HtmlDivElement, event: &MouseEvent) -> Point {
    let bounds = pane.get_bounding_client_rect();
    Point::new(f64::from(event.client_x()) - bounds.left(), f64::from(event.client_y()) - bounds.top())
}

fn mods(event: &MouseEvent) -> Mods {
    Mods { shift: event.shift_key(), ctrl: event.ctrl_key() || event.meta_key(), space: false }
}

/// The menu of what is selected, beside it.
fn menu_of_selection(editor: Editor) -> Option<MenuAt> {
    editor.with(|b| {
        if let Some(edge) = &b.selected_edge {
            return Some(MenuAt { at: b.view.to_screen(b.doc.edge_path(edge)?.label), on: MenuOn::Edge });
        }
        let rect = crate::canvas::Rect::around(b.selection.iter().filter_map(|id| b.doc.rect(id)))?;
        let at = b.view.to_screen(Point::new(rect.x, rect.y + rect.h));
        Some(MenuAt { at, on: MenuOn::Selection })
    })
}

/// Buttons, menus and inputs on the canvas handle their own events.
fn is_own(event: &web_sys::Event) -> bool {
    is_within(event, ".nodrag, button, input, textarea")
}

fn is_scrollable(event: &web_sys::Event) -> bool {
    is_within(event, ".menu, textarea")
}

fn is_within(event: &web_sys::Event, selector: &str) -> bool {
    event
        .target()
        .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|e| matches!(e.closest(selector), Ok(Some(_))))
}

fn changes_something(gesture: &crate::canvas::gesture::Gesture) -> bool {
    use crate::canvas::gesture::Gesture;
    matches!(
        gesture,
        Gesture::PointingCard { .. }
            | Gesture::PointingPort { .. }
            | Gesture::PointingCorner { .. }
            | Gesture::Dragging { .. }
    )
}

/// The edge under the pointer gets its buttons.
fn hover(editor: Editor, at: Point) {
    let edge = editor.with(|b| match b.view.draws_cards().then(|| b.hit(at)) {
        Some(Hit::Edge(edge)) => Some(edge),
        _ => None,
    });
    let near = |at: Point| {
        editor.hovered.with_untracked(|h| {
            h.as_ref().is_some_and(|edge| {
                editor.with(|b| b.doc.edge_path(edge).is_some_and(|p| b.view.to_screen(p.label).distance(at) < 30.0))
            })
        })
    };
    if edge.is_none() && near(at) {
        return;
    }
    if editor.hovered.with_untracked(|h| *h != edge) {
        editor.hovered.set(edge);
    }
}

/// While something is dragged to the border the view follows, frame by frame.
fn follow_border(editor: Editor, pressed: RwSignal<bool>) {
    request_animation_frame(move || {
        if pressed.try_get_untracked() != Some(true) {
            return;
        }
        editor.act(|b| b.pan_at_border(now()));
        follow_border(editor, pressed);
    });
}

/// Space grabs the canvas, except while typing.
fn watch_space(space: RwSignal<bool>) {
    let down = window_event_listener(leptos::ev::keydown, move |event| {
        let typing = event.target().is_some_and(|t| crate::ui::is_editable(&t));
        let on_button = event
            .target()
            .and_then(|t| t.dyn_into::<web_sys::Element>().ok())
            .is_some_and(|e| matches!(e.closest("button, a, [role=switch]"), Ok(Some(_))));
        if event.code() == "Space" && !typing && !on_button {
            event.prevent_default();
            space.set(true);
        }
    });
    let up = window_event_listener(leptos::ev::keyup, move |event| {
        if event.code() == "Space" {
            space.set(false);
        }
    });
    let blur = window_event_listener(leptos::ev::blur, move |_| space.set(false));
    on_cleanup(move || {
        down.remove();
        up.remove();
        blur.remove();
    });
}

/// Hover effects and tooltips rest while the view moves.
fn quiet_while_moving(editor: Editor) {
    thread_local! {
        static REST: std::cell::RefCell<Option<TimeoutHandle>> = const { std::cell::RefCell::new(None) };
    }
    let Some(pane) = editor.pane.get_untracked() else { return };
    let _ = pane.class_list().add_1("moving");
    REST.with_borrow_mut(|rest| {
        if let Some(rest) = rest.take() {
            rest.clear();
        }
        let done = move || {
            let _ = pane.class_list().remove_1("moving");
        };
        *rest = set_timeout_with_handle(done, std::time::Duration::from_millis(160)).ok();
    });
}

/// Follows the pane's size; the first size fits the drawing into it.
fn watch_size(editor: Editor) {
    let observer: StoredValue<Option<web_sys::ResizeObserver>, LocalStorage> = StoredValue::new_local(None);
    Effect::new(move || {
        let Some(pane): Option<web_sys::HtmlDivElement> = editor.pane.get() else { return };
        let measured = pane.clone();
        let left = std::cell::Cell::new(pane.get_bounding_client_rect().left());
        let resized = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
            let (w, h) = (f64::from(measured.client_width()), f64::from(measured.client_height()));
            if w == 0.0 || h == 0.0 {
                return;
            }
            let first = editor.view.try_get_untracked().is_some_and(|v| v.width == 0.0);
            // When the palette takes room at the left the drawing stays where it is on the screen.
            let now = measured.get_bounding_client_rect().left();
            let moved = left.replace(now) - now;
            editor.set_view(|b| {
                let view = Viewport { width: w, height: h, ..b.view }.panned(if first { 0.0 } else { moved }, 0.0);
                match (first, b.doc.bounds()) {
                    (true, Some(bounds)) => begin(view, bounds),
                    _ => view,
                }
            });
            if first {
                editor.show(crate::canvas::Outcome { structure: true, view: true, ..Default::default() });
                if let Some(pane) = editor.pane.get_untracked() {
                    let _ = pane.set_attribute("data-ready", "");
                }
            }
        });
        if let Ok(new) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            new.observe(&pane);
            observer.set_value(Some(new));
        }
        // The observer calls it for as long as the page lives; it does nothing once the editor is gone.
        resized.forget();
    });
    on_cleanup(move || {
        if let Some(Some(observer)) = observer.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
}

/// How a flow is shown first: all of it when it fits readably, else its beginning.
fn begin(view: Viewport, bounds: crate::canvas::Rect) -> Viewport {
    let fitted = view.fitted(bounds, 64.0);
    if fitted.zoom >= 0.5 || bounds.w * bounds.h > 4e7 {
        return fitted;
    }
    let view = Viewport { zoom: 0.75, ..view };
    let top = bounds.centre().y.min(bounds.y + view.height / view.zoom / 2.0 - 64.0);
    view.centred(Point::new(bounds.x + view.width / view.zoom / 2.0 - 64.0, top.max(bounds.y)))
}
