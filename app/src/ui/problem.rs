//! What went wrong, where it happens.

use flow::api::Problem;
use leptos::prelude::*;

use super::{Callout, EmptyState};
use crate::i18n::{Common, Lang, use_lang};
use crate::view::{AnyView, IntoAny};

/// What a problem says, in the page's language where the server knows it in both.
pub fn sentence(problem: &Problem) -> String {
    let translated = problem.more.get("message_pt").and_then(|text| text.as_str());
    match (use_lang(), translated) {
        (Lang::Pt, Some(text)) => text.to_owned(),
        _ => problem.detail.clone(),
    }
}

/// A problem in a form or a dialog, announced at once.
#[component]
pub fn ErrorBox(#[prop(into)] problem: Signal<Option<Problem>>) -> AnyView {
    (move || problem.get().map(|p| view! { <Callout kind="err">{sentence(&p)}</Callout> })).into_any()
}

/// In place of a page's content that could not be had.
#[component]
pub fn Failed(problem: Problem) -> AnyView {
    let words = Common::get();
    view! {
        <EmptyState icon="circle-alert" title=words.something_wrong text=problem.detail>
            // Not the router's: the page is asked for again.
            <a class="btn" href="" rel="external">{words.retry}</a>
        </EmptyState>
    }
    .into_any()
}

/// In place of a page whose part of the program did not come. After the server was updated the files that an open page
/// knows are gone; a new page knows the new ones.
#[component]
pub fn NotLoaded() -> AnyView {
    let words = Common::get();
    view! {
        <EmptyState icon="circle-alert" title=words.something_wrong text=words.part_missing>
            <a class="btn" href="" rel="external">{words.reload}</a>
        </EmptyState>
    }
    .into_any()
}
