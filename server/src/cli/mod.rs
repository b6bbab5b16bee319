//! One command with roles.

mod admin;
mod checks;
mod doctor;
mod job_files;
mod listen;
mod parts;
mod run_job;
mod selftest;
pub mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use flow::api::Role;

use crate::config::{DataOptions, ServeOptions};

#[derive(Parser)]
#[command(name = "fluxo", version, about = "Draw a flow; a webhook, a schedule or a click runs it.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the server: pages, API, webhooks, schedules and runs.
    Serve(Box<ServeOptions>),
    /// Manages users.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manages API keys.
    Key {
        #[command(subcommand)]
        command: KeyCommand,
    },
    /// Manages the key that encrypts credentials.
    Vault {
        #[command(subcommand)]
        command: VaultCommand,
    },
    /// Adds a flow from a JSON file (or standard input with `-`) and prints its id.
    Import {
        #[command(flatten)]
        data: DataOptions,
        /// A flow as `fluxo export` writes it.
        file: std::path::PathBuf,
    },
    /// Writes a flow's draft as JSON to standard output.
    Export {
        #[command(flatten)]
        data: DataOptions,
        /// Id or name.
        flow: String,
    },
    /// Publishes a flow's draft: from now on its triggers use it.
    Publish {
        #[command(flatten)]
        data: DataOptions,
        /// Zone of schedules that name none; the same as the server's.
        #[arg(long, env = "FLUXO_TIMEZONE", default_value = "UTC", value_name = "ZONE")]
        timezone: String,
        /// Id or name.
        flow: String,
    },
    /// Says what is wrong with this installation and what to do.
    Doctor(Box<ServeOptions>),
    /// Does the steps of one run in a Kubernetes Job; started by the server, not by people.
    #[command(hide = true)]
    RunJob(Box<run_job::RunJobOptions>),
    /// Runs a small flow on a running server, as a caller would, and removes it again.
    Selftest {
        #[command(flatten)]
        data: DataOptions,
        /// Address of the server.
        #[arg(long, default_value = "http://127.0.0.1:8080")]
        url: String,
    },
    /// Says whether the server on this machine takes work; for a container's health check.
    Healthy {
        /// The address that it listens on.
        #[arg(long, env = "FLUXO_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR")]
        listen: std::net::SocketAddr,
    },
    /// Brings files to a Job's container and keeps what it leaves; started in pods by the server, not by people.
    #[command(hide = true)]
    JobFiles {
        #[command(subcommand)]
        command: job_files::JobFiles,
    },
    /// Runs JavaScript of Code nodes; started by the server, not by people.
    #[command(hide = true)]
    Runner,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Adds a user; the password is read from standard input.
    Add {
        #[command(flatten)]
        data: DataOptions,
        email: String,
        /// owner, editor or viewer; owner while there is none, otherwise editor, when absent.
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        #[arg(long, default_value = "")]
        name: String,
    },
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Makes an API key and prints it, once.
    Add {
        #[command(flatten)]
        data: DataOptions,
        name: String,
        /// owner, editor or viewer.
        #[arg(long, default_value = "editor", value_parser = role)]
        role: Role,
        /// Days until it expires; never when absent.
        #[arg(long)]
        days: Option<u32>,
    },
}

#[derive(Subcommand)]
enum VaultCommand {
    /// Makes a new key and encrypts all stored credentials with it. Stop the server first.
    Rotate {
        #[command(flatten)]
        data: DataOptions,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| format!("'{text}' is no role; use owner, editor or viewer"))
}

/// Parses the command line and does what it says. The exit status is 0 when all went well, 1 when not, 2 for a wrong
/// command line.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    if let Command::Runner = command {
        return crate::script::runner::main();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return fail(format!("The program could not start its threads: {e}.")),
    };
    let result = runtime.block_on(async {
        match command {
            Command::Serve(options) => serve::run(*options).await,
            Command::User { command: UserCommand::Add { data, email, role, name } } => {
                admin::add_user(&data, &email, &name, role).await
            }
            Command::Key { command: KeyCommand::Add { data, name, role, days } } => {
                admin::add_key(&data, &name, role, days).await
            }
            Command::Vault { command: VaultCommand::Rotate { data } } => admin::rotate(&data).await,
            Command::Import { data, file } => admin::import(&data, &file).await,
            Command::Export { data, flow } => admin::export(&data, &flow).await,
            Command::Publish { data, timezone, flow } => admin::publish(&data, &flow, &timezone).await,
            Command::Doctor(options) => doctor::run(*options).await,
            Command::RunJob(options) => return run_job::run(*options).await,
            Command::Selftest { data, url } => selftest::run(&data, &url).await,
            Command::Healthy { listen } => selftest::healthy(listen).await,
            Command::JobFiles { command } => job_files::run(command).await,
            Command::Runner => Ok(()),
        }
        .map(|()| ExitCode::SUCCESS)
    });
    // A blocking read of standard input must not keep the program alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match result {
        Ok(code) => code,
        Err(sentence) => fail(sentence),
    }
}

fn fail(sentence: String) -> ExitCode {
    eprintln!("fluxo: {sentence}");
    ExitCode::FAILURE
}
