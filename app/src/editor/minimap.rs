//! The minimap: the whole drawing and the view on it; dragging moves the view.

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::CanvasRenderingContext2d;

use super::face::State;
use super::state::{Editor, use_editor};
use super::words::Words;
use crate::canvas::{Point, Rect};
use crate::view::{AnyView, IntoAny};

const WIDTH: f64 = 168.0;
const HEIGHT: f64 = 120.0;
/// Between the map's border and the frame of what is seen.
const INSET: f64 = 5.0;

/// From the board to the map.
#[derive(Clone, Copy, Default, PartialEq)]
struct Scale {
    k: f64,
    x: f64,
    y: f64,
}

#[component]
pub fn Minimap() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let canvas = NodeRef::<html::Canvas>::new();
    let frame = NodeRef::<html::Div>::new();
    let scale = StoredValue::new(Scale::default());
    let pressed = StoredValue::new(false);
    let asked = StoredValue::new(false);
    // The nodes: drawn again when the document or a state changes, in the next frame.
    Effect::new(move || {
        editor.edits.track();
        editor.live.changes.track();
        editor.drawn_notes.track();
        if canvas.get().is_some() && !asked.get_value() {
            asked.set_value(true);
            request_animation_frame(move || {
                let _ = asked.try_set_value(false);
                draw(editor, canvas, scale);
                place_frame(editor, frame, scale);
            });
        }
    });
    // The view: one transform a change. Outside the map's part of the board the map is drawn anew.
    Effect::new(move || {
        editor.view.track();
        if frame.get().is_some() {
            place_frame(editor, frame, scale);
        }
    });
    let go = move |event: &PointerEvent| {
        let Some(canvas) = canvas.get_untracked() else { return };
        let bounds = canvas.get_bounding_client_rect();
        let s = scale.get_value();
        if s.k > 0.0 {
            let at = Point::new(
                (f64::from(event.client_x()) - bounds.left() - s.x) / s.k,
                (f64::from(event.client_y()) - bounds.top() - s.y) / s.k,
            );
            editor.set_view(|b| b.view.centred(at));
        }
    };
    view! {
        <div
            class="float minimap nodrag"
            role="img"
            aria-label=w.minimap
            class:gone=move || {
                editor.edits.track();
                editor.with(|b| b.doc.nodes().len() < 2)
            }
            on:pointerdown=move |event| {
                event.prevent_default();
                if let Some(target) = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) {
                    let _ = target.set_pointer_capture(event.pointer_id());
                }
                pressed.set_value(true);
                go(&event);
            }
            on:pointermove=move |event| {
                if pressed.get_value() {
                    event.stop_propagation();
                    go(&event);
                }
            }
            on:pointerup=move |_| pressed.set_value(false)
            on:pointercancel=move |_| pressed.set_value(false)
        >
            <canvas node_ref=canvas width=(WIDTH * 2.0).to_string() height=(HEIGHT * 2.0).to_string()></canvas>
            <div class="map-view" node_ref=frame></div>
        </div>
    }
    .into_any()
}

fn draw(editor: Editor, canvas: NodeRef<html::Canvas>, scale: StoredValue<Scale>) {
    let Some(Some(canvas)) = canvas.try_get_untracked() else { return };
    let context = canvas.get_context("2d").ok().flatten().and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    let style = web_sys::HtmlElement::style(&canvas);
    let computed = window().get_computed_style(&canvas).ok().flatten();
    let color = |token: &str| {
        let _ = style.set_property("color", &format!("var({token})"));
        computed.as_ref().and_then(|c| c.get_property_value("color").ok()).unwrap_or_default()
    };
    let (idle, run, err, wait) =
        (color("--line-strong"), color("--mark-run"), color("--mark-err"), color("--mark-wait"));
    let _ = style.remove_property("color");
    let _ = context.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, WIDTH * 2.0, HEIGHT * 2.0);
    editor.with(|b| {
        let Some(bounds) = b.doc.bounds() else { return };
        let area = bounds.grown(64.0);
        let k = (WIDTH / area.w).min(HEIGHT / area.h).min(0.16);
        let s = Scale { k, x: (WIDTH - area.w * k) / 2.0 - area.x * k, y: (HEIGHT - area.h * k) / 2.0 - area.y * k };
        scale.set_value(s);
        let _ = context.set_transform(2.0, 0.0, 0.0, 2.0, 0.0, 0.0);
        let mut marked: Vec<(&String, Rect)> = Vec::new();
        context.set_fill_style_str(&idle);
        let fill = |r: Rect| {
            context.fill_rect(r.x * k + s.x, r.y * k + s.y, (r.w * k).max(1.5), (r.h * k).max(1.0));
        };
        for (id, placed) in b.doc.nodes() {
            let r = placed.card.rect(placed.node.position);
            match editor.live.state_of(id, false) {
                State::Running => marked.push((&run, r)),
                State::Failed => marked.push((&err, r)),
                State::Waiting => marked.push((&wait, r)),
                _ => fill(r),
            }
        }
        for (color, r) in marked {
            context.set_fill_style_str(color);
            fill(r);
        }
    });
}

fn place_frame(editor: Editor, frame: NodeRef<html::Div>, scale: StoredValue<Scale>) {
    let Some(Some(frame)) = frame.try_get_untracked() else { return };
    let s = scale.get_value();
    if s.k == 0.0 {
        return;
    }
    let seen = editor.with(|b| b.view.visible());
    let style = web_sys::HtmlElement::style(&frame);
    let (x, y) = (seen.x * s.k + s.x, seen.y * s.k + s.y);
    // It stays within the map's round corners, however much is seen.
    let (left, top) = (x.clamp(INSET, WIDTH - INSET - 4.0), y.clamp(INSET, HEIGHT - INSET - 4.0));
    let right = (x + seen.w * s.k).clamp(INSET + 4.0, WIDTH - INSET);
    let bottom = (y + seen.h * s.k).clamp(INSET + 4.0, HEIGHT - INSET);
    let _ = style.set_property("transform", &format!("translate({left}px,{top}px)"));
    let _ = style.set_property("width", &format!("{}px", (right - left).max(4.0)));
    let _ = style.set_property("height", &format!("{}px", (bottom - top).max(4.0)));
}
