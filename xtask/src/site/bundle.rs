//! Scripts, styles and pictures, through esbuild where they refer to others.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::list;
use super::pack::Site;
use super::wasm::Browser;
use crate::sh;

/// Browsers that get what they can read; what is newer is rewritten.
const BROWSERS: &str = "--target=es2022,chrome120,firefox121,safari17";
/// Files that a style sheet may name.
const NAMED_FILES: [&str; 4] =
    ["--loader:.woff2=file", "--loader:.svg=file", "--loader:.png=file", "--loader:.webp=file"];

/// The modules, and their script with the snippets of its crates in it.
pub fn app(site: &mut Site, browser: &Browser, work: &Path) -> Result<()> {
    let mut names = Vec::new();
    for part in &browser.parts {
        let logical = format!("{}.wasm", part.name);
        site.add(&logical, &logical.replace('+', "-"), &std::fs::read(&part.wasm)?)?;
        let own = part.wasm.file_name().unwrap_or_default().to_string_lossy().into_owned();
        names.push((format!("\"./{own}\""), format!("\"./{}\"", site.name(&logical).unwrap_or_default())));
    }
    let out = work.join("fluxo.js");
    script(site, &browser.js, &out)?;
    let mut js = std::fs::read_to_string(&out)?;
    for (own, hashed) in names {
        anyhow::ensure!(js.matches(&own).count() == 1, "{} does not load {own} once.", out.display());
        js = js.replace(&own, &hashed);
    }
    site.add("app.js", "fluxo.js", js.as_bytes())?;
    site.add("app.wasm", "fluxo_bg.wasm", &std::fs::read(&browser.wasm)?)
}

/// Every `app/assets/NAME.js` becomes one ES module, to be imported when it is needed.
pub fn scripts(site: &mut Site, work: &Path) -> Result<()> {
    let mut entries = std::fs::read_dir(sh::root().join("app/assets"))?.collect::<std::io::Result<Vec<_>>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".js") {
            let out = work.join(&name);
            script(site, &entry.path(), &out)?;
            site.add(&name, &name, &std::fs::read(&out)?)?;
        }
    }
    Ok(())
}

/// `app/style/main.css` with all that it imports; fonts and pictures that it names come along under hashed names.
pub fn styles(site: &mut Site, work: &Path) -> Result<()> {
    let entry = sh::root().join("app/style/main.css");
    if !entry.is_file() {
        return Ok(());
    }
    let out = work.join("css");
    let _ = std::fs::remove_dir_all(&out);
    let mut build = esbuild();
    build.arg(&entry).args(["--bundle", "--minify", BROWSERS]).args(NAMED_FILES);
    build.args([
        "--entry-names=style-[hash]",
        "--asset-names=[name]-[hash]",
        "--legal-comments=none",
        "--log-level=warning",
    ]);
    sh::output(build.arg(format!("--outdir={}", out.display())))?;
    for file in std::fs::read_dir(&out)? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        let logical = if name.ends_with(".css") { "style.css".to_owned() } else { unhashed(&name) };
        site.add_hashed(&logical, &name, &std::fs::read(file.path())?)?;
    }
    Ok(())
}

/// Everything in `app/assets/static`, under its path there.
pub fn statics(site: &mut Site) -> Result<()> {
    let folder = sh::root().join("app/assets/static");
    let mut files = Vec::new();
    list(&folder, &mut files)?;
    files.sort();
    for file in files {
        let name = file.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
        site.add(&name, &name, &std::fs::read(&file)?)?;
    }
    Ok(())
}

/// The only script that a page names: it loads the module, and says so if that fails.
pub fn boot(site: &mut Site) -> Result<()> {
    let name = |logical: &str| site.name(logical).with_context(|| format!("The site has no {logical}."));
    let assets = serde_json::to_string(&site.urls())?;
    let script = include_str!("boot.js")
        .replace("__APP_JS__", name("app.js")?)
        .replace("__APP_WASM__", name("app.wasm")?)
        .replace("\"__ASSETS__\"", &assets);
    site.add("boot.js", "boot.js", script.as_bytes())
}

fn script(site: &Site, entry: &Path, out: &Path) -> Result<()> {
    let mut build = esbuild();
    build.arg(entry).args(["--bundle", "--format=esm", "--legal-comments=none", "--log-level=warning", BROWSERS]);
    // A style sheet that a script imports is its text: the script adopts it.
    build.arg("--loader:.css=text");
    if site.release {
        build.arg("--minify");
    }
    sh::output(build.arg(format!("--outfile={}", out.display())))?;
    Ok(())
}

fn esbuild() -> Command {
    sh::command(sh::root().join("app/assets/node_modules/.bin/esbuild"))
}

/// `inter-ABCDEFGH.woff2` is `inter.woff2`.
fn unhashed(name: &str) -> String {
    match (name.rsplit_once('-'), name.rsplit_once('.')) {
        (Some((stem, _)), Some((_, extension))) => format!("{stem}.{extension}"),
        _ => name.to_owned(),
    }
}
