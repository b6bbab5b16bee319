//! English and Brazilian Portuguese. Every word stands once, in both languages side by side; one that lacks a language
//! does not compile.
//!
//! ```ignore
//! words! { Words { title: "Flows" | "Fluxos", count: "{} flows" | "{} fluxos" } }
//! let w = Words::get();
//! view! { <h1>{w.title}</h1> {fill(w.count, [12])} }
//! ```

mod common;
mod time;

use serde::{Deserialize, Serialize};

pub use common::Common;
pub use time::{
    When, bytes, clock, date, date_time, duration, from_now, millis, number, parse_time, time_of_day, to_rfc3339,
    waits_for,
};

/// A language that Fluxo speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    #[default]
    En,
    Pt,
}

impl Lang {
    /// BCP 47 tag for `<html lang>`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Pt => "pt-BR",
        }
    }

    /// From the cookie `lang`, or else the best match of `Accept-Language`, or else English; empty texts count as absent.
    pub fn choose(cookie: &str, accept_language: &str) -> Self {
        let of = |tag: &str| match tag.trim().get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("pt") => Some(Self::Pt),
            Some("en") => Some(Self::En),
            _ => None,
        };
        if let Some(lang) = of(cookie) {
            return lang;
        }
        let mut best: Option<(f32, Self)> = None;
        for part in accept_language.split(',') {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight = rest.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(1.0);
            if let Some(lang) = of(tag)
                && best.is_none_or(|(w, _)| weight > w)
            {
                best = Some((weight, lang));
            }
        }
        best.map_or(Self::En, |(_, lang)| lang)
    }
}

/// The page's language. In the browser also outside components.
pub fn use_lang() -> Lang {
    crate::context::with_page(|page| page.lang)
}

/// A text of the API in the page's language.
pub fn text(text: &flow::Text) -> String {
    text.get(use_lang().tag()).to_owned()
}

/// Defines a struct of words with its two languages; `Name::get()` gives those of the page.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($key:ident: $en:literal | $pt:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy)]
        #[allow(missing_docs, reason = "the words document themselves")]
        pub struct $name { $(pub $key: &'static str),* }

        impl $name {
            const EN: Self = Self { $($key: $en),* };
            const PT: Self = Self { $($key: $pt),* };

            /// The words in the page's language.
            pub fn get() -> &'static Self {
                match $crate::i18n::use_lang() {
                    $crate::i18n::Lang::En => &Self::EN,
                    $crate::i18n::Lang::Pt => &Self::PT,
                }
            }
        }
    };
}

/// Puts values where a text has `{}`, in order.
pub fn fill<T: ToString>(text: &str, values: impl IntoIterator<Item = T>) -> String {
    let mut parts = text.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut values = values.into_iter();
    for part in parts {
        if let Some(value) = values.next() {
            out.push_str(&value.to_string());
        }
        out.push_str(part);
    }
    out
}

/// `one` for 1, else `many`, with the number where they have `{}`.
pub fn count(n: usize, one: &str, many: &str) -> String {
    fill(if n == 1 { one } else { many }, [number(n as f64)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_follows_cookie_then_header() {
        let check =
            |cookie, header, expected| assert_eq!(Lang::choose(cookie, header), expected, "{cookie:?} {header:?}");
        check("", "", Lang::En);
        check("", "pt-BR,pt;q=0.9,en;q=0.8", Lang::Pt);
        check("", "de-DE,de;q=0.9,en;q=0.5,pt;q=0.7", Lang::Pt);
        check("en", "pt-BR", Lang::En);
        check("xx", "pt", Lang::Pt);
        check("", "é,,;q=x", Lang::En);
    }

    #[test]
    fn fill_puts_values_in_order() {
        assert_eq!(fill("{} of {}", [3, 12]), "3 of 12");
        assert_eq!(fill("{}–{} of {}", ["1", "50"]), "1–50 of ");
        assert_eq!(fill("none", [1]), "none");
    }
}
