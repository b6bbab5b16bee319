//! A container's log: followed while it works, read to its end when it ended, each line once.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::AsyncBufReadExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::manifest::MAIN;

/// A stream that says nothing for this long is opened anew: some ends are never told (a rotated file, a lost connection).
const IDLE: Duration = Duration::from_secs(60);
/// Lines on their way from the stream to the run.
const AHEAD: usize = 1_024;
/// Lines that a failure shows.
const TAIL: usize = 20;
/// Bytes of a line that a failure shows.
const TAIL_LINE: usize = 500;
/// A shorter secret is not masked: it would blacken what has nothing to do with it.
const SECRET: usize = 5;
const MASK: &str = "•••";

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub time: Timestamp,
    pub text: String,
}

/// How far a log was read: the time of the last line, and how many lines of that very time were.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cursor {
    last: Option<(Timestamp, u32)>,
}

impl Cursor {
    pub fn parse(text: &str) -> Self {
        let last = text.split_once(' ').and_then(|(time, same)| Some((time.parse().ok()?, same.parse().ok()?)));
        Self { last }
    }

    pub fn is_start(&self) -> bool {
        self.last.is_none()
    }

    fn advance(&mut self, time: Timestamp) {
        let same = self.last.filter(|(last, _)| *last == time).map_or(0, |(_, same)| same);
        self.last = Some((time, same + 1));
    }

    /// Whole seconds, never later than the last line: a time that is rounded up would lose lines.
    fn since(&self) -> Option<Timestamp> {
        self.last.map(|(time, _)| Timestamp::from_second(time.as_second()).unwrap_or(time))
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.last.map_or(Ok(()), |(time, same)| write!(f, "{time} {same}"))
    }
}

/// Tells lines that were read from those that are new: a log is asked for by whole seconds.
struct Skip {
    past: Option<(Timestamp, u32)>,
}

impl Skip {
    fn new(cursor: &Cursor) -> Self {
        Self { past: cursor.last }
    }

    fn is_new(&mut self, time: Timestamp) -> bool {
        let Some((last, same)) = &mut self.past else { return true };
        if time < *last {
            return false;
        }
        if time == *last && *same > 0 {
            *same -= 1;
            return false;
        }
        self.past = None;
        true
    }
}

/// What is kept of a log.
pub(super) struct Kept {
    pub text: String,
    /// It is longer than may be kept.
    pub cut: bool,
    most: usize,
    tail: VecDeque<String>,
    secrets: Vec<String>,
}

impl Kept {
    /// `secrets`: values that are masked.
    pub fn new(most: usize, secrets: impl Iterator<Item = String>) -> Self {
        let parts = secrets.flat_map(|secret| secret.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>());
        let mut secrets: Vec<String> = parts.filter(|part| part.len() >= SECRET).collect();
        // The longest first, or what remains of it would show.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { text: String::new(), cut: false, most, tail: VecDeque::new(), secrets }
    }

    /// An empty one with the same limits.
    pub fn like(&self) -> Self {
        Self { text: String::new(), cut: false, most: self.most, tail: VecDeque::new(), secrets: self.secrets.clone() }
    }

    pub fn mask(&self, line: Line) -> Line {
        Line { text: self.mask_text(line.text), ..line }
    }

    fn mask_text(&self, mut text: String) -> String {
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }

    /// The same for the end of a text, which may begin in the middle of a secret.
    pub fn mask_end(&self, text: &str) -> String {
        let text = self.mask_text(text.to_owned());
        let begins = |secret: &String| {
            let mut ends = (SECRET..secret.len().min(text.len() + 1)).rev();
            ends.find(|end| secret.get(secret.len() - end..).is_some_and(|end| text.starts_with(end)))
        };
        match self.secrets.iter().filter_map(begins).max() {
            Some(end) => format!("{MASK}{}", &text[end..]),
            None => text,
        }
    }

    pub fn add(&mut self, line: &Line) {
        let room = self.most.saturating_sub(self.text.len());
        if line.text.len() < room {
            self.text.push_str(&line.text);
            self.text.push('\n');
        } else {
            self.cut = true;
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        let end = (0..=TAIL_LINE.min(line.text.len())).rev().find(|at| line.text.is_char_boundary(*at)).unwrap_or(0);
        self.tail.push_back(line.text[..end].to_owned());
    }

    /// The last lines.
    pub fn tail(&self) -> String {
        self.tail.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// A stream of a log under way; it ends with the container, with an error, or when this is dropped.
pub(super) struct Following {
    lines: mpsc::Receiver<Line>,
    task: JoinHandle<()>,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Following {
    /// From `cursor` on.
    pub fn start(pods: Api<Pod>, pod: String, cursor: &Cursor, most: usize) -> Self {
        let (sender, lines) = mpsc::channel(AHEAD);
        let cursor = cursor.clone();
        let task = tokio::spawn(async move {
            let mut skip = Skip::new(&cursor);
            let mut new = |line: Line| skip.is_new(line.time).then_some(line);
            if let Err(error) = stream(&pods, &pod, &cursor, true, most, &mut new, Some(&sender)).await {
                tracing::debug!(pod, error, "a container's log broke off");
            }
        });
        Self { lines, task }
    }

    /// The next lines, all that are there; empty at the end.
    pub async fn next(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.lines.recv_many(&mut lines, AHEAD).await;
        lines
    }

    /// What came already, and whether it is so much that the stream waits for us.
    pub fn ready(&mut self) -> (Vec<Line>, bool) {
        let lines: Vec<Line> = std::iter::from_fn(|| self.lines.try_recv().ok()).take(AHEAD).collect();
        let behind = lines.len() == AHEAD;
        (lines, behind)
    }
}

/// Reads what there is now. Gives each line, and whether it comes after `cursor`.
pub(super) async fn read(
    pods: &Api<Pod>,
    pod: &str,
    cursor: &Cursor,
    whole: bool,
    most: usize,
    mut take: impl FnMut(Line, bool) + Send,
) -> Result<(), String> {
    let mut skip = Skip::new(cursor);
    let from = if whole { Cursor::default() } else { cursor.clone() };
    let mut taken = |line: Line| {
        let new = skip.is_new(line.time);
        take(line, new);
        None
    };
    stream(pods, pod, &from, false, most, &mut taken, None).await
}

/// Notes in `cursor` that this line was dealt with.
pub(super) fn done(cursor: &mut Cursor, line: &Line) {
    cursor.advance(line.time);
}

/// What `take` gives back goes to `to`, until nobody listens there.
async fn stream(
    pods: &Api<Pod>,
    pod: &str,
    cursor: &Cursor,
    follow: bool,
    most: usize,
    take: &mut (dyn FnMut(Line) -> Option<Line> + Send),
    to: Option<&mpsc::Sender<Line>>,
) -> Result<(), String> {
    let how = LogParams {
        container: Some(MAIN.to_owned()),
        follow,
        timestamps: true,
        since_time: cursor.since(),
        ..LogParams::default()
    };
    let opened = tokio::time::timeout(IDLE, pods.log_stream(pod, &how)).await;
    let mut stream = opened.map_err(|_| "it does not answer".to_owned())?.map_err(|e| e.to_string())?;
    let mut line: Vec<u8> = Vec::new();
    loop {
        let piece = tokio::time::timeout(IDLE, stream.fill_buf()).await;
        let piece = piece.map_err(|_| "nothing came".to_owned())?.map_err(|e| e.to_string())?;
        if piece.is_empty() {
            // The last line may lack its end.
            let last = (!line.is_empty()).then(|| take(parse(&line))).flatten();
            if let (Some(last), Some(to)) = (last, to) {
                // Nobody listens any more: nobody misses it.
                let _ = to.send(last).await;
            }
            return Ok(());
        }
        let size = piece.len();
        let mut rest = piece;
        let mut whole = Vec::new();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            extend(&mut line, &rest[..end], most);
            whole.push(parse(&line));
            line.clear();
            rest = &rest[end + 1..];
        }
        extend(&mut line, rest, most);
        stream.consume_unpin(size);
        for line in whole {
            let given = take(line);
            if let (Some(line), Some(to)) = (given, to)
                && to.send(line).await.is_err()
            {
                return Ok(());
            }
        }
    }
}

/// A line without end must not fill the memory.
fn extend(line: &mut Vec<u8>, piece: &[u8], most: usize) {
    let room = (most + 64).saturating_sub(line.len());
    line.extend_from_slice(&piece[..piece.len().min(room)]);
}

/// `2026-11-24T10:00:00.123456789Z text`; a line without a time gets the present one.
fn parse(line: &[u8]) -> Line {
    let text = String::from_utf8_lossy(line);
    let text = text.strip_suffix('\r').unwrap_or(&text);
    match text.split_once(' ').map_or((text, ""), |parts| parts) {
        (time, rest) if time.parse::<Timestamp>().is_ok() => {
            Line { time: time.parse().unwrap_or(Timestamp::UNIX_EPOCH), text: rest.to_owned() }
        }
        _ => Line { time: Timestamp::now(), text: text.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn lines_of_one_moment_are_neither_lost_nor_repeated() {
        let mut cursor = Cursor::default();
        assert!(cursor.is_start());
        for second in [1, 2, 2] {
            cursor.advance(at(second));
        }
        let cursor = Cursor::parse(&cursor.to_string());
        let mut skip = Skip::new(&cursor);
        // Asked for from second 2 on, the cluster gives both lines of it, then a third and what follows.
        let new: Vec<bool> = [1, 2, 2, 2, 3, 1].into_iter().map(|second| skip.is_new(at(second))).collect();
        assert_eq!(new, [false, false, false, true, true, true]);
    }

    #[test]
    fn a_line_has_its_time() {
        let line = parse(b"2026-11-24T10:00:00.123456789Z hello  world\r");
        assert_eq!((line.time.subsec_nanosecond(), line.text.as_str()), (123_456_789, "hello  world"));
        assert_eq!(parse(b"2026-11-24T10:00:00Z").text, "");
        assert_eq!(parse(b"no time here").text, "no time here");
    }

    #[test]
    fn what_is_kept_has_an_end_and_no_secrets() {
        let mut kept = Kept::new(10, ["hunter2\nsecond-part".to_owned(), "abc".to_owned()].into_iter());
        let line = |text: &str| Line { time: at(1), text: text.to_owned() };
        assert_eq!(kept.mask(line("x hunter2 y second-part abc")).text, "x ••• y ••• abc");
        assert_eq!(kept.mask_end("cond-part, then hunter2, then abc"), "•••, then •••, then abc");
        // Less than is masked as a whole is not masked as a part either.
        assert_eq!(kept.mask_end("part of it"), "part of it");
        kept.add(&line("12345"));
        kept.add(&line("too long"));
        assert_eq!((kept.text.as_str(), kept.cut, kept.tail().as_str()), ("12345\n", true, "12345\ntoo long"));
    }
}
