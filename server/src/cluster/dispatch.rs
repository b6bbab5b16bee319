//! One Job from its intent to its accepted result.

mod log;
mod make;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use flow::BlobRef;
use tokio::time::Instant;

use super::api::CallError;
use super::judge::{Patience, Seen, Verdict, judge};
use super::logs::Kept;
use super::manifest;
use super::seen::{Exit, JobSeen, PodSeen, State};
use super::spec::{Ended, Intent, JobSpec};
use super::{Connected, Failure, Follow, name};
use log::Log;

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
            Err(failure) if failure.infrastructure && !spec.at_most_once && tried < TRIES => {
                follow.say(format!("{} It is tried again ({tried} of {}).", failure.message.en, TRIES - 1));
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
        tracing::debug!(job = row.name, again, "the intent was stored");
        if self.spec.at_most_once && row.attempt > 1 && !again {
            return Err(self.began_before(&row).await);
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

    /// A former start of the server made a Job for this and saw it fail, but not that the step ended: there is no other one.
    async fn began_before(&self, row: &JobRow) -> Failure {
        let former = name::job(&row.run, row.step, row.part, row.attempt - 1);
        let outcome = self.on.store.job(&former).await.ok().and_then(|former| former.outcome);
        let outcome = outcome.and_then(|json| serde_json::from_str::<serde_json::Value>(&json).ok());
        let why = outcome.and_then(|outcome| outcome["message"].as_str().map(str::to_owned));
        let failure = Failure::began_before(why.as_deref());
        self.failed(row, &Err(failure.clone())).await;
        failure
    }

    async fn wait(&self, row: &JobRow, uid: &str) -> Result<Ended, Failure> {
        let mut changes = self.on.board.listen(&row.name);
        let mut log = Log::new(self, row);
        let (mut told, mut held, mut had_pod) = (None, None, false);
        let mut checked = Instant::now();
        let mut confirmed = false;
        loop {
            changes.borrow_and_update();
            let mut seen = Seen { held: held.clone(), ..self.on.board.seen(&row.name) };
            // Before anything is cut or said: what a container wrote last stands in its state, too.
            seen.pods.iter_mut().for_each(|pod| pod.main.mask(&log.kept));
            if seen.job.as_ref().is_some_and(|job| job.uid != uid) {
                return Err(Failure::vanished(&row.name));
            }
            had_pod |= !seen.pods.is_empty();
            let verdict = judge(&seen, self.patience(row));
            let mut look = CHECK;
            match verdict {
                Verdict::Waiting(why, failure) => {
                    look = LOOK;
                    // A pod that is gone says nothing of why it waited.
                    if !had_pod || !seen.pods.is_empty() {
                        held = failure;
                    }
                    if why != told {
                        self.follow.waiting(why.clone());
                        told = why;
                    }
                }
                Verdict::Running { pod } => {
                    if worked(&seen, &pod) {
                        held = None;
                    }
                    if told.take().is_some() {
                        self.follow.waiting(None);
                    }
                    log.follow(&pod);
                    tracing::trace!(job = row.name, "the container works");
                    // The Job says that it is over: the pod's last word is on its way, or was lost.
                    if seen.job.as_ref().is_some_and(JobSeen::over) {
                        look = UNSEEN;
                    }
                }
                Verdict::Succeeded { pod, node, exit } => {
                    tracing::debug!(job = row.name, "the container has ended");
                    return self.accept(row, log, pod, node, &exit).await;
                }
                Verdict::Exited { pod, exit } => {
                    log.finish_if_possible(&pod).await;
                    let tail = log.kept.tail();
                    let last = if tail.is_empty() { exit.message.as_str() } else { tail.as_str() };
                    return Err(Failure::exit_code(exit.code, last));
                }
                Verdict::Failed(failure, pod) if confirmed || (pod.is_some() && !failure.infrastructure) => {
                    // A container that never started has no log, and asking for it would only be tried again and again.
                    if let Some(pod) = pod.filter(|pod| worked(&seen, pod)) {
                        log.finish_if_possible(&pod).await;
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
    async fn accept(
        &self,
        row: &JobRow,
        mut log: Log<'_>,
        pod: String,
        node: String,
        exit: &Exit,
    ) -> Result<Ended, Failure> {
        let last = log.finish(&pod).await.map_err(|why| Failure::log_unreadable([&why, &why]))?;
        tracing::debug!(job = row.name, "its log was read");
        let worked = exit
            .started
            .zip(exit.finished)
            .map_or(0, |(from, to)| (to.as_millisecond() - from.as_millisecond()).max(0));
        // Both before the result: who comes later finds it with everything that belongs to it.
        let (log_file, ()) = tokio::join!(self.keep_log(row, &log.kept), log.tell(&last));
        let (log_file, kept) = (log_file?, log.kept);
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
        tracing::debug!(job = row.name, "its result was stored");
        match accepted {
            Ok(true) => Ok(ended),
            Ok(false) => Err(Failure::fenced()),
            Err(error) => Err(Failure::store(&error)),
        }
    }

    /// The log as a file of the run, where that is wanted and there is one.
    async fn keep_log(&self, row: &JobRow, kept: &Kept) -> Result<Option<BlobRef>, Failure> {
        if kept.text.is_empty() || !self.spec.keep_log {
            return Ok(None);
        }
        let content = Bytes::from(kept.text.clone().into_bytes());
        let name = format!("{}.log", row.name);
        let stored = self.on.blobs.write(Some(&row.run), &name, "text/plain", content).await;
        stored.map(Some).map_err(|e| Failure::blob(&e))
    }

    /// The result that was accepted before the server stopped.
    async fn accepted(&self, row: &JobRow) -> Result<Ended, Failure> {
        let mut ended: Ended =
            row.outcome.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        if let Some(file) = &ended.log_file {
            let most = self.spec.max_log as u64 + 1;
            let content = self.on.blobs.read(&file.id, most).await;
            let content = content.map_err(|e| Failure::blob(&e))?;
            ended.log = String::from_utf8_lossy(&content).into_owned();
        }
        Ok(ended)
    }

    /// Notes the failure, and removes a Job that would go on trying.
    async fn failed(&self, row: &JobRow, result: &Result<Ended, Failure>) {
        let Err(failure) = result else { return };
        let outcome = serde_json::json!({"code": failure.code, "message": failure.message.en}).to_string();
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

/// This pod's container has begun its work.
fn worked(seen: &Seen, pod: &str) -> bool {
    seen.pods.iter().any(|seen| seen.name == pod && seen.main.worked())
}

/// Nothing of it will start any more.
fn ended(seen: &Seen) -> bool {
    seen.job.as_ref().is_some_and(JobSeen::over) || seen.pods.iter().any(|pod| matches!(pod.main, State::Ended(_)))
}
