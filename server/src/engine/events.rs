//! What happens in runs and flows, as it happens.
//!
//! A run's events are not a log but the newest state of each thing that changed, so a slow reader of a run with
//! thousands of steps is not flooded: it gets every step once more only when that changed since it last read.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use flow::api::{FlowEvent, RunEvent, Step};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::live::Live;
use super::{Engine, EngineError, Shared, live, views};
use crate::store::StepRow;

/// Changes within this time travel together.
const TOGETHER: Duration = Duration::from_millis(30);
/// How often a parked run, or one on another server, is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// A step's time in the database is from before its commit, an event's number from after it: by how much, in microseconds,
/// is bounded by the disk. What lies closer than this to the last known event is told once more.
const SLACK: u64 = 5_000_000;
/// Events of a flow that a slow reader may lag behind.
const FLOW_EVENTS: usize = 64;

impl Engine {
    /// The number of the run's last event and its steps so far; give the number to [`Engine::events`].
    pub async fn steps(&self, run: &str) -> Result<(u64, Vec<Step>), EngineError> {
        if let Some(live) = self.shared.live(run) {
            return Ok(live.steps());
        }
        let rows = self.shared.store.steps(run).await?;
        Ok((0, rows.iter().map(views::step).collect()))
    }

    /// The newest state of a run that works here; what the database says may be older.
    pub fn summary(&self, run: &str) -> Option<flow::api::RunSummary> {
        self.shared.live(run).map(|live| live.summary())
    }

    /// What changed in a run after event number `after` (0: everything) and what changes from here on, until the run ends
    /// or the server stops.
    pub async fn events(&self, run: &str, after: u64) -> Result<BoxStream<'static, (u64, RunEvent)>, EngineError> {
        let shared = Arc::clone(&self.shared);
        let live = shared.live(run);
        if live.is_none() {
            shared.store.run(run).await?;
        }
        let reader = Reader {
            shared,
            run: run.to_owned(),
            live,
            after,
            ready: VecDeque::new(),
            over: false,
            read: None,
            stored: None,
        };
        Ok(stream::unfold(reader, |mut reader| async { reader.next().await.map(|event| (event, reader)) }).boxed())
    }

    /// Saves, publications and runs of a flow from here on.
    pub fn flow_events(&self, flow: &str) -> broadcast::Receiver<FlowEvent> {
        let mut flows = self.shared.flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.retain(|_, listeners| listeners.receiver_count() > 0);
        flows.entry(flow.to_owned()).or_insert_with(|| broadcast::channel(FLOW_EVENTS).0).subscribe()
    }

    /// Tells everyone who has the flow open.
    pub fn publish_flow_event(&self, flow: &str, event: FlowEvent) {
        let flows = self.shared.flows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listeners) = flows.get(flow) {
            // Nobody listens: nobody misses it.
            let _ = listeners.send(event);
        }
    }
}

struct Reader {
    shared: Arc<Shared>,
    run: String,
    live: Option<Arc<Live>>,
    after: u64,
    ready: VecDeque<(u64, RunEvent)>,
    over: bool,
    /// When changes were read last.
    read: Option<Instant>,
    /// What the database said last, to tell only what is new.
    stored: Option<(flow::RunStatus, u32)>,
}

impl Reader {
    async fn next(&mut self) -> Option<(u64, RunEvent)> {
        loop {
            if let Some((number, event)) = self.ready.pop_front() {
                self.after = number;
                return Some((number, event));
            }
            if self.over {
                return None;
            }
            match self.live.clone() {
                Some(live) => self.read_live(&live).await,
                None => self.read_stored().await,
            }
        }
    }

    async fn read_live(&mut self, live: &Arc<Live>) {
        let mut changes = live.watch();
        changes.borrow_and_update();
        self.read = Some(Instant::now());
        // The status is read first: what comes after it can only be newer.
        let over = live.read().status.is_final();
        self.ready.extend(live.since(self.after));
        self.over = over;
        if !self.ready.is_empty() || over {
            return;
        }
        tokio::select! {
            changed = changes.changed() => {
                if changed.is_ok() && let Some(read) = self.read {
                    tokio::time::sleep_until(read + TOGETHER).await;
                }
            }
            () = tokio::time::sleep(LOOK) => {}
            () = self.shared.stopping.cancelled() => self.over = true,
        }
        let now = self.shared.live(&self.run);
        if !now.as_ref().is_some_and(|now| Arc::ptr_eq(now, live)) && live.since(self.after).is_empty() {
            self.live = now;
        }
    }

    /// A run that ended, is parked, or works on another server.
    async fn read_stored(&mut self) {
        if let Some(live) = self.shared.live(&self.run) {
            self.live = Some(live);
            return;
        }
        let Ok(row) = self.shared.store.run(&self.run).await else {
            self.over = true;
            return;
        };
        let seen = (row.status, row.steps);
        if self.stored != Some(seen) {
            self.stored = Some(seen);
            let steps = self.shared.store.steps(&self.run).await.unwrap_or_default();
            let known = self.after.saturating_sub(SLACK);
            let changed = |step: &StepRow| step.finished_at.unwrap_or(step.started_at).max(0) as u64 * 1_000;
            let mut new: Vec<_> =
                steps.iter().map(|step| (changed(step), step)).filter(|(at, _)| *at > known).collect();
            new.sort_by_key(|(at, step)| (*at, step.seq));
            let mut number = self.after;
            // Containers' lines go by their own numbers; those of a run that works here come from its memory.
            let logs = self.shared.store.job_logs(&self.run, self.after).await.unwrap_or_default();
            self.ready.extend(logs.into_iter().map(|kept| (kept.number, live::log_event(kept))));
            for (at, step) in new {
                number = at.max(number + 1);
                self.ready.push_back((number, RunEvent::Step { step: Box::new(views::step(step)) }));
            }
            self.ready.push_back((number + 1, RunEvent::Run { run: Box::new(views::summary(&row)) }));
            self.ready
                .make_contiguous()
                .sort_by_key(|(number, event)| (matches!(event, RunEvent::Run { .. }), *number));
        }
        self.over = row.status.is_final();
        if self.ready.is_empty() && !self.over {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = self.shared.stopping.cancelled() => self.over = true,
            }
        }
    }
}
