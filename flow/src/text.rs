//! Words shown to people, in every language that Fluxo speaks.

use serde::{Deserialize, Serialize};

/// A short text in English and Brazilian Portuguese.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Text {
    pub en: String,
    pub pt: String,
}

impl Text {
    pub fn new(en: impl Into<String>, pt: impl Into<String>) -> Self {
        Self { en: en.into(), pt: pt.into() }
    }

    /// The text in `language` (a BCP 47 tag); English unless it starts with `pt`.
    pub fn get(&self, language: &str) -> &str {
        if language.starts_with("pt") { &self.pt } else { &self.en }
    }
}
