//! A compiler for the browser half.
//!
//! Usually rustup brings the standard library for wasm. Where rustup's servers can't be reached but Debian's can, Debian's
//! compiler builds that library once from its packaged sources; it then lives in our cache, in a sysroot of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use super::{step, system};
use crate::sh;

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
/// How long rustup may try before the offline way is taken, and how long its failure is remembered.
const RUSTUP_LIMIT: Duration = Duration::from_secs(15);
const RUSTUP_RETRY: Duration = Duration::from_secs(24 * 3600);

/// How to compile for the browser.
pub enum Toolchain {
    /// The active toolchain has the target.
    Active,
    /// Debian's compiler with a sysroot that we built.
    Debian { sysroot: PathBuf, linker: PathBuf },
}

impl Toolchain {
    /// Cargo, prepared to build for wasm.
    pub fn cargo(&self) -> Command {
        match self {
            Toolchain::Active => sh::cargo(),
            Toolchain::Debian { sysroot, linker } => {
                let mut cargo = sh::command(DEBIAN_CARGO);
                let flags = format!("--sysroot={}", sysroot.display());
                // Not rustup's proxies: `rust-toolchain.toml` must not choose here.
                cargo.env("RUSTC", DEBIAN_RUSTC).env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTDOC");
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
                cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                cargo
            }
        }
    }

    /// A text that differs when the compiler does.
    pub fn version(&self) -> Result<String> {
        match self {
            Toolchain::Active => rustc_version(Path::new("rustc")),
            Toolchain::Debian { .. } => rustc_version(Path::new(DEBIAN_RUSTC)),
        }
    }
}

/// The wasm toolchain that is there; [`find_or_install`] must have run.
pub fn find() -> Result<Toolchain> {
    let wanted = std::env::var("FLUXO_WASM").unwrap_or_default();
    if wanted != "debian" && has_std(&active_sysroot()?) {
        return Ok(Toolchain::Active);
    }
    let sysroot = debian_sysroot()?;
    if !has_std(&sysroot) {
        bail!("There is no compiler for {TARGET}. Run `cargo xtask setup --run`.");
    }
    Ok(Toolchain::Debian { sysroot, linker: rust_lld()? })
}

/// Makes sure that [`find`] finds one. `FLUXO_WASM=debian` takes the offline way at once.
pub fn find_or_install() -> Result<()> {
    let wanted = std::env::var("FLUXO_WASM").unwrap_or_default();
    let forced = wanted == "debian";
    step("wasm standard library", find().is_ok(), || {
        if !forced && rustup_add().is_ok() {
            return Ok(());
        }
        debian_install().with_context(|| {
            format!(
                "`rustup target add {TARGET}` did not work, and neither did the way without rustup's servers. \
                 Run the former where the network allows it, then start this again."
            )
        })
    })
}

fn rustup_add() -> Result<()> {
    let failed = sh::cache()?.join("rustup-unreachable");
    let age = |time: SystemTime| time.elapsed().unwrap_or_default();
    let recent =
        |file: &Path| file.metadata().and_then(|about| about.modified()).is_ok_and(|time| age(time) < RUSTUP_RETRY);
    let fallback = system::can_install() || Path::new(DEBIAN_RUSTC).is_file();
    if fallback && recent(&failed) {
        bail!("rustup's servers could not be reached a short while ago.");
    }
    let mut rustup = sh::command("rustup");
    rustup.args(["target", "add", TARGET]);
    // Without another way a slow network gets all the time it needs.
    let limit = if fallback { RUSTUP_LIMIT } else { Duration::from_secs(1800) };
    let added = sh::output_within(rustup.env("RUSTUP_MAX_RETRIES", "1"), limit);
    match &added {
        Ok(()) => drop(std::fs::remove_file(&failed)),
        Err(error) => std::fs::write(&failed, format!("{error:#}\n"))?,
    }
    added
}

fn debian_install() -> Result<()> {
    if !(Path::new(DEBIAN_RUSTC).is_file() && Path::new(DEBIAN_CARGO).is_file() && debian_sources().is_ok()) {
        system::apt_install(&["rustc-web", "cargo-web", "rust-web-src"])?;
    }
    let sysroot = debian_sysroot()?;
    if has_std(&sysroot) {
        return Ok(());
    }
    rust_lld()?;
    let work = sh::cache()?.join("wasm-std");
    let _ = std::fs::remove_dir_all(&work);
    std::fs::create_dir_all(work.join("src"))?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n[profile.release]\npanic = \"abort\"\n";
    std::fs::write(work.join("Cargo.toml"), manifest)?;
    std::fs::write(work.join("src/lib.rs"), "")?;
    let mut cargo = sh::command(DEBIAN_CARGO);
    cargo.args(["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET, "--target-dir", "target"]);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", DEBIAN_RUSTC).env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTFLAGS");
    sh::output(cargo.current_dir(&work))?;

    let new = sysroot.with_extension("new");
    let _ = std::fs::remove_dir_all(&new);
    let lib = lib_folder(&new);
    std::fs::create_dir_all(&lib)?;
    for file in std::fs::read_dir(work.join("target").join(TARGET).join("release/deps"))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if name.starts_with("lib") && name.ends_with(".rlib") && !name.starts_with("libempty-") {
            std::fs::copy(file.path(), lib.join(name))?;
        }
    }
    let _ = std::fs::remove_dir_all(&sysroot);
    std::fs::rename(&new, &sysroot)?;
    std::fs::remove_dir_all(&work)?;
    Ok(())
}

/// Where Debian's `rust-web-src` (or `rust-src`) keeps the library.
fn debian_sources() -> Result<PathBuf> {
    let sysroot = sh::output(sh::command(DEBIAN_RUSTC).env_remove("RUSTUP_TOOLCHAIN").args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml");
    if !library.is_file() {
        bail!("The sources of the standard library are not in {}.", library.display());
    }
    Ok(library)
}

/// One per compiler: libraries of another version can't be used.
fn debian_sysroot() -> Result<PathBuf> {
    if !Path::new(DEBIAN_RUSTC).is_file() {
        bail!("There is no {DEBIAN_RUSTC}.");
    }
    let version = rustc_version(Path::new(DEBIAN_RUSTC))?;
    let release = version.lines().find_map(|line| line.strip_prefix("release: ")).unwrap_or("unknown");
    Ok(sh::cache()?.join(format!("wasm-sysroot-{release}")))
}

fn active_sysroot() -> Result<PathBuf> {
    Ok(PathBuf::from(sh::output(sh::command("rustc").args(["--print", "sysroot"]))?.trim()))
}

fn rustc_version(rustc: &Path) -> Result<String> {
    sh::output(sh::command(rustc).arg("-vV"))
}

fn lib_folder(sysroot: &Path) -> PathBuf {
    sysroot.join("lib/rustlib").join(TARGET).join("lib")
}

fn has_std(sysroot: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(lib_folder(sysroot)) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

/// The linker of the active toolchain: Debian's own is older than its compiler.
fn rust_lld() -> Result<PathBuf> {
    let version = rustc_version(Path::new("rustc"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc doesn't name its host.")?;
    let linker = active_sysroot()?.join("lib/rustlib").join(host).join("bin/rust-lld");
    if !linker.is_file() {
        bail!("There is no linker for wasm at {}. Install Rust by rustup.", linker.display());
    }
    Ok(linker)
}
