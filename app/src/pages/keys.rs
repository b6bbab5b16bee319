//! API keys: for programs. A key is shown once.

use flow::api::{ApiKey, CreatedApiKey, NewApiKey, Problem, Role};
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api;
use crate::i18n::{Common, fill};
use crate::ui::{
    Button, Callout, Confirm, CopyButton, Dialog, EmptyState, ErrorBox, Failed, Field, IconButton, Input, RelativeTime,
    Select, SkeletonRows, use_toasts,
};
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the page.
    Words {
        title: "API keys" | "Chaves de API",
        about: "For programs that call the API, with the rights of a role." | "Para programas que chamam a API, com os direitos de um papel.",
        new: "New key" | "Nova chave",
        name: "Name" | "Nome",
        name_hint: "What uses it, for example \"invoice importer\"." | "O que a usa, por exemplo “importador de notas”.",
        name_needed: "Give the key a name." | "Dê um nome à chave.",
        role: "Role" | "Papel",
        begins: "Begins with" | "Começa com",
        used: "Last used" | "Último uso",
        made: "Made" | "Criada",
        expires: "Expires" | "Expira",
        expires_never: "Never" | "Nunca",
        days: "In {} days" | "Em {} dias",
        make: "Make the key" | "Criar a chave",
        secret_title: "Copy the key now" | "Copie a chave agora",
        secret_text: "It is shown this once; only its hash is stored. Send it as" | "Ela é mostrada só desta vez; guardamos apenas o hash. Envie-a como",
        copy: "Copy key" | "Copiar chave",
        done: "I have copied it" | "Já copiei",
        delete: "Delete key {}" | "Excluir a chave {}",
        delete_title: "Delete {}?" | "Excluir {}?",
        delete_text: "Programs that use it are refused from now on." | "Programas que a usam passam a ser recusados.",
        delete_action: "Delete the key" | "Excluir a chave",
        deleted: "{} is deleted" | "{} foi excluída",
        empty: "No keys yet" | "Ainda não há chaves",
        empty_text: "Make one for a program that starts flows or reads runs." | "Crie uma para um programa que inicia fluxos ou lê execuções.",
        actions: "Actions" | "Ações",
    }
}

/// `/settings/keys`
#[component]
pub fn KeysPage() -> AnyView {
    let words = Words::get();
    let first = Resource::new(|| (), |()| api::keys());
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{words.title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(keys) => view! { <Keys keys=keys/> }.into_any(),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Keys(keys: Vec<ApiKey>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let list = RwSignal::new(keys);
    let toasts = use_toasts();
    let making = RwSignal::new(false);
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<ApiKey>);
    let name_of = move || chosen.read().as_ref().map(|k| k.name.clone()).unwrap_or_default();
    let delete = move |()| {
        let Some(key) = chosen.get_untracked() else { return };
        let call = api::delete_key(&key.id);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.try_update(|l| l.retain(|k| k.id != key.id));
                    toasts.ok(fill(words.deleted, [key.name]), "");
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="plus" on_click=move |_| making.set(true)>{words.new}</Button>
        </div>
        <div class="body">
            <Show
                when=move || !list.read().is_empty()
                fallback=move || view! { <EmptyState icon="terminal" title=words.empty text=words.empty_text><Button kind="primary" icon="plus" on_click=move |_| making.set(true)>{words.new}</Button></EmptyState> }
            >
                <div class="card table-card" tabindex="0" role="region" aria-label=words.title>
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">{words.name}</th>
                                <th scope="col">{words.role}</th>
                                <th scope="col">{words.begins}</th>
                                <th scope="col">{words.used}</th>
                                <th scope="col" class="wide-only">{words.made}</th>
                                <th scope="col">{words.expires}</th>
                                <th scope="col"><span class="sr">{words.actions}</span></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || list.get() key=|k| k.id.clone() let(key)>
                                {
                                    let label = fill(words.delete, [&key.name]);
                                    let row = key.clone();
                                    view! {
                                        <tr>
                                            <td class="main-cell"><b class="clip block">{key.name}</b></td>
                                            <td>{common.role(key.role)}</td>
                                            <td><code>{format!("{}…", key.prefix)}</code></td>
                                            <td>{key.last_used_at.map_or_else(|| common.never.into_any(), |at| view! { <RelativeTime at=at/> }.into_any())}</td>
                                            <td class="wide-only"><RelativeTime at=key.created_at/></td>
                                            <td>{key.expires_at.map_or_else(|| words.expires_never.into_any(), |at| view! { <RelativeTime at=at/> }.into_any())}</td>
                                            <td class="narrow">
                                                <IconButton icon="trash-2" label=label kind="ghost sm" on_click=move |_| { chosen.set(Some(row.clone())); asking.set(true); }/>
                                            </td>
                                        </tr>
                                    }
                                }
                            </For>
                        </tbody>
                    </table>
                </div>
            </Show>
        </div>
        <NewKey open=making list=list/>
        <Confirm
            open=asking
            title=Signal::derive(move || fill(words.delete_title, [name_of()]))
            text=words.delete_text
            action=words.delete_action
            on_confirm=delete
        />
    }
    .into_any()
}

#[component]
fn NewKey(open: RwSignal<bool>, list: RwSignal<Vec<ApiKey>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let days = RwSignal::new("90".to_owned());
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    let made = RwSignal::new(None::<CreatedApiKey>);
    Effect::new(move || {
        if open.get() {
            name.set(String::new());
            tried.set(false);
            problem.set(None);
            made.set(None);
        }
    });
    let bad = move || tried.get() && name.read().trim().is_empty();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if busy.get_untracked() || name.read_untracked().trim().is_empty() {
            return;
        }
        busy.set(true);
        let new = NewApiKey {
            name: name.get_untracked().trim().to_owned(),
            role: Role::parse(&role.read_untracked()).unwrap_or(Role::Editor),
            expires_in_days: days.read_untracked().parse().ok(),
        };
        leptos::task::spawn_local(async move {
            match api::create_key(&new).await {
                Ok(key) => {
                    list.try_update(|l| l.insert(0, key.key.clone()));
                    made.try_set(Some(key));
                }
                Err(found) => {
                    problem.try_set(Some(found));
                }
            }
            busy.try_set(false);
        });
    };
    let roles = StoredValue::new(
        [Role::Viewer, Role::Editor, Role::Owner].map(|r| (r.as_str().to_owned(), common.role(r).to_owned())).to_vec(),
    );
    let lives: Vec<(String, String)> = [30, 90, 365]
        .map(|d: u32| (d.to_string(), fill(words.days, [d])))
        .into_iter()
        .chain([(String::new(), words.expires_never.to_owned())])
        .collect();
    let lives = StoredValue::new(lives);
    view! {
        <Dialog open=open title=Signal::derive(move || if made.read().is_some() { words.secret_title } else { words.new }.to_owned())>
            {
                move || match made.get() {
                    Some(key) => view! {
                        <p class="t2">{words.secret_text}" "<code>"Authorization: Bearer …"</code></p>
                        <div class="secret"><code class="grow">{key.secret.clone()}</code><CopyButton text=key.secret label=words.copy/></div>
                        <div class="dialog-foot"><Button kind="primary" on_click=move |_| open.set(false)>{words.done}</Button></div>
                    }
                    .into_any(),
                    None => view! {
                        <form class="stack" novalidate=true on:submit=submit>
                            <Field label=words.name hint=words.name_hint problem=Signal::derive(move || bad().then(|| words.name_needed.to_owned()))>
                                <Input value=name autofocus=true bad=Signal::derive(bad)/>
                            </Field>
                            <div class="pair">
                                <Field label=words.role><Select value=role options=roles.get_value() on_change=move |v| role.set(v)/></Field>
                                <Field label=words.expires><Select value=days options=lives.get_value() on_change=move |v| days.set(v)/></Field>
                            </div>
                            <ErrorBox problem=problem/>
                            {move || (role.read().as_str() == "owner").then(|| view! { <Callout kind="warn">{common.owner_can}</Callout> })}
                            <div class="dialog-foot">
                                <Button on_click=move |_| open.set(false)>{common.cancel}</Button>
                                <Button kind="primary" r#type="submit" busy=busy>{words.make}</Button>
                            </div>
                        </form>
                    }
                    .into_any(),
                }
            }
        </Dialog>
    }
    .into_any()
}
