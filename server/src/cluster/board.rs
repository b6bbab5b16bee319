//! What the watchers saw, by Job; whoever waits for a Job hears of every change.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::judge::Seen;
use super::seen::{JobSeen, PodSeen};

#[derive(Default)]
pub(super) struct Board {
    jobs: Mutex<HashMap<String, Entry>>,
}

#[derive(Default)]
struct Entry {
    seen: Seen,
    /// Somebody waits for it.
    changed: Option<watch::Sender<()>>,
}

impl Entry {
    fn tell(&self) {
        if let Some(changed) = &self.changed {
            changed.send_replace(());
        }
    }

    fn is_empty(&self) -> bool {
        self.seen.job.is_none() && self.seen.pods.is_empty() && self.changed.is_none()
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, job: &str, change: impl FnOnce(&mut Seen)) {
        let mut jobs = self.lock();
        let entry = jobs.entry(job.to_owned()).or_default();
        change(&mut entry.seen);
        entry.tell();
        if entry.is_empty() {
            jobs.remove(job);
        }
    }

    /// Hears of changes of this Job until it is dropped.
    pub fn listen(&self, job: &str) -> watch::Receiver<()> {
        let mut jobs = self.lock();
        let entry = jobs.entry(job.to_owned()).or_default();
        entry.changed.get_or_insert_with(|| watch::Sender::new(())).subscribe()
    }

    /// Nobody waits for this Job any more.
    pub fn forget(&self, job: &str) {
        let mut jobs = self.lock();
        if let Some(entry) = jobs.get_mut(job)
            && entry.changed.as_ref().is_none_or(|changed| changed.receiver_count() == 0)
        {
            entry.changed = None;
            if entry.is_empty() {
                jobs.remove(job);
            }
        }
    }

    pub fn seen(&self, job: &str) -> Seen {
        self.lock().get(job).map(|entry| entry.seen.clone()).unwrap_or_default()
    }

    pub fn put_job(&self, name: &str, job: JobSeen) {
        self.change(name, |seen| seen.job = Some(job));
    }

    pub fn drop_job(&self, name: &str) {
        self.change(name, |seen| (seen.job, seen.refused) = (None, None));
    }

    pub fn put_pod(&self, pod: PodSeen) {
        if pod.job.is_empty() {
            return;
        }
        self.change(&pod.job.clone(), |seen| match seen.pods.iter_mut().find(|known| known.uid == pod.uid) {
            Some(known) => *known = pod,
            None => seen.pods.push(pod),
        });
    }

    pub fn drop_pod(&self, pod: &PodSeen) {
        self.change(&pod.job, |seen| seen.pods.retain(|known| known.uid != pod.uid));
    }

    pub fn refused(&self, job: &str, why: &str) {
        // Events of Jobs that are over stay for an hour: they are nobody's.
        if self.lock().contains_key(job) {
            self.change(job, |seen| seen.refused = Some(why.to_owned()));
        }
    }

    /// Names of the Jobs that were seen.
    pub fn jobs(&self) -> HashSet<String> {
        self.lock().iter().filter(|(_, entry)| entry.seen.job.is_some()).map(|(name, _)| name.clone()).collect()
    }

    /// These are all Jobs that there are.
    pub fn only_jobs(&self, names: &HashSet<String>) {
        let gone: Vec<String> = {
            let jobs = self.lock();
            let known = jobs.iter().filter(|(name, entry)| entry.seen.job.is_some() && !names.contains(*name));
            known.map(|(name, _)| name.clone()).collect()
        };
        gone.iter().for_each(|name| self.drop_job(name));
    }

    /// These are all pods that there are.
    pub fn only_pods(&self, uids: &HashSet<String>) {
        let gone: Vec<PodSeen> = {
            let jobs = self.lock();
            let pods = jobs.values().flat_map(|entry| &entry.seen.pods);
            pods.filter(|pod| !uids.contains(&pod.uid)).cloned().collect()
        };
        gone.iter().for_each(|pod| self.drop_pod(pod));
    }

    /// What a Job and its pods are, as just asked for.
    pub fn set(&self, name: &str, job: Option<JobSeen>, pods: Vec<PodSeen>) {
        self.change(name, |seen| (seen.job, seen.pods) = (job, pods));
    }
}
