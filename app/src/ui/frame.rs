//! The frame of every page: navigation at the side, the page beside it.

use flow::api::User;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use super::{Brand, Icon, Link, Menu, MenuItem, MenuLine};
use crate::api;
use crate::context::{Theme, may_manage, set_cookie, use_page};
use crate::i18n::{Common, Lang, fill};
use crate::notices::provide_notices;
use crate::view::{AnyView, Children, IntoAny};
use crate::words;

words! {
    /// Navigation.
    Words {
        main: "Main" | "Principal",
        skip: "Skip to the page" | "Ir para a página",
        flows: "Flows" | "Fluxos",
        runs: "Runs" | "Execuções",
        credentials: "Credentials" | "Credenciais",
        users: "Users" | "Usuários",
        keys: "API keys" | "Chaves de API",
        notices: "{} to look at: certificates that end soon or have expired" | "{} a verificar: certificados que terminam em breve ou expiraram",
        help: "API reference" | "Referência da API",
        settings: "Settings" | "Configurações",
        account: "Signed in as {}" | "Conectado como {}",
        system: "Theme of the system" | "Tema do sistema",
        light: "Light" | "Claro",
        dark: "Dark" | "Escuro",
        own: "Your account" | "Sua conta",
        sign_out: "Sign out" | "Sair",
    }
}

/// Navigation and page. The editor has it as a rail of icons.
#[component]
pub fn Frame(user: User, children: Children) -> AnyView {
    let words = Words::get();
    let path = use_location().pathname;
    let notices = provide_notices();
    let rail = move || crate::editor::has(&path.read());
    view! {
        <div class="app" class:rail=rail>
            <a class="skip" href="#page">{words.skip}</a>
            <nav class="nav" aria-label=words.main>
                <Link href="/flows" class="brand" label="Fluxo"><Brand/><span>"Fluxo"</span></Link>
                <NavLink href="/flows" icon="workflow" words=words.flows/>
                <NavLink href="/runs" icon="activity" words=words.runs/>
                <NavLink href="/credentials" icon="key-round" words=words.credentials count=Signal::derive(move || notices.shown())/>
                <div class="sep"></div>
                {may_manage()
                    .then(|| {
                        view! {
                            <NavLink href="/settings/users" icon="users" words=words.users/>
                            <NavLink href="/settings/keys" icon="terminal" words=words.keys/>
                        }
                    })}
                <a href="/api/docs" rel="external" target="_blank" title=words.help><Icon name="circle-help"/><span>{words.help}</span></a>
                <UserMenu user=user/>
            </nav>
            <main class="main" id="page" tabindex="-1">{children.draw()}</main>
        </div>
    }
    .into_any()
}

#[component]
fn NavLink(
    href: &'static str,
    icon: &'static str,
    words: &'static str,
    /// How many notices there are behind it; none when empty.
    #[prop(optional, into)]
    count: Signal<String>,
) -> AnyView {
    let notices = Words::get().notices;
    let path = use_location().pathname;
    let on = move || {
        let path = path.read();
        match href {
            "/runs" => path.starts_with("/runs") || (path.starts_with("/flows/") && path.ends_with("/runs")),
            "/flows" => path.starts_with("/flows") && !path.ends_with("/runs"),
            other => path.starts_with(other),
        }
    };
    view! {
        <Link href=href class=Signal::derive(move || if on() { "on".to_owned() } else { String::new() }) title=words>
            <Icon name=icon/>
            <span>{words}</span>
            {move || {
                let count = count.get();
                let label = fill(notices, [&count]);
                (!count.is_empty()).then(|| view! { <i class="nav-count" role="img" title=label.clone() aria-label=label>{count}</i> })
            }}
        </Link>
    }
    .into_any()
}

#[component]
fn UserMenu(user: User) -> AnyView {
    let words = Words::get();
    let common = Common::get();
    let page = use_page();
    let theme = RwSignal::new(page.theme);
    let lang = page.lang;
    let name = if user.name.is_empty() { user.email.clone() } else { user.name.clone() };
    let initials = initials(&name);
    let shown = name.clone();
    let pick = move |chosen: Theme| {
        theme.set(chosen);
        set_theme(chosen);
    };
    let navigate = StoredValue::new(use_navigate());
    let sign_out = move || {
        leptos::task::spawn_local(async {
            // Even when the server can't be reached the person wants to leave this page.
            let _ = api::sign_out().await;
            let _ = window().location().assign("/sign-in");
        });
    };
    let role = common.role(user.role);
    let email = user.email.clone();
    view! {
        <div class="nav-user">
            <Menu
                id="user-menu"
                label=fill(words.account, [&email])
                class="nav-me"
                place="up"
                button=move || view! { <i class="avatar">{initials.clone()}</i><span class="clip">{shown.clone()}</span> }
            >
                <div class="menu-head"><b class="clip">{name.clone()}</b><span class="small t3">{role}</span></div>
                <MenuLine/>
                {[(Theme::System, "monitor", words.system), (Theme::Light, "sun", words.light), (Theme::Dark, "moon", words.dark)]
                    .into_iter()
                    .map(|(which, icon, text)| {
                        view! { <MenuItem icon=icon checked=Signal::derive(move || theme.get() == which) on_click=move |()| pick(which)>{text}</MenuItem> }
                    })
                    .collect_view()}
                <MenuLine/>
                <MenuItem icon="languages" checked=lang == Lang::En on_click=|()| set_lang(Lang::En)>"English"</MenuItem>
                <MenuItem icon="languages" checked=lang == Lang::Pt on_click=|()| set_lang(Lang::Pt)>"Português (Brasil)"</MenuItem>
                <MenuLine/>
                <MenuItem icon="key-round" on_click=move |()| navigate.with_value(|go| go("/settings/account", NavigateOptions::default()))>{words.own}</MenuItem>
                <MenuItem icon="log-out" on_click=move |()| sign_out()>{words.sign_out}</MenuItem>
            </Menu>
        </div>
    }
    .into_any()
}

/// First letters of the first two words.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let first = words.next().and_then(|w| w.chars().next());
    let second = words.next().and_then(|w| w.chars().next());
    first.into_iter().chain(second).flat_map(char::to_uppercase).collect()
}

/// Changes the colours at once and remembers the choice.
pub fn set_theme(theme: Theme) {
    set_cookie("theme", theme.as_str());
    let Some(root) = document().document_element() else { return };
    let _ = match theme.attribute() {
        Some(value) => root.set_attribute("data-theme", value),
        None => root.remove_attribute("data-theme"),
    };
}

/// Remembers the language and draws the page again in it.
pub fn set_lang(lang: Lang) {
    set_cookie("lang", lang.tag());
    let _ = window().location().reload();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_take_two_words() {
        let check = |name: &str, expected: &str| assert_eq!(initials(name), expected, "{name}");
        check("Operações Financeiras Ltda", "OF");
        check("ops@example.com", "OE");
        check("ana", "A");
        check("", "");
    }
}
