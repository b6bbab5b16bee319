//! Fluxo on a real Kubernetes: the chart is judged and installed, and `e2e/cluster/` drives what is installed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::browser;
use crate::cluster::images::{self, Archive};
use crate::cluster::place::Place;
use crate::cluster::{self, processes, programs};
use crate::image::{self, ImageArgs};
use crate::setup::system;
use crate::{chart, sh};

/// Why the part can't run here, where that is no failure: for somebody's own machine, not for continuous integration.
pub fn excuse() -> Option<String> {
    if named_kubeconfig().is_some() || std::env::var_os("CI").is_some() {
        return None;
    }
    let why = cluster::obstacle()?;
    Some(format!("{why}. Run it as root, or set FLUXO_TEST_KUBECONFIG to a cluster that may be used."))
}

pub fn run(grep: Option<&str>) -> Result<()> {
    let target = Target::find()?;
    chart::check(&|| target.kubectl())?;
    let fluxo = image::run(&ImageArgs { release: false, output: None, program: None })?;
    let images = target.give(vec![Archive { name: "fluxo", file: fluxo }, postgres()?, haproxy()?])?;
    let mut playwright = browser::playwright("test")?;
    playwright.arg("--config").arg(sh::root().join("e2e/cluster/playwright.config.ts"));
    for (name, image) in
        ["FLUXO_TEST_IMAGE", "FLUXO_TEST_POSTGRES_IMAGE", "FLUXO_TEST_HAPROXY_IMAGE"].iter().zip(images)
    {
        playwright.env(name, image);
    }
    playwright.env("KUBECONFIG", &target.kubeconfig).env("FLUXO_TEST_KUBECTL", programs::kubectl()?);
    playwright.env("FLUXO_TEST_HELM", programs::helm()?).env("FLUXO_TEST_BUSYBOX", target.image("busybox"));
    match &target.own {
        Some(own) => playwright
            .env("FLUXO_TEST_NODE", own.place.cluster_ip.to_string())
            .env("FLUXO_TEST_APISERVER", processes::number(&own.place, "kube-apiserver")?),
        None => playwright.env_remove("FLUXO_TEST_NODE").env_remove("FLUXO_TEST_APISERVER"),
    };
    if let Some(words) = grep {
        playwright.args(["--grep", words]);
    }
    sh::run(&mut playwright)
}

fn named_kubeconfig() -> Option<PathBuf> {
    std::env::var_os("FLUXO_TEST_KUBECONFIG").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The cluster to test on.
pub struct Target {
    pub kubeconfig: PathBuf,
    kubectl: PathBuf,
    /// The checkout's own one.
    own: Option<Own>,
    /// Where images go that the nodes pull: `registry.example.com/fluxo-test`.
    registry: Option<String>,
}

/// A cluster that this test started is removed when it ends, however it ends.
struct Own {
    place: Place,
    started: bool,
}

impl Target {
    pub fn find() -> Result<Target> {
        if let Some(kubeconfig) = named_kubeconfig() {
            let kubeconfig = std::path::absolute(kubeconfig)?;
            if !kubeconfig.is_file() {
                bail!("FLUXO_TEST_KUBECONFIG names {}, which is not there.", kubeconfig.display());
            }
            system::need_missing(&system::IMAGE)?;
            let registry = std::env::var("FLUXO_TEST_REGISTRY").ok().filter(|name| !name.is_empty());
            return Ok(Target { kubeconfig, kubectl: programs::kubectl()?, own: None, registry });
        }
        let place = Place::of_checkout();
        let started = !cluster::is_up(&place);
        cluster::up(&place)?;
        if started {
            guard()?;
        }
        let kubeconfig = place.kubeconfig();
        Ok(Target { kubeconfig, kubectl: programs::kubectl()?, own: Some(Own { place, started }), registry: None })
    }

    pub fn kubectl(&self) -> Command {
        let mut kubectl = sh::command(&self.kubectl);
        kubectl.env("KUBECONFIG", &self.kubeconfig);
        kubectl
    }

    /// The name by which the cluster's nodes know an image.
    pub fn image(&self, name: &str) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{name}:dev"),
            None => format!("localhost/{name}:dev"),
        }
    }

    /// Brings images to the nodes, and the shell that the checkout's own cluster always has; gives their names. Without a
    /// registry somebody else's nodes must have them already.
    pub fn give(&self, mut archives: Vec<Archive>) -> Result<Vec<String>> {
        let names = archives.iter().map(|archive| self.image(archive.name)).collect::<Vec<_>>();
        if let Some(own) = &self.own {
            images::import(&own.place, &archives)?;
            return Ok(names);
        }
        archives.push(images::busybox()?);
        if let Some(registry) = &self.registry {
            for archive in &archives {
                images::publish(archive, registry)?;
            }
        } else {
            println!("  FLUXO_TEST_REGISTRY is not set: the nodes must have these images already.");
            for archive in &archives {
                println!("    {}: {}", self.image(archive.name), archive.file.display());
            }
        }
        Ok(names)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.started
            && let Err(error) = cluster::down(&self.place)
        {
            eprintln!("{error:#}");
        }
    }
}

/// A process that removes the cluster when this one is gone: also after Ctrl+C and after a kill.
fn guard() -> Result<()> {
    let own = std::env::current_exe().context("This program does not know where it is.")?;
    let mut guard = Command::new("setsid");
    guard.arg(own).args(["cluster", "down", "--after", &std::process::id().to_string()]);
    guard.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    guard.spawn().context("Can't start the process that cleans up.")?;
    Ok(())
}

fn postgres() -> Result<Archive> {
    system::need_missing(&system::SERVERS)?;
    images::debian(
        "postgres",
        "postgresql",
        &[r#"RUN echo "postgres-test:x:70:70::/data:/bin/bash" >> /etc/passwd"#, "USER 70:70"],
    )
}

fn haproxy() -> Result<Archive> {
    images::debian("haproxy", "haproxy", &["USER 99:99", r#"ENTRYPOINT ["haproxy"]"#])
}
