//! Who was seen a moment ago, so that not every request asks the database. What this server changes is forgotten at
//! once; what another one changed, after [`FRESH`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Principal;

/// Milliseconds.
const FRESH: i64 = 5_000;
/// Entries; beyond it, all of them are forgotten.
const ENTRIES: usize = 10_000;

#[derive(Default)]
pub(super) struct Cache {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// How often all was forgotten.
    generation: u64,
    entries: HashMap<String, Entry>,
}

struct Entry {
    principal: Principal,
    at: i64,
    until: i64,
}

/// When somebody began to ask the database.
#[derive(Clone, Copy)]
pub(super) struct Asked(u64);

impl Cache {
    /// By session id or the hash of an API key; else the ticket for [`Cache::put`].
    pub(super) fn get(&self, of: &str, now: i64) -> Result<Principal, Asked> {
        let seen = self.lock();
        let entry = seen.entries.get(of).filter(|entry| (entry.at..entry.until).contains(&now));
        entry.map(|entry| entry.principal.clone()).ok_or(Asked(seen.generation))
    }

    /// Remembers what the database said, unless something changed since it was asked: then the answer may be the former
    /// one. `expires`: when the session or key ends.
    pub(super) fn put(&self, asked: Asked, of: &str, principal: &Principal, now: i64, expires: Option<i64>) {
        let mut seen = self.lock();
        if seen.generation != asked.0 {
            return;
        }
        if seen.entries.len() >= ENTRIES {
            seen.entries.clear();
        }
        let until = expires.unwrap_or(i64::MAX).min(now + FRESH);
        seen.entries.insert(of.to_owned(), Entry { principal: principal.clone(), at: now, until });
    }

    /// After any change of users, sessions or keys.
    pub(super) fn forget(&self) {
        let mut seen = self.lock();
        seen.generation += 1;
        seen.entries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use flow::api::Role;

    use super::*;
    use crate::auth::Proof;

    fn ana() -> Principal {
        Principal { id: "1".into(), name: "Ana".into(), role: Role::Owner, proof: Proof::Session("s".into()) }
    }

    #[test]
    fn an_answer_from_before_a_change_is_not_remembered() {
        let cache = Cache::default();
        let Err(asked) = cache.get("s", 0) else { panic!("nobody was put in") };
        // Meanwhile the session is revoked.
        cache.forget();
        cache.put(asked, "s", &ana(), 0, None);
        assert!(cache.get("s", 1).is_err());
    }

    #[test]
    fn an_entry_ends_with_its_key() {
        let cache = Cache::default();
        for (expires, last) in [(None, FRESH - 1), (Some(100), 99)] {
            let Err(asked) = cache.get("s", -1) else { panic!("times before the entry") };
            cache.put(asked, "s", &ana(), 0, expires);
            assert!(cache.get("s", last).is_ok() && cache.get("s", last + 1).is_err(), "{expires:?}");
        }
    }
}
