//! npm packages, as the lock file says.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::step;
use crate::sh;

/// `npm ci` in `folder`, unless what is installed came from the same lock file.
pub fn install(folder: &str, what: &str) -> Result<()> {
    let folder = sh::root().join(folder);
    let lock = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("Can't read {}.", lock.display()))?;
    let wanted = sh::hex(&Sha256::digest(wanted));
    let stamp = folder.join("node_modules/.installed-from");
    let present = std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted);
    step(what, present, || {
        let mut npm = sh::command("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder);
        // The tests use the system's browser.
        npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        sh::output(&mut npm)?;
        std::fs::write(&stamp, wanted)?;
        Ok(())
    })
}
