//! Judging the chart: helm's own checks, and every manifest that it renders against Kubernetes' schemas.

#[cfg(test)]
mod readme;
mod schemas;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::cluster::programs;
use crate::sh;

/// The chart's folder.
pub fn folder() -> PathBuf {
    sh::root().join("charts/fluxo")
}

/// Lints and renders the chart with each file of `ci/`, and judges the manifests; `kubectl` asks the cluster that they are
/// meant for. Then everything that must not render.
pub fn check(kubectl: &dyn Fn() -> std::process::Command) -> Result<()> {
    let helm = programs::helm()?;
    let kubeconform = programs::kubeconform()?;
    let schemas = schemas(kubectl)?;
    for values in values_files()? {
        let name = values.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut lint = sh::command(&helm);
        sh::output(lint.args(["lint", "--strict", "--quiet"]).arg(folder()).arg("--values").arg(&values))?;
        let rendered = sh::output(template(&helm).arg("--values").arg(&values))?;
        judge(&kubeconform, &schemas, &rendered).with_context(|| format!("With the values of {name}:"))?;
        println!("  chart with {name} … valid");
    }
    says(&helm)?;
    refuses(&helm)
}

/// Renders the chart and looks for what it must say, and for what it must not.
fn says(helm: &Path) -> Result<()> {
    for Says { values, notes, line, there } in SAYS {
        // Only an installation shows the notes; this one is not made, and asks no cluster.
        let mut command = if notes { sh::command(helm) } else { template(helm) };
        if notes {
            command.args(["install", "fluxo"]).arg(folder()).args(["--namespace", "fluxo", "--dry-run=client"]);
        }
        let said = sh::output(command.arg("--values").arg(folder().join("ci").join(values)))?;
        if said.contains(line) != there {
            bail!("The chart with {values} should {}say: {line}", if there { "" } else { "not " });
        }
    }
    println!("  chart … says what it must");
    Ok(())
}

fn refuses(helm: &Path) -> Result<()> {
    for (set, sentence) in REFUSED {
        let mut command = template(helm);
        command.args(set.iter().flat_map(|set| ["--set", set]));
        match sh::output(&mut command) {
            Ok(_) => bail!("The chart renders with {set:?}; it should say: {sentence}"),
            Err(error) if format!("{error:#}").contains(sentence) => {}
            Err(error) => bail!("The chart with {set:?} should say `{sentence}`, but says: {error:#}"),
        }
    }
    println!("  chart … refuses what it must");
    Ok(())
}

/// What is in the manifests, or in the notes after an installation.
struct Says {
    /// A file of `ci/`.
    values: &'static str,
    notes: bool,
    line: &'static str,
    there: bool,
}

const fn says_in(values: &'static str, line: &'static str, there: bool) -> Says {
    Says { values, notes: false, line, there }
}

const SAYS: [Says; 9] = [
    // Numbers of a file are floating ones to helm.
    says_in("production.yaml", r#"{name: FLUXO_MAX_BODY, value: "524288000"}"#, true),
    says_in("production.yaml", r#"{name: FLUXO_MAX_RUNS, value: "200"}"#, true),
    says_in("production.yaml", r#"{name: FLUXO_CLUSTER_PULL_SECRETS, value: "registry,registry.of-jobs"}"#, true),
    says_in("smallest.yaml", "FLUXO_CLUSTER_PULL_SECRETS", false),
    // The server reads no Secret and deletes none.
    says_in("smallest.yaml", "resources: [secrets], verbs: [create]}", true),
    says_in("smallest.yaml", "resources: [pods], verbs: [list, watch]}", true),
    Says { values: "smallest.yaml", notes: true, line: "helm test fluxo", there: true },
    Says { values: "production.yaml", notes: true, line: "helm test fluxo", there: true },
    // The test's pod would look into a folder of its own, not into the server's.
    Says { values: "first-try.yaml", notes: true, line: "helm test fluxo", there: false },
];

const KEY: &str = "encryptionKey.existingSecret=fluxo-key";

/// What must not render, and a part of what is said then.
const REFUSED: [(&[&str], &str); 14] = [
    (&[], "Fluxo needs a key to encrypt stored credentials"),
    (&[KEY, "replicas=2"], "Sharing the runs between several servers comes next"),
    (&[KEY, "ingress.enabled=true"], "ingress.host is missing"),
    (&[KEY, "settings.FLUXO_KEY=abc"], "FLUXO_KEY"),
    (&[KEY, "image.pullPolicy=Sometimes"], "pullPolicy"),
    (&[KEY, "replica=1"], "replica"),
    (&[KEY, "serviceAccount.create=false"], "serviceAccount.name is missing"),
    (&[KEY, "image.tag=5"], "/image/tag"),
    (&[KEY, "fullnameOverride=Fluxo"], "/fullnameOverride"),
    (&[KEY, "fullnameOverride=-fluxo"], "/fullnameOverride"),
    (&[KEY, "cluster.namespace=flows.jobs"], "/cluster/namespace"),
    (&[KEY, "ingress.enabled=true", "ingress.host=https://fluxo.example.com"], "/ingress/host"),
    (&[KEY, "imagePullSecrets={my registry}"], "/imagePullSecrets"),
    (&[KEY, "settings.FLUXO_CLUSTER_PULL_SECRETS=registry"], "FLUXO_CLUSTER_PULL_SECRETS"),
];

fn template(helm: &Path) -> std::process::Command {
    let mut template = sh::command(helm);
    template.args(["template", "fluxo"]).arg(folder()).args(["--namespace", "fluxo", "--kube-version", "1.36.0"]);
    template
}

fn values_files() -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder().join("ci"))?.collect::<std::io::Result<Vec<_>>>()?;
    let mut files = entries.into_iter().map(|entry| entry.path()).collect::<Vec<_>>();
    files.sort();
    Ok(files)
}

/// The schemas of the cluster's version; made once.
fn schemas(kubectl: &dyn Fn() -> std::process::Command) -> Result<PathBuf> {
    let version: serde_json::Value = serde_json::from_str(&sh::output(kubectl().args(["get", "--raw", "/version"]))?)?;
    let version = version["gitVersion"].as_str().context("The cluster does not tell its version.")?;
    let folder = sh::cache()?.join("cluster/schemas").join(version);
    if !folder.join("definitions.json").is_file() {
        schemas::write(&sh::output(kubectl().args(["get", "--raw", "/openapi/v2"]))?, &folder)?;
    }
    Ok(folder)
}

fn judge(kubeconform: &Path, schemas: &Path, rendered: &str) -> Result<()> {
    use std::io::Write;
    let location = format!("{}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json", schemas.display());
    let mut command = sh::command(kubeconform);
    command.args(["-strict", "-summary", "-verbose", "-schema-location", &location, "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    child.stdin.take().context("kubeconform reads nothing.")?.write_all(rendered.as_bytes())?;
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    // None at all would be valid, too.
    if !output.status.success() || said.contains("Skipped: 0") && said.contains("Valid: 0") {
        bail!("kubeconform refuses what the chart renders:\n{said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
