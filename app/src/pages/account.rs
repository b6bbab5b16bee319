//! One's own account: where one is signed in, and the password.

use flow::api::{PasswordChange, UserSession};
use leptos::prelude::*;

use super::shared::{Fetched, Form, FormDialog, NewPassword, Removable, Removal, RemovalWords, Table, too_short};
use crate::api::{self, Call};
use crate::i18n::{Common, fill};
use crate::ui::{Button, Field, For, IconButton, PasswordInput, RelativeTime, use_toasts};
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the page.
    Words {
        title: "Your account" | "Sua conta",
        about: "Where you are signed in, and your password." | "Onde você está conectado e a sua senha.",
        change: "Change password" | "Alterar senha",
        current: "Current password" | "Senha atual",
        new: "New password" | "Nova senha",
        others_end: "You stay signed in here; your other sessions end." | "Você continua conectado aqui; suas outras sessões terminam.",
        changed: "Your password is changed" | "Sua senha foi alterada",
        current_needed: "Enter your current password." | "Digite a sua senha atual.",
        session: "Session" | "Sessão",
        here: "this one" | "esta",
        from: "Address" | "Endereço",
        began: "Signed in" | "Entrou",
        seen: "Last seen" | "Último acesso",
        unknown: "Unknown browser" | "Navegador desconhecido",
        on: "{} on {}" | "{} em {}",
        end: "End the session {}" | "Encerrar a sessão {}",
        end_title: "End the session {}?" | "Encerrar a sessão {}?",
        end_text: "That browser has to sign in again." | "Esse navegador terá de entrar de novo.",
        end_action: "End the session" | "Encerrar a sessão",
        actions: "Actions" | "Ações",
    }
}

/// `/settings/account`
#[component]
pub fn AccountPage() -> AnyView {
    view! { <Fetched title=Words::get().title fetch=api::sessions draw=|sessions| view! { <Account sessions=sessions/> }.into_any()/> }.into_any()
}

impl Removable for UserSession {
    fn id(&self) -> &str {
        &self.id
    }

    fn shown_name(&self) -> String {
        let words = Words::get();
        match browser(&self.agent) {
            Some((name, Some(system))) => fill(words.on, [name, system]),
            Some((name, None)) => name.to_owned(),
            None if self.agent.is_empty() => words.unknown.to_owned(),
            None => self.agent.chars().take(40).collect(),
        }
    }

    fn remove(id: &str) -> Call<()> {
        api::end_session(id)
    }
}

/// Browser and system, as far as the browser says which they are.
fn browser(agent: &str) -> Option<(&'static str, Option<&'static str>)> {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Each names the ones before it too, so the order is from the particular to the general.
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ])?;
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    Some((name, system))
}

#[component]
fn Account(sessions: Vec<UserSession>) -> AnyView {
    let words = Words::get();
    let list = RwSignal::new(sessions);
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<UserSession>);
    let password = PasswordForm::new();
    let heads = vec![(words.session, ""), (words.from, ""), (words.began, "wide-only"), (words.seen, "")];
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="key-round" on_click=move |_| password.form.open.set(true)>{words.change}</Button>
        </div>
        <div class="body">
            <Table label=words.title heads=heads actions=words.actions>
                <For each=move || list.get() key=|s| s.id.clone() let(session)>
                    <SessionRow session=session chosen=chosen asking=asking/>
                </For>
            </Table>
        </div>
        <PasswordDialog password=password list=list/>
        <Removal
            open=asking
            chosen=chosen
            list=list
            words=RemovalWords { title: words.end_title, action: words.end_action, done: "" }
            text=words.end_text
        />
    }
    .into_any()
}

#[component]
fn SessionRow(session: UserSession, chosen: RwSignal<Option<UserSession>>, asking: RwSignal<bool>) -> AnyView {
    let words = Words::get();
    let name = session.shown_name();
    let label = fill(words.end, [&name]);
    let row = session.clone();
    let ask = move |_| {
        chosen.set(Some(row.clone()));
        asking.set(true);
    };
    let end =
        (!session.current).then(|| view! { <IconButton icon="log-out" label=label kind="ghost sm" on_click=ask/> });
    view! {
        <tr>
            <td class="main-cell"><b class="clip block">{name} {session.current.then(|| view! { <span class="badge">{words.here}</span> })}</b></td>
            <td>{session.address}</td>
            <td class="wide-only"><RelativeTime at=session.created_at/></td>
            <td><RelativeTime at=session.last_seen_at/></td>
            <td class="narrow">{end}</td>
        </tr>
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct PasswordForm {
    form: Form,
    current: RwSignal<String>,
    new: RwSignal<String>,
}

impl PasswordForm {
    fn new() -> Self {
        let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
        let form = Form::new(move || [current, new].iter().for_each(|field| field.set(String::new())));
        Self { form, current, new }
    }
}

#[component]
fn PasswordDialog(password: PasswordForm, list: RwSignal<Vec<UserSession>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let PasswordForm { form, current, new } = password;
    let current_bad = form.wrong(move || current.read().is_empty());
    let new_bad = form.wrong(move || too_short(new));
    let submit = move |()| {
        let change = PasswordChange { current: current.get_untracked(), new: new.get_untracked() };
        form.send(api::change_password(&change), move |()| {
            toasts.ok(words.changed, "");
            list.try_update(|l| l.retain(|s| s.current));
            form.open.try_set(false);
        });
    };
    view! {
        <FormDialog form=form title=words.change action=common.save wrong=vec![current_bad, new_bad] on_submit=submit>
            <Field label=words.current problem=Signal::derive(move || current_bad.get().then(|| words.current_needed.to_owned()))>
                <PasswordInput label=words.current value=current name="current" bad=current_bad/>
            </Field>
            <NewPassword label=words.new value=new bad=new_bad hint=words.others_end/>
        </FormDialog>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_are_recognised() {
        let check = |agent: &str, expected| assert_eq!(browser(agent), expected, "{agent}");
        check(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Some(("Firefox", Some("Linux"))),
        );
        check(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            Some(("Edge", Some("Windows"))),
        );
        check(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1",
            Some(("Safari", Some("iOS"))),
        );
        check("curl/8.0", None);
        check("", None);
    }
}
