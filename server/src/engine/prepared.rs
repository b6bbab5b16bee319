//! A flow made ready to run, and the versions that are kept ready.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use flow::check::{Finding, Severity};
use flow::{Effect, Flow, Node};
use nodes::Registry;
use nodes::registry::Registered;

use super::VersionKey;
use super::plan::{Graph, NodeIx, Reach};
use crate::script::Compiled;

/// A flow made ready to run: its graph, and its expressions once they are needed.
pub struct Prepared {
    pub document: Arc<Flow>,
    pub version: Option<VersionKey>,
    pub(super) graph: Arc<Graph>,
    pub(super) nodes: Vec<PreparedNode>,
    by_name: HashMap<String, NodeIx>,
    /// By trigger and `until`.
    reach: Mutex<HashMap<(NodeIx, Option<NodeIx>), Arc<Reach>>>,
}

pub(super) struct PreparedNode {
    pub node: Arc<Node>,
    /// `None`: this server has no such kind.
    pub registered: Option<Registered>,
    compiled: OnceLock<Compiled>,
}

impl Prepared {
    pub(super) fn new(document: Arc<Flow>, version: Option<VersionKey>, registry: &Registry) -> Self {
        let graph = Graph::new(&document, |node| {
            let description = &registry.get(&node.kind)?.description;
            let names = |ports: Vec<flow::Port>| ports.into_iter().map(|p| p.name).collect();
            Some((names(description.input_ports(node)), names(description.output_ports(node))))
        });
        let nodes = document.nodes.iter().map(|node| PreparedNode {
            node: Arc::new(node.clone()),
            registered: registry.get(&node.kind).cloned(),
            compiled: OnceLock::new(),
        });
        Self {
            graph: Arc::new(graph),
            nodes: nodes.collect(),
            by_name: document.nodes.iter().zip(0..).map(|(n, i)| (n.name.clone(), i)).collect(),
            reach: Mutex::default(),
            document,
            version,
        }
    }

    pub(super) fn node(&self, node: NodeIx) -> &PreparedNode {
        &self.nodes[node as usize]
    }

    pub(super) fn named(&self, name: &str) -> Option<NodeIx> {
        self.by_name.get(name).copied()
    }

    pub(super) fn reach(&self, trigger: NodeIx, until: Option<NodeIx>) -> Arc<Reach> {
        let mut reach = self.reach.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(reach.entry((trigger, until)).or_insert_with(|| Arc::new(Reach::new(&self.graph, trigger, until))))
    }

    /// Name of an output port; empty when there is none of this index.
    pub(super) fn output(&self, node: NodeIx, port: u16) -> &str {
        self.graph.node(node).outputs.get(usize::from(port)).map_or("", String::as_str)
    }

    pub(super) fn output_index(&self, node: NodeIx, port: &str) -> Option<u16> {
        self.graph.node(node).outputs.iter().position(|p| p == port).map(|i| i as u16)
    }
}

impl PreparedNode {
    pub fn compiled(&self) -> &Compiled {
        self.compiled.get_or_init(|| Compiled::parameters(&self.node.parameters))
    }

    /// Starting it may change something outside the run.
    pub fn acts_outside(&self) -> bool {
        let pure = self.registered.as_ref().is_none_or(|r| r.description.effect == Effect::Pure);
        !pure && !self.node.settings.disabled
    }

    /// What it does goes on without this server, and is found again.
    pub fn outlives_server(&self) -> bool {
        self.registered.as_ref().is_some_and(|r| r.kind.outlives_server())
    }
}

/// Prepared versions; the one that was made first goes first.
pub(super) struct Cache {
    most: usize,
    kept: Mutex<(HashMap<String, Arc<Prepared>>, VecDeque<String>)>,
}

impl Cache {
    pub fn new(most: usize) -> Self {
        Self { most: most.max(1), kept: Mutex::default() }
    }

    pub fn get(&self, document: &Arc<Flow>, version: Option<&VersionKey>, registry: &Registry) -> Arc<Prepared> {
        let Some(key) = version else { return Arc::new(Prepared::new(Arc::clone(document), None, registry)) };
        if let Some(found) = self.find(&key.id) {
            return found;
        }
        let made = Arc::new(Prepared::new(Arc::clone(document), Some(key.clone()), registry));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (map, order) = &mut *kept;
        if map.insert(key.id.clone(), Arc::clone(&made)).is_none() {
            order.push_back(key.id.clone());
            if order.len() > self.most
                && let Some(oldest) = order.pop_front()
            {
                map.remove(&oldest);
            }
        }
        made
    }

    pub fn find(&self, version: &str) -> Option<Arc<Prepared>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).0.get(version).cloned()
    }
}

/// Everything that is wrong with a flow: the checks of the document and those of each kind. Errors first.
pub fn findings(registry: &Registry, flow: &Flow) -> Vec<Finding> {
    let mut found = flow::check::check(flow, &|kind| registry.get(kind).map(|r| &*r.description));
    for node in flow.nodes.iter().filter(|n| !n.settings.disabled) {
        if let Some(registered) = registry.get(&node.kind) {
            found.extend(
                registered
                    .kind
                    .check(node)
                    .into_iter()
                    .map(|finding| Finding { node: finding.node.or_else(|| Some(node.id.clone())), ..finding }),
            );
        }
    }
    for node in flow.nodes.iter().filter(|n| !n.settings.disabled) {
        if let Some(why) = registry.unable(&node.kind) {
            found.push(Finding::warning("cluster_missing", why.en, why.pt).of(node));
        }
    }
    if flow.settings.runs_on == flow::RunsOn::Cluster
        && let Some(why) = registry.no_cluster()
    {
        found.push(Finding::warning(
            "cluster_missing",
            format!("This flow runs on the cluster. {}", why.en),
            format!("Este fluxo executa no cluster. {}", why.pt),
        ));
    }
    found.sort_by_key(|f| f.severity != Severity::Error);
    found
}
