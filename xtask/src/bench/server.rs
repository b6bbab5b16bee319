//! The program under measurement: optimised, with a data folder of its own.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::Client;
use crate::sh;

/// The owner of every such folder.
pub const EMAIL: &str = "bench@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// A data folder with an owner and an API key, and perhaps a server on it. Dropping it ends the server and removes the folder.
pub struct Server {
    program: PathBuf,
    pub data: PathBuf,
    database: Option<String>,
    env: Vec<(&'static str, PathBuf)>,
    pub address: SocketAddr,
    key: String,
    child: Option<Child>,
}

impl Server {
    /// Makes the folder. `database`: another one than the SQLite file in it.
    pub fn new(program: &Path, database: Option<&str>) -> Result<Server> {
        let number = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let data = sh::target().join("bench").join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&data)?;
        let mut server = Server {
            program: program.to_path_buf(),
            data,
            database: database.map(str::to_owned),
            env: Vec::new(),
            address: TcpListener::bind("127.0.0.1:0")?.local_addr()?,
            key: String::new(),
            child: None,
        };
        server.cli(&["user", "add", EMAIL, "--role", "owner"], &format!("{PASSWORD}\n"))?;
        let shown = server.cli(&["key", "add", "bench"], "")?;
        let key = shown.split_whitespace().find(|word| word.starts_with("fluxo_"));
        server.key = key.with_context(|| format!("`fluxo key add` printed no key: {shown}"))?.to_owned();
        Ok(server)
    }

    /// A setting for the server, before it starts.
    pub fn env(&mut self, name: &'static str, file: &Path) {
        self.env.push((name, file.to_owned()));
    }

    /// Starts the server without waiting for it.
    pub fn spawn(&mut self) -> Result<()> {
        let mut serve = self.command(&["serve", "--listen", &self.address.to_string()]);
        let log = std::fs::File::create(self.data.join("log"))?;
        self.child = Some(serve.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?);
        Ok(())
    }

    /// Starts the server and waits until it says that it is ready.
    pub fn start(&mut self) -> Result<()> {
        self.spawn()?;
        let end = Instant::now() + Duration::from_secs(30);
        let ready = Client::request("GET", "/health/ready", &[], b"");
        loop {
            if let Ok(mut client) = Client::connect(self.address)
                && client.send(&ready).is_ok_and(|(status, _)| status == 200)
            {
                return Ok(());
            }
            self.still_there(end)?;
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fails with the server's log when it ended, or when it is later than `end`.
    pub fn still_there(&mut self, end: Instant) -> Result<()> {
        let ended = self.child.as_mut().is_some_and(|child| child.try_wait().is_ok_and(|status| status.is_some()));
        if ended || Instant::now() > end {
            bail!("The server does not answer. Its log:\n{}", std::fs::read_to_string(self.data.join("log"))?);
        }
        Ok(())
    }

    /// Ends the server as people do.
    pub fn stop(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            sh::output(sh::command("kill").args(["-TERM", &child.id().to_string()]))?;
            child.wait()?;
        }
        Ok(())
    }

    /// Calls the API as the owner; anything but success is an error.
    pub fn api(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let bearer = format!("Bearer {}", self.key);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let text = if body.is_null() { Vec::new() } else { serde_json::to_vec(body)? };
        let path = format!("/api/v1{path}");
        let request = Client::request(method, &path, &headers, &text);
        let mut client = Client::connect(self.address)?;
        let (status, answer) = client.send(&request)?;
        if !(200..300).contains(&status) {
            bail!("{method} {path} was answered with {status}: {}", String::from_utf8_lossy(answer));
        }
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(answer)? })
    }

    /// Stores a flow; gives its id.
    pub fn flow(&self, document: &Value) -> Result<String> {
        let flow = self.api("POST", "/flows", &json!({ "document": document }))?;
        Ok(flow["id"].as_str().context("The new flow has no id.")?.to_owned())
    }

    /// Stores a flow and switches its triggers on.
    pub fn publish(&self, document: &Value) -> Result<()> {
        let id = self.flow(document)?;
        self.api("POST", &format!("/flows/{id}/publish"), &json!({ "name": "bench" })).map(drop)
    }

    /// Seconds of processor time that the server used so far, in it and in its child processes that ended.
    pub fn cpu(&self) -> Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()?))?;
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace().collect::<Vec<_>>();
        // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), in hundredths of a second.
        let ticks = fields.get(11..15).context("/proc has another form than expected.")?;
        Ok(ticks.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
    }

    /// Resident memory in MB.
    pub fn rss(&self) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("/proc names no VmRSS.")?;
        let kib = line.split_whitespace().next().and_then(|word| word.parse::<f64>().ok()).unwrap_or_default();
        Ok(kib * 1024.0 / 1e6)
    }

    fn pid(&self) -> Result<u32> {
        Ok(self.child.as_ref().context("The server is not running.")?.id())
    }

    fn cli(&self, args: &[&str], input: &str) -> Result<String> {
        let mut child = self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("`fluxo {}` failed ({}).", args.join(" "), output.status);
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = sh::command(&self.program);
        command.args(args).arg("--data").arg(&self.data).env("RUST_LOG", "warn");
        match &self.database {
            Some(url) => command.env("FLUXO_DATABASE_URL", url),
            None => command.env_remove("FLUXO_DATABASE_URL"),
        };
        command.envs(self.env.iter().map(|(name, file)| (name, file)));
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
