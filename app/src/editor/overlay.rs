//! What lies over the drawing: selection box, the edge being drawn, buttons of an edge, tools of the selected node.

use leptos::prelude::*;

use super::actions::{self, Action};
use super::palette::PaletteAt;
use super::state::{Editor, MenuAt, MenuOn, use_editor};
use super::words::Words;
use crate::canvas::gesture::Gesture;
use crate::canvas::{EdgePath, Point, Side, edit};
use crate::ui::Icon;
use crate::view::{AnyView, IntoAny};

/// Selection box and the edge being drawn.
#[component]
pub fn Overlays() -> AnyView {
    let editor = use_editor();
    let area = move || {
        editor.overlay.with(|o| o.area).map(|r| {
            view! {
                <div
                    class="select-box"
                    style:transform=format!("translate({}px,{}px)", r.x, r.y)
                    style:width=format!("{}px", r.w)
                    style:height=format!("{}px", r.h)
                ></div>
            }
        })
    };
    let link = move || {
        let link = editor.overlay.with(|o| o.link.clone())?;
        let start = editor.with(|b| link.end.at(&b.doc))?;
        // The line jumps to the port that would take it.
        let (to, allowed) = match &link.target {
            Some(target) => {
                let edge = &target.edge;
                let port = editor.with(|b| match link.end.side {
                    Side::Out => b.doc.input_at(&edge.to, &edge.to_port),
                    Side::In => b.doc.output_at(&edge.from, &edge.from_port),
                });
                (port.unwrap_or(link.to), target.verdict.is_ok())
            }
            None => (link.to, true),
        };
        let path = match link.end.side {
            Side::Out => EdgePath::forward(start, to),
            Side::In => EdgePath::forward(to, start),
        };
        let why = link.target.as_ref().and_then(|t| t.verdict.err()).map(|r| crate::i18n::text(&r.text()));
        let caught = link.target.is_some() && allowed;
        Some(view! {
            <svg class="edges link" aria-hidden="true">
                <path class:bad=!allowed d=path.d()></path>
                {caught.then(|| view! { <circle cx=to.x cy=to.y r="9"></circle> })}
            </svg>
            {why.map(|why| view! { <div class="why" role="status" style:transform=format!("translate({}px,{}px)", to.x + 16.0, to.y + 16.0)>{why}</div> })}
        })
    };
    view! {
        {area}
        {link}
    }
    .into_any()
}

/// `+` and `×` of the edge under the pointer or selected.
#[component]
pub fn EdgeActions() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let edge = Memo::new(move |_| {
        editor.edits.track();
        let edge = editor.hovered.get().or_else(|| editor.selected.with(|s| s.edge.clone()))?;
        let at = editor.with(|b| b.doc.edge_path(&edge))?.label;
        Some((edge, at.x, at.y))
    });
    (move || {
        let (edge, x, y) = edge.get().filter(|_| editor.editable && editor.view.with(|v| v.draws_cards()))?;
        let gone = edge.clone();
        Some(view! {
            <span class="eacts nodrag" style:transform=format!("translate({x}px,{y}px) translate(-50%,-50%)")>
                <button
                    type="button"
                    aria-label=w.insert_here
                    title=w.insert_here
                    on:click=move |_| editor.palette.set(Some(PaletteAt::Edge(edge.clone())))
                >
                    <Icon name="plus" class="s14"/>
                </button>
                <button
                    type="button"
                    aria-label=w.delete_edge
                    title=w.delete_edge
                    on:click=move |_| {
                        editor.hovered.set(None);
                        editor.commit(|_| edit::disconnect(&gone));
                    }
                >
                    <Icon name="x" class="s14"/>
                </button>
            </span>
        })
    })
    .into_any()
}

/// The toolbar above the selected node, or above all that is selected.
#[component]
pub fn NodeTools() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let place = Memo::new(move |_| {
        editor.edits.track();
        editor.overlay.track();
        editor.writing.track();
        let view = editor.view.get();
        let ids = editor.selected.with(|s| s.ids.clone());
        if ids.is_empty() || !view.draws_cards() {
            return None;
        }
        editor.with(|b| {
            // It would only be in the way of what is being dragged.
            if matches!(
                b.gesture(),
                Gesture::Dragging { .. } | Gesture::BoxSelecting { .. } | Gesture::Connecting { .. }
            ) {
                return None;
            }
            let rect = crate::canvas::Rect::around(ids.iter().filter_map(|id| b.doc.rect(id)))?;
            let at = view.to_screen(Point::new(rect.x, rect.y));
            let is_node = ids.iter().any(|id| b.doc.node(id).is_some());
            (at.x < view.width && at.x > -200.0).then_some((at.x.max(8.0), (at.y - 40.0).max(8.0), ids.len(), is_node))
        })
    });
    (move || {
        let (x, y, count, is_node) = place.get()?;
        let buttons = actions::TOOLBAR.iter().filter(|a| is_node || a.id == "delete" || a.id == "duplicate");
        let lead = (count == 1 && is_node && editor.editable).then(|| {
            view! {
                <button type="button" class="tool-run" title=w.run_to_here on:click=move |_| run_selected(editor)>
                    <Icon name="play" class="s14"/>{w.run_step}
                </button>
            }
        });
        let many =
            (count > 1).then(|| view! { <span class="many">{crate::i18n::fill(w.nodes_selected, [count])}</span> });
        let more = move |_| {
            let at = Point::new(x, y + 34.0);
            editor.menu.set(Some(MenuAt { at, on: MenuOn::Selection }));
        };
        Some(view! {
            <div class="node-tools nodrag" role="toolbar" aria-label=w.more style:transform=format!("translate({x}px,{y}px)")>
                {lead}
                {many}
                {buttons.map(|a| view! { <Tool action=*a/> }).collect_view()}
                <button type="button" aria-label=w.more title=w.more on:click=more><Icon name="ellipsis" class="s14"/></button>
            </div>
        })
    })
    .into_any()
}

#[component]
fn Tool(action: &'static Action) -> AnyView {
    let editor = use_editor();
    let title = action.title(editor);
    view! {
        <button
            type="button"
            aria-label=title.clone()
            title=action.with_keys(&title)
            disabled=!(action.enabled)(editor)
            on:click=move |_| (action.run)(editor)
        >
            <Icon name=(action.icon)(editor) class="s14"/>
        </button>
    }
    .into_any()
}

fn run_selected(editor: Editor) {
    let id = editor.with(|b| b.selection.iter().find(|id| b.doc.node(id).is_some()).cloned());
    if let Some(id) = id {
        editor.live.start(editor, Some(id));
    }
}
