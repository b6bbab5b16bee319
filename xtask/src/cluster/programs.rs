//! The programs of a cluster: Debian's packages, and Go programs built once into the cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::setup::system;
use crate::sh;

/// A Go module below `xtask/cluster/go` and the programs it brings: the file's name and the package.
struct Module {
    name: &'static str,
    programs: &'static [(&'static str, &'static str)],
    /// Linker flags: what the program says about its own version.
    version: &'static str,
}

const KUBERNETES: Module = Module {
    name: "kubernetes",
    programs: &[
        ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
        ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
        ("kubelet", "k8s.io/kubernetes/cmd/kubelet"),
        ("kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"),
        ("kubectl", "k8s.io/kubernetes/cmd/kubectl"),
    ],
    version: "-X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 \
              -X k8s.io/component-base/version.gitMinor=36",
};
const COREDNS: Module = Module { name: "coredns", programs: &[("coredns", ".")], version: "" };
const METRICS: Module = Module {
    name: "metrics-server",
    programs: &[("metrics-server", "sigs.k8s.io/metrics-server/cmd/metrics-server")],
    version: "",
};
const HELM: Module = Module { name: "helm", programs: &[("helm", "helm.sh/helm/v4/cmd/helm")], version: "" };
const KUBECONFORM: Module = Module {
    name: "kubeconform",
    programs: &[("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform")],
    version: "",
};

/// Where the programs are.
pub struct Programs {
    pub etcd: PathBuf,
    pub coredns: PathBuf,
    pub metrics_server: PathBuf,
    kubernetes: PathBuf,
}

impl Programs {
    /// Installs and builds what is missing. One line each, unless all is there.
    pub fn ready() -> Result<Programs> {
        system::need_missing(&system::CLUSTER)?;
        let kubernetes = KUBERNETES.ready()?;
        Ok(Programs {
            etcd: sh::find(&["etcd"], &[]).context("There is no etcd.")?,
            coredns: COREDNS.ready()?.join("coredns"),
            metrics_server: METRICS.ready()?.join("metrics-server"),
            kubernetes,
        })
    }

    /// One of Kubernetes' own programs.
    pub fn kubernetes(&self, name: &str) -> PathBuf {
        self.kubernetes.join(name)
    }

    /// `kubectl` at the cluster of `kubeconfig`.
    pub fn kubectl(&self, kubeconfig: &Path) -> Command {
        kubectl_at(&self.kubernetes.join("kubectl"), kubeconfig)
    }
}

fn kubectl_at(program: &Path, kubeconfig: &Path) -> Command {
    let mut kubectl = sh::command(program);
    kubectl.env("KUBECONFIG", kubeconfig);
    kubectl
}

/// The program `kubectl` of the cluster's version.
pub fn kubectl() -> Result<PathBuf> {
    Ok(KUBERNETES.ready()?.join("kubectl"))
}

/// The program `helm`.
pub fn helm() -> Result<PathBuf> {
    Ok(HELM.ready()?.join("helm"))
}

/// The program `kubeconform`, which judges manifests.
pub fn kubeconform() -> Result<PathBuf> {
    Ok(KUBECONFORM.ready()?.join("kubeconform"))
}

impl Module {
    /// The folder with the module's programs, built if one is missing. Its name follows from what `go.mod` and `go.sum` say.
    fn ready(&self) -> Result<PathBuf> {
        let source = sh::root().join("xtask/cluster/go").join(self.name);
        let mut hash = Sha256::new();
        for file in ["go.mod", "go.sum"] {
            let file = source.join(file);
            hash.update(std::fs::read(&file).with_context(|| format!("Can't read {}.", file.display()))?);
        }
        let key = &sh::hex(&hash.finalize())[..8];
        let folder = sh::cache()?.join("cluster/bin").join(format!("{}-{key}", self.name));
        std::fs::create_dir_all(&folder)?;
        for (program, package) in self.programs.iter().filter(|(program, _)| !folder.join(program).is_file()) {
            self.build(&source, package, &folder.join(program))?;
        }
        Ok(folder)
    }

    fn build(&self, source: &Path, package: &str, program: &Path) -> Result<()> {
        use std::io::Write;
        let go = sh::find(&["go"], &["/usr/local/go/bin/go", "/usr/lib/go/bin/go"]);
        let Some(go) = go else {
            bail!(
                "The cluster's programs are built with Go 1.26 or newer, which is not there. Install it from https://go.dev/dl."
            );
        };
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        print!("  {name} … building … ");
        std::io::stdout().flush()?;
        let start = Instant::now();
        // Another checkout may build the same: each writes a file of its own, and the last one wins.
        let new = program.with_file_name(format!("{name}.{}", std::process::id()));
        let mut build = sh::command(go);
        build.current_dir(source).env("CGO_ENABLED", "0").env("GOFLAGS", "-mod=readonly -buildvcs=false");
        build.args(["build", "-trimpath", "-ldflags"]).arg(format!("-s -w {}", self.version));
        build.arg("-o").arg(&new).arg(package);
        if let Err(error) = sh::output(&mut build) {
            println!("failed");
            return Err(error);
        }
        std::fs::rename(&new, program)?;
        println!("built ({})", sh::seconds(start.elapsed()));
        Ok(())
    }
}
