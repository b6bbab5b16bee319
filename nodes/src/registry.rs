//! All node kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flow::check::Finding;
use flow::{KindDescription, Node};

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
}

/// The kinds by id, with their descriptions made once.
#[derive(Clone)]
pub struct Registry {
    kinds: Arc<BTreeMap<String, Registered>>,
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
        Self { kinds: Arc::new(kinds.collect()) }
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
