//! Icons from one sprite, the product's mark, and the coloured tiles of node families.

use flow::Group;
use leptos::prelude::*;

use crate::view::{AnyView, IntoAny};

/// All symbols (Lucide, ISC licence), placed once in the page; ids start with `i-`.
pub const SPRITE: &str = include_str!("../../assets/sprite.svg");

/// A symbol of the sprite, 16 px unless `class` says `s14` or `s20`. Decoration: a word or a label stands beside it.
#[component]
pub fn Icon(#[prop(into)] name: Signal<String>, #[prop(optional, into)] class: Signal<String>) -> AnyView {
    view! {
        <svg class=move || format!("i {}", class.get()) aria-hidden="true">
            <use_ href=move || format!("#i-{}", name.get())></use_>
        </svg>
    }
    .into_any()
}

/// The product's mark.
#[component]
pub fn Brand() -> AnyView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <rect width="24" height="24" rx="6" fill="var(--accent-solid)"></rect>
            <path d="M6.5 16.5c6 0 5-9 11-9" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round"></path>
            <circle cx="6.5" cy="16.5" r="2.5" fill="var(--on-accent)"></circle>
            <circle cx="17.5" cy="7.5" r="2.5" fill="var(--on-accent)"></circle>
        </svg>
    }
    .into_any()
}

/// Class that gives `--c` and `--ct`, the colours of a node family.
pub fn group_class(group: Group) -> &'static str {
    match group {
        Group::Trigger => "c-trigger",
        Group::Flow => "c-flow",
        Group::Data => "c-data",
        Group::Files => "c-files",
        Group::Pdf => "c-pdf",
        Group::Network => "c-network",
        Group::Database => "c-database",
        Group::Kubernetes => "c-kubernetes",
        Group::Ai => "c-ai",
    }
}

/// An icon on its family's tint.
#[component]
pub fn Tile(#[prop(into)] icon: Signal<String>, #[prop(into)] class: Signal<String>) -> AnyView {
    view! { <i class=move || format!("tile {}", class.get())><Icon name=icon/></i> }.into_any()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::SPRITE;

    fn names(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                names(&entry, found);
                continue;
            }
            let text = std::fs::read_to_string(&entry).unwrap();
            for lead in ["<Icon name=\"", " icon=\""] {
                let after = text.split(lead).skip(1);
                found.extend(after.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()));
            }
        }
    }

    #[test]
    fn every_icon_is_in_the_sprite() {
        let mut found = Vec::new();
        names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert!(found.len() > 50, "{} icons", found.len());
        // Names only: this file holds what it looks for, too.
        found.retain(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
        found.retain(|name| !SPRITE.contains(&format!("id=\"i-{name}\"")));
        assert_eq!(found, Vec::<String>::new());
    }
}
