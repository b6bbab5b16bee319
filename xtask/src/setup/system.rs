//! Programs that come from the operating system's packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::step;
use crate::sh;

/// A program, how to tell that it is there, and the Debian packages that bring it.
pub struct Program {
    name: &'static str,
    packages: &'static [&'static str],
    found: fn() -> bool,
}

pub const SITE: [Program; 1] =
    [Program { name: "Node.js 18 or newer", packages: &["nodejs", "npm"], found: || node(18) }];

pub const TESTS: [Program; 9] = [
    Program { name: "Node.js 20 or newer", packages: &["nodejs", "npm"], found: || node(20) },
    Program { name: "PostgreSQL", packages: &["postgresql"], found: || postgres().is_some() },
    Program { name: "Chromium", packages: &["chromium"], found: || chromium().is_some() },
    Program { name: "pdfsig (poppler)", packages: &["poppler-utils"], found: || on_path("pdfsig") },
    Program { name: "qpdf", packages: &["qpdf"], found: || on_path("qpdf") },
    Program { name: "mutool", packages: &["mupdf-tools"], found: || on_path("mutool") },
    Program { name: "openssl", packages: &["openssl"], found: || on_path("openssl") },
    Program { name: "certutil and pk12util (NSS)", packages: &["libnss3-tools"], found: || on_path("pk12util") },
    Program { name: "SoftHSM", packages: &["softhsm2"], found: || on_path("softhsm2-util") },
];

/// What building the container image needs.
pub const IMAGE: [Program; 3] = [
    Program { name: "buildah", packages: &["buildah"], found: || on_path("buildah") },
    Program { name: "strip (binutils)", packages: &["binutils"], found: || on_path("strip") },
    Program {
        name: "CA certificates",
        packages: &["ca-certificates"],
        found: || Path::new("/etc/ssl/certs/ca-certificates.crt").is_file(),
    },
];

/// What the images of other servers need, that the cluster's tests stand on.
pub const SERVERS: [Program; 1] =
    [Program { name: "mmdebstrap", packages: &["mmdebstrap"], found: || on_path("mmdebstrap") }];

/// What a Kubernetes node of one's own and its images need; the rest is built from source.
pub const CLUSTER: [Program; 9] = [
    Program { name: "etcd", packages: &["etcd-server"], found: || on_path("etcd") },
    Program { name: "containerd", packages: &["containerd"], found: || on_path("containerd") },
    Program { name: "runc", packages: &["runc"], found: || on_path("runc") },
    Program { name: "CNI plugins", packages: &["containernetworking-plugins"], found: cni_plugins },
    Program { name: "iptables", packages: &["iptables"], found: || on_path("iptables") },
    Program { name: "iproute2", packages: &["iproute2"], found: || on_path("ip") },
    Program { name: "conntrack", packages: &["conntrack"], found: || on_path("conntrack") },
    Program { name: "buildah", packages: &["buildah"], found: || on_path("buildah") },
    Program { name: "busybox (static)", packages: &["busybox-static"], found: || on_path("busybox") },
];

fn cni_plugins() -> bool {
    ["/usr/lib/cni", "/opt/cni/bin"].iter().any(|folder| Path::new(folder).join("bridge").is_file())
}

/// Makes sure that all of them are there.
pub fn need(programs: &[Program]) -> Result<()> {
    for program in programs {
        step(program.name, (program.found)(), || {
            apt_install(program.packages)?;
            if !(program.found)() {
                bail!(
                    "This system's packages don't bring {}. Install it by hand, then start this again.",
                    program.name
                );
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Like [`need`], and says nothing about what is there.
pub fn need_missing(programs: &[Program]) -> Result<()> {
    let missing = programs.iter().filter(|program| !(program.found)());
    missing.into_iter().try_for_each(|program| need(std::slice::from_ref(program)))
}

/// Installs Debian packages, as root or through a password-less sudo.
pub fn apt_install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if !on_path("apt-get") {
        bail!("{wanted}: this system has no apt-get. Install it by the system's own means, then start this again.");
    }
    if !can_install() {
        bail!("Installing needs root. Run `sudo apt-get install {wanted}`, then start this again.");
    }
    if !has_lists() {
        sh::output(&mut apt(&["update"]))?;
    }
    let mut words = vec!["install", "--yes", "--no-install-recommends"];
    words.extend(packages);
    if sh::output(&mut apt(&words)).is_err() {
        // Old lists name files that the archive no longer has.
        sh::output(&mut apt(&["update"]))?;
        sh::output(&mut apt(&words)).with_context(|| format!("Can't install {wanted}."))?;
    }
    Ok(())
}

/// Whether [`apt_install`] has a chance.
pub fn can_install() -> bool {
    on_path("apt-get") && (sh::is_root() || sh::output(sh::command("sudo").args(["-n", "true"])).is_ok())
}

fn apt(words: &[&str]) -> std::process::Command {
    let mut command = if sh::is_root() {
        sh::command("apt-get")
    } else {
        let mut sudo = sh::command("sudo");
        sudo.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        sudo
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q").args(words);
    command
}

fn has_lists() -> bool {
    let Ok(lists) = std::fs::read_dir("/var/lib/apt/lists") else { return false };
    lists.flatten().any(|list| list.file_name().to_string_lossy().contains("_Packages"))
}

fn on_path(name: &str) -> bool {
    sh::find(&[name], &[]).is_some()
}

fn node(at_least: u32) -> bool {
    let version = sh::output(sh::command("node").arg("--version")).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    on_path("npm") && major.is_some_and(|major| major >= at_least)
}

/// The browser for tests: `FLUXO_CHROMIUM`, or one on the path.
pub fn chromium() -> Option<PathBuf> {
    match std::env::var_os("FLUXO_CHROMIUM") {
        Some(own) => Some(PathBuf::from(own)).filter(|file| file.is_file()),
        None => sh::find(&["chromium", "chromium-browser", "google-chrome"], &["/usr/bin/chromium"]),
    }
}

/// The folder of `initdb`, `pg_ctl` and `postgres`; Debian keeps them off the path.
pub fn postgres() -> Option<PathBuf> {
    let mut folders = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect::<Vec<_>>())
        .unwrap_or_default();
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.sort_by_key(|folder| {
        folder.parent().and_then(Path::file_name).map(|v| v.to_string_lossy().parse().unwrap_or(0))
    });
    let on_path =
        || sh::find(&["initdb"], &[]).and_then(|file| file.canonicalize().ok()?.parent().map(Path::to_path_buf));
    folders.pop().or_else(on_path)
}
