//! The container image without a base image: the last stage of the Dockerfile, from scratch, with what the program needs
//! of this system beside it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::cluster::images;
use crate::{run, sh, site};

#[derive(Args)]
pub struct ImageArgs {
    /// The optimised program with the site inside; without it, the debug program, stripped, with the site's folder beside it
    #[arg(long)]
    pub release: bool,
    /// Where the archive goes [default: fluxo-image.tar in Cargo's output folder]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// A program that was built already, instead of building one
    #[arg(long)]
    pub program: Option<PathBuf>,
}

/// The image's name inside the archive.
pub const NAME: &str = "localhost/fluxo:dev";

/// Where a program that reads its site from disk finds it in the image.
const SITE: &str = "usr/share/fluxo/site";

/// Builds the program and the image; prints the size. Gives the archive's path.
pub fn run(args: &ImageArgs) -> Result<PathBuf> {
    crate::setup::system::need_missing(&crate::setup::system::IMAGE)?;
    let program = match &args.program {
        Some(program) => std::path::absolute(program)?,
        None => run::build(args.release)?,
    };
    let site = (!args.release).then(|| site::folder(false));
    let output = match &args.output {
        Some(file) => std::path::absolute(file)?,
        None => sh::target().join("fluxo-image.tar"),
    };
    let work = images::work("fluxo")?;
    make(work.path(), &program, site.as_deref())?;
    // Another file system can't be renamed to.
    std::fs::copy(work.path().join("fluxo.tar"), &output)
        .with_context(|| format!("Can't write {}.", output.display()))?;
    println!("  image {NAME} … {} in {}", sh::bytes(output.metadata()?.len()), output.display());
    Ok(output)
}

/// Lays out the files and builds, in `work`.
fn make(work: &Path, program: &Path, site: Option<&Path>) -> Result<()> {
    let out = work.join("out");
    lay_out(&out, program)?;
    std::fs::create_dir_all(work.join("data"))?;
    let mut recipe = last_stage(&std::fs::read_to_string(sh::root().join("Dockerfile"))?)?;
    if let Some(site) = site {
        copy_all(site, &out.join(SITE))?;
        recipe += &format!("ENV FLUXO_SITE_DIR=/{SITE}\n");
    }
    std::fs::write(work.join("Dockerfile"), recipe)?;
    let mut build = images::buildah(work);
    // The form of Docker carries the health check. One date for all files: the same files make the same image.
    build.args(["build", "--format", "docker", "--timestamp", "0", "--isolation", "chroot", "--quiet", "--tag", NAME]);
    sh::output(build.arg("--file").arg(work.join("Dockerfile")).arg(work))?;
    images::push(work, "fluxo")
}

/// The program and what it needs: the C library, certificates, time zones, a user.
fn lay_out(out: &Path, program: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let target = out.join("usr/bin/fluxo");
    copy(program, &target)?;
    sh::output(sh::command("strip").arg(&target))?;
    for library in libraries(program)? {
        copy(&library, &out.join(library.strip_prefix("/")?))?;
    }
    let certificates = "etc/ssl/certs/ca-certificates.crt";
    copy(&Path::new("/").join(certificates), &out.join(certificates))?;
    let zones = out.join("usr/share/zoneinfo");
    copy_all(Path::new("/usr/share/zoneinfo"), &zones)?;
    // The same zones again: with leap seconds, and under another name.
    for twice in ["right", "posix"] {
        let _ = std::fs::remove_dir_all(zones.join(twice));
    }
    std::fs::write(out.join("etc/passwd"), "fluxo:x:65532:65532:Fluxo:/var/lib/fluxo:/sbin/nologin\n")?;
    std::fs::write(out.join("etc/group"), "fluxo:x:65532:\n")?;
    let scratch = out.join("tmp");
    std::fs::create_dir_all(&scratch)?;
    std::fs::set_permissions(&scratch, std::fs::Permissions::from_mode(0o1777))?;
    Ok(())
}

/// The files that the dynamic linker takes for `program`, itself among them.
fn libraries(program: &Path) -> Result<BTreeSet<PathBuf>> {
    let listed = sh::output(sh::command("ldd").arg(program))?;
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(PathBuf::from);
    let libraries = listed.lines().filter_map(path).collect::<BTreeSet<_>>();
    if libraries.is_empty() {
        bail!("`ldd {}` names no library:\n{listed}", program.display());
    }
    Ok(libraries)
}

/// The last stage, from scratch: what it copies from the stage before lies beside it.
fn last_stage(dockerfile: &str) -> Result<String> {
    let start = dockerfile.rfind("\nFROM ").context("The Dockerfile has no last stage.")?;
    let (_, lines) = dockerfile[start + 1..].split_once('\n').context("The Dockerfile's last stage is empty.")?;
    let lines = lines.replace("--from=build ", "").replace(" /out/ ", " out/ ").replace(" /data/ ", " data/ ");
    Ok(format!("FROM scratch\n{lines}"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::copy(from, to).with_context(|| format!("Can't copy {}.", from.display()))?;
    Ok(())
}

/// A folder as it is, links among them.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        std::fs::create_dir_all(parent)?;
    }
    sh::output(sh::command("cp").args(["-a", "--no-target-directory"]).arg(from).arg(to)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_stands_on_nothing() {
        let dockerfile = std::fs::read_to_string(sh::root().join("Dockerfile")).unwrap();
        let stage = last_stage(&dockerfile).unwrap();
        assert!(stage.starts_with("FROM scratch\nLABEL "), "{stage}");
        assert!(stage.contains("\nCOPY out/ /\n"), "{stage}");
        assert!(stage.contains("\nCOPY --chown=65532:65532 data/ /var/lib/fluxo/\n"), "{stage}");
        assert!(stage.contains("\nUSER 65532:65532\n"), "{stage}");
        assert!(!stage.contains("--from") && !stage.contains("\nRUN "), "{stage}");
    }
}
