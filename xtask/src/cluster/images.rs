//! Container images from nothing but this machine, as archives in the cache: no registry is asked.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::control;
use super::place::Place;
use super::programs::Programs;
use crate::sh;

/// An archive with one image, `localhost/<name>:dev`.
pub struct Archive {
    pub name: &'static str,
    pub file: PathBuf,
}

/// Where archives are kept.
pub fn folder() -> Result<PathBuf> {
    let folder = sh::cache()?.join("cluster/images");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What every cluster has: the pods' own process, a shell for tests, and the add-ons.
pub fn base(programs: &Programs) -> Result<Vec<Archive>> {
    let pause = sh::root().join("xtask/cluster/images/pause.c");
    Ok(vec![
        cached("pause", &[&pause], |work| {
            sh::output(sh::command("cc").args(["-Os", "-static", "-s", "-o"]).arg(work.join("pause")).arg(&pause))?;
            commit(work, "pause", &["COPY pause /pause", "USER 65535:65535", r#"ENTRYPOINT ["/pause"]"#])
        })?,
        busybox()?,
        program("coredns", &programs.coredns)?,
        program("metrics-server", &programs.metrics_server)?,
    ])
}

/// A shell and its companions, for tests.
pub fn busybox() -> Result<Archive> {
    let busybox = sh::find(&["busybox"], &["/bin/busybox"]).context("There is no busybox.")?;
    cached("busybox", &[&busybox], |work| {
        std::fs::copy(&busybox, work.join("busybox"))?;
        std::fs::write(work.join("passwd"), "root:x:0:0:root:/root:/bin/sh\n")?;
        let make = "/bin/busybox mkdir -p /usr/bin /usr/sbin /sbin && /bin/busybox --install -s";
        let run = format!(r#"RUN ["/bin/busybox", "sh", "-c", "{make}"]"#);
        commit(work, "busybox", &["COPY busybox /bin/busybox", "COPY passwd /etc/passwd", &run, r#"CMD ["sh"]"#])
    })
}

/// Pushes an archive to a registry, as `<registry>/<name>:dev`. `FLUXO_TEST_REGISTRY_PLAIN=1` for one without TLS; who may
/// push is what `buildah login` or `docker login` left.
pub fn publish(archive: &Archive, registry: &str) -> Result<()> {
    let work = work("publish")?;
    let source = format!("docker-archive:{}", archive.file.display());
    let id = sh::output(buildah(work.path()).args(["pull", "--quiet", &source]))?;
    let plain = std::env::var_os("FLUXO_TEST_REGISTRY_PLAIN").is_some();
    let mut push = buildah(work.path());
    push.args(["push", "--quiet", &format!("--tls-verify={}", !plain), id.trim()]);
    sh::output(push.arg(format!("docker://{registry}/{}:dev", archive.name)))
        .with_context(|| format!("Can't push the image {} to {registry}.", archive.name))?;
    Ok(())
}

/// An image with one static program.
fn program(name: &'static str, file: &Path) -> Result<Archive> {
    cached(name, &[file], |work| {
        std::fs::copy(file, work.join(name))?;
        commit(
            work,
            name,
            &[&format!("COPY {name} /{name}"), "USER 65534:65534", &format!(r#"ENTRYPOINT ["/{name}"]"#)],
        )
    })
}

/// Debian's own build of a server: the smallest system with `packages`, and `lines` of a Dockerfile. Made once per recipe and
/// release of Debian.
pub fn debian(name: &'static str, packages: &str, lines: &[&str]) -> Result<Archive> {
    let release = std::fs::read_to_string("/etc/os-release")?;
    let codename = release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let codename = codename.context("/etc/os-release names no VERSION_CODENAME.")?;
    let recipe = format!("{codename} {packages} {}", lines.join("\n"));
    cached_by(name, &sh::hex(&Sha256::digest(recipe))[..8], |work| {
        let mut bootstrap = sh::command("mmdebstrap");
        bootstrap.args(["--quiet", "--variant=essential", &format!("--include={packages}")]);
        for unread in ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"] {
            bootstrap.arg(format!("--dpkgopt=path-exclude={unread}"));
        }
        // PostgreSQL's compiler of expressions: a hundred megabytes that a test can do without.
        bootstrap.arg("--customize-hook=rm -rf $1/usr/lib/*/libLLVM* $1/usr/lib/llvm-*");
        sh::output(bootstrap.arg(codename).arg(work.join("root.tar")))?;
        commit(work, name, &[&["ADD root.tar /"], lines].concat())
    })
}

/// The archive that `make` leaves at `<work>/<name>.tar`, unless one from the same `sources` is there.
pub fn cached(name: &'static str, sources: &[&Path], make: impl FnOnce(&Path) -> Result<()>) -> Result<Archive> {
    let mut hash = Sha256::new();
    // How images are made here belongs to what they are made from.
    hash.update(include_bytes!("images.rs"));
    for source in sources {
        hash.update(std::fs::read(source).with_context(|| format!("Can't read {}.", source.display()))?);
    }
    cached_by(name, &sh::hex(&hash.finalize())[..8], make)
}

/// Like [`cached`], with a `key` of one's own for what it is made from.
pub fn cached_by(name: &'static str, key: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<Archive> {
    use std::io::Write;
    let file = folder()?.join(format!("{name}-{key}.tar"));
    if file.is_file() {
        return Ok(Archive { name, file });
    }
    print!("  image {name} … building … ");
    std::io::stdout().flush()?;
    let start = Instant::now();
    let work = work(name)?;
    let made = make(work.path()).and_then(|()| {
        // Other file systems can't be renamed across.
        let new = file.with_extension(format!("{}", std::process::id()));
        std::fs::copy(work.path().join(format!("{name}.tar")), &new)?;
        Ok(std::fs::rename(new, &file)?)
    });
    made.inspect_err(|_| println!("failed"))?;
    println!("built ({}, {})", sh::bytes(file.metadata()?.len()), sh::seconds(start.elapsed()));
    remove_old(name);
    Ok(Archive { name, file })
}

/// Archives of the name that were made two weeks ago: newer ones may be another checkout's.
fn remove_old(name: &str) {
    let Ok(entries) = folder().and_then(|folder| Ok(std::fs::read_dir(folder)?)) else { return };
    let limit = std::time::Duration::from_secs(14 * 24 * 3600);
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&format!("{name}-"));
        let age = entry.metadata().and_then(|data| data.modified()).ok().and_then(|made| made.elapsed().ok());
        if ours && age.is_some_and(|age| age > limit) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// A folder to build in, with a store of images of its own. Removed when it is dropped.
pub struct Work(PathBuf);

/// Makes one.
pub fn work(name: &str) -> Result<Work> {
    let folder = PathBuf::from("/var/tmp").join(format!("fluxo-image-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("Can't make {}.", folder.display()))?;
    Ok(Work(folder))
}

impl Work {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Layers may belong to other users; buildah knows how to remove them.
        let _ = buildah(&self.0).args(["rm", "--all"]).output();
        let _ = buildah(&self.0).args(["rmi", "--all", "--force"]).output();
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Builds `FROM scratch` with these lines, in `work`, and leaves `<work>/<name>.tar`.
pub fn commit(work: &Path, name: &str, lines: &[&str]) -> Result<()> {
    let recipe = work.join("Dockerfile");
    std::fs::write(&recipe, format!("FROM scratch\n{}\n", lines.join("\n")))?;
    let image = format!("localhost/{name}:dev");
    let mut build = buildah(work);
    build.args(["build", "--isolation", "chroot", "--quiet", "--tag", &image, "--file"]).arg(&recipe).arg(work);
    sh::output(&mut build)?;
    push(work, name)
}

/// Writes the image `localhost/<name>:dev` of `work`'s store to `<work>/<name>.tar`.
pub fn push(work: &Path, name: &str) -> Result<()> {
    let image = format!("localhost/{name}:dev");
    let archive = format!("docker-archive:{}:{image}", work.join(format!("{name}.tar")).display());
    sh::output(buildah(work).args(["push", "--quiet", &image, &archive])).map(drop)
}

/// `buildah` with a store of its own inside `work`.
pub fn buildah(work: &Path) -> std::process::Command {
    let mut buildah = sh::command("buildah");
    buildah.arg("--root").arg(work.join("store")).arg("--runroot").arg(work.join("run"));
    // Copies instead of mounts: works in containers too, and nothing stays mounted.
    buildah.args(["--storage-driver", "vfs"]);
    buildah
}

/// Gives archives to the cluster's node.
pub fn import(place: &Place, archives: &[Archive]) -> Result<()> {
    for archive in archives {
        sh::output(control::ctr(place).args(["images", "import"]).arg(&archive.file))
            .with_context(|| format!("Can't import the image {}.", archive.name))?;
    }
    Ok(())
}
