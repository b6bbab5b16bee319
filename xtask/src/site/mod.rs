//! The browser half: one folder of files with hashed names, each beside its compressed forms, and `manifest.json`.
//!
//! Every file but the manifest carries a hash of its content in its name, so that it may be cached for ever.

mod bundle;
mod pack;
mod wasm;

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::setup::wasm as toolchain;
use crate::sh;

/// What decides over the site's content, relative to the workspace.
const INPUTS: [&str; 7] =
    ["app", "flow", "Cargo.toml", "Cargo.lock", "xtask/src/site", "xtask/Cargo.toml", "rust-toolchain.toml"];

/// Where a site is kept: `FLUXO_SITE_DIR`, or a folder per profile under cargo's output.
pub fn folder(release: bool) -> PathBuf {
    let own = std::env::var_os("FLUXO_SITE_DIR").filter(|folder| !folder.is_empty());
    own.map_or_else(|| sh::target().join("site").join(profile(release)), |folder| sh::root().join(folder))
}

fn profile(release: bool) -> &'static str {
    if release { "release" } else { "dev" }
}

/// Builds the site unless its inputs are those of the last time. Gives its folder.
pub fn build(release: bool) -> Result<PathBuf> {
    let folder = folder(release);
    let toolchain = toolchain::find()?;
    let inputs = fingerprint(&toolchain.version()?, release)?;
    if pack::inputs(&folder).as_deref() == Some(inputs.as_str()) {
        println!("  site … unchanged");
        return Ok(folder);
    }
    let start = Instant::now();
    println!("  site … building ({})", profile(release));
    let work = sh::target().join("web").join("work").join(profile(release));
    std::fs::create_dir_all(&work).with_context(|| format!("Can't make {}.", work.display()))?;

    let module = wasm::compile(&toolchain, release)?;
    let browser = wasm::bind(&module, &work, release)?;
    let mut site = pack::Site::new(&folder, release);
    bundle::app(&mut site, &browser, &work)?;
    bundle::scripts(&mut site, &work)?;
    bundle::styles(&mut site, &work)?;
    bundle::statics(&mut site)?;
    bundle::boot(&mut site)?;
    let size = site.finish(&inputs)?;
    println!("  site … built ({}, first open {} compressed)", sh::seconds(start.elapsed()), sh::bytes(size));
    Ok(folder)
}

/// A hash over the content of all inputs.
fn fingerprint(compiler: &str, release: bool) -> Result<String> {
    let mut files = Vec::new();
    for input in INPUTS {
        list(&sh::root().join(input), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    hash.update(compiler);
    hash.update([u8::from(release)]);
    for file in files {
        let content = std::fs::read(&file).with_context(|| format!("Can't read {}.", file.display()))?;
        let name = file.strip_prefix(sh::root()).unwrap_or(&file).to_string_lossy().into_owned();
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content);
    }
    Ok(sh::hex(&hash.finalize()))
}

/// All files under `path`, installed packages left out: the lock file stands for them.
fn list(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            if entry.file_name() != "node_modules" && entry.file_name() != "target" {
                list(&entry.path(), files)?;
            }
        }
    } else if path.is_file() {
        files.push(path.to_path_buf());
    }
    Ok(())
}
