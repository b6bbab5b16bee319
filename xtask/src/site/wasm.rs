//! From the `app` crate to a WebAssembly module and its JavaScript.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::setup::wasm::Toolchain;
use crate::sh;

/// What rustc's output uses and every browser of the last years has. Nothing else may be introduced by the optimiser.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The module and the script that loads it.
pub struct Browser {
    pub wasm: PathBuf,
    pub js: PathBuf,
}

/// Compiles `app` for the browser. In a folder of its own: another compiler may be at work here than in the rest, and a
/// build of the server that runs at the same time need not wait.
pub fn compile(toolchain: &Toolchain, release: bool) -> Result<PathBuf> {
    let profile = if release { "wasm" } else { "wasm-dev" };
    let folder = sh::target().join("web");
    let mut cargo = toolchain.cargo();
    cargo.args(["rustc", "--package", "app", "--lib", "--crate-type", "cdylib", "--no-default-features"]);
    cargo.args(["--features", "hydrate", "--target", "wasm32-unknown-unknown", "--profile", profile, "--target-dir"]);
    sh::run(cargo.arg(&folder))?;
    Ok(folder.join("wasm32-unknown-unknown").join(profile).join("app.wasm"))
}

/// Writes the JavaScript side and, for a release, makes the module small.
pub fn bind(module: &Path, work: &Path, release: bool) -> Result<Browser> {
    let folder = work.join("bindgen");
    let _ = std::fs::remove_dir_all(&folder);
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("fluxo").web(true)?.typescript(false).omit_default_module_path(true);
    bindgen.remove_name_section(release).remove_producers_section(true);
    bindgen.generate(&folder).with_context(|| format!("wasm-bindgen can't read {}.", module.display()))?;
    let browser = Browser { wasm: folder.join("fluxo_bg.wasm"), js: folder.join("fluxo.js") };
    if release {
        let optimised = folder.join("optimised.wasm");
        let tool = sh::root().join("app/assets/node_modules/binaryen/bin/wasm-opt");
        let mut wasm_opt = sh::command("node");
        wasm_opt.arg(tool).arg("-Oz").args(FEATURES).arg(&browser.wasm).arg("-o").arg(&optimised);
        sh::output(&mut wasm_opt)?;
        std::fs::rename(&optimised, &browser.wasm)?;
    }
    Ok(browser)
}
