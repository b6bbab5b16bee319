//! The versions of the flow; any of them can be put into the draft.

use flow::api::Version;
use leptos::prelude::*;

use super::state::{Editor, use_editor};
use super::words::Words;
use crate::api;
use crate::canvas::Change;
use crate::i18n::fill;
use crate::ui::{Button, Dialog, EmptyState, IconButton, RelativeTime, SkeletonRows};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn Versions() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let open = RwSignal::new(false);
    let list = RwSignal::new(None::<Vec<Version>>);
    let show = move |()| {
        open.set(true);
        list.set(None);
        leptos::task::spawn_local(async move {
            match api::versions(&editor.flow_id.get_value()).await {
                Ok(versions) => list.set(Some(versions)),
                Err(problem) => {
                    open.set(false);
                    editor.say.problem(&problem);
                }
            }
        });
    };
    // Narrow bars have it in their menu.
    Effect::new(move |former: Option<u32>| {
        let asked = editor.history_asked.get();
        if former.is_some_and(|f| f != asked) {
            show(());
        }
        asked
    });
    view! {
        <IconButton icon="history" label=w.history kind="ghost wide-only" on_click=move |_| show(())/>
        <Dialog open=open title=w.versions>
            {move || match list.get() {
                None => view! { <SkeletonRows rows=3/> }.into_any(),
                Some(list) if list.is_empty() => {
                    view! { <EmptyState icon="history" title=w.versions text=w.versions_empty/> }.into_any()
                }
                Some(list) => {
                    view! {
                        <ul class="version-list">
                            {list.into_iter().map(|version| view! { <Row version=version open=open/> }).collect_view()}
                        </ul>
                    }
                    .into_any()
                }
            }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Row(version: Version, open: RwSignal<bool>) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let number = version.number;
    view! {
        <li>
            <div class="grow">
                <b>{fill(w.version_n, [number])}</b>
                {version.published.then(|| view! { " "<span class="badge ok"><i class="dot ok"></i>{w.live}</span> })}
                <div class="small t3">{version.name} " " <RelativeTime at=version.created_at/> " · " {version.created_by}</div>
            </div>
            {editor
                .editable
                .then(|| {
                    view! {
                        <Button
                            kind="sm"
                            on_click=move |_| {
                                open.set(false);
                                restore(editor, number);
                            }
                        >
                            {w.restore}
                        </Button>
                    }
                })}
        </li>
    }
    .into_any()
}

/// Puts a version's drawing into the draft as one step of undo.
fn restore(editor: Editor, number: u32) {
    let w = Words::get();
    leptos::task::spawn_local(async move {
        match api::version(&editor.flow_id.get_value(), number).await {
            Ok(_) if !editor.alive() => {}
            Ok(version) => {
                let flow = version.document;
                editor.commit(|b| {
                    let mut changes: Vec<Change> =
                        b.doc.edges().map(|edge| Change::RemoveEdge { edge: edge.clone() }).collect();
                    changes.extend(b.doc.ids().map(|id| Change::RemoveNode { id: id.clone() }));
                    changes.extend(b.doc.notes().map(|(id, _)| Change::RemoveNote { id: id.clone() }));
                    changes.extend(flow.nodes.into_iter().map(Change::add_node));
                    changes.extend(flow.edges.into_iter().map(Change::add_edge));
                    changes.extend(
                        flow.notes.into_iter().map(|note| Change::AddNote { at: crate::canvas::change::LAST, note }),
                    );
                    changes.push(Change::Rename { name: flow.name });
                    changes.push(Change::Settings { description: flow.description, settings: flow.settings });
                    changes
                });
                editor.fit();
                editor.say.ok(fill(w.restored_version, [number]), w.restored_version_text);
            }
            Err(problem) => editor.say.problem(&problem),
        }
    });
}
