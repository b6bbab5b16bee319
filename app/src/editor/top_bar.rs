//! The bar on top: name, state, tabs, undo and redo, history, run, publish.

use flow::api::Publish;
use leptos::html;
use leptos::prelude::*;

use super::draft::Save;
use super::state::{Editor, use_editor};
use super::versions::Versions;
use super::words::Words;
use crate::api;
use crate::canvas::{Change, Id};
use crate::i18n::fill;
use crate::ui::{Button, Icon, IconButton, Link, Menu, MenuItem, MenuLine};
use crate::view::{AnyView, IntoAny};

/// The bar while the editor is not there yet.
#[component]
pub fn Waiting(name: String) -> AnyView {
    let w = Words::get();
    view! {
        <header class="bar editor-bar">
            <b class="flow-name clip">{name}</b>
            <span class="grow"></span>
        </header>
        <div class="bench">
            <div class="canvas" aria-busy="true" aria-label=w.loading_flow></div>
        </div>
    }
    .into_any()
}

#[component]
pub fn TopBar() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let id = editor.flow_id.get_value();
    let publishing = RwSignal::new(false);
    view! {
        <header class="bar editor-bar">
            <FlowName/>
            <PublishedBadge/>
            <Place/>
            <DraftState/>
            <div class="div wide-only"></div>
            <nav class="tabs" aria-label=w.view>
                <a
                    href=format!("/flows/{id}")
                    class:on=move || !editor.settings.get()
                    aria-current=move || (!editor.settings.get()).then_some("page")
                    on:click=move |event| {
                        // A new tab or window is the browser's to open.
                        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                            event.prevent_default();
                            editor.settings.set(false);
                        }
                    }
                >
                    {w.editor}
                </a>
                <Link href=format!("/flows/{id}/runs")>{w.runs}</Link>
                <button
                    type="button"
                    class:on=move || editor.settings.get()
                    aria-current=move || editor.settings.get().then_some("page")
                    on:click=move |_| editor.settings.set(true)
                >
                    {w.settings}
                </button>
            </nav>
            <span class="grow"></span>
            {editor
                .editable
                .then(|| {
                    view! {
                        <IconButton icon="undo-2" label=format!("{} (Ctrl+Z)", w.undo) kind="ghost wide-only" disabled=Signal::derive(move || !editor.can_undo.get()) on_click=move |_| editor.undo()/>
                        <IconButton icon="redo-2" label=format!("{} (Ctrl+Shift+Z)", w.redo) kind="ghost wide-only" disabled=Signal::derive(move || !editor.can_redo.get()) on_click=move |_| editor.redo()/>
                    }
                })}
            <Versions/>
            {editor
                .editable
                .then(|| {
                    view! {
                        <div class="div"></div>
                        <RunButton/>
                        <Button kind="primary" busy=publishing on_click=move |_| publish(editor, publishing)>{w.publish}</Button>
                        <Menu id="publish-menu" label=w.more class="btn ghost icon" button=|| view! { <Icon name="ellipsis"/> }>
                            <MenuItem icon="undo-2" keys="Ctrl+Z" on_click=move |()| editor.undo()>{w.undo}</MenuItem>
                            <MenuItem icon="redo-2" keys="Ctrl+Y" on_click=move |()| editor.redo()>{w.redo}</MenuItem>
                            <MenuItem icon="history" on_click=move |()| editor.history_asked.update(|n| *n += 1)>{w.history}</MenuItem>
                            <MenuLine/>
                            <MenuItem icon="keyboard" keys="?" on_click=move |()| editor.shortcuts.set(true)>{w.shortcuts}</MenuItem>
                            <MenuLine/>
                            <MenuItem icon="power" on_click=move |()| unpublish(editor)>{w.unpublish}</MenuItem>
                        </Menu>
                    }
                })}
        </header>
    }
    .into_any()
}

/// The name; a click makes it a field.
#[component]
fn FlowName() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let writing = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    let keep = move || {
        let Some(input) = input.get_untracked() else { return };
        if !writing.get_untracked() {
            return;
        }
        let name = input.value().trim().to_owned();
        writing.set(false);
        if !name.is_empty() && name != editor.flow_name.get_untracked() {
            editor.commit(|_| vec![Change::Rename { name }]);
        }
    };
    (move || {
        match writing.get() {
        true => view! {
            <input
                class="flow-name-input"
                node_ref=input
                aria-label=w.rename_flow
                value=editor.flow_name.get_untracked()
                on:keydown=move |event| {
                    match event.key().as_str() {
                        "Enter" => keep(),
                        "Escape" => writing.set(false),
                        _ => return,
                    }
                    event.stop_propagation();
                }
                on:blur=move |_| keep()
            />
        }
        .into_any(),
        false => view! {
            <button type="button" class="flow-name clip" title=w.rename_flow disabled=!editor.editable on:click=move |_| writing.set(true)>
                {move || editor.flow_name.get()}
            </button>
        }
        .into_any(),
    }
    })
    .into_any()
}

#[component]
fn PublishedBadge() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    (move || match editor.published.get() {
        Some(n) => view! { <span class="badge ok"><i class="dot ok"></i>{fill(w.published, [n])}</span> }.into_any(),
        None => view! { <span class="badge">{w.not_published}</span> }.into_any(),
    })
    .into_any()
}

/// That runs of this flow work on the cluster.
#[component]
fn Place() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    (move || {
        on_cluster(editor).then(
            || view! { <span class="badge wide-only" title=w.cluster_title><Icon name="container"/>{w.cluster}</span> },
        )
    })
    .into_any()
}

fn on_cluster(editor: Editor) -> bool {
    editor.edits.track();
    editor.with(|b| b.doc.settings().runs_on == flow::RunsOn::Cluster)
}

/// What of the draft the server has; failures are a click away from another try.
#[component]
fn DraftState() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    (move || {
        if !editor.editable {
            return view! { <span class="small t3">{w.read_only}</span> }.into_any();
        }
        let again = move |_| {
            leptos::task::spawn_local(async move {
                editor.draft.flush(editor).await;
            });
        };
        match editor.draft.state.get() {
            Save::Saved => {
                let changed = editor.draft_changed.get() || editor.published.get().is_none();
                let text = if changed { w.saved } else { w.same_as_published };
                view! { <span class="small t3 wide-only draft-state" data-state="saved">{text}</span> }.into_any()
            }
            Save::Pending => view! { <span class="small t3 wide-only draft-state">{w.pending}</span> }.into_any(),
            Save::Saving => view! { <span class="small t3 wide-only draft-state">{w.saving}</span> }.into_any(),
            Save::Offline => {
                view! { <span class="badge warn" role="status"><Icon name="wifi-off"/>{w.offline}</span> }.into_any()
            }
            Save::Failed(why) => view! {
                <button type="button" class="badge err as-button" title=why on:click=again><Icon name="circle-alert"/>{w.save_failed}</button>
            }
            .into_any(),
            Save::Conflict => {
                view! {
                    <button type="button" class="badge warn as-button" on:click=move |_| editor.draft.conflict.notify()><Icon name="git-merge"/>{w.conflict}</button>
                }.into_any()
            }
        }
    })
    .into_any()
}

/// Run from the first trigger, or from a chosen one.
#[component]
fn RunButton() -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let busy = editor.live.starting;
    view! {
        <span class="split">
            <Button icon="play" busy=busy on_click=move |_| editor.live.start(editor, None)>{w.run}</Button>
            <Menu id="run-menu" label=w.choose_run class="btn" button=|| view! { <Icon name="chevron-down" class="s14"/> }>
                {move || {
                    editor.edits.track();
                    let triggers: Vec<(Id, String, String)> = editor
                        .with(|b| {
                            b.doc
                                .nodes()
                                .filter(|(_, p)| p.card.trigger)
                                .map(|(id, p)| {
                                    let icon = p.card.kind.as_ref().map_or("play", |k| k.icon.as_str());
                                    (id.clone(), p.node.name.clone(), icon.to_owned())
                                })
                                .collect()
                        });
                    triggers
                        .into_iter()
                        .map(|(id, name, icon)| {
                            view! {
                                <MenuItem
                                    icon=icon
                                    on_click=move |()| {
                                        editor.select([id.clone()]);
                                        editor.live.start(editor, None);
                                    }
                                >
                                    {fill(w.run_from, [name])}
                                </MenuItem>
                            }
                        })
                        .collect_view()
                }}
                <MenuLine/>
                {move || {
                    let (place, words) = match on_cluster(editor) {
                        true => (flow::RunsOn::Server, w.run_on_server),
                        false => (flow::RunsOn::Cluster, w.run_on_cluster),
                    };
                    view! { <MenuItem icon="container" on_click=move |()| editor.live.start_in(editor, None, Some(place))>{words}</MenuItem> }.into_any()
                }}
            </Menu>
        </span>
    }
    .into_any()
}

/// Publishes what is drawn; what keeps it from that is shown where it is wrong.
fn publish(editor: Editor, busy: RwSignal<bool>) {
    let w = Words::get();
    busy.set(true);
    editor.say.take_back(w.cannot_publish);
    leptos::task::spawn_local(async move {
        if editor.draft.flush(editor).await {
            let answer = api::publish_flow(&editor.flow_id.get_value(), &Publish::default()).await;
            if !editor.alive() {
                return;
            }
            match answer {
                Ok(version) => {
                    editor.published.set(Some(version.number));
                    editor.draft_changed.set(false);
                    editor.say.ok(fill(w.published_ok, [version.number]), w.published_ok_text);
                    if let Ok(detail) = api::flow(&editor.flow_id.get_value()).await
                        && editor.alive()
                    {
                        editor.take(&detail);
                    }
                }
                Err(problem) => {
                    editor.draft.show_findings(editor);
                    let has_findings = editor.findings.with_untracked(|f| !f.is_empty());
                    if has_findings {
                        editor.say.note(w.cannot_publish, problem.detail);
                    } else {
                        editor.say.problem(&problem);
                    }
                    show_first_finding(editor);
                }
            }
        } else if editor.draft.conflict.get_untracked().is_none() {
            editor.say.note(w.not_saved, w.not_saved_text);
        }
        busy.set(false);
    });
}

/// Brings the first node with an error into view.
fn show_first_finding(editor: Editor) {
    let node = editor.findings.with_untracked(|f| {
        f.iter().filter(|f| f.severity == flow::check::Severity::Error).find_map(|f| f.node.clone())
    });
    if let Some(node) = node
        && editor.node(&node).is_some()
    {
        editor.select([node.as_str().into()]);
        editor.reveal(&node);
    }
}

fn unpublish(editor: Editor) {
    let w = Words::get();
    leptos::task::spawn_local(async move {
        match api::unpublish_flow(&editor.flow_id.get_value()).await {
            Ok(()) => {
                editor.published.set(None);
                editor.say.ok(w.unpublished, w.unpublished_text);
            }
            Err(problem) => editor.say.problem(&problem),
        }
    });
}
