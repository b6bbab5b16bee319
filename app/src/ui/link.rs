//! Links within the app.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::view::{AnyView, Children, IntoAny};

/// A link to a page of the app, marked when that page, or one below it, is the current one. The router follows it
/// without loading the document again.
#[component]
pub fn Link(
    #[prop(into)] href: Signal<String>,
    #[prop(optional, into)] class: Signal<String>,
    /// Its name when it shows no words.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] title: Option<String>,
    /// The page stays where it is scrolled to.
    #[prop(optional)]
    keep_scroll: bool,
    children: Children,
) -> AnyView {
    let path = use_location().pathname;
    let current = move || href.with(|href| is_below(&path.read(), href)).then_some("page");
    view! {
        <a href=href class=class aria-label=label title=title aria-current=current data-noscroll=keep_scroll>
            {children.draw()}
        </a>
    }
    .into_any()
}

fn is_below(path: &str, href: &str) -> bool {
    let href = href.split(['?', '#']).next().unwrap_or_default();
    path.strip_prefix(href).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_link_is_current_on_its_page_and_below() {
        let check =
            |path: &str, href: &str, expected: bool| assert_eq!(is_below(path, href), expected, "{path} {href}");
        check("/runs", "/runs", true);
        check("/runs/1", "/runs", true);
        check("/runs/1", "/runs/1?flow=2", true);
        check("/runs", "/runs/1", false);
        check("/flowsheet", "/flows", false);
    }
}
