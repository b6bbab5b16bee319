//! What can't be written because the disk is full, kept in memory: nobody shall be locked out of looking by that. It
//! lasts until the server stops, or can be written again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{Attempts, SessionRow, StoreError};

/// Entries of each kind; beyond it, all of that kind are forgotten.
const ENTRIES: usize = 1_000;

#[derive(Default)]
pub(super) struct Spare {
    sessions: Mutex<HashMap<String, SessionRow>>,
    attempts: Mutex<HashMap<String, Attempts>>,
}

/// Whether an error says that the database can be read and not written.
pub(super) fn unwritable(error: &StoreError) -> bool {
    matches!(error, StoreError::DiskFull | StoreError::ReadOnly(_))
}

/// For what only informs, such as "last seen".
pub(super) fn best_effort(result: Result<(), StoreError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "when somebody was last seen was not written");
    }
}

impl Spare {
    pub(super) fn session(&self, id: &str) -> Option<SessionRow> {
        lock(&self.sessions).get(id).cloned()
    }

    pub(super) fn sessions_of(&self, user: &str) -> Vec<SessionRow> {
        lock(&self.sessions).values().filter(|row| row.user_id == user).cloned().collect()
    }

    pub(super) fn keep(&self, row: SessionRow) {
        insert(&mut lock(&self.sessions), row.id.clone(), row);
    }

    /// Whether it was here.
    pub(super) fn end(&self, id: &str) -> bool {
        lock(&self.sessions).remove(id).is_some()
    }

    /// All sessions of a user but `except`.
    pub(super) fn end_of(&self, user: &str, except: Option<&str>) {
        lock(&self.sessions).retain(|id, row| row.user_id != user || except == Some(id));
    }

    pub(super) fn attempts(&self, subject: &str) -> Attempts {
        lock(&self.attempts).get(subject).copied().unwrap_or_default()
    }

    pub(super) fn count(&self, subject: &str, now: i64, window_start: i64) {
        let mut attempts = lock(&self.attempts);
        let former = attempts.get(subject).copied().filter(|former| former.last_at >= window_start);
        let since = former.map_or(now, |former| former.since);
        let failures = former.map_or(0, |former| former.failures) + 1;
        insert(&mut attempts, subject.to_owned(), Attempts { failures, since, last_at: now });
    }

    pub(super) fn clear(&self, subject: &str) {
        lock(&self.attempts).remove(subject);
    }
}

fn insert<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) {
    if map.len() >= ENTRIES {
        map.clear();
    }
    map.insert(key, value);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
