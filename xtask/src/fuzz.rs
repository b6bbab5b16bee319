//! `cargo xtask pdf-fuzz`: libFuzzer over the PDF library, with the usual toolchain.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::sh;

const TARGETS: [&str; 9] =
    ["document", "verify", "signature", "certificate_file", "changes", "proofs", "time_stamp", "tools", "picture"];

/// What `cargo fuzz` passes for coverage without a sanitizer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

#[derive(Args)]
pub struct FuzzArgs {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target
    #[arg(long, value_parser = TARGETS)]
    only: Option<String>,
}

pub fn run(args: &FuzzArgs) -> Result<()> {
    let package = sh::root().join("nodes/pdf/fuzz");
    // A target named explicitly keeps the flags away from build scripts.
    let host = host()?;
    let mut build = sh::cargo();
    build.args(["build", "--release", "--target", &host, "--manifest-path"]).arg(package.join("Cargo.toml"));
    build.env("CARGO_TARGET_DIR", sh::target().join("fuzz")).env("RUSTFLAGS", FLAGS).env("RUSTC_BOOTSTRAP", "1");
    sh::run(&mut build)?;
    let mut failed = Vec::new();
    for target in TARGETS.iter().filter(|target| args.only.as_deref().is_none_or(|only| only == **target)) {
        let (found, faults) = (sh::target().join("fuzz/corpus").join(target), sh::target().join("fuzz/faults"));
        std::fs::create_dir_all(&found)?;
        std::fs::create_dir_all(&faults)?;
        println!("\n== {target}");
        let program: PathBuf = sh::target().join("fuzz").join(&host).join("release").join(target);
        let mut command = sh::command(program);
        command.arg(&found).arg(package.join("seeds").join(target));
        command.arg(format!("-max_total_time={}", args.seconds));
        command.arg(format!("-artifact_prefix={}/{target}-", faults.display()));
        command.args(["-timeout=20", "-rss_limit_mb=3000", "-max_len=100000", "-print_final_stats=1", "-verbosity=0"]);
        if sh::run(&mut command).is_err() {
            failed.push(*target);
        }
    }
    if !failed.is_empty() {
        bail!("Faults in {}; the inputs are in {}.", failed.join(", "), sh::target().join("fuzz/faults").display());
    }
    Ok(())
}

/// The machine's own target, as `rustc -vV` names it.
fn host() -> Result<String> {
    let said = sh::output(sh::command("rustc").arg("-vV"))?;
    match said.lines().find_map(|line| line.strip_prefix("host: ")) {
        Some(host) => Ok(host.to_owned()),
        None => bail!("`rustc -vV` names no host:\n{said}"),
    }
}
