//! Puts the browser half into release builds.
//!
//! `FLUXO_SITE_DIR` names the folder that `cargo xtask site` wrote; without it the folder where that command writes by
//! itself is taken. Debug builds hold only that folder's name and read it when they start, so that a changed style
//! sheet does not recompile the server.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=FLUXO_SITE_DIR");
    println!("cargo:rerun-if-changed=build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    let site = site(&out, release);
    let code = match (release, site.join("manifest.json")) {
        (true, manifest) if manifest.is_file() => {
            println!("cargo:rerun-if-changed={}", manifest.display());
            embedded(&site, &manifest)
        }
        (true, _) => {
            println!(
                "cargo:warning=There is no site in {}: this program will have no pages. Use `cargo xtask build --release`.",
                site.display()
            );
            table("", "{}", "")
        }
        (false, _) => table("", "{}", &site.display().to_string()),
    };
    std::fs::write(out.join("site.rs"), code).expect("cargo gives build scripts a folder to write to");
}

/// The site's folder: as told, or `target/site/…`, which is four folders up from ours (five when cross-compiling).
fn site(out: &Path, release: bool) -> PathBuf {
    if let Some(folder) = std::env::var_os("FLUXO_SITE_DIR").filter(|folder| !folder.is_empty()) {
        return PathBuf::from(folder);
    }
    let profile = if release { "release" } else { "dev" };
    let in_target = |up: usize| out.ancestors().nth(up).unwrap_or(out).join("site").join(profile);
    [4, 5].map(in_target).into_iter().find(|folder| folder.is_dir()).unwrap_or_else(|| in_target(4))
}

fn embedded(site: &Path, manifest: &Path) -> String {
    let mut files = Vec::new();
    list(site, &mut files);
    files.sort();
    let mut rows = String::new();
    for file in files.iter().filter(|file| !is_compressed(file) && *file != manifest) {
        let path =
            file.strip_prefix(site).expect("`list` gives files under its folder").to_string_lossy().replace('\\', "/");
        let form = |extension: &str| {
            let mut name = file.clone().into_os_string();
            name.push(extension);
            if Path::new(&name).is_file() { format!("Some(include_bytes!({name:?}))") } else { "None".to_owned() }
        };
        let (br, gz) = (form(".br"), form(".gz"));
        let _ = writeln!(rows, "    SiteFile {{ path: {path:?}, raw: include_bytes!({file:?}), br: {br}, gz: {gz} }},");
    }
    let manifest = std::fs::read_to_string(manifest).expect("the manifest was there a moment ago");
    table(&rows, &manifest, "")
}

fn table(rows: &str, manifest: &str, folder: &str) -> String {
    format!(
        "pub static FILES: &[SiteFile] = &[\n{rows}];\npub static MANIFEST: &str = {manifest:?};\npub static FOLDER: &str = {folder:?};\n"
    )
}

fn is_compressed(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "br" || extension == "gz")
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, files) } else { files.push(path) }
    }
}
