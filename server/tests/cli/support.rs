//! The program on a data folder of its own, and a client of few lines.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

pub const PASSWORD: &str = "a long password";
/// Longer than anything here may take.
const LONG: Duration = Duration::from_secs(60);

/// The program with these words, and nothing of our environment's settings.
pub fn fluxo(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fluxo"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FLUXO_")) {
        command.env_remove(name);
    }
    command.args(words);
    command
}

/// Runs a command on a data folder; `input` goes to its standard input.
pub fn run(data: &Path, words: &[&str], input: &str) -> Output {
    let mut command = fluxo(words);
    command.arg("--data").arg(data).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that does not read it may be gone.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a command that went well wrote, without the line's end.
#[track_caller]
pub fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// What a command that refused said, which ends its standard error: one sentence or two.
#[track_caller]
pub fn refused(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let last = text.lines().rfind(|line| line.starts_with("fluxo: ")).unwrap_or_else(|| panic!("{text}"));
    assert!(last.ends_with('.') && !last.contains("panicked"), "{last}");
    last.to_owned()
}

/// A server, stopped when it is dropped.
pub struct Server {
    pub child: Child,
    pub port: u16,
    pub data: PathBuf,
    /// Removed with the server.
    folder: Option<TempDir>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        if self.body.is_empty() { Value::Null } else { serde_json::from_str(&self.body).unwrap_or(Value::Null) }
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Server {
    pub fn start(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self::on(folder.path(), words);
        server.folder = Some(folder);
        server
    }

    /// On a data folder; answers when this returns.
    pub fn on(data: &Path, words: &[&str]) -> Self {
        let port = free_port();
        let mut command = fluxo(&["serve", "--listen", &format!("127.0.0.1:{port}"), "--grace", "5"]);
        command.args(words).arg("--data").arg(data).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let mut server = Self { child, port, data: data.to_owned(), folder: None };
        while server.try_call("GET", "/health/ready", "", "").is_none_or(|answer| answer.status != 200) {
            assert!(server.child.try_wait().unwrap().is_none(), "the server ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    /// Ends it as the system does.
    pub fn stop(self) {
        self.terminate();
        self.ended();
    }

    /// Tells it to end.
    pub fn terminate(&self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id() as i32);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    }

    /// Waits until it has ended, in order.
    pub fn ended(mut self) {
        assert!(self.child.wait().unwrap().success());
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    pub fn call(&self, method: &str, path: &str, key: &str, body: &str) -> Answer {
        self.try_call(method, path, key, body).unwrap()
    }

    /// As our own pages do.
    pub fn call_as_page(&self, method: &str, path: &str, body: &str) -> Answer {
        let mut stream = self.connect();
        let request = request(method, path, "", body, body.len()).replacen("\r\n", "\r\nx-fluxo: 1\r\n", 1);
        stream.write_all(request.as_bytes()).unwrap();
        read(stream).unwrap()
    }

    /// `None` when there is no answer.
    fn try_call(&self, method: &str, path: &str, key: &str, body: &str) -> Option<Answer> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(request(method, path, key, body, body.len()).as_bytes()).ok()?;
        read(stream)
    }

    /// A key of an owner.
    pub fn key(&self) -> String {
        said(&run(&self.data, &["key", "add", "test", "--role", "owner"], ""))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// HTTP/1.0, so that the answer ends with the connection.
pub fn request(method: &str, path: &str, key: &str, body: &str, length: usize) -> String {
    let key = if key.is_empty() { String::new() } else { format!("authorization: Bearer {key}\r\n") };
    format!(
        "{method} {path} HTTP/1.0\r\nhost: localhost\r\n{key}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// The whole answer.
pub fn read(mut stream: TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some(Answer { status: head.split(' ').nth(1)?.parse().ok()?, body: body.to_owned() })
}

/// Webhook → wait → respond.
pub fn document(path: &str, seconds: f64) -> Value {
    serde_json::json!({
        "name": path,
        "nodes": [
            {"id": "w", "name": "Webhook", "kind": "webhook", "position": [0, 0], "parameters": {"path": path}},
            {"id": "p", "name": "Wait", "kind": "wait", "position": [320, 0], "parameters": {"amount": seconds}},
            {"id": "r", "name": "Respond", "kind": "respond", "position": [640, 0], "parameters": {"with": "json", "json": "={{ ({n: $json.body.n}) }}"}}
        ],
        "edges": [{"from": "w", "to": "p"}, {"from": "p", "to": "r"}]
    })
}
