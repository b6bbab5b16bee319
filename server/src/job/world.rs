//! What the steps of a run get in a Job: files and credentials of the server, the network from here.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use flow::{BlobRef, Node};
use nodes::NodeError;
use nodes::world::{Blobs, ContainerJob, FileEntry, Files, Http, JobResult, Jobs, Secret, Secrets, WriteMode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::{Client, read};
use super::depot::{JobDepot, explain, urlencoded};
use crate::engine::{StepPlace, StepWorld};
use crate::world::HttpClient;

pub struct JobWorld {
    depot: Arc<JobDepot>,
    http: HttpClient,
}

impl JobWorld {
    pub fn new(client: Arc<Client>, http: HttpClient, scratch: PathBuf, max_bytes: u64) -> Self {
        Self { depot: Arc::new(JobDepot { client, scratch, max_bytes }), http }
    }
}

impl StepWorld for JobWorld {
    fn blobs(&self, _run: &str) -> Arc<dyn Blobs> {
        self.depot.clone()
    }

    fn http(&self, _run: &str) -> Arc<dyn Http> {
        Arc::new(self.http.for_run(self.depot.clone()))
    }

    fn files(&self, _run: &str) -> Arc<dyn Files> {
        Arc::new(Elsewhere)
    }

    fn jobs(&self, _step: StepPlace) -> Arc<dyn Jobs> {
        Arc::new(Elsewhere)
    }

    fn secrets(&self, node: &Arc<Node>) -> Arc<dyn Secrets> {
        Arc::new(JobSecrets { client: Arc::clone(&self.depot.client), node: node.id.clone() })
    }
}

/// The credentials of one node, asked for when the node asks.
struct JobSecrets {
    client: Arc<Client>,
    node: String,
}

#[derive(Deserialize)]
struct Told {
    kind: String,
    name: String,
    fields: Map<String, Value>,
}

#[async_trait]
impl Secrets for JobSecrets {
    async fn get(&self, slot: &str) -> Result<Option<Secret>, NodeError> {
        let path = format!("credentials/{}/{}", urlencoded(&self.node), urlencoded(slot));
        let response = self.client.answered(|| self.client.get(&path)).await.map_err(explain)?;
        let told: Option<Told> = read(response).await.map_err(explain)?;
        Ok(told.map(|Told { kind, name, fields }| Secret { kind, name, fields }))
    }
}

/// The folders of the server are not here, nor is its access to the cluster; a flow that needs them is not started on the
/// cluster.
struct Elsewhere;

fn elsewhere<T>() -> Result<T, NodeError> {
    let text = "This run is on the cluster, where the server's folders are not. Let the flow run on the server in its settings.";
    Err(NodeError::new("not_on_cluster", text))
}

#[async_trait]
impl Jobs for Elsewhere {
    async fn run(&self, _part: u32, _job: ContainerJob) -> Result<JobResult, NodeError> {
        let text = "This run is on the cluster itself, from where no further Jobs are started. Let the flow run on the server in its settings.";
        Err(NodeError::new("not_on_cluster", text))
    }
}

#[async_trait]
impl Files for Elsewhere {
    async fn list(&self, _pattern: &str, _max: usize) -> Result<Vec<FileEntry>, NodeError> {
        elsewhere()
    }

    async fn read(&self, _path: &str) -> Result<BlobRef, NodeError> {
        elsewhere()
    }

    async fn write(&self, _path: &str, _content: &BlobRef, _mode: WriteMode) -> Result<FileEntry, NodeError> {
        elsewhere()
    }

    async fn rename(&self, _from: &str, _to: &str) -> Result<FileEntry, NodeError> {
        elsewhere()
    }
}
