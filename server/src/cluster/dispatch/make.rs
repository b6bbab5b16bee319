//! The Job is made, or found: the name is the same after every restart, and "exists already" with the same content is success.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::batch::v1::Job;

use super::Working;
use crate::cluster::api::CallError;
use crate::cluster::judge::first_line;
use crate::cluster::manifest::{self, Made, Try};
use crate::cluster::seen::JobSeen;
use crate::cluster::{Failure, name};
use crate::store::{JobRow, time};

/// A Job that ended stays on the cluster at least this long, with room for clocks that differ.
const REMEMBERED: Duration = Duration::from_secs(manifest::STAY as u64 - 600);

/// Between looks for room in a quota: nothing tells of it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Working<'_> {
    fn token(&self, job: &str) -> Option<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.on.key);
        self.spec.needs_server().then(|| URL_SAFE_NO_PAD.encode(hmac::sign(&key, job.as_bytes()).as_ref()))
    }

    /// Makes the Job unless it is there; its uid.
    pub(super) async fn exists(&self, row: &JobRow, again: bool, wanted: &str) -> Result<String, Failure> {
        let token = self.token(&row.name);
        let this = Try {
            namespace: &self.on.namespace,
            instance: &self.on.instance,
            intent: self.intent,
            attempt: row.attempt,
            name: &row.name,
            helper: self.on.helper.as_ref().ok(),
            pull_secrets: &self.on.pull_secrets,
            token: token.as_deref(),
        };
        let made = manifest::make(self.spec, &this);
        if again {
            match self.on.objects.job(&row.name, &|why| self.follow.waiting(why)).await {
                Ok(job) => return self.adopt(row, &job, &row.spec_hash, made).await,
                // It was made, and is gone.
                Err(CallError::NotFound) if row.uid.is_some() || self.may_have_gone(row) => {
                    return Err(Failure::vanished(&row.name));
                }
                Err(CallError::NotFound | CallError::Exists | CallError::Quota(_)) => {}
                Err(CallError::Failed(failure)) => return Err(failure),
            }
        }
        let hash = token.as_deref().map(|token| name::sha256(token.as_bytes()));
        if (again && row.spec_hash != wanted) || hash.is_some() {
            let mine = self.on.store.redo_job(&row.name, row.epoch, wanted, hash.as_deref()).await;
            if !mine.map_err(|e| Failure::store(&e))? {
                return Err(Failure::fenced());
            }
        }
        let mut room = Room::new(self, row);
        let created = loop {
            let result = self.on.objects.create_job(&made.job, &|why| self.follow.waiting(why)).await;
            if let Some(result) = room.after(result).await {
                break result;
            }
        };
        match created {
            Ok(job) => {
                tracing::debug!(job = row.name, "the Job was made");
                let uid = job.metadata.uid.clone().unwrap_or_default();
                self.on.board.put_job(&row.name, JobSeen::of(&job));
                self.complete(row, &uid, made).await?;
                Ok(uid)
            }
            // Our own call whose answer was lost, or somebody else's.
            Err(CallError::Exists) => match self.on.objects.job(&row.name, &|why| self.follow.waiting(why)).await {
                Ok(job) => self.adopt(row, &job, wanted, made).await,
                Err(CallError::Failed(failure)) => Err(failure),
                Err(_) => Err(Failure::vanished(&row.name)),
            },
            Err(CallError::NotFound) => {
                Err(Failure::invalid(&format!("there is no namespace '{}'", self.on.namespace)))
            }
            Err(CallError::Quota(why)) => Err(Failure::quota(&why)),
            Err(CallError::Failed(failure)) => Err(failure),
        }
    }

    /// Whether a Job that must not be made twice may have been made, and gone by itself since: nobody knows any more.
    fn may_have_gone(&self, row: &JobRow) -> bool {
        self.spec.at_most_once && time::now() - row.created_at >= REMEMBERED.as_millis() as i64
    }

    /// A Job that exists: ours when it has the same content.
    async fn adopt(&self, row: &JobRow, job: &Job, hash: &str, made: Made) -> Result<String, Failure> {
        let seen = JobSeen::of(job);
        if seen.spec_hash != hash {
            return Err(Failure::name_taken(&row.name));
        }
        let uid = seen.uid.clone();
        self.on.board.put_job(&row.name, seen);
        // The server may have stopped between the Job and its Secret; what is there stays as it is.
        match made.spec_hash == hash {
            true => self.complete(row, &uid, made).await?,
            false => self.note(row, &uid).await?,
        }
        Ok(uid)
    }

    /// The Secret beside the Job, and the note that the Job was made.
    async fn complete(&self, row: &JobRow, uid: &str, made: Made) -> Result<(), Failure> {
        let secret = async {
            let Some(mut secret) = made.secret else { return Ok(()) };
            manifest::own(&mut secret, &row.name, uid);
            let mut room = Room::new(self, row);
            let created = loop {
                let result = self.on.objects.create_secret(&secret, &|why| self.follow.waiting(why)).await;
                if let Some(result) = room.after(result).await {
                    break result;
                }
            };
            match created {
                Ok(()) => Ok(()),
                Err(CallError::Quota(why)) => Err(Failure::quota(&why)),
                Err(CallError::Failed(failure)) => Err(failure),
                Err(_) => Err(Failure::vanished(&row.name)),
            }
        };
        let (secret, noted) = tokio::join!(secret, self.note(row, uid));
        tracing::debug!(job = row.name, "its Secret was made, and the Job noted");
        noted?;
        secret
    }

    async fn note(&self, row: &JobRow, uid: &str) -> Result<(), Failure> {
        match self.on.store.job_made(&row.name, row.epoch, uid).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::fenced()),
            Err(error) => Err(Failure::store(&error)),
        }
    }
}

/// What a quota of the namespace has no room for is asked again, until there is some or the container's time to start is over.
struct Room<'a> {
    of: &'a Working<'a>,
    row: &'a JobRow,
    pause: Duration,
    /// What was said last.
    told: Option<String>,
}

impl<'a> Room<'a> {
    fn new(of: &'a Working<'a>, row: &'a JobRow) -> Self {
        Self { of, row, pause: FIRST_PAUSE, told: None }
    }

    /// Takes a call's result; `None`, after a pause, when it is to be called again.
    async fn after<T>(&mut self, result: Result<T, CallError>) -> Option<Result<T, CallError>> {
        let patience = self.of.patience(self.row);
        let left = patience.start_within.saturating_sub(patience.age);
        let why = match result {
            Err(CallError::Quota(why)) if !left.is_zero() => why,
            other => {
                if self.told.is_some() {
                    self.of.follow.waiting(None);
                }
                return Some(other);
            }
        };
        if self.told.as_ref() != Some(&why) {
            self.of.follow.waiting(Some(format!("The cluster takes no Job yet: {}", first_line(&why))));
            self.told = Some(why);
        }
        tokio::time::sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        None
    }
}
