//! Everything that is checked before a change is taken.

pub mod browser;
pub mod cluster;
pub mod postgres;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{setup, sh};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// `cargo fmt --check`
    Fmt,
    /// `cargo clippy`, warnings are errors
    Clippy,
    /// `cargo test`, with a PostgreSQL of its own
    Unit,
    /// The program in a real browser
    Browser,
    /// The image and the chart on a real Kubernetes; root, or FLUXO_TEST_KUBECONFIG
    Cluster,
}

/// Runs `parts`, or all but `skip`. A part that fails does not stop the others; the summary at the end names it.
pub fn run(parts: &[Part], skip: &[Part], grep: Option<&str>) -> Result<()> {
    let all = parts.is_empty();
    let mut parts = if all { Part::value_variants().to_vec() } else { parts.to_vec() };
    parts.retain(|part| !skip.contains(part));
    let excuse = cluster::excuse().filter(|_| all);
    if excuse.is_some() {
        parts.retain(|part| *part != Part::Cluster);
    }
    if parts.iter().any(|part| matches!(part, Part::Unit | Part::Browser | Part::Cluster)) {
        part("setup", || setup::all(false)).1?;
    }
    let mut results = Vec::new();
    for each in &parts {
        let (name, check): (_, &dyn Fn() -> Result<()>) = match each {
            Part::Fmt => ("fmt", &fmt),
            Part::Clippy => ("clippy", &clippy),
            Part::Unit => ("unit", &unit),
            Part::Browser => ("browser", &|| browser::run(grep)),
            Part::Cluster => ("cluster", &|| cluster::run(grep)),
        };
        let (time, result) = part(name, check);
        if let Err(error) = &result {
            eprintln!("{error:#}");
        }
        results.push((name, time, result.is_ok()));
    }
    println!("\nSummary");
    for (name, time, passed) in &results {
        println!("  {name:<8} {} {:>12}", if *passed { "passed" } else { "FAILED" }, sh::seconds(*time));
    }
    if let Some(why) = excuse {
        println!("  cluster  skipped: {why}");
    }
    let failed = results.iter().filter(|(.., passed)| !passed).map(|(name, ..)| *name).collect::<Vec<_>>();
    if !failed.is_empty() {
        bail!("Failed: {}.", failed.join(", "));
    }
    Ok(())
}

fn part<T>(name: &str, run: impl FnOnce() -> Result<T>) -> (Duration, Result<T>) {
    println!("\n== {name}");
    let start = Instant::now();
    let result = run();
    let time = start.elapsed();
    println!("== {name}: {}, {}", if result.is_ok() { "passed" } else { "FAILED" }, sh::seconds(time));
    (time, result)
}

fn fmt() -> Result<()> {
    sh::run(sh::cargo().args(["fmt", "--all", "--check"]))
}

/// Keys in tokens, which nothing in the workspace switches on.
const TOKENS: [&str; 4] = ["-p", "pdf", "--features", "pkcs11"];

fn clippy() -> Result<()> {
    sh::run(sh::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    sh::run(sh::cargo().arg("clippy").args(TOKENS).args(["--all-targets", "--", "-D", "warnings"]))
}

fn unit() -> Result<()> {
    let all = with_parts(sh::cargo().args(["test", "--workspace", "--no-fail-fast"]));
    // Of one crate, so that the server is not built a second time for it.
    let tokens = sh::run(sh::cargo().arg("test").args(TOKENS).args(["--lib", "token"]));
    all.and(tokens)
}

/// Runs a command of one's own in the surroundings of the unit tests.
pub fn with(words: &[std::ffi::OsString]) -> Result<()> {
    let Some((program, args)) = words.split_first() else { bail!("Name a command to run.") };
    setup::for_tests()?;
    with_parts(sh::command(program).args(args))
}

fn with_parts(command: &mut std::process::Command) -> Result<()> {
    let postgres = postgres::Postgres::start()?;
    command.env("FLUXO_TEST_POSTGRES_URL", postgres.url());
    command.env("FLUXO_TEST_PYHANKO", setup::python::pyhanko()?);
    if let Some(validators) = setup::java::validators()? {
        command.env("FLUXO_TEST_PDF_VALIDATORS", validators);
    }
    sh::run(command)
}
