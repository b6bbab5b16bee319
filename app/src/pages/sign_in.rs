//! Sign in.

use flow::api::{Problem, SignIn};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::entrance::Entrance;
use crate::api;
use crate::ui::{Button, Callout, ErrorBox, Field, Input, PasswordInput, sent_value, use_ready};
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the sign-in page.
    Words {
        title: "Sign in" | "Entrar",
        back: "Your session ended or you are not signed in. Afterwards you are back where you were." | "Sua sessão terminou ou você não entrou. Depois você volta para onde estava.",
        email: "E-mail" | "E-mail",
        password: "Password" | "Senha",
        sign_in: "Sign in" | "Entrar",
        forgot: "Forgot it? An owner of this Fluxo can set a new one, or on the server: " | "Esqueceu? Um proprietário deste Fluxo pode definir outra, ou no servidor: ",
    }
}

/// `/sign-in?to=…`
#[component]
pub fn SignInPage() -> AnyView {
    let words = Words::get();
    let query = use_query_map();
    let to = query.with_untracked(|q| q.get("to")).filter(|to| is_inside(to));
    let came_from = to.is_some();
    let to = StoredValue::new(to.unwrap_or_else(|| "/flows".to_owned()));
    let (email, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, problem) = (RwSignal::new(false), RwSignal::new(None::<Problem>));
    let ready = use_ready();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        if let Some(typed) = sent_value(&event, "email") {
            email.set(typed);
        }
        if let Some(typed) = sent_value(&event, "password") {
            password.set(typed);
        }
        busy.set(true);
        problem.set(None);
        let who = SignIn { email: email.get_untracked().trim().to_owned(), password: password.get_untracked() };
        leptos::task::spawn_local(async move {
            match api::sign_in(&who).await {
                Ok(_) => {
                    let _ = window().location().assign(&to.get_value());
                }
                Err(found) => {
                    problem.try_set(Some(found));
                    busy.try_set(false);
                }
            }
        });
    };
    view! {
        <Title text=format!("{} · Fluxo", words.title)/>
        <Entrance>
            <h1 class="huge">{words.title}</h1>
            {came_from.then(|| view! { <Callout kind="info">{words.back}</Callout> })}
            // Never by GET: a form that is sent before the page is ready must not put the password into the address.
            <form class="stack" method="post" on:submit=submit>
                <Field label=words.email><Input value=email r#type="email" name="email" autocomplete="username" autofocus=true required=true/></Field>
                <Field label=words.password><PasswordInput label=words.password value=password/></Field>
                <ErrorBox problem=problem/>
                <Button kind="primary big" r#type="submit" busy=busy disabled=Signal::derive(move || !ready.get())>{words.sign_in}</Button>
            </form>
            <p class="hint">{words.forgot}<code>"fluxo user add"</code></p>
        </Entrance>
    }
    .into_any()
}

/// Only a path of this server: `//host` and `/\host` are addresses elsewhere.
fn is_inside(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.starts_with("/\\") && !to.contains(['\n', '\r', '\t'])
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let check = |to: &str, expected: bool| assert_eq!(is_inside(to), expected, "{to}");
        check("/flows/1?run=2", true);
        check("//evil.example", false);
        check("/\\evil.example", false);
        check("/\t/evil.example", false);
        check("https://evil.example", false);
        check("javascript:alert(1)", false);
    }
}
