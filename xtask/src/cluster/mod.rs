//! A real Kubernetes for the tests: one node, without a registry, an engine or the internet. Root on Linux.

mod certs;
mod control;
pub mod images;
mod network;
pub mod place;
pub mod processes;
pub mod programs;
mod teardown;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use crate::sh;
use images::Archive;
use place::Place;
use programs::Programs;

#[derive(Subcommand)]
pub enum Order {
    /// Start this checkout's cluster; install and build what it needs first
    Up,
    /// Stop it and remove everything it wrote, also after a crash
    Down {
        /// Wait until the process with this number has ended
        #[arg(long, hide = true)]
        after: Option<u32>,
    },
    /// Say whether it runs, and how to reach it
    Status,
    /// Give it image archives (`docker save`, `podman save`, `buildah push … docker-archive:…`)
    Load {
        #[arg(required = true)]
        archives: Vec<PathBuf>,
    },
}

/// `name`: another cluster than the checkout's own one.
pub fn run(name: Option<&str>, order: &Order) -> Result<()> {
    let place = Place::of_further(name);
    match order {
        Order::Up => up(&place).map(drop),
        Order::Down { after } => {
            if let Some(pid) = after {
                wait_for_end(*pid);
            }
            down(&place)
        }
        Order::Status => status(&place),
        Order::Load { archives } => {
            if !is_up(&place) {
                bail!("This checkout's cluster doesn't run. Start it with `cargo xtask cluster up`.");
            }
            let archives = archives.iter().map(|file| Archive { name: "of the archive", file: file.clone() });
            images::import(&place, &archives.collect::<Vec<_>>())
        }
    }
}

/// Stops the cluster and removes everything it wrote.
pub fn down(place: &Place) -> Result<()> {
    teardown::down(place)
}

/// Why a cluster can't be had here; `None` when it is worth trying.
pub fn obstacle() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("a Kubernetes node needs Linux");
    }
    if !sh::is_root() {
        return Some("a Kubernetes node needs root (network namespaces, mounts, control groups)");
    }
    None
}

/// Starts the cluster unless it runs already. What is left of a crashed one is removed first.
pub fn up(place: &Place) -> Result<Programs> {
    if let Some(why) = obstacle() {
        bail!("No cluster here: {why}. Set FLUXO_TEST_KUBECONFIG to use one that exists.");
    }
    let programs = Programs::ready()?;
    let archives = images::base(&programs)?;
    if is_up(place) {
        println!("  cluster … runs already");
        return Ok(programs);
    }
    teardown::down(place)?;
    let start = Instant::now();
    let started = bring_up(place, &programs, &archives);
    if let Err(error) = started {
        // The logs tell why: they stay until the next `up` or `down`.
        processes::kill_all(place)?;
        return Err(error.context(format!("The cluster did not start. Logs: {}.", place.file("logs").display())));
    }
    println!("  cluster … Ready ({})", sh::seconds(start.elapsed()));
    Ok(programs)
}

fn bring_up(place: &Place, programs: &Programs, archives: &[Archive]) -> Result<()> {
    std::fs::create_dir_all(&place.folder)?;
    private(&place.folder)?;
    step("network and settings", || network::up(place).and_then(|()| control::configure(place)))?;
    step("certificates", || certs::make(place))?;
    step("etcd, containerd, API server started", || {
        control::start_ground(place, programs)?;
        control::start_api(place, programs)?;
        control::wait_for_containerd(place)
    })?;
    step("images", || images::import(place, archives))?;
    step("API server", || control::wait_for_api(place, programs))?;
    step("node", || {
        control::start_rest(place, programs)?;
        volumes(place)?;
        apply(place, programs, &place.file("addons.yaml"))?;
        control::wait_for_node(place, programs)
    })
}

/// The folders that claims of volumes get, as `addons.yaml` and the cluster's volumes name them.
fn volumes(place: &Place) -> Result<()> {
    let mut list = String::new();
    for number in 1..=16 {
        let folder = place.file("volumes").join(number.to_string());
        std::fs::create_dir_all(&folder)?;
        list += &format!(
            "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: folder-{number}}}\nspec:\n  \
             capacity: {{storage: 20Gi}}\n  accessModes: [ReadWriteOnce, ReadWriteMany]\n  storageClassName: folders\n  \
             local: {{path: \"{}\"}}\n  nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: \
             [{{key: kubernetes.io/hostname, operator: In, values: [{}]}}]}}]}}}}\n",
            folder.display(),
            place::NODE,
        );
    }
    let mut addons = std::fs::OpenOptions::new().append(true).open(place.file("addons.yaml"))?;
    Ok(addons.write_all(list.as_bytes())?)
}

fn apply(place: &Place, programs: &Programs, file: &Path) -> Result<()> {
    let mut kubectl = programs.kubectl(&place.kubeconfig());
    sh::output(kubectl.args(["apply", "--server-side", "-f"]).arg(file)).map(drop)
}

fn step(what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = Instant::now();
    print!("  {what} … ");
    std::io::stdout().flush()?;
    work().inspect_err(|_| println!("failed"))?;
    println!("{}", sh::seconds(start.elapsed()));
    Ok(())
}

/// Whether all of it runs.
pub fn is_up(place: &Place) -> bool {
    let parts =
        ["etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];
    parts.iter().all(|name| processes::alive(place, name))
}

fn status(place: &Place) -> Result<()> {
    if !is_up(place) {
        println!("This checkout's cluster doesn't run. `cargo xtask cluster up` starts it.");
        return Ok(());
    }
    let programs = Programs::ready()?;
    let kubectl = || programs.kubectl(&place.kubeconfig());
    let objects = sh::output(kubectl().args(["get", "nodes,pods", "--all-namespaces"]))?;
    let images = sh::output(control::ctr(place).args(["images", "list", "--quiet"]))?;
    let images = images.lines().filter(|name| !name.starts_with("sha256:")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "export KUBECONFIG={}\nkubectl of its version: {}\nnode ports of services: {}:PORT\n\
         pods reach this machine at {host}: start `fluxo serve --listen {host}:8080` with \
         FLUXO_CLUSTER_URL=http://{host}:8080\nlogs: {}\n\n{objects}\nimages: {images}\n",
        place.kubeconfig().display(),
        programs.kubernetes("kubectl").display(),
        place.cluster_ip,
        place.file("logs").display(),
        host = place.host_ip,
    );
    // A closed pipe is no error.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}

fn private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Others may pass through, to the volumes; keys have modes of their own.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).context("Can't set the folder's mode.")
}

fn wait_for_end(pid: u32) {
    while Path::new("/proc").join(pid.to_string()).exists() {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}
