//! The programs that make a Kubernetes, in the order they need each other.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use super::place::{DNS_IP, NODE, NODE_CIDR, NODE_IP, POD_CIDR, Place, SERVICE_CIDR};
use super::processes::{self, start, wait};
use super::programs::Programs;
use crate::sh;

const PATIENCE: Duration = Duration::from_secs(90);

/// Writes the configuration files.
pub fn configure(place: &Place) -> Result<()> {
    for folder in ["logs", "pids", "cni/net.d", "volume-plugins", "kubelet", "etcd"] {
        std::fs::create_dir_all(place.file(folder))?;
    }
    std::fs::write(place.file("resolv.conf"), "")?;
    for root in processes::cgroup_roots() {
        let folder = root.join(place.cgroup());
        std::fs::create_dir_all(&folder).with_context(|| {
            format!(
                "Can't make the control group {}. A container needs /sys/fs/cgroup to be writable.",
                folder.display()
            )
        })?;
    }
    for (name, target) in [
        ("cni.conflist", "cni/net.d/10-fluxo.conflist"),
        ("containerd.toml", "containerd.toml"),
        ("kubelet.yaml", "kubelet.yaml"),
        ("proxy.yaml", "proxy.yaml"),
        ("addons.yaml", "addons.yaml"),
    ] {
        let template = sh::root().join("xtask/cluster/config").join(name);
        let text = std::fs::read_to_string(&template).with_context(|| format!("Can't read {}.", template.display()))?;
        std::fs::write(place.file(target), filled(place, text)?)?;
    }
    Ok(())
}

fn filled(place: &Place, text: String) -> Result<String> {
    let runc = sh::find(&["runc"], &["/usr/sbin/runc"]).context("There is no runc.")?;
    let cni = ["/usr/lib/cni", "/opt/cni/bin"].into_iter().find(|folder| Path::new(folder).join("bridge").is_file());
    let words = [
        ("@FOLDER@", place.folder.display().to_string()),
        ("@CGROUP@", place.cgroup()),
        ("@NODE@", NODE.to_owned()),
        ("@NODE_CIDR@", NODE_CIDR.to_owned()),
        ("@POD_CIDR@", POD_CIDR.to_owned()),
        ("@DNS_IP@", DNS_IP.to_owned()),
        ("@RUNC@", runc.display().to_string()),
        ("@CNI@", cni.context("The CNI plugins are not there.")?.to_owned()),
        ("@SNAPSHOTTER@", snapshotter(place).to_owned()),
    ];
    Ok(words.into_iter().fold(text, |text, (word, value)| text.replace(word, &value)))
}

/// `overlayfs`, or `native` (slow: it copies) inside a container whose own files are an overlay.
fn snapshotter(place: &Place) -> &'static str {
    let at = |name: &str| place.file("overlay-try").join(name);
    let folders = ["lower", "upper", "work", "merged"].map(|name| std::fs::create_dir_all(at(name)).is_ok());
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        at("lower").display(),
        at("upper").display(),
        at("work").display()
    );
    let mounted = folders == [true; 4]
        && sh::output(sh::command("mount").args(["-t", "overlay", "overlay", "-o", &options]).arg(at("merged")))
            .is_ok();
    if mounted {
        let _ = sh::output(sh::command("umount").arg(at("merged")));
    }
    let _ = std::fs::remove_dir_all(place.file("overlay-try"));
    if mounted { "overlayfs" } else { "native" }
}

/// etcd and containerd, which need nobody.
pub fn start_ground(place: &Place, programs: &Programs) -> Result<()> {
    let (client, peer) = ("http://127.0.0.1:2379", "http://127.0.0.1:2380");
    let mut etcd = place.inside(&programs.etcd);
    etcd.arg("--name=n1").arg(format!("--data-dir={}", place.file("etcd").display())).arg("--unsafe-no-fsync");
    etcd.args([format!("--listen-client-urls={client}"), format!("--advertise-client-urls={client}")]);
    etcd.args([format!("--listen-peer-urls={peer}"), format!("--initial-advertise-peer-urls={peer}")]);
    etcd.arg(format!("--initial-cluster=n1={peer}"));
    start(place, "etcd", &etcd)?;
    let mut containerd = place.inside("containerd");
    containerd.arg("--config").arg(place.file("containerd.toml"));
    start(place, "containerd", &containerd)
}

/// Containerd takes images.
pub fn wait_for_containerd(place: &Place) -> Result<()> {
    wait(place, "containerd", PATIENCE, || sh::output(ctr(place).arg("version")).is_ok())
}

/// `ctr` at this cluster's containerd.
pub fn ctr(place: &Place) -> std::process::Command {
    let mut ctr = sh::command("ctr");
    ctr.arg("--address").arg(place.containerd_socket()).args(["--namespace", "k8s.io"]);
    ctr
}

/// The API server; not yet ready.
pub fn start_api(place: &Place, programs: &Programs) -> Result<()> {
    let pki = |name: &str| place.file("pki").join(name).display().to_string();
    let mut api = place.inside(programs.kubernetes("kube-apiserver"));
    api.args(["--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", "--secure-port=6443"]);
    api.arg(format!("--advertise-address={NODE_IP}"));
    api.arg(format!("--tls-cert-file={}", pki("apiserver.crt")));
    api.arg(format!("--tls-private-key-file={}", pki("apiserver.key")));
    api.arg(format!("--client-ca-file={}", pki("ca.crt")));
    api.arg(format!("--kubelet-client-certificate={}", pki("apiserver-kubelet-client.crt")));
    api.arg(format!("--kubelet-client-key={}", pki("apiserver-kubelet-client.key")));
    api.arg(format!("--kubelet-certificate-authority={}", pki("ca.crt")));
    api.arg("--kubelet-preferred-address-types=InternalIP");
    api.arg("--service-account-issuer=https://kubernetes.default.svc");
    api.arg(format!("--service-account-key-file={}", pki("sa.pub")));
    api.arg(format!("--service-account-signing-key-file={}", pki("sa.key")));
    api.arg(format!("--service-cluster-ip-range={SERVICE_CIDR}"));
    api.args(["--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction"]);
    api.args(["--allow-privileged=true", "--event-ttl=1h"]);
    api.arg(format!("--requestheader-client-ca-file={}", pki("front-ca.crt")));
    api.args(["--requestheader-allowed-names=front-proxy", "--requestheader-username-headers=X-Remote-User"]);
    api.args(["--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-"]);
    api.arg(format!("--proxy-client-cert-file={}", pki("front.crt")));
    api.arg(format!("--proxy-client-key-file={}", pki("front.key")));
    start(place, "kube-apiserver", &api)
}

/// The API server answers that it is ready.
pub fn wait_for_api(place: &Place, programs: &Programs) -> Result<()> {
    let ready = || sh::output(programs.kubectl(&place.kubeconfig()).args(["get", "--raw", "/readyz"])).is_ok();
    wait(place, "kube-apiserver", PATIENCE, ready)
}

/// Controllers, scheduler, kubelet and the service proxy.
pub fn start_rest(place: &Place, programs: &Programs) -> Result<()> {
    let config = |name: &str| place.file(&format!("{name}.kubeconfig")).display().to_string();
    let pki = |name: &str| place.file("pki").join(name).display().to_string();
    let own = |client: &str| {
        let file = config(client);
        [
            format!("--kubeconfig={file}"),
            format!("--authentication-kubeconfig={file}"),
            format!("--authorization-kubeconfig={file}"),
            "--bind-address=127.0.0.1".to_owned(),
            "--leader-elect=false".to_owned(),
        ]
    };
    let mut controllers = place.inside(programs.kubernetes("kube-controller-manager"));
    controllers.args(own("controller-manager")).arg("--use-service-account-credentials=true");
    controllers.arg(format!("--service-account-private-key-file={}", pki("sa.key")));
    controllers.arg(format!("--root-ca-file={}", pki("ca.crt")));
    controllers.arg(format!("--cluster-signing-cert-file={}", pki("ca.crt")));
    controllers.arg(format!("--cluster-signing-key-file={}", pki("ca.key")));
    controllers.arg("--allocate-node-cidrs=true");
    controllers.arg(format!("--cluster-cidr={POD_CIDR}")).arg(format!("--service-cluster-ip-range={SERVICE_CIDR}"));
    start(place, "kube-controller-manager", &controllers)?;

    let mut scheduler = place.inside(programs.kubernetes("kube-scheduler"));
    scheduler.args(own("scheduler"));
    start(place, "kube-scheduler", &scheduler)?;

    let mut kubelet = place.inside(programs.kubernetes("kubelet"));
    kubelet.arg(format!("--config={}", place.file("kubelet.yaml").display()));
    kubelet.arg(format!("--kubeconfig={}", config("kubelet")));
    kubelet.arg(format!("--root-dir={}", place.file("kubelet").display()));
    kubelet.arg(format!("--cert-dir={}", place.file("kubelet/pki").display()));
    kubelet.arg(format!("--hostname-override={NODE}")).arg(format!("--node-ip={NODE_IP}")).arg("--v=2");
    start(place, "kubelet", &kubelet)?;

    let mut proxy = place.inside(programs.kubernetes("kube-proxy"));
    proxy.arg(format!("--config={}", place.file("proxy.yaml").display()));
    start(place, "kube-proxy", &proxy)
}

/// The node is Ready and pods may be made.
pub fn wait_for_node(place: &Place, programs: &Programs) -> Result<()> {
    let kubectl = || programs.kubectl(&place.kubeconfig());
    let condition = "jsonpath={.status.conditions[?(@.type=='Ready')].status}";
    wait(place, "kubelet", PATIENCE, || {
        sh::output(kubectl().args(["get", "node", NODE, "-o", condition])).is_ok_and(|ready| ready == "True")
    })?;
    wait(place, "kube-controller-manager", PATIENCE, || {
        sh::output(kubectl().args(["get", "serviceaccount", "default"])).is_ok()
    })
}
