//! What every page knows from the start: who is signed in, language, theme, clock. The server decides it and hands the
//! same values to the browser, so that both render the same page.

use flow::api::Session;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::i18n::Lang;

/// Id of the element that carries [`PageContext`] as JSON.
pub const CONTEXT_ID: &str = "page-context";

/// The colours; [`Theme::System`] follows the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// From the cookie `theme`; anything unknown is [`Theme::System`].
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Value of `data-theme` on `<html>`; none for the system's.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            other => Some(other.as_str()),
        }
    }
}

/// The same on the server and in the browser while the page is first drawn.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PageContext {
    pub lang: Lang,
    pub theme: Theme,
    pub session: Session,
    /// Version of the server.
    pub version: String,
    /// Address of the code editor's module.
    pub codemirror_url: String,
    /// Milliseconds since 1970, UTC, when the page was rendered.
    pub now_ms: i64,
    /// Minutes that local time is ahead of UTC, from the cookie `tz`.
    pub offset_min: i32,
}

impl Default for PageContext {
    fn default() -> Self {
        Self {
            lang: Lang::En,
            theme: Theme::System,
            session: Session { user: None, setup_required: false },
            version: String::new(),
            codemirror_url: String::new(),
            now_ms: 0,
            offset_min: 0,
        }
    }
}

/// The page's context: provided by the server, read from the document in the browser.
#[cfg(feature = "ssr")]
pub fn with_page<T>(read: impl FnOnce(&PageContext) -> T) -> T {
    match use_context::<std::sync::Arc<PageContext>>() {
        Some(page) => read(&page),
        None => read(&PageContext::default()),
    }
}

/// The page's context: provided by the server, read from the document in the browser.
#[cfg(not(feature = "ssr"))]
pub fn with_page<T>(read: impl FnOnce(&PageContext) -> T) -> T {
    use std::cell::OnceCell;
    thread_local! {
        static PAGE: OnceCell<PageContext> = const { OnceCell::new() };
    }
    PAGE.with(|page| {
        read(page.get_or_init(|| {
            document()
                .get_element_by_id(CONTEXT_ID)
                .and_then(|e| e.text_content())
                .and_then(|text| serde_json::from_str(&text).ok())
                .unwrap_or_default()
        }))
    })
}

/// A copy of the page's context.
pub fn use_page() -> PageContext {
    with_page(PageContext::clone)
}

/// Who is signed in.
pub fn use_session() -> Session {
    use_page().session
}

/// Whether the one who is signed in may change flows.
pub fn may_edit() -> bool {
    use_session().user.is_some_and(|u| u.role >= flow::api::Role::Editor)
}

/// Whether the one who is signed in may manage users and keys.
pub fn may_manage() -> bool {
    use_session().user.is_some_and(|u| u.role >= flow::api::Role::Owner)
}

/// Sets a cookie for a year that the server reads when it renders.
pub fn set_cookie(name: &str, value: &str) {
    use wasm_bindgen::JsCast;
    if let Some(html) = document().dyn_ref::<web_sys::HtmlDocument>() {
        let _ = html.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax"));
    }
}

/// Tells the server where the clock stands, so that it renders local times.
pub fn remember_zone() {
    let offset = -(js_sys::Date::new_0().get_timezone_offset() as i32);
    if offset != use_page().offset_min {
        set_cookie("tz", &offset.to_string());
    }
}
