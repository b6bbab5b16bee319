//! Runs in the database that may be worked on: those whose wait is over, those that nobody has any more, and those that
//! queue there. A run is taken when there is a slot for it, not before, so what can't work yet costs nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{AcquireError, OwnedSemaphorePermit};

use super::{Shared, recover};
use crate::store::StoreError;

/// Places in the line for slots, and runs taken with one statement, at most.
const AT_ONCE: u64 = 100;
/// Other servers park and leave runs, too: where there may be some, the database is asked this often.
const POLL: Duration = Duration::from_secs(1);
/// The longest sleep: a clock that is set back or forward is noticed then.
const LONGEST: Duration = Duration::from_secs(60);

/// Asks for slots beside the runs that queue in memory, one for each run that can be taken.
type Line = FuturesUnordered<BoxFuture<'static, Result<OwnedSemaphorePermit, AcquireError>>>;

/// Takes runs from the database until the server stops.
pub(super) async fn keep_taking(shared: Arc<Shared>) {
    let mut line = Line::new();
    let mut slots = Vec::new();
    loop {
        let pause = match take(&shared, &mut line, std::mem::take(&mut slots)).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "runs can't be looked up; trying again");
                line.clear();
                POLL
            }
        };
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            Some(slot) = line.next(), if !line.is_empty() => {
                slots.extend(slot);
                while let Some(Some(slot)) = line.next().now_or_never() {
                    slots.extend(slot);
                }
            }
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Takes as many runs as there are slots and stands in line for the rest; how long until another one is due.
async fn take(shared: &Arc<Shared>, line: &mut Line, slots: Vec<OwnedSemaphorePermit>) -> Result<Duration, StoreError> {
    if !slots.is_empty() {
        let count = slots.len() as u64;
        let rows = shared.store.claim(&shared.owner, count, shared.now(), shared.lease_until()).await?;
        shared.queue.taken(rows.len() as u32);
        for (row, slot) in rows.into_iter().zip(slots) {
            recover::go_on(shared, row, slot);
        }
    }
    // Whoever parks a run during this look wakes the next one.
    shared.know_earliest(None);
    let now = shared.now();
    let ready = shared.store.count_claimable(&shared.owner, now, AT_ONCE).await?;
    shared.queue.counted(ready as u32, ready < AT_ONCE);
    if ready == 0 {
        line.clear();
    }
    for _ in line.len() as u64..ready {
        line.push(Arc::clone(&shared.slots).acquire_owned().boxed());
    }
    let next = shared.store.next_wake(now).await?;
    shared.know_earliest(next);
    let longest = if shared.alone() { LONGEST } else { POLL };
    Ok(next.map_or(longest, |at| Duration::from_millis((at - now).max(1) as u64).min(longest)))
}
