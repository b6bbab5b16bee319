//! Parked runs: one sleeping timer for all of them.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{Shared, recover};

/// Runs that are woken with one statement.
const AT_ONCE: u64 = 100;
/// Other servers park runs, too: where there may be some, the database is asked this often.
const POLL: Duration = Duration::from_secs(1);
/// The longest sleep: a clock that is set back or forward is noticed then.
const LONGEST: Duration = Duration::from_secs(60);

/// Takes parked runs when their time has come, until the server stops.
pub(super) async fn keep_waking(shared: Arc<Shared>) {
    loop {
        let pause = match wake_due(&shared).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "waiting runs can't be looked up; trying again");
                POLL
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.wake.notified() => {}
            () = shared.stopping.cancelled() => return,
        }
    }
}

/// Wakes what is due; how long until the next.
async fn wake_due(shared: &Arc<Shared>) -> Result<Duration, crate::store::StoreError> {
    let next = shared.store.next_wake().await?;
    let now = shared.now();
    if next.is_some_and(|at| at <= now) || !shared.alone() {
        let rows = shared.store.claim(&shared.options.owner, AT_ONCE, now, shared.lease_until()).await?;
        let many = rows.len() as u64 == AT_ONCE;
        for row in rows {
            recover::go_on(shared, row);
        }
        if many {
            return Ok(Duration::ZERO);
        }
    }
    let next = shared.store.next_wake().await?;
    *shared.earliest.lock().unwrap_or_else(PoisonError::into_inner) = next;
    let longest = if shared.alone() { LONGEST } else { POLL };
    let left = next.map_or(longest, |at| Duration::from_millis((at - shared.now()).max(0) as u64));
    // A run that is due but belongs to somebody must not keep this loop spinning.
    Ok(left.clamp(Duration::from_millis(5), longest))
}
