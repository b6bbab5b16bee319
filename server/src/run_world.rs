//! What one run gets of the blob store, the network, the folders and the vault.

use std::sync::Arc;

use async_trait::async_trait;
use flow::Node;
use nodes::NodeError;
use nodes::world::{Blobs as NodeBlobs, Files, Http, Jobs, Secret, Secrets};

use crate::blobs::Blobs;
use crate::cluster::Cluster;
use crate::credentials::{self, CredentialError};
use crate::engine::{StepPlace, StepWorld};
use crate::run_jobs::StepJobs;
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use crate::world::{FileAccess, HttpClient, RunBlobs};

/// Gives each run its own view of the server.
pub struct RunWorld {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub http: HttpClient,
    pub files: FileAccess,
    pub cluster: Cluster,
}

impl RunWorld {
    fn depot(&self, run: &str) -> Arc<RunBlobs> {
        Arc::new(RunBlobs::new(self.blobs.clone(), Some(run.to_owned())))
    }
}

impl StepWorld for RunWorld {
    fn blobs(&self, run: &str) -> Arc<dyn NodeBlobs> {
        self.depot(run)
    }

    fn http(&self, run: &str) -> Arc<dyn Http> {
        Arc::new(self.http.for_run(self.depot(run)))
    }

    fn files(&self, run: &str) -> Arc<dyn Files> {
        Arc::new(self.files.for_run(self.depot(run)))
    }

    fn secrets(&self, node: &Arc<Node>) -> Arc<dyn Secrets> {
        Arc::new(NodeSecrets { store: self.store.clone(), vault: self.vault.clone(), node: node.clone() })
    }

    fn jobs(&self, step: StepPlace) -> Arc<dyn Jobs> {
        Arc::new(StepJobs { cluster: self.cluster.clone(), store: self.store.clone(), blobs: self.blobs.clone(), step })
    }
}

struct NodeSecrets {
    store: Store,
    vault: Vault,
    node: Arc<Node>,
}

#[async_trait]
impl Secrets for NodeSecrets {
    async fn get(&self, slot: &str) -> Result<Option<Secret>, NodeError> {
        // Only what the flow's document names for this node and slot: an item's data can't choose a credential.
        let Some(id) = self.node.credentials.get(slot).filter(|id| !id.is_empty()) else { return Ok(None) };
        match credentials::open(&self.store, &self.vault, id).await {
            Ok(secret) => Ok(Some(secret)),
            Err(CredentialError::Store(StoreError::NotFound(_))) => Err(NodeError::new(
                "credential_gone",
                "The credential that this node uses was deleted. Choose another one in the node.",
            )),
            Err(error) => Err(NodeError::new("credential_unreadable", error.to_string())),
        }
    }
}
