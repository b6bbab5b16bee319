//! One's own account: where one is signed in, and the password.

use flow::api::{PasswordChange, Problem, UserSession};
use leptos::prelude::*;
use leptos_meta::Title;

use super::welcome::{SHORTEST, Strength};
use crate::api;
use crate::i18n::{Common, fill};
use crate::ui::{
    Button, Confirm, Dialog, ErrorBox, Failed, Icon, IconButton, PasswordInput, RelativeTime, SkeletonRows, use_toasts,
};
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
    let words = Words::get();
    let first = Resource::new(|| (), |()| api::sessions());
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Suspense fallback=move || view! { <div class="page-head"><h1>{words.title}</h1></div><div class="body"><div class="card"><SkeletonRows/></div></div> }>
            {move || Suspend::new(async move {
                match first.await {
                    Ok(sessions) => view! { <Account sessions=sessions/> }.into_any(),
                    Err(problem) => view! { <Failed problem=problem/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
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

fn shown_name(session: &UserSession) -> String {
    let words = Words::get();
    match browser(&session.agent) {
        Some((name, Some(system))) => fill(words.on, [name, system]),
        Some((name, None)) => name.to_owned(),
        None if session.agent.is_empty() => words.unknown.to_owned(),
        None => session.agent.chars().take(40).collect(),
    }
}

#[component]
fn Account(sessions: Vec<UserSession>) -> AnyView {
    let words = Words::get();
    let list = RwSignal::new(sessions);
    let toasts = use_toasts();
    let (changing, asking) = (RwSignal::new(false), RwSignal::new(false));
    let chosen = RwSignal::new(None::<UserSession>);
    let name_of = move || chosen.read().as_ref().map(shown_name).unwrap_or_default();
    let end = move |()| {
        let Some(session) = chosen.get_untracked() else { return };
        let call = api::end_session(&session.id);
        leptos::task::spawn_local(async move {
            match call.await {
                Ok(()) => {
                    list.try_update(|l| l.retain(|s| s.id != session.id));
                }
                Err(problem) => toasts.problem(&problem),
            }
        });
    };
    view! {
        <div class="page-head">
            <div class="grow"><h1>{words.title}</h1><p>{words.about}</p></div>
            <Button kind="primary" icon="key-round" on_click=move |_| changing.set(true)>{words.change}</Button>
        </div>
        <div class="body">
            <div class="card table-card" tabindex="0" role="region" aria-label=words.title>
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{words.session}</th>
                            <th scope="col">{words.from}</th>
                            <th scope="col" class="wide-only">{words.began}</th>
                            <th scope="col">{words.seen}</th>
                            <th scope="col"><span class="sr">{words.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        <For each=move || list.get() key=|s| s.id.clone() let(session)>
                            {
                                let name = shown_name(&session);
                                let label = fill(words.end, [&name]);
                                let row = StoredValue::new(session.clone());
                                let ask = move |_| {
                                    chosen.set(Some(row.get_value()));
                                    asking.set(true);
                                };
                                view! {
                                    <tr>
                                        <td class="main-cell"><b class="clip block">{name} {session.current.then(|| view! { <span class="badge">{words.here}</span> })}</b></td>
                                        <td>{session.address}</td>
                                        <td class="wide-only"><RelativeTime at=session.created_at/></td>
                                        <td><RelativeTime at=session.last_seen_at/></td>
                                        <td class="narrow">
                                            {(!session.current).then(|| view! { <IconButton icon="log-out" label=label kind="ghost sm" on_click=ask/> })}
                                        </td>
                                    </tr>
                                }
                            }
                        </For>
                    </tbody>
                </table>
            </div>
        </div>
        <PasswordDialog open=changing list=list/>
        <Confirm
            open=asking
            title=Signal::derive(move || fill(words.end_title, [name_of()]))
            text=words.end_text
            action=words.end_action
            on_confirm=end
        />
    }
    .into_any()
}

#[component]
fn PasswordDialog(open: RwSignal<bool>, list: RwSignal<Vec<UserSession>>) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let toasts = use_toasts();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    Effect::new(move || {
        if open.get() {
            current.set(String::new());
            new.set(String::new());
            tried.set(false);
            problem.set(None);
        }
    });
    let current_bad = move || tried.get() && current.read().is_empty();
    let new_bad = move || tried.get() && new.read().chars().count() < SHORTEST;
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        if busy.get_untracked() || current_bad() || new_bad() {
            return;
        }
        busy.set(true);
        let change = PasswordChange { current: current.get_untracked(), new: new.get_untracked() };
        leptos::task::spawn_local(async move {
            match api::change_password(&change).await {
                Ok(()) => {
                    toasts.ok(words.changed.to_owned(), "");
                    list.try_update(|l| l.retain(|s| s.current));
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
        <Dialog open=open title=words.change>
            <form class="stack" novalidate=true on:submit=submit>
                <div class="field">
                    <label class="field"><span class="lab">{words.current}</span><PasswordInput label=words.current value=current name="current" bad=Signal::derive(current_bad)/></label>
                    {move || current_bad().then(|| view! { <span class="problem" role="alert"><Icon name="circle-alert"/><span>{words.current_needed}</span></span> })}
                </div>
                <div class="field">
                    <label class="field"><span class="lab">{words.new}</span><PasswordInput label=words.new value=new name="new" autocomplete="new-password" bad=Signal::derive(new_bad)/></label>
                    <Strength password=new bad=Signal::derive(new_bad)/>
                    <span class="hint">{words.others_end}</span>
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
