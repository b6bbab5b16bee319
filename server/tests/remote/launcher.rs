//! A cluster of plain processes: a Job is `fluxo run-job` as a child. Its process id is in a file, so that the next start of
//! the server finds it again; it outlives a server that is killed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flow::RunError;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use server::cluster::name;
use server::engine::cluster::{JobOver, RunJob, RunJobs, Say};
use server::store::{JobState, NewJob, Store, time};

#[derive(Clone)]
pub struct Processes {
    pub store: Store,
    /// Of the server.
    pub url: String,
    pub folder: PathBuf,
    /// The server stops: Jobs stay.
    pub leaving: Arc<AtomicBool>,
}

/// Ends the Job when nobody waits for it any more.
struct Kept {
    pid: Pid,
    leaving: Arc<AtomicBool>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        if !self.leaving.load(Ordering::SeqCst) {
            // As Kubernetes deletes a pod. One that has ended needs none.
            let _ = kill(self.pid, Signal::SIGTERM);
        }
    }
}

impl RunJobs for Processes {
    fn run(&self, job: RunJob, say: Say) -> BoxFuture<'static, JobOver> {
        let this = self.clone();
        async move {
            let name = RunJob::name_of(&job.run, job.attempt);
            let token = open(&this.store, &job.run, job.attempt, job.epoch).await;
            let (pid_file, code_file) = (this.folder.join(&name), this.folder.join(format!("{name}.code")));
            let pid = match pid_of(&pid_file) {
                Some(pid) => pid,
                None => {
                    say(format!("Starting {name}."));
                    this.start(&name, &token)
                }
            };
            let _kept = Kept { pid, leaving: Arc::clone(&this.leaving) };
            while is_alive(pid) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            // Written by the shell around it, a moment later, unless that was killed, too.
            for _ in 0..50 {
                if code_file.exists() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            let code = std::fs::read_to_string(code_file).ok().and_then(|text| text.trim().parse::<i32>().ok());
            let error = |text: String| Some(RunError::new("job_exited", text));
            let state = if code == Some(0) { JobState::Succeeded } else { JobState::Failed };
            // Somebody else has the run by now: its Job is theirs.
            let _ = this.store.end_job(&name, job.epoch, state, None, time::now()).await;
            match code {
                Some(0) => JobOver { error: None, again: false },
                Some(code @ (75 | 137)) => {
                    JobOver { error: error(format!("The Job was stopped ({code}).")), again: true }
                }
                code => JobOver { error: error(format!("The Job ended with {code:?}.")), again: false },
            }
        }
        .boxed()
    }
}

impl Processes {
    fn start(&self, name: &str, token: &str) -> Pid {
        let program = env!("CARGO_BIN_EXE_fluxo");
        let (pid_file, code_file) = (self.folder.join(name), self.folder.join(format!("{name}.code")));
        // The shell says with which status it ended, also when nobody of us is there to hear it.
        let script = format!(
            "{program} run-job & echo $! > {pid}.new; mv {pid}.new {pid}; wait $!; echo $? > {code}",
            pid = pid_file.display(),
            code = code_file.display()
        );
        let log = std::fs::File::create(self.folder.join(format!("{name}.log"))).unwrap();
        let mut shell = std::process::Command::new("sh");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FLUXO_")) {
            shell.env_remove(name);
        }
        shell
            .args(["-c", &script])
            .env("FLUXO_JOB_URL", &self.url)
            .env("FLUXO_JOB_TOKEN", token)
            .env("FLUXO_JOB_SCRATCH", &self.folder)
            .env("FLUXO_JOB_GRACE", "5")
            .env("FLUXO_JOB_WAIT", "2")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        let mut child = shell.spawn().unwrap();
        // Whoever started it also buries it.
        std::thread::spawn(move || child.wait());
        loop {
            match pid_of(&pid_file) {
                Some(pid) => return pid,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

/// The intent of a Job, as the dispatcher writes it; the Job's token.
pub async fn open(store: &Store, run: &str, attempt: u32, epoch: i64) -> String {
    open_for(store, run, 0, attempt, epoch).await
}

/// The same for any step, 0 being the run as a whole.
pub async fn open_for(store: &Store, run: &str, step: u32, part: u32, epoch: i64) -> String {
    let token = format!("token of {run} {step} {part}");
    let new = NewJob {
        run: run.to_owned(),
        step,
        part,
        epoch,
        spec_hash: String::new(),
        token_hash: Some(name::sha256(token.as_bytes())),
        now: time::now(),
    };
    store.open_job(new, name::job).await.unwrap();
    token
}

pub fn pid_of(file: &Path) -> Option<Pid> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok().map(Pid::from_raw)
}

pub fn is_alive(pid: Pid) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // One that nobody buried yet is dead as well.
    !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z')
}
