//! Installs what is missing, skips what is present, says one line for each.

pub mod java;
pub mod npm;
pub mod python;
pub mod system;
pub mod wasm;

use std::io::Write;
use std::time::Instant;

use anyhow::Result;

use crate::sh;

/// Everything, or with `run_only` what building and running need.
pub fn all(run_only: bool) -> Result<()> {
    for_site()?;
    if !run_only {
        for_tests()?;
    }
    Ok(())
}

/// What building the browser half needs.
pub fn for_site() -> Result<()> {
    system::need(&system::SITE)?;
    wasm::find_or_install()?;
    npm::install("app/assets", "site tools (npm)")
}

/// What the tests need besides.
pub fn for_tests() -> Result<()> {
    system::need(&system::TESTS)?;
    npm::install("e2e", "browser test tools (npm)")?;
    python::install()?;
    java::install()
}

/// What judging a folder of PDFs needs.
pub fn for_corpus() -> Result<()> {
    system::need(&system::TESTS[3..8])?;
    python::install()
}

/// One line: `what … present`, or `what … installed (2.1 s)` after `install` did its work.
fn step(what: &str, present: bool, install: impl FnOnce() -> Result<()>) -> Result<()> {
    print!("  {what} … ");
    std::io::stdout().flush()?;
    if present {
        println!("present");
        return Ok(());
    }
    let start = Instant::now();
    print!("installing … ");
    std::io::stdout().flush()?;
    match install() {
        Ok(()) => println!("installed ({})", sh::seconds(start.elapsed())),
        Err(error) => {
            println!("failed");
            return Err(error);
        }
    }
    Ok(())
}
