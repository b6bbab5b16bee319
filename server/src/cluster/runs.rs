//! The Jobs of runs that work on the cluster: Fluxo's own image in the role `run-job`.

use std::sync::Arc;

use async_trait::async_trait;
use flow::ClusterSettings;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{Cluster, Failure, Follow, Intent, JobSpec, Resources, Toleration};
use crate::engine::cluster::{JobOver, RunJob, RunJobs, Say};

/// What a run gets whose flow asks for nothing.
const CPU: &str = "100m";
const MEMORY: &str = "128Mi";
const MEMORY_LIMIT: &str = "512Mi";
/// Room for files on their way.
const SCRATCH: &str = "4Gi";
/// Exit status of a Job that was told to stop: its machine is being emptied.
const STOPPED: i64 = 75;

/// A cluster that runs may work on.
pub struct ClusterRuns(pub Cluster);

impl RunJobs for ClusterRuns {
    fn run(&self, job: RunJob, say: Say) -> BoxFuture<'static, JobOver> {
        let cluster = self.0.clone();
        async move {
            match dispatch(&cluster, job, say).await {
                Ok(()) => JobOver { error: None, again: false },
                Err(failure) => {
                    let again = failure.details["exit_code"] == STOPPED;
                    JobOver { error: Some(failure.into()), again }
                }
            }
        }
        .boxed()
    }
}

async fn dispatch(cluster: &Cluster, job: RunJob, say: Say) -> Result<(), Failure> {
    let helper = cluster.own_image()?;
    let spec = JobSpec {
        component: "run",
        image: helper.image.clone(),
        pull_policy: helper.pull_policy.to_owned(),
        arguments: vec!["run-job".to_owned()],
        resources: resources(&job.settings),
        scratch: SCRATCH.to_owned(),
        timeout: job.deadline,
        // A cluster that has to make room, or a machine, gets the time.
        start_within: job.deadline,
        server_access: true,
        max_log: 64 << 10,
        node_selector: job.settings.node_selector.into_iter().collect(),
        tolerations: job.settings.tolerations.iter().filter_map(|text| toleration(text)).collect(),
        priority_class: Some(job.settings.priority_class).filter(|name| !name.is_empty()),
        ..JobSpec::default()
    };
    let intent = Intent { run: job.run, step: 0, part: job.attempt, epoch: job.epoch };
    cluster.dispatch(intent, spec, Arc::new(Way(say))).await.map(drop)
}

fn resources(asked: &ClusterSettings) -> Resources {
    let or = |asked: &str, default: &str| if asked.is_empty() { default.to_owned() } else { asked.to_owned() };
    Resources {
        cpu_request: or(&asked.cpu, CPU),
        // A run may use what is idle beside it.
        cpu_limit: String::new(),
        memory_request: or(&asked.memory, MEMORY),
        memory_limit: or(&asked.memory, MEMORY_LIMIT),
        gpus: asked.gpus,
    }
}

fn toleration(text: &str) -> Option<Toleration> {
    let (key, value, effect) = flow::check::toleration(text)?;
    Some(Toleration { key: key.to_owned(), value: value.map(str::to_owned), effect: effect.map(str::to_owned) })
}

/// What happens on the way is said in the run's log.
struct Way(Say);

#[async_trait]
impl Follow for Way {
    fn waiting(&self, why: Option<String>) {
        if let Some(why) = why {
            (self.0)(why);
        }
    }

    fn say(&self, line: String) {
        (self.0)(line);
    }
}
