//! One watcher per kind, filtered to what is ours. What a watcher missed it learns by listing again.

use std::collections::HashSet;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event as Said, Pod};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::Connected;
use super::seen::{JobSeen, PodSeen};

/// Starts the watchers; they end when the cluster's handle stops.
pub(super) fn start(on: &Arc<Connected>) {
    let ours = || watcher::Config::default().labels(&on.selector);
    let (jobs, pods, events) = (Arc::clone(on), Arc::clone(on), Arc::clone(on));
    tokio::spawn(until_stopped(
        Arc::clone(on),
        follow(on.objects.jobs.clone(), ours(), Jobs { on: jobs, listed: None }),
    ));
    tokio::spawn(until_stopped(
        Arc::clone(on),
        follow(on.objects.pods.clone(), ours(), Pods { on: pods, listed: None }),
    ));
    // Events carry no labels. Those of Jobs that say why there is no pod are few.
    let refusals = watcher::Config::default().fields("involvedObject.kind=Job,reason=FailedCreate");
    tokio::spawn(until_stopped(Arc::clone(on), follow(on.objects.events.clone(), refusals, Events { on: events })));
}

async fn until_stopped(on: Arc<Connected>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = on.stop.cancelled() => {}
        () = work => {}
    }
}

trait Taker<K> {
    fn take(&mut self, event: Event<K>);
    fn connected(&self) -> &Connected;
}

async fn follow<K>(api: Api<K>, config: watcher::Config, mut taker: impl Taker<K>)
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut stream = Box::pin(watcher(api, config).default_backoff().modify(|object| {
        object.managed_fields_mut().clear();
    }));
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => {
                // This one is told before anything was asked.
                if !matches!(event, Event::Init) {
                    taker.connected().heard(None);
                }
                taker.take(event);
            }
            Err(error) => {
                let why = match &error {
                    watcher::Error::InitialListFailed(kube::Error::Api(status))
                    | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status.message.clone(),
                    other => other.to_string(),
                };
                tracing::debug!(error = why, "a watcher of the cluster starts again");
                let on = taker.connected();
                on.heard(Some(why));
                // Where nothing changes a watcher tells nothing either when it works again: a list does.
                on.sweep.notify_one();
            }
        }
    }
}

struct Jobs {
    on: Arc<Connected>,
    listed: Option<HashSet<String>>,
}

impl Taker<Job> for Jobs {
    fn connected(&self) -> &Connected {
        &self.on
    }

    fn take(&mut self, event: Event<Job>) {
        let board = &self.on.board;
        match event {
            Event::Init => self.listed = Some(HashSet::new()),
            Event::Apply(job) | Event::InitApply(job) => {
                let name = job.name_any();
                board.put_job(&name, JobSeen::of(&job));
                if let Some(listed) = &mut self.listed {
                    listed.insert(name);
                }
            }
            Event::Delete(job) => board.drop_job(&job.name_any()),
            Event::InitDone => {
                if let Some(listed) = self.listed.take() {
                    board.only_jobs(&listed);
                }
                self.on.synced.store(true, Ordering::Release);
            }
        }
    }
}

struct Pods {
    on: Arc<Connected>,
    listed: Option<HashSet<String>>,
}

impl Taker<Pod> for Pods {
    fn connected(&self) -> &Connected {
        &self.on
    }

    fn take(&mut self, event: Event<Pod>) {
        let board = &self.on.board;
        match event {
            Event::Init => self.listed = Some(HashSet::new()),
            Event::Apply(pod) | Event::InitApply(pod) => {
                let pod = PodSeen::of(&pod);
                if let Some(listed) = &mut self.listed {
                    listed.insert(pod.uid.clone());
                }
                board.put_pod(pod);
            }
            Event::Delete(pod) => board.drop_pod(&PodSeen::of(&pod)),
            Event::InitDone => {
                if let Some(listed) = self.listed.take() {
                    board.only_pods(&listed);
                }
            }
        }
    }
}

struct Events {
    on: Arc<Connected>,
}

impl Taker<Said> for Events {
    fn connected(&self) -> &Connected {
        &self.on
    }

    fn take(&mut self, event: Event<Said>) {
        let (Event::Apply(said) | Event::InitApply(said)) = event else { return };
        let about = said.involved_object.name.unwrap_or_default();
        if about.starts_with(super::name::MANAGER)
            && said.reason.as_deref() == Some("FailedCreate")
            && let Some(why) = said.message
        {
            // `Error creating: pods "x" is forbidden: …`
            let why = why.strip_prefix("Error creating: ").unwrap_or(&why);
            self.on.board.refused(&about, why);
        }
    }
}
