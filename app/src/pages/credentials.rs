//! Credentials: what nodes sign in with. Secrets go in and never come out.

mod certificate;
mod edit;
mod words;

use flow::api::{CertificateState, Credential, CredentialKind};
use leptos::prelude::*;

pub use self::certificate::{Badges, Standing, in_short, standing};
pub use self::edit::CredentialDialog;
use self::words::Words;
use super::shared::{Fetched, Removable, Removal, RemovalWords, Table};
use crate::api::{self, Call};
use crate::context::may_edit;
use crate::i18n::{Common, fill, text};
use crate::notices::use_notices;
use crate::ui::{
    Button, Callout, EmptyState, For, Icon, Menu, MenuItem, MenuLine, Moment, RelativeTime, SearchInput, Show, Tile,
};
use crate::view::{AnyView, IntoAny};

/// `/credentials`
#[component]
pub fn CredentialsPage() -> AnyView {
    let fetch = || -> Call<(Vec<Credential>, Vec<CredentialKind>)> {
        let (list, kinds) = (api::credentials(), api::credential_kinds());
        Box::pin(async move { Ok((list.await?, kinds.await?)) })
    };
    let draw = |(list, kinds): (Vec<Credential>, Vec<CredentialKind>)| {
        view! { <Credentials list=list kinds=kinds/> }.into_any()
    };
    view! { <Fetched title=Words::get().title fetch=fetch draw=draw/> }.into_any()
}

impl Removable for Credential {
    fn id(&self) -> &str {
        &self.id
    }

    fn shown_name(&self) -> String {
        self.name.clone()
    }

    fn remove(id: &str) -> Call<()> {
        api::delete_credential(id)
    }
}

#[component]
fn Credentials(list: Vec<Credential>, kinds: Vec<CredentialKind>) -> AnyView {
    let words = Words::get();
    let edits = may_edit();
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
    let notices = use_notices();
    Effect::new(move |before: Option<usize>| {
        let count = list.read().len();
        if before.is_some_and(|before| count < before) {
            notices.refresh();
        }
        count
    });
    let create = move || {
        chosen.set(None);
        editing.set(true);
    };
    let delete_text = move || match chosen.read().as_ref() {
        Some(c) if !c.used_by.is_empty() => fill(words.delete_used, [c.used_by.join(", ")]),
        _ => words.delete_unused.to_owned(),
    };
    let heads = move || {
        vec![(words.name, ""), (words.until, ""), (words.kind, ""), (words.used_by, ""), (words.changed, "wide-only")]
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
                    <Late list=list/>
                    <SearchInput value=search placeholder=words.search slash=true/>
                    <Show when=move || !found.read().is_empty() fallback=move || view! { <Callout>{words.nothing}</Callout> }>
                        <Table label=words.title class="table two" heads=heads() actions=words.actions>
                            <For each=move || found.get() key=|c| (c.id.clone(), c.updated_at.clone(), c.used_by.len()) let(credential)>
                                <Row credential=credential kinds=kinds edits=edits chosen=chosen editing=editing asking=asking/>
                            </For>
                        </Table>
                    </Show>
                </div>
            </Show>
        </div>
        <CredentialDialog open=editing kinds=kinds existing=chosen on_saved=saved/>
        <Removal
            open=asking
            chosen=chosen
            list=list
            words=RemovalWords { title: words.delete_title, action: words.delete_action, done: words.deleted }
            text=Signal::derive(delete_text)
        />
    }
    .into_any()
}

/// Says which certificates have expired or end soon.
#[component]
fn Late(list: RwSignal<Vec<Credential>>) -> AnyView {
    let words = Words::get();
    let named = move |state: CertificateState| {
        let is = |c: &&Credential| c.certificate.as_ref().is_some_and(|facts| facts.state == state);
        let names = list.read().iter().filter(is).map(|c| c.name.clone()).collect::<Vec<_>>();
        (!names.is_empty()).then(|| names.join(", "))
    };
    view! {
        {move || named(CertificateState::Expired).map(|names| view! { <Callout kind="err">{fill(words.some_expired, [names])}</Callout> })}
        {move || named(CertificateState::EndsSoon).map(|names| view! { <Callout kind="warn">{fill(words.some_end, [names])}</Callout> })}
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
    let about = in_short(&credential);
    let badges = credential.certificate.clone().map(|facts| view! { <Badges facts=facts/> });
    let until = credential.certificate.clone().map(|facts| {
        let end = facts.not_after.clone();
        view! { <RelativeTime at=end show=Moment::Day/><Standing facts=facts/> }
    });
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
                        <div class="row badges">
                            {match edits {
                                true => view! { <button type="button" class="name-button clip block" on:click=move |_| open(editing)>{name}</button> }.into_any(),
                                false => view! { <b class="clip block">{name}</b> }.into_any(),
                            }}
                            {badges}
                        </div>
                        <span class="small t3 clip block" title=about.clone()>{about.clone()}</span>
                    </div>
                </div>
            </td>
            <td><div class="until">{until}</div></td>
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
