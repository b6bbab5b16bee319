//! The outline of a flow: small tiles and edges where the nodes stand.

use std::collections::HashMap;

use flow::Flow;
use leptos::prelude::*;

use crate::api::KindFace;
use crate::view::{AnyView, IntoAny};

use super::group_class;

const WIDTH: f64 = 296.0;
const HEIGHT: f64 = 104.0;
const CARD: (f64, f64) = (34.0, 22.0);

/// Where each card goes, keeping columns and rows of the drawing.
fn places(flow: &Flow) -> HashMap<&str, (f64, f64)> {
    let mut columns: Vec<i32> = flow.nodes.iter().map(|n| n.position[0]).collect();
    columns.sort_unstable();
    // Nodes that stand almost above each other share a column.
    columns.dedup_by(|b, a| *b - *a < 160);
    let column = |x: i32| columns.iter().rposition(|c| *c <= x).unwrap_or(0);
    let (top, bottom) =
        flow.nodes.iter().fold((i32::MAX, i32::MIN), |(t, b), n| (t.min(n.position[1]), b.max(n.position[1])));
    let step_x = (WIDTH - 40.0 - CARD.0) / (columns.len().max(2) - 1) as f64;
    let scale_y = if bottom > top { ((HEIGHT - 28.0 - CARD.1) / f64::from(bottom - top)).min(0.4) } else { 0.0 };
    let middle = f64::from(top + bottom) / 2.0;
    flow.nodes
        .iter()
        .map(|n| {
            let x = match columns.len() {
                1 => (WIDTH - CARD.0) / 2.0,
                _ => 20.0 + column(n.position[0]) as f64 * step_x,
            };
            (
                n.id.as_str(),
                (x.round(), ((HEIGHT - CARD.1) / 2.0 + (f64::from(n.position[1]) - middle) * scale_y).round()),
            )
        })
        .collect()
}

/// A picture of `flow` for cards.
#[component]
pub fn Outline(flow: Flow, kinds: StoredValue<Vec<KindFace>>) -> AnyView {
    let places = places(&flow);
    let edges = flow
        .edges
        .iter()
        .filter_map(|edge| {
            let ((x1, y1), (x2, y2)) = (*places.get(edge.from.as_str())?, *places.get(edge.to.as_str())?);
            let (x1, y1, y2) = (x1 + CARD.0, y1 + CARD.1 / 2.0, y2 + CARD.1 / 2.0);
            let c = ((x2 - x1) / 2.0).abs();
            Some(view! { <path d=format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + c, x2 - c) fill="none" stroke="var(--edge)" stroke-width="1.5"></path> })
        })
        .collect_view();
    let cards = flow
        .nodes
        .iter()
        .filter_map(|node| {
            let (x, y) = *places.get(node.id.as_str())?;
            let (icon, class) = kinds.with_value(|kinds| {
                kinds.iter().find(|k| k.kind == node.kind).map_or(("box".to_owned(), "c-none"), |k| (k.icon.clone(), group_class(k.group)))
            });
            Some(view! {
                <g class=class transform=format!("translate({x} {y})")>
                    <rect x="0.5" y="0.5" width="33" height="21" rx="5" fill="var(--bg-surface)" stroke="var(--line-strong)"></rect>
                    <rect x="9" y="3" width="16" height="16" rx="3.5" fill="var(--ct)"></rect>
                    <use_ href=format!("#i-{icon}") x="11.5" y="5.5" width="11" height="11" fill="none" stroke="var(--c)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"></use_>
                </g>
            })
        })
        .collect_view();
    view! { <svg class="outline" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true">{edges}{cards}</svg> }
        .into_any()
}
