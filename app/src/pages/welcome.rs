//! First start: the owner's account, then the gallery.

use flow::api::{NewUser, Problem, Role};
use leptos::prelude::*;
use leptos_meta::Title;

use super::entrance::Entrance;
use super::shared::NewPassword;
use crate::api;
use crate::i18n::fill;
use crate::ui::{Button, Callout, ErrorBox, Field, Input, sent_value, use_ready};
use crate::view::{AnyView, IntoAny};
use crate::words;

words! {
    /// Words of the first page.
    Words {
        title: "Make the owner account" | "Crie a conta do proprietário",
        about: "The first account owns this Fluxo: it invites others, makes keys and sets limits. This page closes once it exists." | "A primeira conta é a dona deste Fluxo: convida outras pessoas, cria chaves e define limites. Esta página se fecha quando ela existir.",
        name: "Name" | "Nome",
        email: "E-mail" | "E-mail",
        email_wrong: "Type an e-mail address." | "Digite um endereço de e-mail.",
        password: "Password" | "Senha",
        too_short: "At least 10 characters; four plain words are easy to keep." | "No mínimo 10 caracteres; quatro palavras comuns são fáceis de lembrar.",
        fair: "Fair. {} characters; longer is better." | "Razoável. {} caracteres; mais longa é melhor.",
        good: "Good. {} characters." | "Boa. {} caracteres.",
        strong: "Strong. {} characters." | "Forte. {} caracteres.",
        make: "Make the account" | "Criar a conta",
        kept: "Everything is kept on this server, in its own database. Passwords are stored as hashes, credentials encrypted." | "Tudo fica neste servidor, no próprio banco de dados. As senhas são guardadas como hash e as credenciais, criptografadas.",
    }
}

/// Shortest password.
pub const SHORTEST: usize = 10;

/// `/welcome`
#[component]
pub fn Welcome() -> AnyView {
    let words = Words::get();
    let (name, email, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, tried, problem) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(None::<Problem>));
    let email_bad = move || tried.get() && !looks_like_email(&email.read());
    let password_bad = move || tried.get() && password.read().chars().count() < SHORTEST;
    let ready = use_ready();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        for (field, value) in [("name", name), ("email", email), ("password", password)] {
            if let Some(typed) = sent_value(&event, field) {
                value.set(typed);
            }
        }
        tried.set(true);
        if busy.get_untracked()
            || !looks_like_email(&email.read_untracked())
            || password.read_untracked().chars().count() < SHORTEST
        {
            return;
        }
        busy.set(true);
        let owner = NewUser {
            email: email.get_untracked().trim().to_owned(),
            name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
            role: Role::Owner,
        };
        leptos::task::spawn_local(async move {
            match api::setup(&owner).await {
                Ok(_) => {
                    let _ = window().location().assign("/flows");
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
            <div>
                <h1 class="huge">{words.title}</h1>
                <p class="lead t2">{words.about}</p>
            </div>
            <form class="stack" method="post" novalidate=true on:submit=submit>
                <Field label=words.name><Input value=name name="name" autocomplete="name" autofocus=true/></Field>
                <Field label=words.email problem=Signal::derive(move || email_bad().then(|| words.email_wrong.to_owned()))>
                    <Input value=email r#type="email" name="email" autocomplete="username" bad=Signal::derive(email_bad)/>
                </Field>
                <NewPassword label=words.password value=password bad=Signal::derive(password_bad)/>
                <ErrorBox problem=problem/>
                <Button kind="primary big" r#type="submit" busy=busy disabled=Signal::derive(move || !ready.get())>{words.make}</Button>
            </form>
            <Callout icon="database">{words.kept}</Callout>
        </Entrance>
    }
    .into_any()
}

/// Four bars and a word for how hard a password is to guess.
#[component]
pub fn Strength(#[prop(into)] password: Signal<String>, #[prop(into)] bad: Signal<bool>) -> AnyView {
    let words = Words::get();
    let level = Memo::new(move |_| strength(&password.read()));
    let text = move || {
        let length = password.read().chars().count();
        match level.get() {
            0 | 1 => words.too_short.to_owned(),
            2 => fill(words.fair, [length]),
            3 => fill(words.good, [length]),
            _ => fill(words.strong, [length]),
        }
    };
    view! {
        <div class="pw-bars" aria-hidden="true">
            {(1..=4).map(|bar| view! { <i class="pw" class:on=move || { level.get() >= bar }></i> }).collect_view()}
        </div>
        <span class="hint" class:err=bad role="status">{text}</span>
    }
    .into_any()
}

/// 0 nothing, 1 too short, 2 fair, 3 good, 4 strong: length counts, then variety.
fn strength(password: &str) -> u8 {
    let length = password.chars().count();
    let mut distinct: Vec<char> = password.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    match (length, distinct.len()) {
        (0, _) => 0,
        (..SHORTEST, _) | (_, ..5) => 1,
        (10..13, _) | (_, ..8) => 2,
        (13..18, _) => 3,
        _ => 4,
    }
}

/// One `@` with something on both sides; the server judges the rest.
pub fn looks_like_email(text: &str) -> bool {
    text.trim().split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.len() > 2 && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_weighed() {
        let check = |password: &str, expected: u8| assert_eq!(strength(password), expected, "{password}");
        check("", 0);
        check("short", 1);
        check("aaaaaaaaaaaaaaaa", 1);
        check("abcdefghij", 2);
        check("casa verde sol", 3);
        check("casa verde sol e mar alto", 4);
    }

    #[test]
    fn addresses_need_both_sides() {
        let check = |text: &str, expected: bool| assert_eq!(looks_like_email(text), expected, "{text}");
        check("ops@example.com", true);
        check(" ops@example.com ", true);
        check("ops@", false);
        check("@example.com", false);
        check("ops", false);
        check("a@b@c.d", false);
    }
}
