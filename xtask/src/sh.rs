//! Where things are, and starting other programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The workspace's folder. Asked at run time: the compiled program may be shared by several checkouts.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&own).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Cargo's output folder.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// What should outlive a build folder: the test database, Python's packages, the wasm standard library.
pub fn cache() -> Result<PathBuf> {
    let folder = match (std::env::var_os("FLUXO_CACHE"), std::env::var_os("XDG_CACHE_HOME")) {
        (Some(own), _) => PathBuf::from(own),
        (None, Some(xdg)) => PathBuf::from(xdg).join("fluxo"),
        (None, None) => home()?.join(".cache/fluxo"),
    };
    std::fs::create_dir_all(&folder).with_context(|| {
        format!("Can't make {}. Set FLUXO_CACHE to a folder that can be written.", folder.display())
    })?;
    Ok(folder)
}

fn home() -> Result<PathBuf> {
    std::env::home_dir().context("HOME is not set. Set it, or set FLUXO_CACHE to a folder that can be written.")
}

/// A command without the variables that `cargo run` gave to this program: they would change what child builds see.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];
        if ours.iter().any(|prefix| name.starts_with(prefix)) || name == "LD_LIBRARY_PATH" {
            command.env_remove(&name);
        }
    }
    command.current_dir(root());
    command
}

/// The toolchain's cargo that started this program.
pub fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs with the terminal's own output; an exit status other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("Can't start `{shown}`."))?;
    if !status.success() {
        bail!("`{shown}` failed ({status}).");
    }
    Ok(())
}

/// Runs without showing anything unless it fails; gives what it wrote to standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("Can't start `{shown}`."))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` failed ({}).\n{}", output.status, last_lines(&format!("{text}{errors}"), 25));
    }
    Ok(text)
}

/// Like [`output`], but killed when it takes longer than `limit`.
pub fn output_within(command: &mut Command, limit: Duration) -> Result<()> {
    let shown = show(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("Can't start `{shown}`."))?;
    let end = Instant::now() + limit;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => bail!("`{shown}` failed ({status})."),
            None if Instant::now() >= end => {
                child.kill()?;
                child.wait()?;
                bail!("`{shown}` took longer than {} s.", limit.as_secs());
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn show(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let mut line = words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ");
    if line.chars().count() > 160 {
        line = line.chars().take(157).collect::<String>() + "…";
    }
    line
}

fn last_lines(text: &str, count: usize) -> String {
    let lines = text.trim_end().lines().collect::<Vec<_>>();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The full path of a program on `PATH`, or of one named in `also`.
pub fn find(names: &[&str], also: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).collect::<Vec<_>>();
    let on_path = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    on_path.chain(also.iter().map(PathBuf::from)).find(|file| file.is_file())
}

/// Whether this program may install packages.
pub fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Seconds, for people: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        short if short < 10.0 => format!("{short:.1} s"),
        some if some < 100.0 => format!("{some:.0} s"),
        long => format!("{} min {} s", long as u64 / 60, long as u64 % 60),
    }
}

/// Bytes, for people.
pub fn bytes(size: u64) -> String {
    match size as f64 {
        small if small < 10_000.0 => format!("{small} B"),
        some if some < 1_000_000.0 => format!("{:.0} kB", some / 1e3),
        large => format!("{:.1} MB", large / 1e6),
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
