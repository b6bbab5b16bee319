//! Long lists: only the rows in sight are in the page.

use leptos::html;
use leptos::prelude::*;

use super::For;
use crate::view::{AnyView, IntoAny};

/// Rows drawn beyond the edges.
const MARGIN: usize = 8;
/// Rows of the first drawing, before sizes are known.
const FIRST: usize = 40;

/// A scrolling list of rows of one height. `row` draws the row at an index.
#[component]
pub fn VirtualList(
    #[prop(into)] count: Signal<usize>,
    /// Pixels.
    row_height: u32,
    #[prop(into)] row: Callback<usize, AnyView>,
    #[prop(optional, into)] label: String,
    /// Called when the end comes near.
    #[prop(optional, into)]
    on_end: Option<Callback<()>>,
) -> AnyView {
    let node = NodeRef::<html::Div>::new();
    let space = NodeRef::<html::Div>::new();
    let shift = NodeRef::<html::Div>::new();
    let range = RwSignal::new((0usize, FIRST));
    let measure = move || {
        let Some(list) = node.get_untracked() else { return };
        let top = list.scroll_top().max(0) as usize / row_height as usize;
        let seen = list.client_height().max(0) as usize / row_height as usize + 1;
        let new = (top.saturating_sub(MARGIN), top + seen + MARGIN);
        if range.get_untracked() != new {
            range.set(new);
        }
        if let Some(on_end) = on_end
            && new.1 >= count.get_untracked()
        {
            on_end.run(());
        }
    };
    // Sizes by CSSOM: the page's policy forbids style attributes.
    Effect::new(move || {
        if let Some(space) = space.get() {
            let _ = web_sys::HtmlElement::style(&space)
                .set_property("height", &format!("{}px", count.get() as u32 * row_height));
        }
        if let Some(shift) = shift.get() {
            let top = range.get().0.min(count.get()) as u32 * row_height;
            let _ = web_sys::HtmlElement::style(&shift).set_property("transform", &format!("translateY({top}px)"));
        }
    });
    Effect::new(move || {
        count.track();
        if node.get().is_some() {
            measure();
        }
    });
    let rows = move || {
        let (first, last) = range.get();
        (first.min(count.get())..last.min(count.get())).collect::<Vec<_>>()
    };
    view! {
        <div node_ref=node class="virtual" tabindex="0" role="region" aria-label=label on:scroll=move |_| measure()>
            <div node_ref=space class="virtual-space">
                <div node_ref=shift class="virtual-rows" role="list">
                    <For each=rows key=|i| *i let(index)><div role="listitem">{row.run(index)}</div></For>
                </div>
            </div>
        </div>
    }
    .into_any()
}
