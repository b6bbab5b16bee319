//! Who was seen a moment ago, so that not every request asks the database. What this server changes is forgotten at
//! once; what another one changed, after [`FRESH`].

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Principal;

/// Milliseconds.
const FRESH: i64 = 5_000;
/// Entries; beyond it, all of them are forgotten.
const ENTRIES: usize = 10_000;

#[derive(Default)]
pub(super) struct Cache {
    seen: Mutex<HashMap<String, Seen>>,
}

struct Seen {
    principal: Principal,
    at: i64,
}

impl Cache {
    /// By session id or the hash of an API key.
    pub(super) fn get(&self, of: &str, now: i64) -> Option<Principal> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(of).filter(|seen| (0..FRESH).contains(&(now - seen.at))).map(|seen| seen.principal.clone())
    }

    pub(super) fn put(&self, of: &str, principal: &Principal, now: i64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= ENTRIES {
            seen.clear();
        }
        seen.insert(of.to_owned(), Seen { principal: principal.clone(), at: now });
    }

    /// After any change of users, sessions or keys.
    pub(super) fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
