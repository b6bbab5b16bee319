//! Building the program and starting it.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::{setup, sh, site};

#[derive(Args)]
pub struct RunArgs {
    /// Optimised, with the site embedded
    #[arg(long)]
    release: bool,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder that holds everything the server keeps [default: data in the workspace]
    #[arg(long)]
    data: Option<PathBuf>,
    /// More flags for `fluxo serve`
    #[arg(last = true)]
    more: Vec<String>,
}

/// Sets up what is missing, builds, and becomes the server.
pub fn run(args: &RunArgs) -> Result<()> {
    let program = build(args.release)?;
    let data = match &args.data {
        Some(folder) => std::path::absolute(folder)?,
        None => sh::root().join("data"),
    };
    let mut serve = sh::command(&program);
    serve.arg("serve").arg("--listen").arg(args.listen.to_string()).arg("--data").arg(&data).args(&args.more);
    if !args.release {
        serve.env("FLUXO_SITE_DIR", site::folder(false));
    }
    println!("\n  Fluxo: http://{}  (data in {}, Ctrl+C stops it)\n", args.listen, data.display());
    become_program(&mut serve)
}

/// Builds the site and the program. Gives the program's path.
pub fn build(release: bool) -> Result<PathBuf> {
    setup::for_site()?;
    site::build(release)?;
    let program = program(release)?;
    let size = program.metadata().with_context(|| format!("There is no {}.", program.display()))?.len();
    println!("  {} ({})", program.display(), sh::bytes(size));
    Ok(program)
}

/// The program alone; the site must have been built.
pub fn program(release: bool) -> Result<PathBuf> {
    server(release, &["--bin", "fluxo"])?;
    Ok(sh::target().join(if release { "release" } else { "debug" }).join("fluxo"))
}

/// Builds `what` of the package `server`. All builds say alike where the site is: cargo compiles the server anew when that changes.
pub fn server(release: bool, what: &[&str]) -> Result<()> {
    let mut cargo = sh::cargo();
    cargo.args(["build", "--package", "server"]).args(what);
    if release {
        cargo.arg("--release").env("FLUXO_SITE_DIR", site::folder(true));
    }
    sh::run(&mut cargo)
}

/// Replaces this process, so that signals reach the server and nothing stays between it and the terminal.
#[cfg(unix)]
fn become_program(command: &mut std::process::Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("Can't start {}.", command.get_program().to_string_lossy()))
}

#[cfg(not(unix))]
fn become_program(command: &mut std::process::Command) -> Result<()> {
    sh::run(command)
}
