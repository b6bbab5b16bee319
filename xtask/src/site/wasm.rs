//! From the `app` crate to WebAssembly modules and their JavaScript.

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

/// Name of the script through which the first module loads the others.
const LOADER: &str = "parts.js";

/// The first module, the script that loads it, and the modules that are loaded later.
pub struct Browser {
    pub wasm: PathBuf,
    pub js: PathBuf,
    pub parts: Vec<Part>,
}

/// A module that is loaded later.
pub struct Part {
    /// The script asks for it by this file's name.
    pub wasm: PathBuf,
    /// As `#[wasm_split]` calls it; what several of those share has all their names, `editor+pages`.
    pub name: String,
}

/// Compiles `app` for the browser. In a folder of its own: another compiler may be at work here than in the rest, and a
/// build of the server that runs at the same time need not wait.
pub fn compile(toolchain: &Toolchain, release: bool) -> Result<PathBuf> {
    let profile = if release { "wasm" } else { "wasm-dev" };
    let folder = sh::target().join("web");
    let mut cargo = toolchain.cargo();
    cargo.args(["rustc", "--package", "app", "--lib", "--crate-type", "cdylib", "--no-default-features"]);
    cargo.args(["--features", "hydrate", "--target", "wasm32-unknown-unknown", "--profile", profile, "--target-dir"]);
    // What refers to what: without it nobody could tell which function belongs to which part.
    sh::run(cargo.arg(&folder).args(["--", "-Clink-args=--emit-relocs"]))?;
    Ok(folder.join("wasm32-unknown-unknown").join(profile).join("app.wasm"))
}

/// Takes the parts out, writes the JavaScript side and, for a release, makes the modules small.
pub fn bind(module: &Path, work: &Path, release: bool) -> Result<Browser> {
    let folder = work.join("bindgen");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let (first, parts) = split(module, &folder)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&first).out_name("fluxo").web(true)?.typescript(false).omit_default_module_path(true);
    // The parts use what the linker exports: stack, table and memory.
    bindgen.keep_lld_exports(true).demangle(false);
    bindgen.remove_name_section(release).remove_producers_section(true);
    bindgen.generate(&folder).with_context(|| format!("wasm-bindgen can't read {}.", first.display()))?;
    let browser = Browser { wasm: folder.join("fluxo_bg.wasm"), js: folder.join("fluxo.js"), parts };
    if release {
        for module in browser.parts.iter().map(|part| &part.wasm).chain([&browser.wasm]) {
            optimise(module)?;
        }
    }
    Ok(browser)
}

/// Writes what only `#[wasm_split]` functions reach into modules of their own. Gives the rest, and them.
fn split(module: &Path, folder: &Path) -> Result<(PathBuf, Vec<Part>)> {
    let input = std::fs::read(module).with_context(|| format!("Can't read {}.", module.display()))?;
    let first = folder.join("first.wasm");
    let link_name = format!("./{LOADER}");
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &first;
    options.link_name = &link_name;
    options.main_module = "./fluxo.js";
    let split = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow::anyhow!("{} can't be split: {error:#}", module.display()))?;
    let users = |wasm: &Path| {
        let stem = wasm.file_stem().unwrap_or_default().to_string_lossy();
        let mut users = split.prefetch_map.iter().filter(|(_, files)| files.iter().any(|file| *file == stem));
        let mut users = users.by_ref().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        users.sort_unstable();
        users.join("+")
    };
    let mut parts =
        split.split_modules.iter().map(|wasm| Part { name: users(wasm), wasm: wasm.clone() }).collect::<Vec<_>>();
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((first, parts))
}

fn optimise(module: &Path) -> Result<()> {
    let optimised = module.with_extension("optimised");
    let tool = sh::root().join("app/assets/node_modules/binaryen/bin/wasm-opt");
    let mut wasm_opt = sh::command("node");
    wasm_opt.arg(tool).arg("-Oz").args(FEATURES).arg(module).arg("-o").arg(&optimised);
    sh::output(&mut wasm_opt)?;
    std::fs::rename(&optimised, module)?;
    Ok(())
}
