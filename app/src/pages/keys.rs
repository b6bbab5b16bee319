//! API keys: for programs. A key is shown once.

use flow::api::{ApiKey, CreatedApiKey, NewApiKey, Role};
use leptos::prelude::*;

use super::shared::{Fetched, Form, FormBody, Removable, Removal, RemovalWords, Table, roles};
use crate::api::{self, Call};
use crate::i18n::{Common, fill};
use crate::ui::{
    Button, Callout, CopyButton, Dialog, EmptyState, Field, For, IconButton, Input, RelativeTime, Select, Show,
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
    view! { <Fetched title=Words::get().title fetch=api::keys draw=|keys| view! { <Keys keys=keys/> }.into_any()/> }
        .into_any()
}

impl Removable for ApiKey {
    fn id(&self) -> &str {
        &self.id
    }

    fn shown_name(&self) -> String {
        self.name.clone()
    }

    fn remove(id: &str) -> Call<()> {
        api::delete_key(id)
    }
}

#[component]
fn Keys(keys: Vec<ApiKey>) -> AnyView {
    let words = Words::get();
    let list = RwSignal::new(keys);
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<ApiKey>);
    let new = NewKeyForm::new();
    let make = move |_| new.form.open.set(true);
    let heads = move || {
        vec![
            (words.name, ""),
            (words.role, ""),
            (words.begins, ""),
            (words.used, ""),
            (words.made, "wide-only"),
            (words.expires, ""),
        ]
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="plus" on_click=make>{words.new}</Button>
        </div>
        <div class="body">
            <Show
                when=move || !list.read().is_empty()
                fallback=move || view! { <EmptyState icon="terminal" title=words.empty text=words.empty_text><Button kind="primary" icon="plus" on_click=make>{words.new}</Button></EmptyState> }
            >
                <Table label=words.title heads=heads() actions=words.actions>
                    <For each=move || list.get() key=|k| k.id.clone() let(key)>
                        <KeyRow key_of=key chosen=chosen asking=asking/>
                    </For>
                </Table>
            </Show>
        </div>
        <NewKey new=new list=list/>
        <Removal
            open=asking
            chosen=chosen
            list=list
            words=RemovalWords { title: words.delete_title, action: words.delete_action, done: words.deleted }
            text=words.delete_text
        />
    }
    .into_any()
}

#[component]
fn KeyRow(key_of: ApiKey, chosen: RwSignal<Option<ApiKey>>, asking: RwSignal<bool>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let row = key_of.clone();
    let ask = move |_| {
        chosen.set(Some(row.clone()));
        asking.set(true);
    };
    let time = |at: Option<String>, never: &'static str| match at {
        Some(at) => view! { <RelativeTime at=at/> }.into_any(),
        None => never.into_any(),
    };
    let label = fill(words.delete, [&key_of.name]);
    view! {
        <tr>
            <td class="main-cell"><b class="clip block">{key_of.name}</b></td>
            <td>{common.role(key_of.role)}</td>
            <td><code>{format!("{}…", key_of.prefix)}</code></td>
            <td>{time(key_of.last_used_at, common.never)}</td>
            <td class="wide-only"><RelativeTime at=key_of.created_at/></td>
            <td>{time(key_of.expires_at, words.expires_never)}</td>
            <td class="narrow"><IconButton icon="trash-2" label=label kind="ghost sm" on_click=ask/></td>
        </tr>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct NewKeyForm {
    form: Form,
    name: RwSignal<String>,
    /// Shown until the dialog is closed, and then never again.
    made: RwSignal<Option<CreatedApiKey>>,
}

impl NewKeyForm {
    fn new() -> Self {
        let (name, made) = (RwSignal::new(String::new()), RwSignal::new(None));
        let form = Form::new(move || {
            name.set(String::new());
            made.set(None);
        });
        Self { form, name, made }
    }
}

#[component]
fn NewKey(new: NewKeyForm, list: RwSignal<Vec<ApiKey>>) -> AnyView {
    let words = Words::get();
    let NewKeyForm { form, made, .. } = new;
    let title = move || if made.read().is_some() { words.secret_title } else { words.new }.to_owned();
    view! {
        <Dialog open=form.open title=Signal::derive(title)>
            {move || match made.get() {
                Some(key) => view! {
                    <p class="t2">{words.secret_text}" "<code>"Authorization: Bearer …"</code></p>
                    <div class="secret"><code class="grow">{key.secret.clone()}</code><CopyButton text=key.secret label=words.copy/></div>
                    <div class="dialog-foot"><Button kind="primary" on_click=move |_| form.open.set(false)>{words.done}</Button></div>
                }
                .into_any(),
                None => view! { <KeyFields new=new list=list/> }.into_any(),
            }}
        </Dialog>
    }
    .into_any()
}

#[component]
fn KeyFields(new: NewKeyForm, list: RwSignal<Vec<ApiKey>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let NewKeyForm { form, name, made } = new;
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let days = RwSignal::new("90".to_owned());
    let bad = form.wrong(move || name.read().trim().is_empty());
    let submit = move |()| {
        let new = NewApiKey {
            name: name.get_untracked().trim().to_owned(),
            role: Role::parse(&role.read_untracked()).unwrap_or(Role::Editor),
            expires_in_days: days.read_untracked().parse().ok(),
        };
        form.send(api::create_key(&new), move |key: CreatedApiKey| {
            list.try_update(|l| l.insert(0, key.key.clone()));
            made.try_set(Some(key));
        });
    };
    let lives = [30, 90, 365]
        .map(|d: u32| (d.to_string(), fill(words.days, [d])))
        .into_iter()
        .chain([(String::new(), words.expires_never.to_owned())])
        .collect::<Vec<_>>();
    let warning =
        move || (role.read().as_str() == "owner").then(|| view! { <Callout kind="warn">{common.owner_can}</Callout> });
    view! {
        <FormBody form=form action=words.make wrong=vec![bad] on_submit=submit>
            <Field label=words.name hint=words.name_hint problem=Signal::derive(move || bad.get().then(|| words.name_needed.to_owned()))>
                <Input value=name autofocus=true bad=bad/>
            </Field>
            <div class="pair">
                <Field label=words.role><Select value=role options=roles() on_change=move |v| role.set(v)/></Field>
                <Field label=words.expires><Select value=days options=lives on_change=move |v| days.set(v)/></Field>
            </div>
            {warning}
        </FormBody>
    }
    .into_any()
}
