//! Choosing a credential for a slot, or making one in place.

use flow::CredentialSlot;
use flow::api::{CertificateState, Credential, CredentialKind};
use flow::check::Finding;
use leptos::prelude::*;

use super::use_inspected;
use crate::api;
use crate::editor::state::use_editor;
use crate::editor::words::Words;
use crate::i18n::text;
use crate::pages::{Badges, CredentialDialog, Standing, in_short, standing};
use crate::ui::{Button, Icon, Select, Show, Tile};
use crate::view::{AnyView, IntoAny};

#[component]
pub fn CredentialPicker(place: CredentialSlot) -> AnyView {
    let editor = use_editor();
    let inspected = use_inspected();
    let w = Words::get();
    let id = inspected.id.get_value();
    let list = RwSignal::new(Vec::<Credential>::new());
    let kinds = StoredValue::new(Vec::<CredentialKind>::new());
    let loaded = RwSignal::new(false);
    let open = RwSignal::new(false);
    let wanted = StoredValue::new(place.kinds.clone());
    leptos::task::spawn_local(async move {
        let (all, described) = (api::credentials(), api::credential_kinds());
        match (all.await, described.await) {
            (Ok(all), Ok(described)) => {
                if kinds.try_set_value(described).is_none() {
                    list.try_update(|l| {
                        *l = all.into_iter().filter(|c| wanted.with_value(|w| w.contains(&c.kind))).collect()
                    });
                    loaded.try_set(true);
                }
            }
            (Err(problem), _) | (_, Err(problem)) => editor.say.problem(&problem),
        }
    });
    let name = place.name.clone();
    let chosen = {
        let (id, name) = (id.clone(), name.clone());
        Memo::new(move |_| {
            editor.edits.track();
            editor.node(&id).and_then(|n| n.credentials.get(&name).cloned()).unwrap_or_default()
        })
    };
    // The chosen one stands as a card; the list comes back to choose another.
    let choosing = RwSignal::new(false);
    let pick = {
        let (id, name) = (id.clone(), name.clone());
        move |credential: String| {
            choosing.set(false);
            editor.patch(&id, None, |n| {
                if credential.is_empty() {
                    n.credentials.remove(&name);
                } else {
                    n.credentials.insert(name.clone(), credential);
                }
            });
        }
    };
    let pick = Callback::new(pick);
    let saved = move |credential: Credential| {
        let id = credential.id.clone();
        list.update(|l| {
            l.retain(|c| c.id != id);
            l.push(credential);
        });
        pick.run(id);
    };
    let current = Memo::new(move |_| {
        let id = chosen.get();
        list.with(|l| l.iter().find(|c| c.id == id).cloned())
    });
    let listed = Memo::new(move |_| choosing.get() || current.with(Option::is_none));
    // Said once somebody wants to run or publish.
    let pointer = format!("/credentials/{}", place.name);
    let problem = Memo::new(move |_| {
        let found = editor.findings.with(|all| {
            let here = |f: &&Finding| f.node.as_deref() == Some(&id) && f.pointer.as_ref() == Some(&pointer);
            all.iter().find(here).map(|f| text(&f.message))
        });
        found.filter(|_| editor.draft.shows_findings() && chosen.with(String::is_empty))
    });
    let label = text(&place.label);
    let options = Signal::derive(move || {
        let mut options = vec![(String::new(), w.choose_credential.to_owned())];
        options.extend(list.with(|l| l.iter().map(|c| (c.id.clone(), listed_name(c))).collect::<Vec<_>>()));
        options
    });
    view! {
        <div class="field credential" class:bad=move || problem.read().is_some()>
            <span class="lab">{label.clone()}</span>
            {move || current.get().map(|c| view! {
                <div class="credential-card">
                    <Tile icon="key-round" class="c-none"/>
                    <div class="grow">
                        <b class="clip block">{c.name.clone()}</b>
                        <div class="small t3 clip">{in_short(&c)}</div>
                        {c.certificate.clone().map(|facts| view! {
                            <div class="row badges"><Standing facts=facts.clone()/><Badges facts=facts/></div>
                        })}
                    </div>
                    {editor
                        .editable
                        .then(|| view! {
                            <Button kind="sm" on_click=move |_| choosing.update(|c| *c = !*c)>{w.change_credential}</Button>
                        })}
                </div>
            })}
            <Show when=move || listed.get()>
                <div class="row">
                    <Select value=chosen options=options label=label.clone() on_change=pick/>
                    {editor
                        .editable
                        .then(|| view! {
                            <Button disabled=Signal::derive(move || !loaded.get()) on_click=move |_| open.set(true)>
                                <Icon name="plus"/>{w.new_credential}
                            </Button>
                        })}
                </div>
            </Show>
            {move || problem.get().map(|text| view! {
                <span class="problem" role="alert"><Icon name="circle-alert"/><span>{text}</span></span>
            })}
            <Show when=move || loaded.get()>
                <CredentialDialog open=open kinds=kinds existing=Signal::derive(|| None) on_saved=saved only=Signal::derive(move || wanted.get_value())/>
            </Show>
        </div>
    }
    .into_any()
}

/// A credential's name in the list; how its certificate stands, if it does not hold or not for long.
fn listed_name(credential: &Credential) -> String {
    match &credential.certificate {
        Some(facts) if facts.state != CertificateState::Valid => format!("{} ({})", credential.name, standing(facts)),
        _ => credential.name.clone(),
    }
}
