//! pyHanko, an independent judge of PDF signatures, and typst, which writes PDFs for the tests, in an environment of their own.

use std::path::PathBuf;

use anyhow::Result;

use super::{step, system};
use crate::sh;

const PACKAGES: [&str; 3] = ["pyHanko==0.38.0", "pyhanko-cli==0.6.0", "typst==0.15.2"];

/// The `pyhanko` program.
pub fn pyhanko() -> Result<PathBuf> {
    Ok(sh::cache()?.join("pyhanko/bin/pyhanko"))
}

pub fn install() -> Result<()> {
    let folder = sh::cache()?.join("pyhanko");
    let stamp = folder.join(".installed");
    let wanted = PACKAGES.join("\n");
    let present = pyhanko()?.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    step("pyHanko and typst (Python)", present, || {
        let usable = |python: &PathBuf| sh::output(sh::command(python).args(["-c", "import venv, ensurepip"])).is_ok();
        let python = match sh::find(&["python3"], &[]).filter(usable) {
            Some(python) => python,
            None => {
                system::apt_install(&["python3", "python3-venv"])?;
                PathBuf::from("/usr/bin/python3")
            }
        };
        sh::output(sh::command(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        let mut pip = sh::command(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
        sh::output(&mut pip)?;
        std::fs::write(&stamp, wanted)?;
        Ok(())
    })
}
