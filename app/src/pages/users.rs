//! Users and their roles.

use flow::api::{NewUser, Problem, Role, User, UserChange};
use leptos::prelude::*;
use leptos_meta::Title;

use super::welcome::{SHORTEST, Strength, looks_like_email};
use crate::api;
use crate::context::use_session;
use crate::i18n::{Common, fill};
use crate::ui::{
    Button, Confirm, Dialog, ErrorBox, Failed, Field, Icon, Input, Menu, MenuItem, MenuLine, PasswordInput,
    RelativeTime, Select, SkeletonRows, use_toasts,
};
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the page.
    Words {
        title: "Users" | "Usuários",
        about: "Who can sign in, and what each may do." | "Quem pode entrar e o que cada um pode fazer.",
        new: "New user" | "Novo usuário",
        user: "User" | "Usuário",
        role: "Role" | "Papel",
        seen: "Last seen" | "Último acesso",
        since: "Since" | "Desde",
        you: "you" | "você",
        disabled: "May not sign in" | "Não pode entrar",
        actions: "Actions" | "Ações",
        name: "Name" | "Nome",
        email: "E-mail" | "E-mail",
        email_wrong: "Type an e-mail address." | "Digite um endereço de e-mail.",
        password: "Password" | "Senha",
        password_hint: "Give it to the person by a safe way." | "Entregue-a à pessoa por um meio seguro.",
        create: "Add the user" | "Adicionar o usuário",
        created: "{} can sign in now" | "{} já pode entrar",
        set_password: "Set a password" | "Definir uma senha",
        set_password_for: "Password for {}" | "Senha de {}",
        password_set: "The password of {} is changed" | "A senha de {} foi alterada",
        password_text: "All sessions of this person end." | "Todas as sessões dessa pessoa terminam.",
        disable: "Block from signing in" | "Impedir de entrar",
        enable: "Let sign in again" | "Deixar entrar de novo",
        delete: "Delete" | "Excluir",
        delete_title: "Delete {}?" | "Excluir {}?",
        delete_text: "The person can't sign in any more. Flows and runs stay." | "A pessoa não poderá mais entrar. Fluxos e execuções permanecem.",
        delete_action: "Delete the user" | "Excluir o usuário",
        role_of: "Role of {}" | "Papel de {}",
    }
}

/// `/settings/users`
#[component]
pub fn UsersPage() -> AnyView {
    let words = Words::get();
    let first = Resource::new(|| (), |()| api::users());
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{words.title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(users) => view! { <Users users=users/> }.into_any(),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

fn shown_name(user: &User) -> String {
    if user.name.is_empty() { user.email.clone() } else { user.name.clone() }
}

fn roles() -> Vec<(String, String)> {
    let common = Common::get();
    [Role::Viewer, Role::Editor, Role::Owner].map(|r| (r.as_str().to_owned(), common.role(r).to_owned())).to_vec()
}

#[component]
fn Users(users: Vec<User>) -> AnyView {
    let words = Words::get();
    let list = RwSignal::new(users);
    let toasts = use_toasts();
    let me = StoredValue::new(use_session().user.map(|u| u.id).unwrap_or_default());
    let (making, asking, keying) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let chosen = RwSignal::new(None::<User>);
    let name_of = move || chosen.read().as_ref().map(shown_name).unwrap_or_default();
    let change = Callback::new(move |(id, change): (String, UserChange)| {
        let call = api::change_user(&id, &change);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(user) => {
                    list.try_update(|l| l.iter_mut().filter(|u| u.id == user.id).for_each(|u| *u = user.clone()));
                }
                Err(problem) => {
                    toasts.problem(&problem);
                    // The select shows again what holds.
                    list.try_update(|_| {});
                }
            }
        });
    });
    let delete = move |()| {
        let Some(user) = chosen.get_untracked() else { return };
        let call = api::delete_user(&user.id);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.try_update(|l| l.retain(|u| u.id != user.id));
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="user-plus" on_click=move |_| making.set(true)>{words.new}</Button>
        </div>
        <div class="body">
            <div class="card table-card" tabindex="0" role="region" aria-label=words.title>
                <table class="table two">
                    <thead>
                        <tr>
                            <th scope="col">{words.user}</th>
                            <th scope="col">{words.role}</th>
                            <th scope="col">{words.seen}</th>
                            <th scope="col" class="wide-only">{words.since}</th>
                            <th scope="col"><span class="sr">{words.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || list.get() key=|u| format!("{}{:?}{}{}", u.id, u.role, u.disabled, u.name) let(user)>
                            <UserRow user=user me=me.get_value() change=change chosen=chosen asking=asking keying=keying/>
                        </For>
                    </tbody>
                </table>
            </div>
        </div>
        <NewUserDialog open=making list=list/>
        <PasswordDialog open=keying chosen=chosen/>
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
fn UserRow(
    user: User,
    me: String,
    change: Callback<(String, UserChange)>,
    chosen: RwSignal<Option<User>>,
    asking: RwSignal<bool>,
    keying: RwSignal<bool>,
) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let mine = user.id == me;
    let row = StoredValue::new(user.clone());
    let id = user.id.clone();
    let set = move |what: UserChange| change.run((row.with_value(|u| u.id.clone()), what));
    let open = move |dialog: RwSignal<bool>| {
        chosen.set(Some(row.get_value()));
        dialog.set(true);
    };
    let name = shown_name(&user);
    view! {
        <tr>
            <td class="main-cell">
                <div class="row gap-12">
                    <i class="avatar">{name.chars().next().map(|c| c.to_uppercase().to_string())}</i>
                    <div class="clip">
                        <b class="clip block">{name.clone()} {mine.then(|| view! { <span class="badge">{words.you}</span> })}</b>
                        <span class="small t3 clip block">{user.email.clone()}</span>
                    </div>
                </div>
            </td>
            <td>
                {match mine {
                    // Nobody takes the own right to manage away by mistake.
                    true => common.role(user.role).into_any(),
                    false => view! {
                        <Select
                            class="sm auto"
                            label=fill(words.role_of, [&name])
                            value=user.role.as_str().to_owned()
                            options=roles()
                            on_change=move |v: String| set(UserChange { role: Role::parse(&v), ..UserChange::default() })
                        />
                    }
                    .into_any(),
                }}
            </td>
            <td>
                {match (user.disabled, user.last_seen_at.clone()) {
                    (true, _) => view! { <span class="state warn"><Icon name="circle-slash" class="s14"/>{words.disabled}</span> }.into_any(),
                    (false, Some(at)) => view! { <RelativeTime at=at/> }.into_any(),
                    (false, None) => common.never.into_any(),
                }}
            </td>
            <td class="wide-only"><RelativeTime at=user.created_at.clone()/></td>
            <td class="narrow">
                <Menu id=format!("user-{id}") label=fill(common.more_for, [&name]) button=|| view! { <Icon name="ellipsis"/> }>
                    <MenuItem icon="key-round" on_click=move |()| open(keying)>{words.set_password}</MenuItem>
                    {(!mine)
                        .then(|| {
                            let disabled = row.with_value(|u| u.disabled);
                            view! {
                                <MenuItem
                                    icon=if disabled { "circle-check" } else { "ban" }
                                    on_click=move |()| set(UserChange { disabled: Some(!disabled), ..UserChange::default() })
                                >
                                    {if disabled { words.enable } else { words.disable }}
                                </MenuItem>
                                <MenuLine/>
                                <MenuItem icon="trash-2" kind="del" on_click=move |()| open(asking)>{words.delete}</MenuItem>
                            }
                        })}
                </Menu>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn NewUserDialog(open: RwSignal<bool>, list: RwSignal<Vec<User>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let (name, email, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    Effect::new(move || {
        if open.get() {
            for field in [name, email, password] {
                field.set(String::new());
            }
            tried.set(false);
            problem.set(None);
        }
    });
    let email_bad = move || tried.get() && !looks_like_email(&email.read());
    let password_bad = move || tried.get() && password.read().chars().count() < SHORTEST;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if busy.get_untracked() || email_bad() || password_bad() {
            return;
        }
        busy.set(true);
        let new = NewUser {
            email: email.get_untracked().trim().to_owned(),
            name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            role: Role::parse(&role.read_untracked()).unwrap_or(Role::Editor),
        };
        leptos::task::spawn_local(async move {
            match api::create_user(&new).await {
                Ok(user) => {
                    toasts.ok(fill(words.created, [shown_name(&user)]), "");
                    list.try_update(|l| l.push(user));
                    open.try_set(false);
                }
                Err(found) => {
                    problem.try_set(Some(found));
                }
            }
            busy.try_set(false);
        });
    };
    let can = move || match role.read().as_str() {
        "owner" => common.owner_can,
        "viewer" => common.viewer_can,
        _ => common.editor_can,
    };
    view! {
        <Dialog open=open title=words.new>
            <form class="stack" novalidate=true on:submit=submit>
                <Field label=words.name is_optional=true><Input value=name autofocus=true/></Field>
                <Field label=words.email problem=Signal::derive(move || email_bad().then(|| words.email_wrong.to_owned()))>
                    <Input value=email r#type="email" bad=Signal::derive(email_bad)/>
                </Field>
                <div class="field">
                    <label class="field"><span class="lab">{words.password}</span><PasswordInput label=words.password value=password autocomplete="new-password" bad=Signal::derive(password_bad)/></label>
                    <Strength password=password bad=Signal::derive(password_bad)/>
                    <span class="hint">{words.password_hint}</span>
                </div>
                <div class="field">
                    <label class="field"><span class="lab">{words.role}</span><Select value=role options=roles() on_change=move |v| role.set(v)/></label>
                    <span class="hint">{can}</span>
                </div>
                <ErrorBox problem=problem/>
                <div class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>{common.cancel}</Button>
                    <Button kind="primary" r#type="submit" busy=busy>{words.create}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn PasswordDialog(open: RwSignal<bool>, chosen: RwSignal<Option<User>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let password = RwSignal::new(String::new());
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    Effect::new(move || {
        if open.get() {
            password.set(String::new());
            tried.set(false);
            problem.set(None);
        }
    });
    let name_of = move || chosen.read().as_ref().map(shown_name).unwrap_or_default();
    let bad = move || tried.get() && password.read().chars().count() < SHORTEST;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        let Some(user) = chosen.get_untracked() else { return };
        if busy.get_untracked() || bad() {
            return;
        }
        busy.set(true);
        let change = UserChange { password: Some(password.get_untracked()), ..UserChange::default() };
        leptos::task::spawn_local(async move {
            match api::change_user(&user.id, &change).await {
                Ok(user) => {
                    toasts.ok(fill(words.password_set, [shown_name(&user)]), "");
                    open.try_set(false);
                }
                Err(found) => {
                    problem.try_set(Some(found));
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || fill(words.set_password_for, [name_of()]))>
            <form class="stack" novalidate=true on:submit=submit>
                <div class="field">
                    <label class="field"><span class="lab">{words.password}</span><PasswordInput label=words.password value=password autocomplete="new-password" bad=Signal::derive(bad)/></label>
                    <Strength password=password bad=Signal::derive(bad)/>
                    <span class="hint">{words.password_text}</span>
                </div>
                <ErrorBox problem=problem/>
                <div class="dialog-foot">
                    <Button on_click=move |_| open.set(false)>{common.cancel}</Button>
                    <Button kind="primary" r#type="submit" busy=busy>{common.save}</Button>
                </div>
            </form>
        </Dialog>
    }
    .into_any()
}
