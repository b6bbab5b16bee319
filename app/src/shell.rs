//! The document around the app: everything that must stand in the first bytes of a page.

use flow::api::Session;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::context::{CONTEXT_ID, PageContext, Theme};
use crate::i18n::Lang;
use crate::view::IntoAny;
use crate::{App, ui};

/// What the server knows when it renders a page. The addresses are those of hashed files.
#[derive(Clone, Debug, Default)]
pub struct ShellContext {
    pub style_url: String,
    pub boot_url: String,
    pub codemirror_url: String,
    pub icon_url: String,
    /// Modules that the boot script will ask for, so that the browser fetches them at once.
    pub preload: Vec<String>,
    /// For inline scripts; [`leptos::nonce::use_nonce`] is used when this is empty.
    pub nonce: String,
    /// From the cookie `lang` or else `Accept-Language`: [`Lang::choose`].
    pub lang: Lang,
    /// From the cookie `theme`: [`Theme::parse`].
    pub theme: Theme,
    /// Answer of `GET /api/v1/session` for the request's cookies.
    pub session: Option<Session>,
    pub version: String,
    /// Milliseconds since 1970, UTC.
    pub now_ms: i64,
    /// From the cookie `tz`: minutes that local time is ahead of UTC.
    pub offset_min: i32,
}

/// Where a page request must go instead: `(path with query, session)` → address for a redirect, or none.
pub fn guard(path: &str, session: &Session) -> Option<String> {
    let bare = path.split(['?', '#']).next().unwrap_or(path);
    if session.setup_required {
        return (bare != "/welcome").then(|| "/welcome".to_owned());
    }
    let public = matches!(bare, "/sign-in" | "/welcome");
    match (&session.user, public) {
        (None, false) if bare == "/" => Some("/sign-in".to_owned()),
        (None, false) => Some(format!("/sign-in?to={}", crate::api::encode(path))),
        (None, true) if bare == "/welcome" => Some("/sign-in".to_owned()),
        (Some(_), true) => Some("/flows".to_owned()),
        (Some(_), false) if bare == "/" => Some("/flows".to_owned()),
        _ => None,
    }
}

/// The full HTML document. Called within the owner of one request; it provides [`PageContext`], the caller provides
/// [`crate::api::Server`].
pub fn shell(context: ShellContext) -> impl IntoView {
    let page = PageContext {
        lang: context.lang,
        theme: context.theme,
        session: context.session.unwrap_or(Session { user: None, setup_required: false }),
        version: context.version,
        codemirror_url: context.codemirror_url,
        now_ms: context.now_ms,
        offset_min: context.offset_min,
    };
    // `<` could end the element early; as an escape it means the same in JSON.
    let json = serde_json::to_string(&page).unwrap_or_default().replace('<', "\\u003c");
    provide_context(std::sync::Arc::new(page));
    let nonce = match context.nonce {
        given if given.is_empty() => leptos::nonce::use_nonce().map(|n| n.to_string()),
        given => Some(given),
    };
    let preload: Vec<_> = context
        .preload
        .into_iter()
        .map(|href| match href.ends_with(".wasm") {
            true => {
                view! { <link rel="preload" href=href r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> }
                    .into_any()
            }
            false => view! { <link rel="modulepreload" href=href/> }.into_any(),
        })
        .collect();
    view! {
        <!DOCTYPE html>
        <html lang=context.lang.tag() data-theme=context.theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="stylesheet" href=context.style_url/>
                <link rel="icon" type="image/svg+xml" href=context.icon_url/>
                {preload}
                <script type="module" src=context.boot_url nonce=nonce></script>
                <MetaTags/>
            </head>
            <body>
                <App/>
                <script type="application/json" id=CONTEXT_ID inner_html=json></script>
                <div class="sprite" aria-hidden="true" inner_html=ui::SPRITE></div>
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guard_sends_people_where_they_can_do_something() {
        let user = || flow::api::User {
            id: "1".into(),
            email: "a@b.c".into(),
            name: String::new(),
            role: flow::api::Role::Viewer,
            disabled: false,
            created_at: String::new(),
            last_seen_at: None,
        };
        let check = |path: &str, signed_in: bool, setup_required: bool, expected: Option<&str>| {
            let session = Session { user: signed_in.then(user), setup_required };
            assert_eq!(guard(path, &session).as_deref(), expected, "{path}");
        };
        check("/", false, true, Some("/welcome"));
        check("/welcome", false, true, None);
        check("/flows", false, true, Some("/welcome"));
        check("/", false, false, Some("/sign-in"));
        check("/flows/1?run=2", false, false, Some("/sign-in?to=%2Fflows%2F1%3Frun%3D2"));
        check("/sign-in?to=%2Fruns", false, false, None);
        check("/welcome", false, false, Some("/sign-in"));
        check("/", true, false, Some("/flows"));
        check("/sign-in", true, false, Some("/flows"));
        check("/runs", true, false, None);
    }
}
