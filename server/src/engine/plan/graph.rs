//! The drawing as numbers: nodes by index, ports by index, edges sorted by where they lead.

use std::collections::HashMap;

use flow::{Flow, Node};

/// Index of a node in [`Flow::nodes`].
pub type NodeIx = u32;

/// A flow's nodes and edges, made once per version.
#[derive(Debug, Default)]
pub struct Graph {
    pub nodes: Vec<GraphNode>,
    by_id: HashMap<String, NodeIx>,
    /// Place of each node in a topological order; nodes of a cycle come last.
    pub rank: Vec<u32>,
    /// Some edges form a cycle, so the graph can't be run.
    pub cyclic: bool,
}

#[derive(Debug, Default)]
pub struct GraphNode {
    /// Names of the ports in the kind's order.
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Edges that leave, the top-most and then left-most target first.
    pub targets: Vec<Target>,
}

/// Where an edge leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Index in [`GraphNode::outputs`].
    pub port: u16,
    pub to: NodeIx,
    /// Index in the target's [`GraphNode::inputs`].
    pub input: u16,
}

impl Graph {
    /// `ports` gives the names of a node's input and output ports; for `None` (an unknown kind) the edges tell. Edges
    /// that lead nowhere are left out.
    pub fn new(flow: &Flow, ports: impl Fn(&Node) -> Option<(Vec<String>, Vec<String>)>) -> Self {
        let by_id: HashMap<String, NodeIx> = flow.nodes.iter().zip(0..).map(|(n, i)| (n.id.clone(), i)).collect();
        let mut nodes: Vec<GraphNode> = flow
            .nodes
            .iter()
            .map(|node| {
                let (inputs, outputs) = ports(node).unwrap_or_else(|| {
                    let arriving = flow.edges.iter().filter(|e| e.to == node.id).map(|e| e.to_port.clone());
                    let leaving = flow.edges.iter().filter(|e| e.from == node.id).map(|e| e.from_port.clone());
                    (distinct(arriving), distinct(leaving))
                });
                GraphNode { inputs, outputs, targets: Vec::new() }
            })
            .collect();
        for edge in &flow.edges {
            let (Some(&from), Some(&to)) = (by_id.get(&edge.from), by_id.get(&edge.to)) else { continue };
            let port = nodes[from as usize].outputs.iter().position(|p| *p == edge.from_port);
            let input = nodes[to as usize].inputs.iter().position(|p| *p == edge.to_port);
            let (Some(port), Some(input)) = (port, input) else { continue };
            let target = Target { port: port as u16, to, input: input as u16 };
            if !nodes[from as usize].targets.contains(&target) {
                nodes[from as usize].targets.push(target);
            }
        }
        for node in &mut nodes {
            node.targets.sort_by_key(|t| {
                let [x, y] = flow.nodes[t.to as usize].position;
                (y, x, t.port)
            });
        }
        let (rank, cyclic) = rank(&nodes);
        Self { nodes, by_id, rank, cyclic }
    }

    pub fn index(&self, id: &str) -> Option<NodeIx> {
        self.by_id.get(id).copied()
    }

    pub fn node(&self, node: NodeIx) -> &GraphNode {
        &self.nodes[node as usize]
    }
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut list = Vec::new();
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
    list
}

/// Kahn's order by counting down.
fn rank(nodes: &[GraphNode]) -> (Vec<u32>, bool) {
    let mut missing = vec![0u32; nodes.len()];
    for target in nodes.iter().flat_map(|n| &n.targets) {
        missing[target.to as usize] += 1;
    }
    let mut ready: std::collections::VecDeque<usize> = (0..nodes.len()).filter(|&i| missing[i] == 0).collect();
    let (mut rank, mut next) = (vec![u32::MAX; nodes.len()], 0);
    while let Some(node) = ready.pop_front() {
        rank[node] = next;
        next += 1;
        for target in &nodes[node].targets {
            missing[target.to as usize] -= 1;
            if missing[target.to as usize] == 0 {
                ready.push_back(target.to as usize);
            }
        }
    }
    (rank, (next as usize) < nodes.len())
}

/// The part of a graph that a run can reach from its trigger, and how many edges lead to each input there.
#[derive(Clone, Debug)]
pub struct Reach {
    pub trigger: NodeIx,
    pub live: Vec<bool>,
    /// Edges that may still bring something, by node and input.
    pub open: Vec<Vec<u32>>,
}

impl Reach {
    /// With `until`, only what leads to that node.
    pub fn new(graph: &Graph, trigger: NodeIx, until: Option<NodeIx>) -> Self {
        let count = graph.nodes.len();
        let mut live = vec![false; count];
        let mut stack = vec![trigger];
        live[trigger as usize] = true;
        while let Some(node) = stack.pop() {
            for target in &graph.node(node).targets {
                if !std::mem::replace(&mut live[target.to as usize], true) {
                    stack.push(target.to);
                }
            }
        }
        if let Some(until) = until {
            let mut leads = vec![false; count];
            let mut sources = vec![Vec::new(); count];
            for (from, node) in graph.nodes.iter().enumerate() {
                node.targets.iter().for_each(|t| sources[t.to as usize].push(from));
            }
            let mut stack = vec![until as usize];
            leads[until as usize] = true;
            while let Some(node) = stack.pop() {
                for &from in &sources[node] {
                    if !std::mem::replace(&mut leads[from], true) {
                        stack.push(from);
                    }
                }
            }
            live.iter_mut().zip(&leads).for_each(|(live, leads)| *live &= leads);
            // An `until` that the trigger can't reach leaves the trigger alone.
            live[trigger as usize] = true;
        }
        let mut open: Vec<Vec<u32>> = graph.nodes.iter().map(|n| vec![0; n.inputs.len()]).collect();
        for (_, node) in graph.nodes.iter().enumerate().filter(|(from, _)| live[*from]) {
            for target in node.targets.iter().filter(|t| live[t.to as usize]) {
                open[target.to as usize][target.input as usize] += 1;
            }
        }
        Self { trigger, live, open }
    }
}
