//! Credentials: what nodes sign in with. Secrets go in and never come out.

mod edit;
mod words;

use flow::api::{Credential, CredentialKind};
use leptos::prelude::*;
use leptos_meta::Title;

pub use self::edit::CredentialDialog;
use self::words::Words;
use crate::api;
use crate::context::may_edit;
use crate::i18n::{Common, fill, text};
use crate::ui::{
    Button, Callout, Confirm, EmptyState, Failed, Icon, Menu, MenuItem, MenuLine, RelativeTime, SearchInput,
    SkeletonRows, Tile, use_toasts,
};
use crate::view::{AnyView, IntoAny};

/// `/credentials`
#[component]
pub fn CredentialsPage() -> AnyView {
    let words = Words::get();
    let first = Resource::new(
        || (),
        |()| async move {
            let (list, kinds) = (api::credentials(), api::credential_kinds());
            Ok::<_, flow::api::Problem>((list.await?, kinds.await?))
        },
    );
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{words.title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok((list, kinds)) => view! { <Credentials list=list kinds=kinds/> }.into_any(),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

#[component]
fn Credentials(list: Vec<Credential>, kinds: Vec<CredentialKind>) -> AnyView {
    let words = Words::get();
    let edits = may_edit();
    let toasts = use_toasts();
    let list = RwSignal::new(list);
    let kinds = StoredValue::new(kinds);
    let (editing, asking) = (RwSignal::new(false), RwSignal::new(false));
    let chosen = RwSignal::new(None::<Credential>);
    let search = RwSignal::new(String::new());
    let found = Memo::new(move |_| {
        let text = search.read().trim().to_lowercase();
        list.read()
            .iter()
            .filter(|c| text.is_empty() || c.name.to_lowercase().contains(&text))
            .cloned()
            .collect::<Vec<_>>()
    });
    let saved = move |credential: Credential| {
        list.update(|list| match list.iter_mut().find(|c| c.id == credential.id) {
            Some(old) => *old = credential,
            None => list.insert(0, credential),
        });
    };
    let delete = move |()| {
        let Some(gone) = chosen.get_untracked() else { return };
        let call = api::delete_credential(&gone.id);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.try_update(|l| l.retain(|c| c.id != gone.id));
                    toasts.ok(fill(words.deleted, [gone.name]), "");
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    let create = move || {
        chosen.set(None);
        editing.set(true);
    };
    let delete_text = move || match chosen.read().as_ref() {
        Some(c) if !c.used_by.is_empty() => fill(words.delete_used, [c.used_by.join(", ")]),
        _ => words.delete_unused.to_owned(),
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            {edits.then(|| view! { <Button kind="primary" icon="plus" on_click=move |_| create()>{words.new}</Button> })}
        </div>
        <div class="body">
            <Show
                when=move || !list.read().is_empty()
                fallback=move || {
                    view! {
                        <EmptyState icon="key-round" title=words.empty text=words.empty_text>
                            {edits.then(|| view! { <Button kind="primary" icon="plus" on_click=move |_| create()>{words.new}</Button> })}
                        </EmptyState>
                    }
                }
            >
                <div class="flows-list">
                    <SearchInput value=search placeholder=words.search slash=true/>
                    <Show when=move || !found.read().is_empty() fallback=move || view! { <Callout>{words.nothing}</Callout> }>
                        <div class="card table-card" tabindex="0" role="region" aria-label=words.title>
                            <table class="table two">
                                <thead>
                                    <tr>
                                        <th scope="col">{words.name}</th>
                                        <th scope="col">{words.kind}</th>
                                        <th scope="col">{words.used_by}</th>
                                        <th scope="col" class="wide-only">{words.changed}</th>
                                        <th scope="col"><span class="sr">{words.actions}</span></th>
                                    </tr>
                                </thead>
                                <tbody>
                                    <For each=move || found.get() key=|c| format!("{}{}{}", c.id, c.updated_at, c.used_by.len()) let(credential)>
                                        <Row credential=credential kinds=kinds edits=edits chosen=chosen editing=editing asking=asking/>
                                    </For>
                                </tbody>
                            </table>
                        </div>
                    </Show>
                </div>
            </Show>
        </div>
        <CredentialDialog open=editing kinds=kinds existing=chosen on_saved=saved/>
        <Confirm
            open=asking
            title=Signal::derive(move || fill(words.delete_title, [chosen.read().as_ref().map(|c| c.name.clone()).unwrap_or_default()]))
            text=Signal::derive(delete_text)
            action=words.delete_action
            on_confirm=delete
        />
    }
    .into_any()
}

#[component]
fn Row(
    credential: Credential,
    kinds: StoredValue<Vec<CredentialKind>>,
    edits: bool,
    chosen: RwSignal<Option<Credential>>,
    editing: RwSignal<bool>,
    asking: RwSignal<bool>,
) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let (icon, kind) = kinds.with_value(|kinds| {
        let kind = kinds.iter().find(|k| k.kind == credential.kind);
        kind.map_or(("key-round".to_owned(), credential.kind.clone()), |k| (k.icon.clone(), text(&k.name)))
    });
    let class = if credential.kind == "pkcs12" { "c-pdf" } else { "c-network" };
    let about = edit::short_summary(&credential);
    let row = StoredValue::new(credential.clone());
    let open = move |dialog: RwSignal<bool>| {
        chosen.set(Some(row.get_value()));
        dialog.set(true);
    };
    let name = credential.name.clone();
    let used = match credential.used_by.as_slice() {
        [] => view! { <span class="t3">{words.unused}</span> }.into_any(),
        [one] => one.clone().into_any(),
        many => view! { <span title=many.join(", ")>{fill(words.flows, [many.len()])}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="main-cell">
                <div class="row gap-12">
                    <Tile icon=icon class=class/>
                    <div class="clip">
                        {match edits {
                            true => view! { <button type="button" class="name-button clip block" on:click=move |_| open(editing)>{name}</button> }.into_any(),
                            false => view! { <b class="clip block">{name}</b> }.into_any(),
                        }}
                        <span class="small t3 clip block">{about}</span>
                    </div>
                </div>
            </td>
            <td>{kind}</td>
            <td>{used}</td>
            <td class="wide-only"><RelativeTime at=credential.updated_at/></td>
            <td class="narrow">
                {edits
                    .then(|| {
                        view! {
                            <Menu id=format!("credential-{}", credential.id) label=fill(common.more_for, [&credential.name]) button=|| view! { <Icon name="ellipsis"/> }>
                                <MenuItem icon="pencil" on_click=move |()| open(editing)>{common.edit}</MenuItem>
                                <MenuLine/>
                                <MenuItem icon="trash-2" kind="del" on_click=move |()| open(asking)>{common.delete}</MenuItem>
                            </Menu>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}
