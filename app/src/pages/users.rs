//! Users and their roles.

use flow::api::{NewUser, Role, User, UserChange};
use leptos::prelude::*;

use super::shared::{
    Fetched, Form, FormDialog, NewPassword, Removable, Removal, RemovalWords, Table, roles, too_short,
};
use super::welcome::looks_like_email;
use crate::api::{self, Call};
use crate::context::use_session;
use crate::i18n::{Common, fill};
use crate::ui::{Button, Field, For, Icon, Input, Menu, MenuItem, MenuLine, RelativeTime, Select, use_toasts};
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
    view! { <Fetched title=Words::get().title fetch=api::users draw=|users| view! { <Users users=users/> }.into_any()/> }.into_any()
}

impl Removable for User {
    fn id(&self) -> &str {
        &self.id
    }

    fn shown_name(&self) -> String {
        if self.name.is_empty() { self.email.clone() } else { self.name.clone() }
    }

    fn remove(id: &str) -> Call<()> {
        api::delete_user(id)
    }
}

#[component]
fn Users(users: Vec<User>) -> AnyView {
    let words = Words::get();
    let list = RwSignal::new(users);
    let toasts = use_toasts();
    let me = StoredValue::new(use_session().user.map(|u| u.id).unwrap_or_default());
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<User>);
    let new = NewUserForm::new();
    let password = RwSignal::new(String::new());
    let keying = Form::new(move || password.set(String::new()));
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
    let heads = vec![(words.user, ""), (words.role, ""), (words.seen, ""), (words.since, "wide-only")];
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="user-plus" on_click=move |_| new.form.open.set(true)>{words.new}</Button>
        </div>
        <div class="body">
            <Table label=words.title class="table two" heads=heads actions=words.actions>
                <For each=move || list.get() key=|u| (u.id.clone(), u.role.as_str(), u.disabled, u.name.clone()) let(user)>
                    <UserRow user=user me=me.get_value() change=change chosen=chosen asking=asking keying=keying.open/>
                </For>
            </Table>
        </div>
        <NewUserDialog new=new list=list/>
        <PasswordDialog form=keying password=password chosen=chosen/>
        <Removal
            open=asking
            chosen=chosen
            list=list
            words=RemovalWords { title: words.delete_title, action: words.delete_action, done: "" }
            text=words.delete_text
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
    let name = user.shown_name();
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

#[derive(Clone, Copy)]
struct NewUserForm {
    form: Form,
    name: RwSignal<String>,
    email: RwSignal<String>,
    password: RwSignal<String>,
}

impl NewUserForm {
    fn new() -> Self {
        let [name, email, password] = [(); 3].map(|()| RwSignal::new(String::new()));
        let form = Form::new(move || [name, email, password].iter().for_each(|field| field.set(String::new())));
        Self { form, name, email, password }
    }
}

#[component]
fn NewUserDialog(new: NewUserForm, list: RwSignal<Vec<User>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let NewUserForm { form, name, email, password } = new;
    let role = RwSignal::new(Role::Editor.as_str().to_owned());
    let email_bad = form.wrong(move || !looks_like_email(&email.read()));
    let password_bad = form.wrong(move || too_short(password));
    let submit = move |()| {
        let new = NewUser {
            email: email.get_untracked().trim().to_owned(),
            name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            role: Role::parse(&role.read_untracked()).unwrap_or(Role::Editor),
        };
        form.send(api::create_user(&new), move |user: User| {
            toasts.ok(fill(words.created, [user.shown_name()]), "");
            list.try_update(|l| l.push(user));
            form.open.try_set(false);
        });
    };
    let can = move || match role.read().as_str() {
        "owner" => common.owner_can,
        "viewer" => common.viewer_can,
        _ => common.editor_can,
    };
    view! {
        <FormDialog form=form title=words.new action=words.create wrong=vec![email_bad, password_bad] on_submit=submit>
            <Field label=words.name is_optional=true><Input value=name autofocus=true/></Field>
            <Field label=words.email problem=Signal::derive(move || email_bad.get().then(|| words.email_wrong.to_owned()))>
                <Input value=email r#type="email" bad=email_bad/>
            </Field>
            <NewPassword label=words.password value=password bad=password_bad hint=words.password_hint/>
            <div class="field">
                <label class="field"><span class="lab">{words.role}</span><Select value=role options=roles() on_change=move |v| role.set(v)/></label>
                <span class="hint">{can}</span>
            </div>
        </FormDialog>
    }
    .into_any()
}

#[component]
fn PasswordDialog(form: Form, password: RwSignal<String>, chosen: RwSignal<Option<User>>) -> AnyView {
    let words = Words::get();
    let toasts = use_toasts();
    let name = move || chosen.read().as_ref().map(User::shown_name).unwrap_or_default();
    let bad = form.wrong(move || too_short(password));
    let submit = move |()| {
        let Some(user) = chosen.get_untracked() else { return };
        let change = UserChange { password: Some(password.get_untracked()), ..UserChange::default() };
        form.send(api::change_user(&user.id, &change), move |user: User| {
            toasts.ok(fill(words.password_set, [user.shown_name()]), "");
            form.open.try_set(false);
        });
    };
    view! {
        <FormDialog
            form=form
            title=Signal::derive(move || fill(words.set_password_for, [name()]))
            action=Common::get().save
            wrong=vec![bad]
            on_submit=submit
        >
            <NewPassword label=words.password value=password bad=bad hint=words.password_text/>
        </FormDialog>
    }
    .into_any()
}
