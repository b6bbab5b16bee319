//! A PostgreSQL of our own: made new, on a free port, gone at the end.

use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::setup::system;
use crate::sh;

/// A running cluster. Dropping it stops the server and removes its files.
pub struct Postgres {
    server: Child,
    folder: PathBuf,
    url: String,
}

impl Postgres {
    pub fn start() -> Result<Postgres> {
        let start = Instant::now();
        let programs = system::postgres().context("There is no PostgreSQL. Run `cargo xtask setup`.")?;
        let parent = if sh::is_root() { PathBuf::from("/var/tmp") } else { sh::cache()? };
        remove_leftovers(&parent);
        let folder = parent.join(format!("fluxo-test-postgres-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let password = random_word()?;
        let data = folder.join("data");
        std::fs::write(folder.join("password"), &password)?;
        if sh::is_root() {
            sh::output(sh::command("chown").args(["-R", "postgres:"]).arg(&folder))?;
        }
        let mut initdb = as_postgres(&programs.join("initdb"), &folder);
        initdb.arg("--pgdata").arg(&data).args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"]);
        initdb.args(["--locale=C", "--no-sync"]).arg(format!("--pwfile={}", folder.join("password").display()));
        sh::output(&mut initdb)?;

        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = as_postgres(&programs.join("postgres"), &folder);
        server.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k"]).arg(&folder);
        server.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "max_connections=200"]);
        let log = std::fs::File::create(folder.join("log"))?;
        server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let server = server.spawn().context("Can't start PostgreSQL.")?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let mut postgres = Postgres { server, folder, url };
        postgres.wait_until_ready(&programs, port)?;
        println!("  PostgreSQL for the tests … started ({})", sh::seconds(start.elapsed()));
        Ok(postgres)
    }

    /// The superuser's address; every test makes a database of its own.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn wait_until_ready(&mut self, programs: &Path, port: u16) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(30);
        let mut ready = sh::command(programs.join("pg_isready"));
        ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
        while sh::output(&mut ready).is_err() {
            if Instant::now() > end || self.server.try_wait()?.is_some() {
                let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start. Its log:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT is its fast shutdown; what is left of it after that is killed.
        let pid = self.server.id().to_string();
        let _ = sh::output(sh::command("kill").args(["-INT", &pid]));
        let end = Instant::now() + Duration::from_secs(10);
        while self.server.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > end {
                let _ = self.server.kill();
                let _ = self.server.wait();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses root, and it should end when this program does, however that happens: util-linux's `setpriv` does both.
fn as_postgres(program: &Path, folder: &Path) -> Command {
    let Some(setpriv) = sh::find(&["setpriv"], &[]) else {
        let mut command = sh::command(program);
        command.current_dir(folder);
        return command;
    };
    let mut command = sh::command(setpriv);
    command.args(["--pdeathsig", "INT"]);
    if sh::is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(program).current_dir(folder);
    command
}

/// Removes what a killed run left. Its server ended with it.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix("fluxo-test-postgres-") else { continue };
        if !Path::new("/proc").join(pid).is_dir() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn random_word() -> Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(sh::hex(&bytes))
}
