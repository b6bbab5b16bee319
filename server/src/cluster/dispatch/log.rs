//! The log of the Job's container: followed while it works, read to its end when it has ended.

use std::time::Duration;

use tokio::time::Instant;

use super::Working;
use crate::cluster::logs::{self, Cursor, Following, Kept, Line};
use crate::store::JobRow;

/// How long a log stream that is far behind is read on after its container's end.
const DRAIN: Duration = Duration::from_secs(3);
/// How long the last read of a log is tried.
const READING: Duration = Duration::from_secs(30);
/// Before a broken log stream is opened anew.
const REOPEN: Duration = Duration::from_millis(300);

/// The log of the Job's container.
pub(super) struct Log<'a> {
    of: &'a Working<'a>,
    row: &'a JobRow,
    pub(super) kept: Kept,
    cursor: Cursor,
    /// Lines before the cursor are not in `kept`: the server stopped since.
    partial: bool,
    pod: Option<String>,
    following: Option<Following>,
    reopen: Option<Instant>,
}

impl<'a> Log<'a> {
    pub(super) fn new(of: &'a Working<'a>, row: &'a JobRow) -> Self {
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

    pub(super) fn follow(&mut self, pod: &str) {
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
    pub(super) async fn next(&mut self) -> Vec<Line> {
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

    pub(super) async fn take(&mut self, lines: Vec<Line>) {
        let lines = self.add(lines);
        self.tell(&lines).await;
    }

    /// Keeps lines without telling anybody of them yet.
    fn add(&mut self, lines: Vec<Line>) -> Vec<Line> {
        let lines: Vec<Line> = lines.into_iter().map(|line| self.kept.mask(line)).collect();
        for line in &lines {
            logs::done(&mut self.cursor, line);
            self.kept.add(line);
        }
        lines
    }

    /// Lines that are kept already, to whoever follows.
    pub(super) async fn tell(&self, lines: &[Line]) {
        if !lines.is_empty() {
            self.of.follow.lines(self.row, &self.cursor.to_string(), lines).await;
        }
    }

    /// Keeps everything that the container wrote before it ended; gives the lines that nobody was told of.
    pub(super) async fn finish(&mut self, pod: &str) -> Result<Vec<Line>, String> {
        self.drain().await;
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
                    let lines = self.add(lines);
                    if self.partial {
                        self.kept = fresh;
                        self.partial = false;
                    }
                    return Ok(lines);
                }
                Err(why) if Instant::now() >= until => return Err(why),
                Err(_) => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        }
    }

    /// The rest of the log of a container that failed: without it, it is known at least that it failed.
    pub(super) async fn finish_if_possible(&mut self, pod: &str) {
        if let Ok(lines) = self.finish(pod).await {
            self.tell(&lines).await;
        }
    }

    /// Takes what the stream gave already. Its end is not waited for: a kubelet tells it up to a second after the container's,
    /// and what is still to come is read by itself. Only who is far behind goes on with the stream, because it may be in a
    /// file that was rotated away.
    async fn drain(&mut self) {
        let until = Instant::now() + DRAIN;
        while let Some(following) = &mut self.following {
            let (lines, behind) = following.ready();
            if !behind || Instant::now() >= until {
                self.following = None;
            }
            self.take(lines).await;
        }
    }
}
