//! The cluster's network: a namespace without a way out, and a cable to this machine.

use std::path::Path;

use anyhow::{Context, Result};

use super::place::{NODE_IP, Place, SERVICE_CIDR};
use crate::sh;

/// What the kubelet changes for the whole machine.
const SYSCTLS: [&str; 6] = [
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
];

/// Makes the namespace, the pods' bridge and the cable.
pub fn up(place: &Place) -> Result<()> {
    keep_sysctls()?;
    let [here, there] = place.cable();
    let netns = place.netns.as_str();
    ip(&["netns", "add", netns])
        .context("Can't make a network namespace. A container needs the right to (CAP_SYS_ADMIN and CAP_NET_ADMIN).")?;
    ip(&["link", "add", &here, "type", "veth", "peer", "name", &there, "netns", netns])?;
    ip(&["addr", "add", &format!("{}/30", place.host_ip), "dev", &here])?;
    ip(&["link", "set", &here, "up"])?;
    let inside = |words: &[&str]| sh::output(place.inside("ip").args(words));
    inside(&["link", "set", "lo", "up"])?;
    inside(&["addr", "add", &format!("{}/30", place.cluster_ip), "dev", &there])?;
    inside(&["link", "set", &there, "up"])?;
    inside(&["link", "add", "cni0", "type", "bridge"])?;
    inside(&["addr", "add", &format!("{NODE_IP}/24"), "dev", "cni0"])?;
    inside(&["link", "set", "cni0", "up"])?;
    // What starts on the node itself needs a way towards services before their addresses are rewritten.
    inside(&["route", "add", SERVICE_CIDR, "dev", "cni0", "src", NODE_IP])?;
    let forward = "echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/bridge/bridge-nf-call-iptables";
    sh::output(place.inside("sh").args(["-ec", forward]))?;
    Ok(())
}

/// Removes what [`up`] made, as far as it is there. The cable ends with the namespace.
pub fn down(place: &Place) -> Result<()> {
    if place.netns_file().exists() {
        ip(&["netns", "del", &place.netns])?;
    }
    let [here, _] = place.cable();
    if Path::new("/sys/class/net").join(&here).exists() {
        // A namespace goes a moment after its name; its cable may be gone by itself meanwhile.
        let _ = ip(&["link", "del", &here]);
    }
    restore_sysctls()
}

fn ip(words: &[&str]) -> Result<String> {
    sh::output(sh::command("ip").args(words))
}

/// Where the old values are kept: once for all clusters of the machine, because the second one would see the first one's.
const KEPT: &str = "/var/tmp/fluxo-cluster-sysctls";

fn keep_sysctls() -> Result<()> {
    if Path::new(KEPT).exists() {
        return Ok(());
    }
    let mut lines = String::new();
    for name in SYSCTLS {
        if let Ok(value) = std::fs::read_to_string(Path::new("/proc/sys").join(name)) {
            lines += &format!("{name}={}\n", value.trim());
        }
    }
    std::fs::write(KEPT, lines).with_context(|| format!("Can't write {KEPT}."))
}

/// Puts them back when the last cluster goes.
fn restore_sysctls() -> Result<()> {
    let others = std::fs::read_dir("/run/netns").into_iter().flatten().flatten();
    if others.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with("fluxo-")) {
        return Ok(());
    }
    let Ok(lines) = std::fs::read_to_string(KEPT) else { return Ok(()) };
    for (name, value) in lines.lines().filter_map(|line| line.split_once('=')) {
        std::fs::write(Path::new("/proc/sys").join(name), value).with_context(|| format!("Can't put {name} back."))?;
    }
    std::fs::remove_file(KEPT)?;
    Ok(())
}
