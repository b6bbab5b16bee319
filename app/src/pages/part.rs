//! The pages that nobody opens first are a module of their own in the browser. It is loaded before such a page is
//! hydrated, or while the first page rests, or, at the latest, when a link leads to one of them.

use std::cell::Cell;

use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

use super::{account, credentials, keys, runs, users};
use crate::ui::{NotLoaded, SkeletonRows};
use crate::view::{AnyView, IntoAny};

type Draw = fn() -> AnyView;

/// What the other module gives. Everything that only these reach is in that module.
struct Pages {
    flow_runs: Draw,
    runs: Draw,
    no_run: Draw,
    run: Draw,
    credentials: Draw,
    account: Draw,
    users: Draw,
    keys: Draw,
}

static PAGES: Pages = Pages {
    flow_runs: || runs::FlowRuns(),
    runs: || runs::RunsPage(),
    no_run: || runs::NoRun(),
    run: || runs::RunPage(),
    credentials: || credentials::CredentialsPage(),
    account: || account::AccountPage(),
    users: || users::UsersPage(),
    keys: || keys::KeysPage(),
};

#[wasm_split(pages, fallible)]
fn pages() -> Result<&'static Pages, SplitLoaderError> {
    Ok(&PAGES)
}

thread_local! {
    static LOADED: Cell<Option<&'static Pages>> = const { Cell::new(None) };
}

/// Loads them, unless they are there.
pub async fn load() -> Result<(), SplitLoaderError> {
    LOADED.set(Some(pages().await?));
    Ok(())
}

/// Whether the page at `path` is one of them.
pub fn has(path: &str) -> bool {
    ["/runs", "/credentials", "/settings/"].iter().any(|start| path.starts_with(start))
        || (path.starts_with("/flows/") && path.ends_with("/runs"))
}

/// The server has them always.
fn loaded() -> Option<&'static Pages> {
    if cfg!(target_family = "wasm") { LOADED.get() } else { Some(&PAGES) }
}

fn draw(page: fn(&Pages) -> Draw) -> AnyView {
    match loaded() {
        Some(pages) => page(pages)(),
        None => view! { <Later page=page/> }.into_any(),
    }
}

/// The page as soon as it is there.
#[component]
fn Later(page: fn(&Pages) -> Draw) -> AnyView {
    let done = RwSignal::new(None);
    leptos::task::spawn_local(async move {
        done.try_set(Some(load().await.is_ok()));
    });
    (move || match (done.get(), loaded()) {
        (Some(true), Some(pages)) => untrack(|| page(pages)()),
        (Some(_), _) => view! { <NotLoaded/> }.into_any(),
        (None, _) => view! { <div class="body"><div class="card"><SkeletonRows/></div></div> }.into_any(),
    })
    .into_any()
}

/// `/flows/:id/runs`
#[component]
pub fn FlowRuns() -> AnyView {
    draw(|pages| pages.flow_runs)
}

/// `/runs`
#[component]
pub fn RunsPage() -> AnyView {
    draw(|pages| pages.runs)
}

/// `/runs` without a chosen run.
#[component]
pub fn NoRun() -> AnyView {
    draw(|pages| pages.no_run)
}

/// `/runs/:run`
#[component]
pub fn RunPage() -> AnyView {
    draw(|pages| pages.run)
}

/// `/credentials`
#[component]
pub fn CredentialsPage() -> AnyView {
    draw(|pages| pages.credentials)
}

/// `/settings/account`
#[component]
pub fn AccountPage() -> AnyView {
    draw(|pages| pages.account)
}

/// `/settings/users`
#[component]
pub fn UsersPage() -> AnyView {
    draw(|pages| pages.users)
}

/// `/settings/keys`
#[component]
pub fn KeysPage() -> AnyView {
    draw(|pages| pages.keys)
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn what_is_opened_first_is_none_of_them() {
        let check = |path: &str, expected: bool| assert_eq!(has(path), expected, "{path}");
        check("/", false);
        check("/sign-in", false);
        check("/welcome", false);
        check("/flows", false);
        check("/flows/0193", false);
        check("/flows/0193/runs", true);
        check("/runs", true);
        check("/runs/0193", true);
        check("/credentials", true);
        check("/settings/users", true);
    }
}
