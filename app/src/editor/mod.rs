//! The canvas editor: a thin skin of signals and DOM over [`crate::canvas`], which knows neither.
//!
//! *Architecture invariant:* nothing here decides what an edit does; it turns events into calls of [`state::Editor`] and
//! draws what the [`crate::canvas::Outcome`] names. The canvas exists in the browser only: the server renders the frame.

mod actions;
mod card;
mod connect;
mod dialogs;
mod draft;
mod edges;
mod face;
mod far;
mod flow_settings;
mod inspector;
mod keyboard;
mod list;
mod live;
mod menu;
mod minimap;
mod overlay;
mod palette;
mod pane;
mod part;
mod search;
mod shortcuts;
mod state;
mod strip;
mod tools;
mod top_bar;
mod versions;
mod words;

use flow::KindDescription;
use flow::api::{FlowDetail, Problem};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use serde::{Deserialize, Serialize};

use self::part::ClientOnly;
pub use self::part::{has, load};
use self::state::Editor;
use crate::api;
use crate::context::may_edit;
use crate::ui::{Failed, Show};
use crate::view::{AnyView, IntoAny};

/// The flow and the node kinds, as the API gave them: the workbench reads them, and no page before it.
type Loaded = Result<(Named, api::Text, api::Text), Problem>;

/// What the page shows of a flow before the workbench is there.
#[derive(Clone, Serialize, Deserialize)]
struct Named {
    name: String,
    draft: DraftName,
}

#[derive(Clone, Serialize, Deserialize)]
struct DraftName {
    name: String,
}

/// `/flows/:id`; with `?run=` that run is shown on the canvas.
#[component]
pub fn EditorPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let loaded = Resource::new(
        move || id.get(),
        |id| async move {
            let (detail, kinds) = (api::flow_text(&id), api::node_kinds_text());
            let (detail, kinds) = (detail.await?, kinds.await?);
            Loaded::Ok((detail.read()?, detail, kinds))
        },
    );
    view! {
        <Suspense fallback=|| view! { <top_bar::Waiting name=String::new()/> }>
            {move || Suspend::new(async move {
                match loaded.await {
                    Ok((named, detail, kinds)) => {
                        let title = format!("{} · Fluxo", named.name);
                        view! {
                            <Title text=title/>
                            <ClientOnly name=named.draft.name detail=detail kinds=kinds/>
                        }
                        .into_any()
                    }
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Workbench(detail: FlowDetail, kinds: Vec<KindDescription>) -> AnyView {
    let editor = Editor::new(detail, kinds, may_edit());
    provide_context(editor);
    editor.draft.start(editor);
    let query = use_query_map();
    if let Some(run) = query.read_untracked().get("run") {
        editor.live.open(editor, run);
    }
    if let Some(node) = query.read_untracked().get("node")
        && editor.node(&node).is_some()
    {
        editor.opened.set(Some(node.as_str().into()));
    }
    let leave = window_event_listener(leptos::ev::pagehide, move |_| editor.draft.keep_copy(editor));
    let online = window_event_listener(leptos::ev::online, move |_| editor.draft.changed_back(editor));
    on_cleanup(move || {
        leave.remove();
        online.remove();
        editor.draft.leave(editor);
    });
    keyboard::listen(editor);
    if query.read_untracked().get("tab").as_deref() == Some("settings") {
        editor.settings.set(true);
    }
    let open = Memo::new(move |_| editor.opened.get().is_some() && !editor.settings.get());
    let covered = Memo::new(move |_| open.get() || editor.settings.get());
    view! {
        <top_bar::TopBar/>
        <div class="bench">
            <Show when=move || editor.palette.get().is_some() && !covered.get()>
                <palette::Palette/>
            </Show>
            <div class="col grow bench-main" class:covered=covered>
                <pane::Pane/>
                <strip::RunStrip/>
            </div>
        </div>
        <Show when=move || open.get()>
            <inspector::Inspector/>
        </Show>
        <Show when=move || editor.settings.get()>
            <flow_settings::FlowSettingsTab/>
        </Show>
        <list::NodeList/>
        <dialogs::Dialogs/>
        <connect::ConnectDialog/>
        <shortcuts::Shortcuts/>
        <div class="sr" role="status" aria-live="polite">{move || editor.announce.get()}</div>
    }
    .into_any()
}
