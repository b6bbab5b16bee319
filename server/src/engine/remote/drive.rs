//! A run whose steps a Job does, seen from the server: it starts the Job, takes what the Job tells, and ends with it.

use std::sync::Arc;
use std::time::Duration;

use flow::{RunError, RunStatus, StepStatus};
use futures_util::future::BoxFuture;
use nodes::{Answer, AnswerBody};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::Instant;

use super::super::checkpoint;
use super::super::cluster::{JobOver, RunJob, Say};
use super::super::drive::Drive;
use super::check::{self, Limits, Refused};
use super::port::{Delivery, JobError, Port, named_in_document};
use super::wire::{PROTOCOL, Post, PostEnd, Work, WorkOptions, WorkStep, WorkVersion};

/// Jobs of one run that may be lost before it fails.
const ATTEMPTS: u32 = 5;
/// A Job may take so long to get to a node, beside what the run may take.
const START: Duration = Duration::from_secs(3_600);
/// Waited before the second Job; each further wait is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// A Job gets so long to end after it said that all is done.
const LEAVING: Duration = Duration::from_secs(30);
/// Requests of a Job that wait for the run.
const WAITING: usize = 8;

/// How far the run's Job is; kept with the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::engine) struct JobState {
    pub attempt: u32,
    /// Number of the last post that was taken.
    pub posted: u64,
    /// The process that is heard.
    #[serde(default)]
    pub process: String,
    /// It ended; the run's next life needs another one.
    #[serde(default)]
    pub over: bool,
    /// Jobs that were lost since one got on with the run.
    #[serde(default)]
    pub lost: u32,
}

/// How the run got away from its Job.
enum Left {
    /// The run ended: its end is written, then the Job hears of it.
    Ended(Option<Reply>),
    Parked(i64, Reply),
    /// The Job is over, but the run is not.
    Lost(JobOver),
    /// The server stops.
    Stopping,
    /// The run is not ours any more.
    Gone,
}

type Reply = oneshot::Sender<Result<(), JobError>>;

impl Drive {
    /// Works until the run ends, parks or is left to another start of the server.
    pub(in crate::engine) async fn run_on_cluster(mut self) {
        let Some(cluster) = self.shared.cluster.clone() else {
            let message = "This flow runs on the cluster, and this server has none. Set FLUXO_KUBECONFIG, or let the flow run on the server in its settings.";
            self.fail(RunError::new("no_cluster", message));
            self.finish().await;
            return;
        };
        let Some(_place) = self.place().await else { return self.leave().await };
        self.take_given().await;
        loop {
            let (job, deliveries) = self.open();
            if self.end.is_none() && !self.write().await {
                return;
            }
            if self.end.is_some() {
                self.finish().await;
                return;
            }
            let mut over = cluster.run(job, self.say());
            match self.attend(&mut over, deliveries).await {
                Left::Gone => return,
                // The Job goes on; who takes the run up finds it again.
                Left::Stopping => return self.leave().await,
                // Without a reply, the Job is deleted at the end of this.
                Left::Ended(None) => {
                    self.finish().await;
                    return;
                }
                Left::Ended(Some(reply)) => {
                    let ended = self.finish().await;
                    return answer(reply, ended, over);
                }
                Left::Parked(until, reply) => {
                    let parked = self.park(until).await;
                    return answer(reply, parked, over);
                }
                Left::Lost(lost) => {
                    drop(over);
                    self.lost(lost).await;
                    if self.live.stop.is_cancelled() {
                        self.cancelled();
                    }
                    if self.end.is_some() {
                        self.finish().await;
                        return;
                    }
                    if self.shared.stopping.is_cancelled() {
                        return self.leave().await;
                    }
                }
            }
        }
    }

    /// A place among the runs on the cluster; the one among those in the server is given back then. `None` when the server
    /// stops.
    async fn place(&mut self) -> Option<Option<OwnedSemaphorePermit>> {
        tokio::select! {
            biased;
            () = self.shared.stopping.cancelled() => None,
            () = self.live.stop.cancelled() => {
                self.cancelled();
                Some(None)
            }
            place = Arc::clone(&self.shared.cluster_slots).acquire_owned() => {
                self.slot = None;
                Some(place.ok())
            }
        }
    }

    /// Says which attempt is at work, here and in what is written next.
    fn open(&mut self) -> (RunJob, mpsc::Receiver<Delivery>) {
        let former = self.saved.job.take().unwrap_or_default();
        let state = match former.over || former.attempt == 0 {
            true => JobState { attempt: former.attempt + 1, lost: former.lost, ..JobState::default() },
            // It may be at work since before this server started.
            false => former,
        };
        let facts = &self.live.facts;
        let left = self.timeout().saturating_sub(Duration::from_millis(self.saved.worked_ms));
        let job = RunJob {
            run: facts.id.clone(),
            flow: facts.flow_id.clone(),
            flow_name: facts.flow_name.clone(),
            attempt: state.attempt,
            epoch: self.epoch,
            settings: self.live.prepared.document.settings.cluster.clone(),
            deadline: left + START,
        };
        let (sender, deliveries) = mpsc::channel(WAITING);
        self.live.open_port(Port { attempt: state.attempt, sender, files: Arc::default() });
        self.live.set(|run| run.job = Some(RunJob::name_of(&job.run, job.attempt)));
        self.saved.job = Some(state);
        (job, deliveries)
    }

    /// Writes what changed; false when the run is not ours any more.
    async fn write(&mut self) -> bool {
        self.begin_flush();
        while let Some(flush) = &mut self.flush {
            let result = flush.done().await;
            if !self.flushed(result).await {
                return false;
            }
        }
        true
    }

    /// What there is to say of the Job stands in the run's log, with its first step.
    fn say(&self) -> Say {
        let (live, clock) = (Arc::clone(&self.live), Arc::clone(&self.shared.clock));
        Arc::new(move |line| live.log(1, &live.facts.trigger_node, clock.now().as_millisecond(), &line))
    }

    /// Takes what the Job tells until the run leaves it.
    async fn attend(
        &mut self,
        over: &mut BoxFuture<'static, JobOver>,
        mut deliveries: mpsc::Receiver<Delivery>,
    ) -> Left {
        let mut bytes = 0;
        loop {
            tokio::select! {
                biased;
                () = self.shared.killed.cancelled() => return Left::Gone,
                () = self.live.stop.cancelled() => {
                    self.cancelled();
                    return Left::Ended(None);
                }
                () = self.shared.stopping.cancelled() => return Left::Stopping,
                Some(delivery) = deliveries.recv() => {
                    if let Some(left) = self.deliver(delivery, &mut bytes).await {
                        return left;
                    }
                }
                over = &mut *over => return Left::Lost(over),
            }
        }
    }

    async fn deliver(&mut self, delivery: Delivery, bytes: &mut u64) -> Option<Left> {
        let (post, size, reply) = match delivery {
            Delivery::Work { process, reply } => {
                if let Some(job) = &mut self.saved.job {
                    job.process = process;
                }
                // A process that left will ask again.
                let _ = reply.send(Box::new(self.work_for_job()));
                return None;
            }
            Delivery::Post { post, bytes, reply } => (*post, bytes, reply),
        };
        let heard = self.saved.job.as_ref().is_some_and(|job| job.process.is_empty() || job.process == post.process);
        if !heard {
            let _ = reply.send(Err(JobError::Over));
            return None;
        }
        *bytes += size;
        let most = Limits::posts(&self.shared.options);
        let taken = match *bytes > most {
            true => Err(format!("It posted more than the {most} bytes that a run may.")),
            false => self.take_post(post).await,
        };
        match taken {
            Ok(Taken::Nothing) => {
                let _ = reply.send(Ok(()));
                None
            }
            Ok(Taken::Changes) => {
                if !self.write().await {
                    return Some(Left::Gone);
                }
                // Not written after all, because the database refused it: the run ended with that.
                let end = self.end.is_some().then_some(Left::Ended(None));
                let _ = reply.send(if end.is_some() { Err(JobError::Over) } else { Ok(()) });
                end
            }
            Ok(Taken::End) => Some(Left::Ended(Some(reply))),
            Ok(Taken::Park(until)) => Some(Left::Parked(until, reply)),
            Err(refused) => {
                tracing::warn!(run = self.live.facts.id, refused, "a Job posted what does not fit its run");
                let message = format!(
                    "The run's Job told the server what does not fit: {refused} Start a new run; if it happens again, please report it."
                );
                self.fail(RunError::new("job_post", message));
                let _ = reply.send(Err(JobError::Refused(refused)));
                Some(Left::Ended(None))
            }
        }
    }

    /// Everything that it takes to go on with this run.
    fn work_for_job(&self) -> Work {
        let live = &self.live;
        let (facts, options) = (&live.facts, &self.shared.options);
        let state = live.read();
        let rows = state.records().map(|record| checkpoint::row(live, &state, record, true));
        Work {
            protocol: PROTOCOL,
            run: facts.id.clone(),
            flow: facts.flow_id.clone(),
            flow_name: facts.flow_name.clone(),
            version: live.prepared.version.as_ref().map(|v| WorkVersion { id: v.id.clone(), number: v.number }),
            document: (*live.prepared.document).clone(),
            trigger: facts.trigger,
            trigger_node: facts.trigger_node.clone(),
            until: facts.until.clone(),
            retry_of: facts.retry_of.clone(),
            created_at: facts.created_at,
            started_at: state.started_at,
            steps: rows.map(|row| WorkStep::new(row, &self.saved.waits)).collect(),
            worked_ms: self.saved.worked_ms,
            bytes: self.saved.bytes,
            answer: self.answer.as_ref().and_then(|(_, json)| serde_json::from_str(json).ok()),
            posted: self.saved.job.as_ref().map_or(0, |job| job.posted),
            options: WorkOptions {
                timezone: options.timezone.clone(),
                max_steps: options.max_steps,
                max_items: options.max_items,
                max_run_bytes: options.max_run_bytes,
                max_blob_bytes: options.max_blob_bytes,
                run_timeout_s: options.run_timeout.as_secs(),
                http_allow: options.http_allow.clone(),
                env: self.shared.script.env().clone(),
            },
        }
    }

    async fn take_post(&mut self, post: Post) -> Result<Taken, Refused> {
        let now = self.shared.now();
        if post.number > 0 {
            let Some(job) = &mut self.saved.job else { return Ok(Taken::Nothing) };
            if post.number <= job.posted {
                return Ok(Taken::Nothing);
            }
            if post.number != job.posted + 1 {
                return Err(format!("Post {} came after post {}.", post.number, job.posted));
            }
            (job.posted, job.lost) = (post.number, 0);
        }
        for told in post.steps.into_iter().filter(|_| post.number > 0) {
            self.take_step(told, now).await?;
        }
        for told in post.started {
            self.show(told, now);
        }
        for log in post.logs {
            let node = self.live.read().record(log.seq).map(|r| r.node);
            if let Some(node) = node {
                let id = self.live.prepared.node(node).node.id.clone();
                self.live.log(log.seq, &id, log.time.clamp(self.live.facts.created_at, now), &log.line);
            }
        }
        if post.number == 0 {
            return Ok(Taken::Nothing);
        }
        if let Some(told) = post.answer.filter(|_| self.answer.is_none()) {
            self.take_answer(told).await?;
        }
        self.saved.worked_ms = self.saved.worked_ms.max(post.worked_ms.min(u64::from(u32::MAX) * 1_000));
        match post.end {
            None => Ok(Taken::Changes),
            Some(end) => self.take_end(end, now),
        }
    }

    /// Shows that a step started, if that is news.
    fn show(&mut self, told: WorkStep, now: i64) {
        let known = self.live.read().record(told.seq).map(|r| (r.finished_at.is_some(), r.status, r.attempt));
        let news = known
            .is_none_or(|(ended, status, attempt)| !ended && status == StepStatus::Running && attempt < told.attempt);
        if told.status == StepStatus::Running
            && news
            && let Ok((record, _)) = check::step(&self.live, &self.shared.options, now, told)
        {
            self.live.put(record);
        }
    }

    async fn take_step(&mut self, told: WorkStep, now: i64) -> Result<(), Refused> {
        let (record, wait_until) = check::step(&self.live, &self.shared.options, now, told)?;
        let files: Vec<String> = record
            .outputs
            .iter()
            .flat_map(|(_, batch)| batch.items.iter())
            .flat_map(|item| item.binary.values())
            .map(|file| file.id.clone())
            .collect();
        for file in files {
            self.check_file(&file).await?;
        }
        let seq = record.seq;
        self.saved.waits.remove(&seq);
        if let Some(until) = wait_until.filter(|_| record.status == StepStatus::Waiting) {
            self.saved.waits.insert(seq, until);
        }
        if record.status == StepStatus::Succeeded {
            let state = self.live.read();
            let last = self.last.and_then(|last| Some((state.record(last)?.finished_at, last)));
            let newer = last.is_none_or(|last| last < (record.finished_at, seq));
            drop(state);
            self.last = if newer { Some(seq) } else { self.last };
        }
        self.live.put(record);
        self.dirty.push(seq);
        Ok(())
    }

    /// Items may name files that this run made or was given; no others, which the run could read then.
    async fn check_file(&mut self, file: &str) -> Result<(), Refused> {
        if self.files.contains(file) || named_in_document(&self.live, file) {
            return Ok(());
        }
        loop {
            match self.shared.store.blob_of_run(&self.live.facts.id, file).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err("An item names a file that is not the run's.".to_owned()),
                Err(error) if !error.is_passing() || self.shared.killed.is_cancelled() => return Err(error.to_string()),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn take_answer(&mut self, told: serde_json::Value) -> Result<(), Refused> {
        let json: Arc<str> = told.to_string().into();
        let answer: Answer =
            serde_json::from_value(told).map_err(|_| "Its answer to the caller can't be read.".to_owned())?;
        if let AnswerBody::Blob(file) = &answer.body {
            self.check_file(&file.id).await?;
        }
        self.answer = Some((Arc::new(answer), json));
        Ok(())
    }

    fn take_end(&mut self, end: PostEnd, now: i64) -> Result<Taken, Refused> {
        if let Some(job) = &mut self.saved.job {
            job.over = true;
        }
        match (end.status, end.wake_at) {
            (RunStatus::Waiting, Some(wake_at)) => {
                let waits = |until: &&i64| **until > 0;
                // When the first of its waits is over; what it says itself is only a hint.
                let until = self.saved.waits.values().filter(waits).min().copied().unwrap_or(wake_at);
                self.since = Instant::now();
                Ok(Taken::Park(until.clamp(now, now.saturating_add(i64::from(u32::MAX) * 1_000))))
            }
            (RunStatus::Succeeded, _) => {
                let open = self.live.read().records().any(|r| r.finished_at.is_none());
                if open {
                    return Err("It says that all is done while steps are at work.".to_owned());
                }
                self.end = Some((RunStatus::Succeeded, None));
                Ok(Taken::End)
            }
            (RunStatus::Failed, _) => {
                let unknown = || {
                    RunError::new("job_failed", "The run failed in its Job without a reason. Look at the Job's log.")
                };
                self.fail(end.error.unwrap_or_else(unknown));
                Ok(Taken::End)
            }
            _ => Err("It ended the run in a way that there is not.".to_owned()),
        }
    }

    /// After a Job that was lost: the run fails, or there will be another one after a pause.
    async fn lost(&mut self, over: JobOver) {
        let lost = self.saved.job.as_mut().map_or(ATTEMPTS, |job| {
            (job.over, job.lost) = (true, job.lost + 1);
            job.lost
        });
        let error = over.error.unwrap_or_else(|| {
            let message = "The run's Job ended before the run did. Look at the Job's log, then retry the run.";
            RunError::new("job_lost", message)
        });
        if !over.again || lost >= ATTEMPTS {
            return self.fail(error);
        }
        let line = format!("{} Another Job goes on with the run.", error.message);
        let node = self.live.facts.trigger_node.clone();
        self.live.log(1, &node, self.shared.now(), &line);
        tokio::select! {
            () = tokio::time::sleep(PAUSE * 2u32.pow(lost - 1)) => {}
            () = self.live.stop.cancelled() => {}
            () = self.shared.stopping.cancelled() => {}
        }
    }
}

/// What came of a post.
enum Taken {
    Nothing,
    /// Durable when it is written.
    Changes,
    End,
    Park(i64),
}

/// Tells the Job that its last post is durable, and lets it end by itself; without an answer it posts it again.
fn answer(reply: Reply, durable: bool, over: BoxFuture<'static, JobOver>) {
    if durable {
        // A Job that is gone needs no answer.
        let _ = reply.send(Ok(()));
        tokio::spawn(tokio::time::timeout(LEAVING, over));
    }
}
