//! All node kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use flow::check::{Finding, Severity};
use flow::{KindDescription, Node, Text, kind};
use serde_json::Value;

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

    /// Everything that can be said of a drawn node without running it: parameters that do not fit their schema, a
    /// credential that is needed and not chosen, and what the kind itself checks. Nothing for an unknown kind.
    pub fn check(&self, node: &Node) -> Vec<Finding> {
        let Some(known) = self.get(&node.kind) else { return Vec::new() };
        let finding = |code: &str, pointer: Option<String>, message: Text| Finding {
            code: code.to_owned(),
            severity: Severity::Error,
            message,
            node: Some(node.id.clone()),
            pointer,
        };
        let misfits = crate::schema::check(&known.description.parameters, &Value::Object(node.parameters.clone()));
        let mut found: Vec<Finding> =
            misfits.into_iter().map(|m| finding("parameter_invalid", Some(m.pointer), m.message)).collect();
        for slot in &known.description.credentials {
            let shown = slot.show_when.iter().all(|(pointer, values)| {
                // A parameter that was never touched has its default.
                let value = kind::lookup(node, pointer).or_else(|| known.description.defaults.pointer(pointer));
                values.as_array().is_some_and(|values| value.is_some_and(|v| values.contains(v)))
            });
            if shown && !node.credentials.contains_key(&slot.name) {
                let en = format!("No credential is chosen for “{}”. Choose one.", slot.label.en);
                let pt = format!("Nenhuma credencial foi escolhida para “{}”. Escolha uma.", slot.label.pt);
                found.push(finding("credential_missing", None, Text::new(en, pt)));
            }
        }
        found.extend(known.kind.check(node));
        found
    }

    /// In the order of their ids.
    pub fn descriptions(&self) -> impl Iterator<Item = &Arc<KindDescription>> {
        self.kinds.values().map(|r| &r.description)
    }
}
