//! What the node is told: its form, its credentials, its settings.

use std::sync::Arc;

use flow::CredentialSlot;
use flow::api::{PreviewExpression, PreviewSchedule};
use flow::kind::shown;
use leptos::html;
use leptos::prelude::*;

use super::completions::completions;
use super::credential::CredentialPicker;
use super::curl;
use super::settings::SettingsTab;
use super::use_inspected;
use super::webhook::WebhookBox;
use crate::api;
use crate::canvas::{Id, names, walk};
use crate::editor::draft::Save;
use crate::editor::face::tile;
use crate::editor::state::{Editor, use_editor};
use crate::editor::words::Words;
use crate::form::{FieldError, FormChange, PreviewFn, ScheduleFn, SchemaForm};
use crate::i18n::{fill, text};
use crate::ui::{Button, Callout, For, Tabs, Tile};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn ParametersPane() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = inspected.id.get_value();
    let (icon, class) = tile(&editor, &id);
    let tab = RwSignal::new("parameters".to_owned());
    let tabs = vec![("parameters", w.parameters.to_owned(), None), ("settings", w.settings.to_owned(), None)];
    let run_id = id.clone();
    let pane = NodeRef::<html::Section>::new();
    let name = editor.node(&id).map(|n| format!("{}: {}", w.parameters, n.name)).unwrap_or_default();
    // The keyboard goes on where the node was opened; the next Tab is its name, then its first parameter.
    Effect::new(move || {
        let Some(pane) = pane.get() else { return };
        let held = document().active_element().is_some_and(|e| matches!(e.closest(".inspector"), Ok(Some(_))));
        if !held {
            let _ = web_sys::HtmlElement::focus(&pane);
        }
    });
    view! {
        <section class="pane middle" tabindex="-1" node_ref=pane aria-label=name>
            <div class="pane-head">
                <Tile icon=icon class=format!("sm {class}")/>
                <Name id=id.clone()/>
                <Tabs value=tab tabs=tabs label=w.parameters/>
                <span class="grow"></span>
                {editor
                    .editable
                    .then(|| {
                        view! {
                            <Button kind="primary sm" icon="play" busy=editor.live.starting on_click=move |_| editor.live.start(editor, Some(run_id.clone()))>
                                {w.run_step}
                            </Button>
                        }
                    })}
            </div>
            <div class="pane-body scroll">
                {move || match tab.get().as_str() {
                    "settings" => view! { <SettingsTab/> }.into_any(),
                    _ => view! { <Parameters/> }.into_any(),
                }}
            </div>
        </section>
    }
    .into_any()
}

/// The node's name; a click or F2 makes it a field.
#[component]
fn Name(id: Id) -> AnyView {
    let editor = use_editor();
    let w = Words::get();
    let writing = RwSignal::new(false);
    let input = NodeRef::<html::Input>::new();
    let id = StoredValue::new(id);
    let name = Memo::new(move |_| {
        editor.edits.track();
        editor.node(&id.get_value()).map(|n| n.name).unwrap_or_default()
    });
    Effect::new(move || {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    let keep = move || {
        let Some(input) = input.get_untracked() else { return };
        if writing.get_untracked() {
            let wanted = input.value();
            writing.set(false);
            editor.commit(|b| names::rename(&b.doc, &id.get_value(), &wanted));
        }
    };
    (move || {
        match writing.get() {
        true => view! {
            <input
                class="flow-name-input"
                node_ref=input
                aria-label=w.rename
                value=name.get_untracked()
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
            <h2 class="clip">
                <button type="button" class="node-name" title=w.rename disabled=!editor.editable on:click=move |_| writing.set(true)>
                    {move || name.get()}
                </button>
            </h2>
        }
        .into_any(),
    }
    })
    .into_any()
}

#[component]
fn Parameters() -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = inspected.id.get_value();
    let Some(kind) = editor.kind_of(&id) else {
        let kind = editor.node(&id).map(|n| n.kind).unwrap_or_default();
        return view! { <div class="form form-pad"><Callout kind="err">{fill(w.unknown_kind, [kind])}</Callout></div> }
            .into_any();
    };
    let node = {
        let id = id.clone();
        Memo::new(move |_| {
            editor.edits.track();
            editor.node(&id).unwrap_or_default()
        })
    };
    let value = Memo::new(move |_| node.with(|n| n.parameters.clone()));
    let changed = {
        let id = id.clone();
        move |change: FormChange| {
            let key = format!("{id}{}", change.pointer);
            if inspected.touched.with_untracked(|t| !t.contains(&change.pointer)) {
                inspected.touched.update(|t| {
                    t.insert(change.pointer.clone());
                });
            }
            editor.patch(&id, Some(&key), |n| n.parameters = change.value);
        }
    };
    let errors = {
        let id = id.clone();
        Signal::derive(move || {
            editor.findings.with(|f| {
                let here = f.iter().filter(|f| f.node.as_deref() == Some(&id) && f.pointer.is_some());
                let all = editor.draft.shows_findings();
                // A field that was never touched is not wrong before somebody wants to run or publish; one that is
                // being typed in is judged when it was saved, not by what it held before.
                let judged = editor.draft.state.get() == Save::Saved;
                let here = here.filter(|f| {
                    let touched = inspected.touched.with(|t| f.pointer.as_ref().is_some_and(|p| t.contains(p)));
                    if touched { judged } else { all }
                });
                here.map(|f| FieldError { pointer: f.pointer.clone().unwrap_or_default(), message: text(&f.message) })
                    .collect::<Vec<_>>()
            })
        })
    };
    // Another item, another run or its end: what an expression gives is asked for again.
    let run = Memo::new(move |_| editor.live.run.with(|r| r.as_ref().map(|r| (r.id.clone(), r.status.is_final()))));
    let preview = {
        let id = id.clone();
        Signal::derive(move || {
            inspected.item.track();
            run.track();
            Some(preview_of(editor, id.clone(), inspected.item))
        })
    };
    let is_schedule = kind.kind == "schedule";
    let schedule = Signal::derive(move || {
        is_schedule.then(|| {
            let fetch: ScheduleFn = Arc::new(move |parameters| {
                let timezone = editor.with(|b| b.doc.settings().timezone.clone());
                api::preview_schedule(&PreviewSchedule { parameters, timezone })
            });
            fetch
        })
    });
    let words = {
        let id = id.clone();
        Signal::derive(move || completions(editor, &id, &inspected.items.get(), inspected.item.get()))
    };
    let binaries = Signal::derive(move || {
        let mut names: Vec<String> = inspected.items.get().iter().flat_map(|i| i.binary.keys().cloned()).collect();
        names.sort();
        names.dedup();
        names
    });
    let empty = kind.parameters["properties"].as_object().is_none_or(|p| p.is_empty());
    let lacking = id.clone();
    let slots = kind.clone();
    // One that an expression decides on may be needed.
    let shown_slots = Memo::new(move |_| {
        let asked =
            |slot: &&CredentialSlot| node.with(|node| shown(&slot.show_when, node, &slots.defaults) != Some(false));
        slots.credentials.iter().filter(asked).cloned().collect::<Vec<_>>()
    });
    let is_webhook = kind.kind == "webhook";
    let takes_curl = kind.kind == "http_request" && editor.editable;
    let pasted = move |event: leptos::ev::ClipboardEvent| {
        if takes_curl {
            curl::pasted(&event, editor, &id);
        }
    };
    view! {
        <div class="form form-pad parameters" on:paste=pasted>
            {move || editor.lacks(&lacking).map(|text| view! { <Callout kind="warn">{text}</Callout> })}
            {takes_curl.then(|| view! { <p class="t3 small">{w.curl_hint}</p> })}
            {is_webhook.then(|| view! { <WebhookBox/> })}
            <For each=move || shown_slots.get() key=|slot| slot.name.clone() let(slot)>
                <CredentialPicker place=slot/>
            </For>
            <SchemaForm
                schema=Arc::new(kind.parameters.clone())
                value=value
                on_change=changed
                errors=errors
                expressions=true
                preview=preview
                completions=words
                schedule=schedule
                binaries=binaries
                read_only=!editor.editable
            />
            {empty.then(|| view! { <p class="t3">{w.no_parameters}</p> })}
        </div>
    }
    .into_any()
}

/// Asks the server with the part of the flow that an expression here can see.
fn preview_of(editor: Editor, id: Id, item: RwSignal<u32>) -> PreviewFn {
    Arc::new(move |expression| {
        let mut document = editor.document();
        let seen = editor.with(|b| walk::upstream(&b.doc, &id));
        document.nodes.retain(|n| seen.contains(n.id.as_str()));
        document.edges.retain(|e| seen.contains(e.from.as_str()) && seen.contains(e.to.as_str()));
        document.notes.clear();
        api::preview_expression(&PreviewExpression {
            document,
            node: id.to_string(),
            expression,
            run: editor.live.run.get_untracked().map(|r| r.id),
            item: item.get_untracked(),
        })
    })
}
