//! `fluxo run-job`: the role of Fluxo's own image in the Job of a run on the cluster.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::job::{self, Done, JobOptions};

/// Exit status of a Job that was told to stop before its run ended: another one may go on.
const STOPPED: u8 = 75;

/// What the server's Job manifest sets.
#[derive(Args)]
pub struct RunJobOptions {
    /// Address of the server.
    #[arg(long, env = "FLUXO_JOB_URL", value_name = "URL")]
    url: String,
    /// The token of this run's attempt.
    #[arg(env = "FLUXO_JOB_TOKEN", hide_env_values = true)]
    token: String,
    /// Folder for files on their way.
    #[arg(long, env = "FLUXO_JOB_SCRATCH", value_name = "FOLDER")]
    scratch: Option<PathBuf>,
    /// Seconds that a run may wait here; longer waits are left to the server, and another Job goes on then.
    #[arg(long, env = "FLUXO_JOB_WAIT", default_value_t = 60, value_name = "SECONDS")]
    wait: u64,
    /// Seconds that running steps get to end when the Job is told to stop.
    #[arg(long, env = "FLUXO_JOB_GRACE", default_value_t = 20, value_name = "SECONDS")]
    grace: u64,
}

pub async fn run(options: RunJobOptions) -> Result<ExitCode, String> {
    super::serve::log(crate::config::LogFormat::Text);
    let options = JobOptions {
        url: options.url,
        token: options.token,
        scratch: options.scratch.unwrap_or_else(std::env::temp_dir),
        wait: Duration::from_secs(options.wait),
        grace: Duration::from_secs(options.grace),
    };
    Ok(match job::run(options).await? {
        Done::All => ExitCode::SUCCESS,
        Done::Stopped => ExitCode::from(STOPPED),
    })
}
