//! What a container costs more as a node than as the same Job made with kubectl, and how late its lines are in a browser.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::http::Client;
use super::server::Server;
use super::{Record, flows, in_browser};
use crate::test::cluster::Target;
use crate::{image, sh};

/// A kubelet looks after its containers once a second, so what a Job takes depends on when in that second it is made. Both
/// sides are measured this often, in as many parts of the second, and their means are compared.
const ROUNDS: u32 = 40;
const KUBELET: Duration = Duration::from_secs(1);
/// kubectl waits for the Job's condition, which comes seconds later: a few times show it.
const KUBECTL_ROUNDS: u32 = 5;
/// How often it is asked whether a Job has ended.
const LOOK: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(60);

pub fn run(program: &Path) -> Result<Vec<Record>> {
    let target = Target::find()?;
    target.give(Vec::new())?;
    let busybox = target.image("busybox");
    let mut server = Server::new(program, None)?;
    server.env("FLUXO_KUBECONFIG", &target.kubeconfig);
    server.start()?;
    let flow = server.flow(&flows::container(&busybox, "echo done"))?;
    // The first one brings the image into the node's memory, and shows what Fluxo asks the cluster for.
    as_node(&server, &flow)?;
    let proxy = Proxy::start(&target)?;
    let job = last_job(&target)?;

    let (mut node, mut bare, mut kubectl) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // Each ends with what the kubelet told at such a look, and the next begins a part of a second after it.
        let part = KUBELET * round / ROUNDS;
        std::thread::sleep(part);
        bare.push(proxy.time(&named(&job, &format!("bench-bare-{round}")))?);
        std::thread::sleep(part);
        node.push(as_node(&server, &flow)?);
    }
    for round in 0..KUBECTL_ROUNDS {
        kubectl.push(by_kubectl(&target, &server.data, &named(&job, &format!("bench-kubectl-{round}")))?);
    }
    sh::output(target.kubectl().args(["delete", "jobs", "--selector", "fluxo-bench=yes", "--wait=false"]))?;
    let [node, bare, kubectl] = [node, bare, kubectl].map(mean);

    let size = |archive: std::path::PathBuf| Ok::<_, anyhow::Error>(archive.metadata()?.len() as f64 / 1e6);
    let image =
        size(image::run(&image::ImageArgs { release: true, output: None, program: Some(program.to_owned()) })?)?;
    // The machine's clock since its start, in hundredths: busybox' `date` has whole seconds only.
    let slow = "i=0; while [ $i -lt 60 ]; do read up idle </proc/uptime; echo line-$up; i=$((i+1)); sleep 0.2; done";
    let talking = server.flow(&flows::container(&busybox, slow))?;
    let lines = in_browser(&server, "job", &[("FLUXO_FLOW", talking.as_ref())])?;
    let yardstick = "the same Job made by the API, until its container has ended";
    let mut records = vec![
        Record::new("job: made by the API, until its container has ended, mean", bare, "ms"),
        Record::new("job: kubectl create and kubectl wait, mean", kubectl, "ms").versus(yardstick, bare),
        Record::new("job: a run of a flow with that Job, mean", node, "ms").versus(yardstick, bare),
        Record::new("job: overhead of the flow", node - bare, "ms"),
        Record::new("image: its archive", image, "MB"),
    ];
    records.extend(lines);
    Ok(records)
}

/// Milliseconds from the call that starts the flow until the run is known to have succeeded.
fn as_node(server: &Server, flow: &str) -> Result<f64> {
    let start = Instant::now();
    let run = server.api("POST", &format!("/flows/{flow}/runs"), &json!({}))?;
    let path = format!("/runs/{}", run["id"].as_str().context("The run has no id.")?);
    loop {
        let run = server.api("GET", &path, &Value::Null)?;
        match run["status"].as_str() {
            Some("succeeded") => return Ok(start.elapsed().as_secs_f64() * 1e3),
            Some("failed" | "cancelled") => bail!("The run ended otherwise: {}", run["error"]),
            _ if start.elapsed() > LONG => bail!("The run does not end."),
            _ => std::thread::sleep(LOOK),
        }
    }
}

/// Milliseconds that `kubectl create` and `kubectl wait` take together.
fn by_kubectl(target: &Target, folder: &Path, job: &Value) -> Result<f64> {
    let file = folder.join("job.json");
    std::fs::write(&file, job.to_string())?;
    let name = format!("job/{}", job["metadata"]["name"].as_str().unwrap_or_default());
    let start = Instant::now();
    sh::output(target.kubectl().arg("create").arg("-f").arg(&file))?;
    sh::output(target.kubectl().args(["wait", "--for=condition=Complete", "--timeout=60s", &name]))?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// The newest Job of the namespace as the cluster has it: the node's.
fn last_job(target: &Target) -> Result<Value> {
    let list =
        sh::output(target.kubectl().args(["get", "jobs", "--sort-by=.metadata.creationTimestamp", "-o", "json"]))?;
    let mut list = serde_json::from_str::<Value>(&list)?;
    list["items"].as_array_mut().and_then(Vec::pop).context("The flow made no Job.")
}

/// The same Job under another name, without what ties it to its flow and what the cluster added.
fn named(job: &Value, name: &str) -> Value {
    let mut spec = job["spec"].clone();
    if let Some(spec) = spec.as_object_mut() {
        spec.remove("selector");
    }
    spec["template"]["metadata"] = json!({ "labels": { "fluxo-bench": "yes" } });
    let metadata =
        json!({ "name": name, "namespace": job["metadata"]["namespace"], "labels": { "fluxo-bench": "yes" } });
    json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec })
}

fn mean(times: Vec<f64>) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

/// `kubectl proxy`: the cluster's API without its certificates.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    fn start(target: &Target) -> Result<Proxy> {
        let mut kubectl = target.kubectl();
        kubectl.args(["proxy", "--port=0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = kubectl.spawn().context("Can't start kubectl.")?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut said)?;
        }
        let address = said.trim().rsplit(' ').next().and_then(|word| word.parse().ok());
        let address = address.with_context(|| format!("kubectl proxy named no address: {said}"))?;
        Ok(Proxy { child, address })
    }

    /// Milliseconds from the call that makes the Job until its container is known to have ended.
    fn time(&self, job: &Value) -> Result<f64> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, namespace) = (text(&job["metadata"]["name"]), text(&job["metadata"]["namespace"]));
        let mut client = Client::connect(self.address)?;
        let headers = [("content-type", "application/json")];
        let path = format!("/apis/batch/v1/namespaces/{namespace}/jobs");
        let make = Client::request("POST", &path, &headers, job.to_string().as_bytes());
        let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector=batch.kubernetes.io/job-name={name}");
        let look = Client::request("GET", &path, &[], b"");
        let start = Instant::now();
        let (status, answer) = client.send(&make)?;
        if status != 201 {
            bail!("The cluster answered {status}: {}", String::from_utf8_lossy(answer));
        }
        loop {
            let (_, answer) = client.send(&look)?;
            let pods = serde_json::from_slice::<Value>(answer)?;
            // The container's end; the pod's phase and the Job's condition follow up to seconds later.
            let ended = &pods["items"][0]["status"]["containerStatuses"][0]["state"]["terminated"];
            match ended["exitCode"].as_i64() {
                Some(0) => return Ok(start.elapsed().as_secs_f64() * 1e3),
                Some(_) => bail!("The Job failed: {ended}"),
                None if start.elapsed() > LONG => bail!("The Job does not end."),
                None => std::thread::sleep(LOOK),
            }
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
