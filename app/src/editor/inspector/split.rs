//! Three panes side by side, each boundary to be dragged or moved by arrow keys; the widths are remembered.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::editor::words::Words;
use crate::view::{AnyView, IntoAny};

const KEY: &str = "fluxo-panes";
/// Shares of the width.
const SHARES: [f64; 3] = [24.0, 37.0, 39.0];
/// No pane gets less than this share.
const LEAST: f64 = 14.0;

#[component]
pub fn ThreePanes(left: fn() -> AnyView, middle: fn() -> AnyView, right: fn() -> AnyView) -> AnyView {
    let shares = RwSignal::new(remembered().unwrap_or(SHARES));
    let node = NodeRef::<html::Div>::new();
    view! {
        <div
            class="three"
            node_ref=node
            style:grid-template-columns=move || {
                let [a, b, c] = shares.get();
                format!("minmax(240px,{a}fr) 1px minmax(min(400px,40vw),{b}fr) 1px minmax(280px,{c}fr)")
            }
        >
            {left()}
            <Boundary index=0 shares=shares panes=node/>
            {middle()}
            <Boundary index=1 shares=shares panes=node/>
            {right()}
        </div>
    }
    .into_any()
}

#[component]
fn Boundary(index: usize, shares: RwSignal<[f64; 3]>, panes: NodeRef<html::Div>) -> AnyView {
    let w = Words::get();
    let from = StoredValue::new(None::<(f64, [f64; 3])>);
    let shift = move |start: [f64; 3], by: f64| {
        let by = by.clamp(LEAST - start[index], start[index + 1] - LEAST);
        let mut new = start;
        new[index] += by;
        new[index + 1] -= by;
        shares.set(new);
    };
    let down = move |event: PointerEvent| {
        event.prevent_default();
        if let Some(target) = event.current_target().and_then(|t| t.dyn_into::<web_sys::Element>().ok()) {
            let _ = target.set_pointer_capture(event.pointer_id());
        }
        from.set_value(Some((f64::from(event.client_x()), shares.get_untracked())));
    };
    let moved = move |event: PointerEvent| {
        if let (Some((x, start)), Some(panes)) = (from.get_value(), panes.get_untracked()) {
            let width = f64::from(panes.client_width()).max(1.0);
            shift(start, (f64::from(event.client_x()) - x) / width * 100.0);
        }
    };
    let up = move |_: PointerEvent| {
        from.set_value(None);
        remember(shares.get_untracked());
    };
    let key = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => -2.0,
            "ArrowRight" => 2.0,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        shift(shares.get_untracked(), by);
        remember(shares.get_untracked());
    };
    view! {
        <div
            class="boundary"
            role="separator"
            tabindex="0"
            aria-orientation="vertical"
            aria-label=w.resize
            aria-valuenow=move || format!("{:.0}", shares.get()[index])
            on:pointerdown=down
            on:pointermove=moved
            on:pointerup=up
            on:dblclick=move |_| {
                shares.set(SHARES);
                remember(SHARES);
            }
            on:keydown=key
        ></div>
    }
    .into_any()
}

fn remembered() -> Option<[f64; 3]> {
    let text = window().local_storage().ok().flatten()?.get_item(KEY).ok()??;
    serde_json::from_str(&text).ok()
}

fn remember(shares: [f64; 3]) {
    if let (Ok(Some(store)), Ok(text)) = (window().local_storage(), serde_json::to_string(&shares)) {
        let _ = store.set_item(KEY, &text);
    }
}
