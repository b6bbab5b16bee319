//! Routes.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Outlet, ParentRoute, Redirect, Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::context::use_session;
use crate::editor::EditorPage;
use crate::pages;
use crate::ui::{Toasts, frame as ui_frame, provide_clock, provide_toasts};
use crate::view::{AnyView, IntoAny};

/// The whole user interface.
#[component]
pub fn App() -> AnyView {
    provide_meta_context();
    provide_toasts();
    provide_clock();
    view! {
        <Router>
            <Routes fallback=|| view! { <pages::NotFound/> }>
                <Route path=path!("/") view=Start/>
                <Route path=path!("/welcome") view=pages::Welcome/>
                <Route path=path!("/sign-in") view=pages::SignInPage/>
                <ParentRoute path=path!("") view=Inside ssr=SsrMode::Async>
                    <Route path=path!("/flows") view=pages::FlowsPage ssr=SsrMode::Async/>
                    <Route path=path!("/flows/:id") view=EditorPage ssr=SsrMode::Async/>
                    <Route path=path!("/flows/:id/runs") view=pages::FlowRuns/>
                    <ParentRoute path=path!("/runs") view=pages::RunsPage ssr=SsrMode::Async>
                        <Route path=path!("") view=pages::NoRun ssr=SsrMode::Async/>
                        <Route path=path!("/:run") view=pages::RunPage ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/credentials") view=pages::CredentialsPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/account") view=pages::AccountPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/users") view=pages::UsersPage ssr=SsrMode::Async/>
                    <Route path=path!("/settings/keys") view=pages::KeysPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
        <Toasts/>
    }
    .into_any()
}

/// `/`: to where the person can do something.
#[component]
fn Start() -> AnyView {
    let to = crate::shell::guard("/", &use_session()).unwrap_or_else(|| "/flows".to_owned());
    view! { <Redirect path=to/> }.into_any()
}

/// The frame with the navigation around every page for people who are signed in.
#[component]
fn Inside() -> AnyView {
    match use_session().user {
        Some(user) => view! { <ui_frame::Frame user=user><Outlet/></ui_frame::Frame> }.into_any(),
        None => {
            let location = leptos_router::hooks::use_location();
            let path = location.pathname.get_untracked();
            let query = location.search.get_untracked();
            let here = if query.is_empty() { path } else { format!("{path}?{query}") };
            let to = crate::shell::guard(&here, &use_session()).unwrap_or_else(|| "/sign-in".to_owned());
            view! { <Redirect path=to/> }.into_any()
        }
    }
}
