//! What one step gets of the cluster: containers, their logs in the run, their files.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use flow::BlobRef;
use nodes::NodeError;
use nodes::world::{ContainerJob, JobResult, Jobs};

use crate::blobs::{BlobError, Blobs};
use crate::cluster::{Cluster, Follow, Intent, JobSpec, Line, Resources, manifest};
use crate::engine::StepPlace;
use crate::store::{JobRow, LogChunk, Store, time};

/// Bytes that travel in the Job's Secret; more is fetched by Fluxo's own image.
const CARRIED: u64 = 600_000;
/// Bytes of log lines that one step keeps for people who look later.
const KEPT: usize = 4 << 20;

pub(crate) struct StepJobs {
    pub cluster: Cluster,
    pub store: Store,
    pub blobs: Blobs,
    pub step: StepPlace,
}

#[async_trait]
impl Jobs for StepJobs {
    async fn run(&self, part: u32, job: ContainerJob) -> Result<JobResult, NodeError> {
        let intent = Intent { run: self.step.run.clone(), step: self.step.seq, part, epoch: self.step.epoch };
        let spec = self.spec(job).await?;
        let keep_files = spec.keep_files;
        let follow = Arc::new(StepLog { store: self.store.clone(), step: self.step.clone(), kept: Default::default() });
        let ended = self.cluster.dispatch(intent, spec, follow).await?;
        let files = match keep_files {
            true => self.store.job_files(&ended.job).await.map_err(|e| NodeError::new("store", e.to_string()))?,
            false => Vec::new(),
        };
        let blob = |row: crate::store::BlobRow| BlobRef {
            id: row.id,
            file_name: row.file_name,
            mime: row.mime,
            size: row.size,
        };
        Ok(JobResult {
            job: ended.job,
            text: ended.log,
            cut: ended.log_cut,
            files: files.into_iter().map(|(path, row)| (path, blob(row))).collect(),
            log: ended.log_file,
            exit_code: ended.exit_code,
            duration: Duration::from_millis(ended.duration_ms),
            node: ended.node,
            attempt: ended.attempt,
        })
    }
}

impl StepJobs {
    /// What is small goes with the Job; the rest is fetched.
    async fn spec(&self, job: ContainerJob) -> Result<JobSpec, NodeError> {
        let (mut files, mut fetch) = (Vec::new(), Vec::new());
        let mut environment = job.environment;
        let given: u64 = job.input.as_ref().map_or(0, |input| input.len() as u64)
            + job.files.iter().map(|(_, blob)| blob.size).sum::<u64>();
        let small = given <= CARRIED;
        if let Some(input) = job.input {
            environment.push(("FLUXO_INPUT".to_owned(), format!("{}/input.json", manifest::INPUT)));
            match small {
                true => files.push(("input.json".to_owned(), input)),
                false => {
                    let stored = self.blobs.write(Some(&self.step.run), "input.json", "application/json", input).await;
                    fetch.push(("input.json".to_owned(), stored.map_err(failed)?));
                }
            }
        }
        if !job.files.is_empty() {
            environment.push(("FLUXO_FILES".to_owned(), format!("{}/files", manifest::INPUT)));
        }
        for (path, blob) in job.files {
            let path = format!("files/{path}");
            match small {
                true => files.push((path, self.content(&blob).await?)),
                false => fetch.push((path, blob)),
            }
        }
        Ok(JobSpec {
            image: job.image,
            pull_policy: job.pull_policy,
            command: job.command,
            arguments: job.arguments,
            environment,
            secret_environment: job.secret_environment,
            resources: Resources {
                cpu_request: job.cpu_request,
                cpu_limit: job.cpu_limit,
                memory_request: job.memory_request,
                memory_limit: job.memory_limit,
                gpus: 0,
            },
            scratch: job.scratch,
            timeout: job.timeout,
            start_within: job.start_within,
            user: job.user,
            files,
            fetch,
            keep_files: job.keep_files,
            max_log: job.max_output,
            keep_log: true,
            at_most_once: self.step.at_most_once,
            ..JobSpec::default()
        })
    }

    async fn content(&self, blob: &BlobRef) -> Result<Bytes, NodeError> {
        self.blobs.read(&blob.id, CARRIED).await.map_err(failed)
    }
}

fn failed(error: BlobError) -> NodeError {
    NodeError::new("blob_failed", error.to_string())
}

/// A container's lines: kept first, then shown, so that after a restart none is missing and none comes twice.
struct StepLog {
    store: Store,
    step: StepPlace,
    kept: AtomicUsize,
}

#[async_trait]
impl Follow for StepLog {
    async fn lines(&self, job: &JobRow, cursor: &str, lines: &[Line]) {
        let bytes: usize = lines.iter().map(|line| line.text.len() + 32).sum();
        let before = self.kept.fetch_add(bytes, Ordering::Relaxed);
        if before < KEPT {
            let chunk = LogChunk {
                run: self.step.run.clone(),
                step: self.step.seq,
                node: self.step.node.clone(),
                number: number(lines.len()),
                lines: lines.iter().map(|line| (line.time.as_millisecond(), cut(&line.text))).collect(),
            };
            match self.store.append_log(&job.name, job.epoch, cursor, chunk).await {
                Ok(true) => {}
                // Somebody else shows them.
                Ok(false) => return,
                Err(error) => tracing::warn!(job = job.name, %error, "lines of a container's log are not kept"),
            }
        }
        for line in lines {
            (self.step.log)(line.time.as_millisecond(), &line.text);
        }
    }

    fn waiting(&self, why: Option<String>) {
        (self.step.waiting)(why);
    }

    fn say(&self, line: String) {
        (self.step.log)(time::now(), &line);
    }
}

/// The number of the first of some lines: by time, and never one that another container's lines of this run have.
fn number(lines: usize) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = jiff::Timestamp::now().as_microsecond().max(1) as u64;
    let taken = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| Some(next.max(now) + lines as u64));
    taken.unwrap_or_else(|next| next).max(now)
}

/// As long as a line is shown.
fn cut(line: &str) -> String {
    line.chars().take(4_000).collect()
}
