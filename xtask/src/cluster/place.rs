//! Where a checkout's cluster lives. Everything has the checkout's mark in its name, so that two don't meet.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::sh;

/// The node's name.
pub const NODE: &str = "node1";
/// The node's address, which is the pods' bridge. The same in every cluster: each has a network of its own.
pub const NODE_IP: &str = "10.244.0.1";
pub const POD_CIDR: &str = "10.244.0.0/16";
pub const NODE_CIDR: &str = "10.244.0.0/24";
pub const SERVICE_CIDR: &str = "10.96.0.0/16";
/// The API server as pods see it.
pub const SERVICE_IP: &str = "10.96.0.1";
pub const DNS_IP: &str = "10.96.0.10";

#[derive(Clone, Debug)]
pub struct Place {
    /// Eight hexadecimal digits, from the checkout's path.
    pub mark: String,
    /// The network namespace's name.
    pub netns: String,
    /// Everything that the cluster writes; gone after `down`.
    pub folder: PathBuf,
    /// This machine's end of the cable to the cluster: where pods reach a server that runs here.
    pub host_ip: Ipv4Addr,
    /// The cluster's end: API server and node ports.
    pub cluster_ip: Ipv4Addr,
}

impl Place {
    /// The place of this checkout.
    pub fn of_checkout() -> Place {
        Place::of_further(None)
    }

    /// A further one of this checkout, by its name; its own without one.
    pub fn of_further(name: Option<&str>) -> Place {
        let path = sh::root().canonicalize().unwrap_or_else(|_| sh::root());
        // No path has a zero byte.
        let name = name.map(|name| format!("\0{name}")).unwrap_or_default();
        Place::of(format!("{}{name}", path.to_string_lossy()).as_bytes())
    }

    fn of(path: &[u8]) -> Place {
        let hash = Sha256::digest(path);
        let mark = sh::hex(&hash[..4]);
        // Two addresses of a network of four, somewhere in 10.213.0.0/16.
        let first = hash[4] & !3;
        Place {
            netns: format!("fluxo-{mark}"),
            // Not below the home: a unix socket's path may have 107 bytes.
            folder: PathBuf::from(format!("/var/tmp/fluxo-cluster-{mark}")),
            host_ip: Ipv4Addr::new(10, 213, hash[5], first + 1),
            cluster_ip: Ipv4Addr::new(10, 213, hash[5], first + 2),
            mark,
        }
    }

    /// Names of the two ends of the cable; the kernel allows 15 bytes.
    pub fn cable(&self) -> [String; 2] {
        [format!("fx{}h", self.mark), format!("fx{}c", self.mark)]
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The administrator's kubeconfig; good on both sides of the cable.
    pub fn kubeconfig(&self) -> PathBuf {
        self.file("admin.kubeconfig")
    }

    pub fn netns_file(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.netns)
    }

    /// Where the kubelet puts its control groups.
    pub fn cgroup(&self) -> String {
        format!("fluxo-{}", self.mark)
    }

    pub fn containerd_socket(&self) -> PathBuf {
        self.file("containerd.sock")
    }

    /// A command inside the cluster's network. Not `ip netns exec`: it hides the control groups.
    pub fn inside(&self, program: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
        let mut command = sh::command("nsenter");
        command.arg(format!("--net={}", self.netns_file().display())).arg("--").arg(program);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkouts_have_places_of_their_own() {
        let (one, two) = (Place::of(b"/home/ana/fluxo"), Place::of(b"/home/bia/fluxo"));
        assert_ne!(one.netns, two.netns);
        assert_ne!(one.folder, two.folder);
        assert_ne!(one.host_ip, two.host_ip);
        assert_eq!(one.netns, Place::of(b"/home/ana/fluxo").netns);
    }

    #[test]
    fn a_checkout_may_have_more_than_one() {
        let (own, other) = (Place::of_checkout(), Place::of_further(Some("other")));
        assert_ne!(own.mark, other.mark);
        assert_ne!(other.mark, Place::of_further(Some("third")).mark);
    }

    #[test]
    fn names_fit_the_kernel() {
        let place = Place::of(b"/a");
        assert!(place.cable().iter().all(|name| name.len() <= 15), "{place:?}");
        assert!(place.containerd_socket().as_os_str().len() < 108);
        let [.., last] = place.host_ip.octets();
        assert_eq!(last % 4, 1, "both addresses are in one network of four");
    }
}
