//! Making and changing a credential; the editor uses the same dialog.

use std::sync::Arc;

use flow::api::{Credential, CredentialKind, NewCredential, Problem};
use leptos::prelude::*;
use serde_json::{Map, Value};

use super::certificate::Certificate;
use super::words::Words;
use crate::api;
use crate::form::{FieldError, FormChange, SchemaForm};
use crate::i18n::{Common, fill, text};
use crate::notices::use_notices;
use crate::ui::{Button, Callout, Dialog, ErrorBox, Field, Icon, Input, Show, Switch, sentence, use_toasts};
use crate::view::{AnyView, IntoAny};

/// Makes a credential, or changes `existing`. `only` narrows the kinds that are offered.
#[component]
pub fn CredentialDialog(
    open: RwSignal<bool>,
    kinds: StoredValue<Vec<CredentialKind>>,
    #[prop(into)] existing: Signal<Option<Credential>>,
    #[prop(into)] on_saved: Callback<Credential>,
    /// Kinds that are offered; all when empty.
    #[prop(optional, into)]
    only: Signal<Vec<String>>,
) -> AnyView {
    let words = Words::get();
    let kind = RwSignal::new(None::<String>);
    let saved = RwSignal::new(None::<Credential>);
    let offered = move || {
        kinds.with_value(|all| {
            let only = only.read();
            all.iter().filter(|k| only.is_empty() || only.contains(&k.kind)).cloned().collect::<Vec<_>>()
        })
    };
    Effect::new(move || {
        if open.get() {
            saved.set(None);
            let one = match offered().as_slice() {
                [one] => Some(one.kind.clone()),
                _ => None,
            };
            kind.set(existing.read_untracked().as_ref().map(|c| c.kind.clone()).or(one));
        }
    });
    let title = Signal::derive(move || match existing.read().as_ref() {
        Some(c) => fill(words.edit, [&c.name]),
        None => words.new.to_owned(),
    });
    view! {
        <Dialog open=open title=title class="medium">
            {move || match (saved.get(), kind.get()) {
                (Some(credential), _) => view! { <Saved credential=credential open=open/> }.into_any(),
                (None, Some(chosen)) => {
                    let has_choice = offered().len() != 1;
                    let described = kinds.with_value(|all| all.iter().find(|k| k.kind == chosen).cloned());
                    match described {
                        Some(described) => view! {
                            <EditForm has_choice=has_choice described=described existing=existing.get_untracked() open=open kind=kind saved=saved on_saved=on_saved/>
                        }
                        .into_any(),
                        None => ().into_any(),
                    }
                }
                (None, None) => view! {
                    <p class="t2">{words.choose_kind}</p>
                    <div class="kind-grid">
                        {offered()
                            .into_iter()
                            .map(|k| {
                                let id = k.kind.clone();
                                view! {
                                    <button type="button" class="kind-card" on:click=move |_| kind.set(Some(id.clone()))>
                                        <i class="tile sm c-none"><Icon name=k.icon/></i>
                                        {text(&k.name)}
                                    </button>
                                }
                            })
                            .collect_view()}
                    </div>
                }
                .into_any(),
            }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn EditForm(
    /// Other kinds could be made instead.
    has_choice: bool,
    described: CredentialKind,
    existing: Option<Credential>,
    open: RwSignal<bool>,
    kind: RwSignal<Option<String>>,
    saved: RwSignal<Option<Credential>>,
    on_saved: Callback<Credential>,
) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let (toasts, notices) = (use_toasts(), use_notices());
    let is_new = existing.is_none();
    let id = existing.as_ref().map(|c| c.id.clone());
    let name = RwSignal::new(existing.as_ref().map(|c| c.name.clone()).unwrap_or_default());
    let replacing = RwSignal::new(is_new);
    let secret = RwSignal::new(defaults(&described.schema));
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    // A problem that names a field shows there, any other above the buttons.
    let errors = Signal::derive(move || {
        let problem = problem.read();
        let found = problem.as_ref().and_then(|p| Some((p.pointer.as_deref()?, sentence(p))));
        found
            .map(|(pointer, message)| FieldError {
                pointer: pointer.strip_prefix("/secret").unwrap_or(pointer).to_owned(),
                message,
            })
            .into_iter()
            .collect::<Vec<_>>()
    });
    let has_field = {
        let schema = described.schema.clone();
        move |pointer: &str| {
            let field = pointer.strip_prefix("/secret").unwrap_or(pointer).trim_start_matches('/');
            schema.pointer("/properties").and_then(|p| p.get(field)).is_some()
        }
    };
    let general = Signal::derive(move || problem.get().filter(|p| !p.pointer.as_deref().is_some_and(&has_field)));
    let bad = move || tried.get() && name.read().trim().is_empty();
    let kind_id = described.kind.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if busy.get_untracked() || name.read_untracked().trim().is_empty() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let secret = if replacing.get_untracked() { secret.get_untracked() } else { Map::new() };
        let new = NewCredential { name: name.get_untracked().trim().to_owned(), kind: kind_id.clone(), secret };
        let call = match &id {
            Some(id) => api::change_credential(id, &new),
            None => api::create_credential(&new),
        };
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(credential) => {
                    on_saved.run(credential.clone());
                    notices.refresh();
                    // What a certificate says is worth a look before it signs anything.
                    if credential.certificate.is_some() && replacing.try_get_untracked().unwrap_or(false) {
                        saved.try_set(Some(credential));
                    } else {
                        toasts.ok(fill(words.saved, [&credential.name]), "");
                        open.try_set(false);
                    }
                }
                Err(found) => {
                    problem.try_set(Some(found));
                }
            }
            busy.try_set(false);
        });
    };
    let schema = StoredValue::new(Arc::new(described.schema));
    let summary = existing.as_ref().and_then(certificate);
    view! {
        <form class="stack" novalidate=true autocomplete="off" on:submit=submit>
            <Field label=words.name hint=words.name_hint problem=Signal::derive(move || bad().then(|| words.name_needed.to_owned()))>
                <Input value=name autofocus=true bad=Signal::derive(bad)/>
            </Field>
            {summary}
            {(!is_new)
                .then(|| {
                    view! {
                        <div class="field inline-field">
                            <div class="lab"><span>{words.replace}</span><Switch on=replacing label=words.replace on_change=move |on| replacing.set(on)/></div>
                            <span class="hint">{words.stored}</span>
                        </div>
                    }
                })}
            <Show when=move || replacing.get()>
                <SchemaForm schema=schema.get_value() value=secret on_change=move |change: FormChange| secret.set(change.value) errors=errors/>
            </Show>
            <ErrorBox problem=general/>
            <div class="dialog-foot">
                {(is_new && has_choice).then(|| view! { <Button kind="ghost" on_click=move |_| kind.set(None)>{words.back}</Button><span class="grow"></span> })}
                <Button on_click=move |_| open.set(false)>{common.cancel}</Button>
                <Button kind="primary" r#type="submit" busy=busy>{if is_new { words.save_new } else { words.save }}</Button>
            </div>
        </form>
    }
    .into_any()
}

/// What the credential's certificate says.
fn certificate(credential: &Credential) -> Option<AnyView> {
    let signs = credential.kind == "pkcs12";
    credential.certificate.clone().map(|facts| view! { <Certificate facts=facts signs=signs/> }.into_any())
}

/// After a certificate was taken: what it says.
#[component]
fn Saved(credential: Credential, open: RwSignal<bool>) -> AnyView {
    let words = Words::get();
    let done = fill(words.saved, [&credential.name]);
    view! {
        <Callout kind="ok">{done}</Callout>
        {certificate(&credential)}
        <div class="dialog-foot"><Button kind="primary" on_click=move |_| open.set(false)>{words.done}</Button></div>
    }
    .into_any()
}

/// What a new secret starts with.
fn defaults(schema: &Value) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let given = |(key, node): (&String, &Value)| {
        let first = node.get("enum").and_then(|e| e.get(0));
        let value = node.get("default").or(first).cloned()?;
        Some((key.clone(), value))
    };
    properties.map(|p| p.iter().filter_map(given).collect()).unwrap_or_default()
}
