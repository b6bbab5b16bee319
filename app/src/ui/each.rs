//! What is drawn under a condition, and lists. They do what Leptos' components of these names do, but their views' types
//! are forgotten at once: each use of Leptos' is compiled again with all that is inside.

use std::hash::{DefaultHasher, Hash, Hasher};

use leptos::control_flow;
use leptos::prelude::*;

use crate::view::{AnyView, ChildrenFn, IntoAny};

/// Draws what is inside while `when` holds, else `fallback`.
#[component]
pub fn Show<W: Fn() -> bool + Send + Sync + 'static>(
    when: W,
    #[prop(optional, into)] fallback: ChildrenFn,
    children: ChildrenFn,
) -> AnyView {
    let when = ArcMemo::new(move |_| when());
    (move || if when.get() { children.draw() } else { fallback.draw() }).into_any()
}

/// An item of a list, on its way to be drawn.
struct Entry {
    /// Hash of the item's key: among 10,000 items two keys share one with a chance of one in 10¹¹.
    key: u64,
    draw: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Draws each item; one whose `key` stays is moved, not drawn again.
#[component]
pub fn For<E, I, T, K, H, D, V>(each: E, key: K, children: D) -> AnyView
where
    E: Fn() -> I + Send + 'static,
    I: IntoIterator<Item = T> + 'static,
    T: Send + 'static,
    K: Fn(&T) -> H + Send + 'static,
    H: Hash,
    D: Fn(T) -> V + Clone + Send + 'static,
    V: RenderHtml + Send + 'static,
{
    let entry = move |item: T| {
        let mut hasher = DefaultHasher::new();
        key(&item).hash(&mut hasher);
        let children = children.clone();
        Entry { key: hasher.finish(), draw: Box::new(move || children(item).into_any()) }
    };
    entries(Box::new(move || each().into_iter().map(&entry).collect()))
}

fn entries(each: Box<dyn Fn() -> Vec<Entry> + Send>) -> AnyView {
    view! { <control_flow::For each=each key=|entry| entry.key let(entry)>{(entry.draw)()}</control_flow::For> }
        .into_any()
}
