//! All node kinds.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use flow::check::Finding;
use flow::{KindDescription, Node, Text};

use crate::context::{Context, Outcome};
use crate::error::NodeError;

/// A node kind.
#[async_trait]
pub trait NodeKind: Send + Sync {
    fn describe(&self) -> KindDescription;

    /// Does the node's work for one batch (or one batch per input). A trigger is run only when nothing gave it items,
    /// that is when somebody starts it by hand.
    async fn run(&self, context: &Context) -> Result<Outcome, NodeError>;

    /// Checks beyond the schema, on parameters as they are drawn (expressions unresolved).
    fn check(&self, _node: &Node) -> Vec<Finding> {
        Vec::new()
    }

    /// Its work goes on without the server and is found again by the next start. Such a step is left at once when the server
    /// stops, and it is begun again also where it must not start twice: it finds what it did.
    fn outlives_server(&self) -> bool {
        false
    }

    /// It runs something on the cluster, and nothing without one.
    fn needs_cluster(&self) -> bool {
        false
    }
}

/// Says why there is no cluster, at any moment.
type NoCluster = Box<dyn Fn() -> Option<Text> + Send + Sync>;

/// The kinds by id, with their descriptions made once.
#[derive(Clone)]
pub struct Registry {
    kinds: Arc<BTreeMap<String, Registered>>,
    no_cluster: Arc<OnceLock<NoCluster>>,
}

/// A kind and what it says of itself.
#[derive(Clone)]
pub struct Registered {
    pub kind: Arc<dyn NodeKind>,
    pub description: Arc<KindDescription>,
}

impl Registry {
    pub fn new(kinds: Vec<Arc<dyn NodeKind>>) -> Self {
        let kinds = kinds.into_iter().map(|kind| {
            let description = Arc::new(kind.describe());
            (description.kind.clone(), Registered { kind, description })
        });
        Self { kinds: Arc::new(kinds.collect()), no_cluster: Arc::default() }
    }

    /// How this server says why there is no cluster, when there is none. For all clones; the first one counts.
    pub fn needs_cluster(&self, why: impl Fn() -> Option<Text> + Send + Sync + 'static) {
        let _ = self.no_cluster.set(Box::new(why));
    }

    /// Why there is no cluster at this moment; nothing when there is one, or when that is not known.
    pub fn no_cluster(&self) -> Option<Text> {
        self.no_cluster.get().and_then(|why| why())
    }

    /// Why a node of this kind can't run here at this moment; nothing when that is not known.
    pub fn unable(&self, kind: &str) -> Option<Text> {
        let needs = self.get(kind)?.kind.needs_cluster();
        needs.then(|| self.no_cluster())?
    }

    /// Every kind that Fluxo ships.
    pub fn standard() -> Self {
        Self::new(crate::kinds::all())
    }

    pub fn get(&self, kind: &str) -> Option<&Registered> {
        self.kinds.get(kind)
    }

    /// In the order of their ids.
    pub fn descriptions(&self) -> impl Iterator<Item = &Arc<KindDescription>> {
        self.kinds.values().map(|r| &r.description)
    }
}
