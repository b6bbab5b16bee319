//! What a Job posts becomes the run's: each post once, in order, and only what fits the run.

use std::sync::Arc;
use std::time::Duration;

use flow::{RunError, RunStatus, StepStatus};
use nodes::{Answer, AnswerBody};
use tokio::time::Instant;

use super::super::drive::Drive;
use super::check::{self, Refused};
use super::port::named_in_document;
use super::wire::{Post, PostEnd, WorkStep};

/// Before the database is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of a post.
pub(super) enum Taken {
    Nothing,
    /// Durable when it is written.
    Changes,
    End,
    Park(i64),
}

impl Drive {
    pub(super) async fn take_post(&mut self, post: Post) -> Result<Taken, Refused> {
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
}
