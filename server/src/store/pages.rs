//! Pages of lists: read on from where the former page ended, however much was added or deleted since.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flow::api::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Result, StoreError, limit};

/// Where a page starts and how long it is.
#[derive(Clone, Debug, Default)]
pub struct PageOf {
    /// `next` of the former page.
    pub cursor: Option<String>,
    /// 50 when absent, 200 at most.
    pub limit: Option<u32>,
}

impl PageOf {
    /// The place after which the page starts: what the list is sorted by. `None` for the first page.
    pub(super) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>> {
        let Some(cursor) = self.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::NoSuchPage)?;
        let json = String::from_utf8(bytes).map_err(|_| StoreError::NoSuchPage)?;
        // No text that we sort by has one, and PostgreSQL takes none.
        if json.contains("\\u0000") {
            return Err(StoreError::NoSuchPage);
        }
        serde_json::from_str(&json).map(Some).map_err(|_| StoreError::NoSuchPage)
    }

    /// How many rows to ask for: one more than are shown tells whether there is another page.
    pub(super) fn rows(&self) -> u64 {
        limit(self.limit) + 1
    }

    /// The page made of the rows that [`Self::rows`] asked for; `key` gives what the list is sorted by.
    pub(super) fn page<T, K: Serialize>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let shown = limit(self.limit) as usize;
        let more = items.len() > shown;
        items.truncate(shown);
        let next = items.last().filter(|_| more).and_then(|last| serde_json::to_vec(&key(last)).ok());
        Page { items, next: next.map(|key| URL_SAFE_NO_PAD.encode(key)) }
    }
}
