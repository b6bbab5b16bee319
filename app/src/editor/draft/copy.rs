//! The copy that the browser keeps until the server has the draft.

use flow::Flow;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::context::use_session;

/// What the browser keeps until the server has it.
#[derive(Serialize, Deserialize)]
pub struct LocalCopy {
    /// The revision that it is based on.
    pub revision: u32,
    pub document: Flow,
    /// Sent off, and nobody knows yet whether they arrived.
    #[serde(default)]
    pub sent: Vec<Flow>,
}

/// What to do with a copy that the browser kept.
#[derive(Debug, PartialEq)]
pub enum Kept {
    /// The server has it.
    Forget,
    /// Nobody saved since, or only we did: it goes on from the server's revision.
    Restore,
    /// Somebody else saved since: the next save asks.
    Ask,
}

impl LocalCopy {
    /// `revision` and `stored` are the server's.
    pub fn against(&self, revision: u32, stored: &Flow) -> Kept {
        if self.document == *stored {
            Kept::Forget
        } else if self.revision == revision || self.sent.contains(stored) {
            Kept::Restore
        } else {
            Kept::Ask
        }
    }
}

/// By person: another one at this browser has drafts of their own.
fn key(flow: &str) -> String {
    let user = use_session().user.map(|u| u.id).unwrap_or_default();
    format!("fluxo-draft-{user}-{flow}")
}

fn store() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

pub fn read_copy(flow: &str) -> Option<LocalCopy> {
    serde_json::from_str(&store()?.get_item(&key(flow)).ok()??).ok()
}

pub fn write_copy(flow: &str, copy: &LocalCopy) -> bool {
    match (store(), serde_json::to_string(copy)) {
        (Some(store), Ok(text)) => store.set_item(&key(flow), &text).is_ok(),
        _ => false,
    }
}

pub fn forget_copy(flow: &str) {
    if let Some(store) = store() {
        let _ = store.remove_item(&key(flow));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Flow {
        Flow { name: name.into(), ..Flow::default() }
    }

    #[test]
    fn a_kept_copy_is_judged_by_what_the_server_has() {
        let copy = LocalCopy { revision: 3, document: named("mine"), sent: vec![named("on its way")] };
        let check = |revision: u32, stored: &str, expected: Kept| {
            assert_eq!(copy.against(revision, &named(stored)), expected, "{revision} {stored}");
        };
        check(3, "before", Kept::Restore);
        check(4, "mine", Kept::Forget);
        check(4, "on its way", Kept::Restore);
        check(4, "theirs", Kept::Ask);
    }
}
