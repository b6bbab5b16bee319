//! Judges of PDFs that are written in Java: the EU's DSS (signatures) and veraPDF (PDF/A). Only where Java is there:
//! the tests that ask them say so and pass without.

use std::path::PathBuf;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::step;
use crate::sh;

const WHAT: &str = "DSS and veraPDF (Java)";
const SOURCE: &str = "nodes/pdf/validators";

/// The folder with `classes` and `lib`, if it is there and made from what the checkout has.
pub fn validators() -> Result<Option<PathBuf>> {
    let folder = folder()?;
    let present = std::fs::read_to_string(folder.join(".installed")).is_ok_and(|installed| installed == wanted());
    Ok(present.then_some(folder))
}

pub fn install() -> Result<()> {
    let present = validators()?.is_some();
    if !present && ["javac", "java", "mvn"].iter().any(|name| sh::find(&[name], &[]).is_none()) {
        println!("  {WHAT} … left out: install a JDK 17 or newer and Maven to have them in the tests");
        return Ok(());
    }
    step(WHAT, present, || {
        let (folder, source) = (folder()?, sh::root().join(SOURCE));
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("Can't empty {}.", folder.display()))?;
        }
        std::fs::create_dir_all(folder.join("classes"))?;
        std::fs::copy(source.join("pom.xml"), folder.join("pom.xml"))?;
        let mut maven = sh::command("mvn");
        maven.args(["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]).current_dir(&folder);
        sh::output(&mut maven)?;
        let mut javac = sh::command("javac");
        javac.args(["-encoding", "UTF-8", "-cp", "lib/*", "-d", "classes"]).current_dir(&folder);
        javac.args(programs().iter().map(|name| source.join("src/main/java").join(name)));
        sh::output(&mut javac)?;
        std::fs::write(folder.join(".installed"), wanted())?;
        Ok(())
    })
}

fn folder() -> Result<PathBuf> {
    Ok(sh::cache()?.join("pdf-validators"))
}

fn programs() -> [&'static str; 3] {
    ["Dss.java", "VeraPdf.java", "Pfx.java"]
}

/// What is installed depends on these files.
fn wanted() -> String {
    let mut hash = Sha256::new();
    let source = sh::root().join(SOURCE);
    hash.update(std::fs::read(source.join("pom.xml")).unwrap_or_default());
    for name in programs() {
        hash.update(std::fs::read(source.join("src/main/java").join(name)).unwrap_or_default());
    }
    sh::hex(&hash.finalize())
}
