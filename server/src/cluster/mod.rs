//! Kubernetes: Jobs that are made once, found again, watched, and whose results are accepted once.
//!
//! **Invariant:** the intent is durable before the create call. A Job's name follows from its intent, so that whoever
//! comes later (a restart, another server) finds the same Job, and "it exists already" with the same content is success.
//!
//! **Invariant:** a result is accepted in one statement that fails when it was accepted before or when the run has another
//! owner. Kubernetes may start a pod twice; nobody sees two results.

mod api;
mod board;
mod connect;
mod dispatch;
mod examine;
mod failure;
mod judge;
mod logs;
pub mod manifest;
pub mod name;
mod runs;
mod seen;
mod spec;
mod sweep;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use flow::Text;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::blobs::Blobs;
use crate::store::{JobRow, Store};

pub use connect::Settings;
pub(crate) use examine::examine;
pub use failure::Failure;
pub use logs::Line;
pub use runs::ClusterRuns;
pub use spec::{Ended, Intent, JobSpec, Resources, Toleration};

/// The cluster that flows may use, or why there is none. A cheap clone.
#[derive(Clone)]
pub struct Cluster(State);

#[derive(Clone)]
enum State {
    Off(Text),
    On(Arc<Connected>),
}

/// Fluxo's own image, and where its pods find this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    pub image: String,
    pub pull_policy: &'static str,
    pub url: String,
}

struct Connected {
    namespace: String,
    /// This installation, on labels.
    instance: String,
    selector: String,
    objects: api::Objects,
    board: board::Board,
    store: Store,
    blobs: Blobs,
    /// `Err`: what is missing for it.
    helper: Result<Helper, Failure>,
    pull_secrets: Vec<String>,
    /// Makes tokens.
    key: Vec<u8>,
    /// All Jobs were listed once.
    synced: AtomicBool,
    /// Why the API server is not heard, when it is not.
    trouble: Mutex<Option<String>>,
    /// Jobs that are no longer waited for stay: the next start goes on with them.
    leaving: AtomicBool,
    stop: CancellationToken,
    sweep: Notify,
}

/// Who hears of a Job while it works.
#[async_trait]
pub trait Follow: Send + Sync {
    /// New lines of its log, in order, each once. `cursor` says how far it was read: it is to be kept together with the
    /// lines ([`Store::append_log`]), so that a later start goes on behind them.
    async fn lines(&self, _job: &JobRow, _cursor: &str, _lines: &[Line]) {}
    /// What it waits for, and `None` when it goes on.
    fn waiting(&self, _why: Option<String>) {}
    /// Something that people should know of: that it is tried again, and why.
    fn say(&self, _line: String) {}
}

/// Nobody hears.
pub struct Unheard;

impl Follow for Unheard {}

impl Cluster {
    pub fn off(why: Text) -> Self {
        Self(State::Off(why))
    }

    /// Why no Job can be made at this moment.
    pub fn ready(&self) -> Result<(), Text> {
        let on = match &self.0 {
            State::Off(why) => return Err(why.clone()),
            State::On(on) => on,
        };
        let trouble = on.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match trouble {
            None => Ok(()),
            Some(why) => Err(Text::new(
                format!("The cluster can't be reached at the moment: {why}. Steps wait until it answers."),
                format!("O cluster não pode ser alcançado no momento: {why}. Os passos esperam até que ele responda."),
            )),
        }
    }

    /// Whether there is one, reachable or not.
    pub fn is_on(&self) -> bool {
        matches!(self.0, State::On(_))
    }

    pub fn namespace(&self) -> Option<&str> {
        match &self.0 {
            State::Off(_) => None,
            State::On(on) => Some(&on.namespace),
        }
    }

    /// Fluxo's own image; an error says which setting is missing.
    pub fn own_image(&self) -> Result<&Helper, Failure> {
        self.connected()?.helper.as_ref().map_err(Clone::clone)
    }

    /// Runs a Job to its end: writes the intent, makes the Job unless it is there, follows it, and accepts its result
    /// once. What the cluster is to blame for is tried again, within limits.
    ///
    /// When the future is dropped the Job is deleted, unless the server is stopping ([`Self::leave`]). Called again for the
    /// same intent it goes on with the Job that is there, or gives the result that was accepted.
    pub async fn dispatch(&self, intent: Intent, spec: JobSpec, follow: Arc<dyn Follow>) -> Result<Ended, Failure> {
        dispatch::run(self.connected()?, &intent, &spec, &*follow).await
    }

    /// The server stops: Jobs stay.
    pub fn leave(&self) {
        if let State::On(on) = &self.0 {
            on.leaving.store(true, Ordering::Release);
        }
    }

    /// Hears and does nothing any more.
    pub fn close(&self) {
        self.leave();
        if let State::On(on) = &self.0 {
            on.stop.cancel();
        }
    }

    /// Looks for Jobs that nobody wants, now.
    pub fn sweep(&self) {
        if let State::On(on) = &self.0 {
            on.sweep.notify_one();
        }
    }

    fn connected(&self) -> Result<&Arc<Connected>, Failure> {
        match &self.0 {
            State::Off(why) => Err(Failure::off(why)),
            State::On(on) => Ok(on),
        }
    }
}

impl Connected {
    /// A watcher heard of the API server, or not.
    fn heard(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}
