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

/// Follows a run whose events up to number `known` are known, but for the lines of its log: those come from the first one on.
pub fn follow_run(run: &str, known: u64, on_event: impl Fn(RunEvent) + 'static) -> Subscription {
    let path = format!("{}/runs/{run}/events", super::BASE);
    let on_event = move |number, event| {
        if number > known || matches!(event, RunEvent::Log { .. }) {
            on_event(event);
        }
    };
    Stream::open(path, &["run", "step", "log"], on_event, None, None)
}

/// Follows what happens to a flow: saves, publishing, runs that start. These events can't be asked for again:
/// `on_gap` is told when some may have been missed. While `stays` says so it goes on in a hidden page too.
pub fn follow_flow(
    flow: &str,
    on_event: impl Fn(FlowEvent) + 'static,
    on_gap: impl Fn() + 'static,
    stays: impl Fn() -> bool + 'static,
) -> Subscription {
    let path = format!("{}/flows/{flow}/events", super::BASE);
    let (on_gap, stays) = (Rc::new(on_gap), Box::new(stays));
    Stream::open(path, &["saved", "published", "run"], move |_, event| on_event(event), Some(on_gap), Some(stays))
}

type Handler = Closure<dyn FnMut(MessageEvent)>;

struct Stream {
    path: String,
    kinds: &'static [&'static str],
    source: RefCell<Option<EventSource>>,
    handlers: RefCell<Vec<Handler>>,
    on_error: RefCell<Option<Closure<dyn FnMut()>>>,
    on_open: RefCell<Option<Closure<dyn FnMut()>>>,
    on_gap: Option<Rc<dyn Fn()>>,
    /// Whether it goes on while nobody sees the page.
    stays: Option<Box<dyn Fn() -> bool>>,
    was_open: Cell<bool>,
    /// Browsers keep six connections to a server without HTTP/2: pages that nobody sees leave them to the others.
    visibility: RefCell<Option<Closure<dyn FnMut()>>>,
    last: Rc<Cell<u64>>,
    wait_ms: Cell<u32>,
    failures: Cell<u32>,
    /// The server said that nothing more will come.
    ended: Rc<Cell<bool>>,
}

impl Stream {
    fn open<T: DeserializeOwned>(
        path: String,
        kinds: &'static [&'static str],
        on_event: impl Fn(u64, T) + 'static,
        on_gap: Option<Rc<dyn Fn()>>,
        stays: Option<Box<dyn Fn() -> bool>>,
    ) -> Subscription {
        let stream = Rc::new(Self {
            path,
            kinds,
            source: RefCell::default(),
            handlers: RefCell::default(),
            on_error: RefCell::default(),
            on_open: RefCell::default(),
            on_gap,
            stays,
            was_open: Cell::new(false),
            visibility: RefCell::default(),
            last: Rc::default(),
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
                    on_event(last.get(), event);
                }
            });
            stream.handlers.borrow_mut().push(handler);
        }
        let weak = Rc::downgrade(&stream);
        *stream.on_error.borrow_mut() = Some(Closure::new(move || failed(&weak)));
        let weak = Rc::downgrade(&stream);
        *stream.on_open.borrow_mut() = Some(Closure::new(move || {
            if let Some(stream) = weak.upgrade()
                && stream.was_open.replace(true)
                && let Some(on_gap) = &stream.on_gap
            {
                on_gap();
            }
        }));
        let weak = Rc::downgrade(&stream);
        let visibility = Closure::<dyn FnMut()>::new(move || {
            if let Some(stream) = weak.upgrade() {
                stream.looked_at();
            }
        });
        let _ = leptos::prelude::document()
            .add_event_listener_with_callback("visibilitychange", visibility.as_ref().unchecked_ref());
        *stream.visibility.borrow_mut() = Some(visibility);
        if leptos::prelude::document().hidden() {
            // Opened in a tab behind: what happens until somebody looks is a gap.
            stream.was_open.set(true);
        } else {
            stream.connect();
        }
        Subscription(stream)
    }

    /// The page was hidden or shown.
    fn looked_at(&self) {
        if !leptos::prelude::document().hidden() {
            if self.source.borrow().is_none() && !self.is_over() {
                self.connect();
            }
        } else if !self.stays.as_ref().is_some_and(|stays| stays()) {
            self.close();
        }
    }

    /// A run that ended says nothing more.
    fn is_over(&self) -> bool {
        self.ended.get() && self.kinds.contains(&"step")
    }

    fn close(&self) {
        if let Some(source) = self.source.borrow_mut().take() {
            source.set_onerror(None);
            source.set_onopen(None);
            source.close();
        }
    }

    fn connect(&self) {
        self.close();
        let last = self.last.get();
        let path = if last > 0 { format!("{}?after={last}", self.path) } else { self.path.clone() };
        let Ok(source) = EventSource::new(&path) else { return };
        for (kind, handler) in self.kinds.iter().zip(self.handlers.borrow().iter()) {
            let _ = source.add_event_listener_with_callback(kind, handler.as_ref().unchecked_ref());
        }
        if let Some(on_error) = self.on_error.borrow().as_ref() {
            source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        }
        if let Some(on_open) = self.on_open.borrow().as_ref() {
            source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        }
        *self.source.borrow_mut() = Some(source);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
        if let Some(visibility) = self.visibility.borrow_mut().take() {
            let _ = leptos::prelude::document()
                .remove_event_listener_with_callback("visibilitychange", visibility.as_ref().unchecked_ref());
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
        if stream.is_over() {
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
            // A hidden page connects when it is looked at again.
            if let Some(stream) = weak.upgrade()
                && !leptos::prelude::document().hidden()
            {
                stream.connect();
            } else if let Some(stream) = weak.upgrade() {
                stream.close();
            }
        });
    };
    leptos::prelude::set_timeout(again, std::time::Duration::from_millis(wait.into()));
}
