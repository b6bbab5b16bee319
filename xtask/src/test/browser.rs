//! Playwright over the real program.

use anyhow::{Context, Result};

use crate::{run, setup, sh, site};

/// Builds the program with its site and runs `e2e/`.
pub fn run(grep: Option<&str>) -> Result<()> {
    let site = site::build(false)?;
    let program = run::program(false)?;
    let mut playwright = playwright("test")?;
    playwright.env("FLUXO_BIN", program).env("FLUXO_SITE_DIR", site);
    if let Some(words) = grep {
        playwright.args(["--grep", words]);
    }
    sh::run(&mut playwright)
}

/// Playwright's own program in `e2e/`, told where the browser and the judges are.
pub fn playwright(what: &str) -> Result<std::process::Command> {
    let folder = sh::root().join("e2e");
    let mut command = sh::command("node");
    command.current_dir(&folder).arg(folder.join("node_modules/@playwright/test/cli.js")).arg(what);
    let chromium = setup::system::chromium().context("There is no Chromium. Run `cargo xtask setup`.")?;
    command.env("FLUXO_CHROMIUM", chromium).env("FLUXO_TEST_PYHANKO", setup::python::pyhanko()?);
    Ok(command)
}
