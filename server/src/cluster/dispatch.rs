//! One Job from its intent to its accepted result.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use tokio::time::Instant;

use super::api::CallError;
use super::judge::{Patience, Seen, Verdict, judge};
use super::logs::{self, Cursor, Following, Kept, Line};
use super::manifest::{self, Made, Try};
use super::seen::{Exit, JobSeen, PodSeen, State};
use super::spec::{Ended, Intent, JobSpec};
use super::{Connected, Failure, Follow, name};
use crate::store::{JobRow, JobState, NewJob, StoreError, time};

/// Tries for what the cluster is to blame for, beside the user's own.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Bytes that a Secret may hold: the API server takes 1 MiB with everything around.
const SECRET: usize = 700_000;
/// How often patience is asked while no container works.
const LOOK: Duration = Duration::from_millis(500);
/// How often a working Job is asked for although nothing changed: events get lost.
const CHECK: Duration = Duration::from_secs(30);
/// A Job that was just made is seen by the watcher within this time.
const UNSEEN: Duration = Duration::from_secs(3);
/// How long a log stream may take to end after its container.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the last read of a log is tried.
const READING: Duration = Duration::from_secs(30);
/// Before a broken log stream is opened anew.
const REOPEN: Duration = Duration::from_millis(300);

pub(super) async fn run(
    on: &Arc<Connected>,
    intent: &Intent,
    spec: &JobSpec,
    follow: &dyn Follow,
) -> Result<Ended, Failure> {
    let carried: usize = spec.files.iter().map(|(_, content)| content.len()).sum::<usize>()
        + spec.secret_environment.iter().map(|(_, value)| value.len()).sum::<usize>();
    if carried > SECRET {
        return Err(Failure::too_large(carried));
    }
    if spec.needs_server() {
        on.helper.as_ref().map_err(Clone::clone)?;
    }
    let mut pause = FIRST_PAUSE;
    for tried in 1.. {
        let result = Working { on, intent, spec, follow }.once().await;
        follow.waiting(None);
        match result {
            Err(failure) if failure.infrastructure && tried < TRIES => {
                follow.say(format!("{} It is tried again ({tried} of {}).", failure.message, TRIES - 1));
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
            other => return other,
        }
    }
    unreachable!("the last try returns")
}

struct Working<'a> {
    on: &'a Arc<Connected>,
    intent: &'a Intent,
    spec: &'a JobSpec,
    follow: &'a dyn Follow,
}

/// Deletes a Job that is no longer waited for: its run was cancelled, or its step's time was over.
struct Guard {
    on: Arc<Connected>,
    name: String,
    epoch: i64,
    armed: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.on.board.forget(&self.name);
        if !self.armed || self.on.leaving.load(Ordering::Acquire) {
            return;
        }
        let (on, name, epoch) = (Arc::clone(&self.on), self.name.clone(), self.epoch);
        // Without a runtime the process is ending, and the next start's sweep does it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { give_up(&on, &name, epoch).await });
        }
    }
}

/// The tombstone first; then the Job. Who lost the run deletes nothing: its new owner waits for the same Job.
async fn give_up(on: &Connected, name: &str, epoch: i64) {
    match on.store.end_job(name, epoch, JobState::Cancelled, None, time::now()).await {
        Ok(true) => {
            if let Err(error) = on.objects.delete_job(name, None).await {
                tracing::warn!(job = name, ?error, "a cancelled Job was not deleted; the sweep tries again");
            }
        }
        // The sweep knows whether anybody wants it.
        Ok(false) => on.sweep.notify_one(),
        Err(error) => tracing::warn!(job = name, %error, "a Job was not given up; the sweep does it"),
    }
}

impl Working<'_> {
    async fn once(&self) -> Result<Ended, Failure> {
        let new = NewJob {
            run: self.intent.run.clone(),
            step: self.intent.step,
            part: self.intent.part,
            epoch: self.intent.epoch,
            spec_hash: manifest::spec_hash(self.spec),
            token_hash: None,
            now: time::now(),
        };
        let wanted = new.spec_hash.clone();
        let (row, again) = self.on.store.open_job(new, name::job).await.map_err(|e| Failure::store(&e))?;
        if row.state == JobState::Succeeded {
            return self.accepted(&row).await;
        }
        let mut guard = Guard { on: Arc::clone(self.on), name: row.name.clone(), epoch: row.epoch, armed: true };
        let result = match self.exists(&row, again, &wanted).await {
            Ok(uid) => self.wait(&row, &uid).await,
            Err(failure) => Err(failure),
        };
        if result.is_err() {
            self.failed(&row, &result).await;
        }
        guard.armed = false;
        result
    }

    fn token(&self, job: &str) -> Option<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.on.key);
        self.spec.needs_server().then(|| URL_SAFE_NO_PAD.encode(hmac::sign(&key, job.as_bytes()).as_ref()))
    }

    /// Makes the Job unless it is there; its uid.
    async fn exists(&self, row: &JobRow, again: bool, wanted: &str) -> Result<String, Failure> {
        let token = self.token(&row.name);
        let this = Try {
            namespace: &self.on.namespace,
            instance: &self.on.instance,
            intent: self.intent,
            attempt: row.attempt,
            name: &row.name,
            helper: self.on.helper.as_ref().ok(),
            token: token.as_deref(),
        };
        let made = manifest::make(self.spec, &this);
        if again {
            match self.on.objects.job(&row.name, &|why| self.follow.waiting(why)).await {
                Ok(job) => return self.adopt(row, &job, &row.spec_hash, made).await,
                // It was made, and is gone.
                Err(CallError::NotFound) if row.uid.is_some() => return Err(Failure::vanished(&row.name)),
                Err(CallError::NotFound | CallError::Exists) => {}
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
        match self.on.objects.create_job(&made.job, &|why| self.follow.waiting(why)).await {
            Ok(job) => {
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
            Err(CallError::Failed(failure)) => Err(failure),
        }
    }

    /// A Job that exists: ours when it has the same content.
    async fn adopt(
        &self,
        row: &JobRow,
        job: &k8s_openapi::api::batch::v1::Job,
        hash: &str,
        made: Made,
    ) -> Result<String, Failure> {
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
            match self.on.objects.create_secret(&secret, &|why| self.follow.waiting(why)).await {
                Ok(()) => Ok(()),
                Err(CallError::Failed(failure)) => Err(failure),
                Err(_) => Err(Failure::vanished(&row.name)),
            }
        };
        let (secret, noted) = tokio::join!(secret, self.note(row, uid));
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

    async fn wait(&self, row: &JobRow, uid: &str) -> Result<Ended, Failure> {
        let mut changes = self.on.board.listen(&row.name);
        let mut log = Log::new(self, row);
        let mut told = None;
        let mut checked = Instant::now();
        let mut confirmed = false;
        loop {
            changes.borrow_and_update();
            let seen = self.on.board.seen(&row.name);
            if seen.job.as_ref().is_some_and(|job| job.uid != uid) {
                return Err(Failure::vanished(&row.name));
            }
            let verdict = judge(&seen, self.patience(row));
            let mut look = CHECK;
            match verdict {
                Verdict::Waiting(why, _) => {
                    look = LOOK;
                    if why != told {
                        self.follow.waiting(why.clone());
                        told = why;
                    }
                }
                Verdict::Running { pod } => {
                    if told.take().is_some() {
                        self.follow.waiting(None);
                    }
                    log.follow(&pod);
                    // The Job says that it is over: the pod's last word is on its way, or was lost.
                    if seen.job.as_ref().is_some_and(JobSeen::over) {
                        look = UNSEEN;
                    }
                }
                Verdict::Succeeded { pod, node, exit } => {
                    let whole = log.finish(&pod).await;
                    whole.map_err(|why| Failure::log_unreadable(&why))?;
                    return self.accept(row, log.kept, pod, node, &exit).await;
                }
                Verdict::Exited { pod, exit } => {
                    // Without its log it is known at least that it failed.
                    let _ = log.finish(&pod).await;
                    let tail = log.kept.tail();
                    let last = if tail.is_empty() { exit.message.as_str() } else { tail.as_str() };
                    return Err(Failure::exit_code(exit.code, last));
                }
                Verdict::Failed(failure, pod) if confirmed || (pod.is_some() && !failure.infrastructure) => {
                    // A container that never started has no log, and asking for it would only be tried again and again.
                    let started = |name: &str| seen.pods.iter().any(|pod| pod.name == name && pod.main.started());
                    if let Some(pod) = pod.filter(|pod| started(pod)) {
                        let _ = log.finish(&pod).await;
                    }
                    return Err(failure);
                }
                // Watchers may lag behind each other: the cluster itself is asked before it is final.
                Verdict::Failed(..) => {
                    confirmed = true;
                    self.ask(row).await?;
                    checked = Instant::now();
                    continue;
                }
                Verdict::Missing => {
                    look = UNSEEN;
                    if checked.elapsed() >= UNSEEN {
                        self.ask(row).await?;
                        checked = Instant::now();
                        continue;
                    }
                }
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() {
                    changes = self.on.board.listen(&row.name);
                },
                lines = log.next() => log.take(lines).await,
                () = tokio::time::sleep(look) => {}
            }
            if look > LOOK && checked.elapsed() >= look {
                self.ask(row).await?;
                checked = Instant::now();
            }
        }
    }

    fn patience(&self, row: &JobRow) -> Patience {
        let age = Duration::from_millis((time::now() - row.created_at).max(0) as u64);
        Patience { age, start_within: self.spec.start_within, timeout: self.spec.timeout }
    }

    /// Puts on the board what the cluster says now.
    async fn ask(&self, row: &JobRow) -> Result<(), Failure> {
        let tell = |why| self.follow.waiting(why);
        let job = match self.on.objects.job(&row.name, &tell).await {
            Ok(job) => JobSeen::of(&job),
            Err(CallError::Failed(failure)) => return Err(failure),
            Err(_) => return Err(Failure::vanished(&row.name)),
        };
        let pods = match self.on.objects.pods_of(&row.name, &tell).await {
            Ok(pods) => pods.iter().map(PodSeen::of).collect(),
            Err(CallError::Failed(failure)) => return Err(failure),
            Err(_) => Vec::new(),
        };
        self.on.board.set(&row.name, Some(job), pods);
        Ok(())
    }

    /// The result of this Job, once.
    async fn accept(&self, row: &JobRow, kept: Kept, pod: String, node: String, exit: &Exit) -> Result<Ended, Failure> {
        let worked = exit
            .started
            .zip(exit.finished)
            .map_or(0, |(from, to)| (to.as_millisecond() - from.as_millisecond()).max(0));
        let log_file = match kept.text.is_empty() || !self.spec.keep_log {
            true => None,
            false => {
                let content = Bytes::from(kept.text.clone().into_bytes());
                let name = format!("{}.log", row.name);
                let stored = self.on.blobs.write(Some(&row.run), &name, "text/plain", content).await;
                Some(stored.map_err(|e| Failure::new("blob_failed", e.to_string()))?)
            }
        };
        let ended = Ended {
            job: row.name.clone(),
            attempt: row.attempt,
            exit_code: exit.code,
            node,
            pod,
            duration_ms: worked as u64,
            log: kept.text,
            log_cut: kept.cut,
            log_file,
        };
        let outcome = serde_json::to_string(&ended).unwrap_or_default();
        let accepted =
            self.on.store.end_job(&row.name, row.epoch, JobState::Succeeded, Some(&outcome), time::now()).await;
        match accepted {
            Ok(true) => Ok(ended),
            Ok(false) => Err(Failure::fenced()),
            Err(error) => Err(Failure::store(&error)),
        }
    }

    /// The result that was accepted before the server stopped.
    async fn accepted(&self, row: &JobRow) -> Result<Ended, Failure> {
        let mut ended: Ended =
            row.outcome.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        if let Some(file) = &ended.log_file {
            let most = self.spec.max_log as u64 + 1;
            let content = self.on.blobs.read(&file.id, most).await;
            let content = content.map_err(|e| Failure::new("blob_failed", e.to_string()))?;
            ended.log = String::from_utf8_lossy(&content).into_owned();
        }
        Ok(ended)
    }

    /// Notes the failure, and removes a Job that would go on trying.
    async fn failed(&self, row: &JobRow, result: &Result<Ended, Failure>) {
        let Err(failure) = result else { return };
        let outcome = serde_json::json!({"code": failure.code, "message": failure.message}).to_string();
        match self.on.store.end_job(&row.name, row.epoch, JobState::Failed, Some(&outcome), time::now()).await {
            // Jobs that ended go by themselves, later: people may want to look at them.
            Ok(true) if !ended(&self.on.board.seen(&row.name)) => {
                let (on, name) = (Arc::clone(self.on), row.name.clone());
                tokio::spawn(async move {
                    if let Err(error) = on.objects.delete_job(&name, None).await {
                        tracing::warn!(job = name, ?error, "a failed Job was not deleted; the sweep tries again");
                    }
                });
            }
            Ok(_) | Err(StoreError::Fenced) => {}
            Err(error) => tracing::warn!(job = row.name, %error, "a failed Job was not noted; the sweep does it"),
        }
    }
}

/// The log of the Job's container.
struct Log<'a> {
    of: &'a Working<'a>,
    row: &'a JobRow,
    kept: Kept,
    cursor: Cursor,
    /// Lines before the cursor are not in `kept`: the server stopped since.
    partial: bool,
    pod: Option<String>,
    following: Option<Following>,
    reopen: Option<Instant>,
}

impl<'a> Log<'a> {
    fn new(of: &'a Working<'a>, row: &'a JobRow) -> Self {
        let cursor = row.log_cursor.as_deref().map(Cursor::parse).unwrap_or_default();
        let secrets = of.spec.secret_environment.iter().map(|(_, value)| value.clone());
        Self {
            of,
            row,
            kept: Kept::new(of.spec.max_log, secrets),
            partial: !cursor.is_start(),
            cursor,
            pod: None,
            following: None,
            reopen: None,
        }
    }

    fn follow(&mut self, pod: &str) {
        if self.following.is_some() || self.reopen.is_some_and(|at| Instant::now() < at) {
            return;
        }
        if self.pod.as_deref().is_some_and(|known| known != pod) {
            // Kubernetes started another one: its log is another one, too.
            self.cursor = Cursor::default();
        }
        self.pod = Some(pod.to_owned());
        let pods = self.of.on.objects.pods.clone();
        self.following = Some(Following::start(pods, pod.to_owned(), &self.cursor, self.of.spec.max_log));
    }

    /// The next lines; at a stream's end none, after a moment.
    async fn next(&mut self) -> Vec<Line> {
        match (&mut self.following, self.reopen) {
            (Some(following), _) => {
                let lines = following.next().await;
                if lines.is_empty() {
                    self.following = None;
                    self.reopen = Some(Instant::now() + REOPEN);
                }
                lines
            }
            (None, Some(at)) => {
                tokio::time::sleep_until(at).await;
                self.reopen = None;
                Vec::new()
            }
            (None, None) => std::future::pending().await,
        }
    }

    async fn take(&mut self, lines: Vec<Line>) {
        if lines.is_empty() {
            return;
        }
        let lines: Vec<Line> = lines.into_iter().map(|line| self.kept.mask(line)).collect();
        for line in &lines {
            logs::done(&mut self.cursor, line);
            self.kept.add(line);
        }
        self.of.follow.lines(self.row, &self.cursor.to_string(), &lines).await;
    }

    /// Everything that the container wrote before it ended.
    async fn finish(&mut self, pod: &str) -> Result<(), String> {
        let until = Instant::now() + DRAIN;
        while let Some(following) = &mut self.following {
            match tokio::time::timeout_at(until, following.next()).await {
                Ok(lines) if !lines.is_empty() => self.take(lines).await,
                _ => self.following = None,
            }
        }
        if self.pod.as_deref().is_some_and(|known| known != pod) {
            (self.cursor, self.partial) = (Cursor::default(), true);
        }
        let until = Instant::now() + READING;
        loop {
            let mut lines = Vec::new();
            let mut room = self.of.spec.max_log;
            let mut fresh = self.kept.like();
            let pods = &self.of.on.objects.pods;
            let kept = &self.kept;
            let partial = self.partial;
            let result = logs::read(pods, pod, &self.cursor, partial, self.of.spec.max_log, |line, new| {
                let line = kept.mask(line);
                if partial {
                    fresh.add(&line);
                }
                if new && room > 0 {
                    room = room.saturating_sub(line.text.len() + 1);
                    lines.push(line);
                }
            })
            .await;
            match result {
                Ok(()) => {
                    self.take(lines).await;
                    if self.partial {
                        self.kept = fresh;
                        self.partial = false;
                    }
                    return Ok(());
                }
                Err(why) if Instant::now() >= until => return Err(why),
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }
}

/// Nothing of it will start any more.
fn ended(seen: &Seen) -> bool {
    seen.job.as_ref().is_some_and(JobSeen::over) || seen.pods.iter().any(|pod| matches!(pod.main, State::Ended(_)))
}
