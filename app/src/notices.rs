//! How many things wait to be looked at: certificates that end soon or have expired. The navigation shows it; who changes a
//! credential asks anew.

use std::time::Duration;

use leptos::prelude::*;

use crate::api;

/// More are told as `9+`.
const SHOWN: usize = 9;

#[derive(Clone, Copy)]
pub struct Notices(RwSignal<usize>);

/// Asks for them once the page lives, and every hour: pages stay open for days.
pub fn provide_notices() -> Notices {
    let notices = Notices(RwSignal::new(0));
    provide_context(notices);
    Effect::new(move |_: Option<()>| {
        notices.refresh();
        if let Ok(handle) = set_interval_with_handle(move || notices.refresh(), Duration::from_secs(3_600)) {
            on_cleanup(move || handle.clear());
        }
    });
    notices
}

/// The page's notices. Take it when a component is made, not in an event handler.
pub fn use_notices() -> Notices {
    use_context().unwrap_or_else(|| Notices(RwSignal::new(0)))
}

impl Notices {
    /// Asks the server. What it said last stays when it can't be reached.
    pub fn refresh(self) {
        leptos::task::spawn_local(async move {
            if let Ok(count) = api::notices(SHOWN + 1).await {
                self.0.try_set(count);
            }
        });
    }

    /// `3`, `9+`; empty when there are none.
    pub fn shown(self) -> String {
        match self.0.get() {
            0 => String::new(),
            count @ 1..=SHOWN => count.to_string(),
            _ => format!("{SHOWN}+"),
        }
    }
}
