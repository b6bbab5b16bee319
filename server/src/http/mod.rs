//! HTTP: the API, webhooks, pages. Handlers are thin; one file per resource; all routes in [`routes`].

pub mod access;
pub mod assets;
mod blobs;
mod client;
mod compress;
mod convert;
mod credentials;
mod docs;
pub mod error;
mod events;
mod extract;
mod flows;
mod headers;
mod health;
pub mod job;
mod keys;
mod kinds;
mod notices;
mod pages;
pub mod routes;
pub mod run_job;
mod runs;
mod session;
mod signatures;
mod tools;
mod users;
pub mod webhooks;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use nodes::kinds::pdf_verify::signatures::Verifier;

use crate::auth::Auth;
use crate::blobs::Blobs;
use crate::certificates::Outlook;
use crate::cluster::Cluster;
use crate::config::ServeOptions;
use crate::engine::Engine;
use crate::schedule::{Housekeeping, Scheduler};
use crate::store::Store;
use crate::vault::Vault;
use crate::world::Networks;

/// What handlers share; a cheap clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

pub struct Parts {
    pub options: ServeOptions,
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub auth: Auth,
    pub cluster: Cluster,
    pub engine: Engine,
    /// Held: they work until they are dropped.
    pub scheduler: Scheduler,
    pub housekeeping: Housekeeping,
    pub registry: nodes::Registry,
    pub webhooks: webhooks::Table,
    pub intake: run_job::Intake,
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Networks,
    pub signatures: Verifier,
    pub started: Instant,
}

impl App {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// From where certificates are looked at in this moment.
    pub fn outlook(&self) -> Outlook {
        Outlook { now: jiff::Timestamp::now(), days: self.options.certificate_warning_days }
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
