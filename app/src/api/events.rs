//! Server-sent events with resume: what the browser loses by a broken connection comes again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use flow::api::{FlowEvent, RunEvent};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use web_sys::{EventSource, MessageEvent};

/// Failures in a row after which a run is no longer followed: it was deleted, or is not ours to see.
const TRIES: u32 = 8;
/// Longest wait between two tries in milliseconds.
const MAX_WAIT_MS: u32 = 15_000;

/// Events flow until it is dropped. Lives in the browser only. A component that the server renders keeps it in a
/// `SendWrapper`: what is made with `StoredValue::new_local` there panics when another thread drops it.
pub struct Subscription(#[expect(dead_code, reason = "held for its Drop")] Rc<Stream>);

/// Follows a run from event number `after` on.
pub fn follow_run(run: &str, after: u64, on_event: impl Fn(RunEvent) + 'static) -> Subscription {
    Stream::open(format!("{}/runs/{run}/events", super::BASE), after, &["run", "step", "log"], on_event)
}

/// Follows what happens to a flow: saves, publishing, runs that start.
pub fn follow_flow(flow: &str, on_event: impl Fn(FlowEvent) + 'static) -> Subscription {
    Stream::open(format!("{}/flows/{flow}/events", super::BASE), 0, &["saved", "published", "run"], on_event)
}

type Handler = Closure<dyn FnMut(MessageEvent)>;

struct Stream {
    path: String,
    kinds: &'static [&'static str],
    source: RefCell<Option<EventSource>>,
    handlers: RefCell<Vec<Handler>>,
    on_error: RefCell<Option<Closure<dyn FnMut()>>>,
    last: Rc<Cell<u64>>,
    wait_ms: Cell<u32>,
    failures: Cell<u32>,
    /// The server said that nothing more will come.
    ended: Rc<Cell<bool>>,
}

impl Stream {
    fn open<T: DeserializeOwned>(
        path: String,
        after: u64,
        kinds: &'static [&'static str],
        on_event: impl Fn(T) + 'static,
    ) -> Subscription {
        let stream = Rc::new(Self {
            path,
            kinds,
            source: RefCell::default(),
            handlers: RefCell::default(),
            on_error: RefCell::default(),
            last: Rc::new(Cell::new(after)),
            wait_ms: Cell::new(500),
            failures: Cell::new(0),
            ended: Rc::default(),
        });
        let on_event = Rc::new(on_event);
        for kind in kinds {
            let (last, ended, on_event) = (stream.last.clone(), stream.ended.clone(), on_event.clone());
            let weak = Rc::downgrade(&stream);
            let handler: Handler = Closure::new(move |event: MessageEvent| {
                if let Some(stream) = weak.upgrade() {
                    stream.wait_ms.set(500);
                    stream.failures.set(0);
                }
                if let Ok(number) = event.last_event_id().parse::<u64>() {
                    last.set(number);
                }
                let data = event.data().as_string().unwrap_or_default();
                if *kind == "run" && is_final(&data) {
                    ended.set(true);
                }
                if let Ok(event) = serde_json::from_str::<T>(&data) {
                    on_event(event);
                }
            });
            stream.handlers.borrow_mut().push(handler);
        }
        let weak = Rc::downgrade(&stream);
        *stream.on_error.borrow_mut() = Some(Closure::new(move || failed(&weak)));
        stream.connect();
        Subscription(stream)
    }

    fn connect(&self) {
        let last = self.last.get();
        let path = if last > 0 { format!("{}?after={last}", self.path) } else { self.path.clone() };
        let Ok(source) = EventSource::new(&path) else { return };
        for (kind, handler) in self.kinds.iter().zip(self.handlers.borrow().iter()) {
            let _ = source.add_event_listener_with_callback(kind, handler.as_ref().unchecked_ref());
        }
        if let Some(on_error) = self.on_error.borrow().as_ref() {
            source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        }
        *self.source.borrow_mut() = Some(source);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(source) = self.source.borrow().as_ref() {
            source.set_onerror(None);
            source.close();
        }
    }
}

/// Whether a run's event says that the run is over; a flow's event about a run that started never ends the stream.
fn is_final(data: &str) -> bool {
    matches!(serde_json::from_str(data), Ok(RunEvent::Run { run }) if run.status.is_final() && run.finished_at.is_some())
}

/// The browser reconnects by itself after a broken connection, but gives up when the server refuses, which an expired
/// session makes it do.
fn failed(stream: &Weak<Stream>) {
    let Some(stream) = stream.upgrade() else { return };
    let closed = {
        let source = stream.source.borrow();
        let Some(source) = source.as_ref() else { return };
        if stream.ended.get() && stream.kinds.contains(&"step") {
            source.close();
            return;
        }
        source.ready_state() == EventSource::CLOSED
    };
    if !closed {
        return;
    }
    stream.failures.set(stream.failures.get() + 1);
    if stream.failures.get() > TRIES && stream.kinds.contains(&"step") {
        return;
    }
    let wait = stream.wait_ms.get();
    stream.wait_ms.set((wait * 2).min(MAX_WAIT_MS));
    let weak = Rc::downgrade(&stream);
    let again = move || {
        leptos::task::spawn_local(async move {
            #[cfg(not(feature = "ssr"))]
            super::refresh_session().await;
            if let Some(stream) = weak.upgrade() {
                stream.connect();
            }
        });
    };
    leptos::prelude::set_timeout(again, std::time::Duration::from_millis(wait.into()));
}
