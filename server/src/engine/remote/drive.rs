//! A run whose steps a Job does, seen from the server: it starts the Job, takes what the Job tells, and ends with it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flow::RunError;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::super::checkpoint;
use super::super::cluster::{JobOver, RunJob, Say};
use super::super::drive::Drive;
use super::check::Limits;
use super::port::{Delivery, JobError, Port};
use super::take::Taken;
use super::wire::{PROTOCOL, Work, WorkOptions, WorkStep, WorkVersion};

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
                certificate_days: options.certificate_days,
                signature_roots: options.signature_roots.iter().map(|root| BASE64_STANDARD.encode(root)).collect(),
                env: self.shared.script.env().clone(),
            },
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

/// Tells the Job that its last post is durable, and lets it end by itself; without an answer it posts it again.
fn answer(reply: Reply, durable: bool, over: BoxFuture<'static, JobOver>) {
    if durable {
        // A Job that is gone needs no answer.
        let _ = reply.send(Ok(()));
        tokio::spawn(tokio::time::timeout(LEAVING, over));
    }
}
