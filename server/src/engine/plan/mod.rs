//! What is ready next. A pure state machine: it is told which steps ended and which ports sent something, and says
//! which steps to start. It knows neither items nor time.
//!
//! A node runs once per batch that arrives; a node with several inputs gathers one batch for each of them first. What
//! is ready is found by counting down: every edge is *open* until its source can't run any more; when the last open
//! edge of a silent input closes, the node runs with what it has (n8n's "v1" order).

mod graph;
mod restore;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use flow::graph::Order;

pub use graph::{Graph, GraphNode, NodeIx, Reach, Target};
pub use restore::Past;

/// The batch that an output port of a step sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Source {
    /// Step.
    pub seq: u32,
    /// Index in [`GraphNode::outputs`].
    pub port: u16,
}

/// By input port; `None` for one that stayed silent.
pub type Inputs = Vec<Option<Source>>;

/// A step to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    pub seq: u32,
    pub node: NodeIx,
    /// 0 for the first time this node runs in the run.
    pub run_index: u32,
    pub inputs: Inputs,
}

/// The state of one run's graph.
#[derive(Debug)]
pub struct Plan {
    graph: Arc<Graph>,
    reach: Arc<Reach>,
    one_after_another: bool,
    open: Vec<Vec<u32>>,
    nodes: Vec<NodeState>,
    /// Batches of nodes with several inputs that wait for the rest, oldest first.
    gathering: HashMap<NodeIx, VecDeque<Inputs>>,
    /// Started before a crash and not ended.
    again: VecDeque<Next>,
    ready: VecDeque<(NodeIx, Inputs)>,
    /// Nodes that run with what they have, after everything else that is ready; by rank, so that a restored plan agrees.
    late: BTreeMap<(u32, u32), (NodeIx, Inputs)>,
    late_count: u32,
    active: HashMap<u32, NodeIx>,
    next_seq: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct NodeState {
    /// Steps that are ready or active.
    busy: u32,
    /// Steps that were started.
    runs: u32,
    closed: bool,
}

enum Gathered {
    Full(Inputs),
    Partial,
}

impl Plan {
    /// A run at its start: the trigger is ready.
    pub fn new(graph: Arc<Graph>, reach: Arc<Reach>, order: Order) -> Self {
        let mut plan = Self::empty(graph, reach, order);
        let trigger = plan.reach.trigger;
        plan.nodes[trigger as usize].busy = 1;
        plan.ready.push_back((trigger, vec![None; plan.graph.node(trigger).inputs.len()]));
        plan
    }

    fn empty(graph: Arc<Graph>, reach: Arc<Reach>, order: Order) -> Self {
        Self {
            one_after_another: order == Order::OneBranchAfterAnother,
            open: reach.open.clone(),
            nodes: vec![NodeState::default(); graph.nodes.len()],
            graph,
            reach,
            gathering: HashMap::new(),
            again: VecDeque::new(),
            ready: VecDeque::new(),
            late: BTreeMap::new(),
            late_count: 0,
            active: HashMap::new(),
            next_seq: 1,
        }
    }

    /// The next step that may start now. With one branch after another there is none while a step is active.
    #[expect(clippy::should_implement_trait, reason = "what is next depends on what was told in between: no iterator")]
    pub fn next(&mut self) -> Option<Next> {
        if self.one_after_another && !self.active.is_empty() {
            return None;
        }
        if let Some(next) = self.again.pop_front() {
            self.active.insert(next.seq, next.node);
            return Some(next);
        }
        let (node, inputs) = match self.ready.pop_front() {
            Some(ready) => ready,
            None => self.late.pop_first()?.1,
        };
        let seq = self.next_seq;
        self.next_seq += 1;
        let state = &mut self.nodes[node as usize];
        let run_index = state.runs;
        state.runs += 1;
        self.active.insert(seq, node);
        Some(Next { seq, node, run_index, inputs })
    }

    /// Step `seq` ended well; `sent` are the indexes of the output ports with at least one item.
    pub fn ended(&mut self, seq: u32, sent: &[u16]) {
        let Some(node) = self.active.remove(&seq) else { return };
        self.deliver(node, seq, sent, |_| false);
        self.nodes[node as usize].busy -= 1;
        self.close(node);
    }

    /// Nothing is ready or active any more.
    pub fn is_done(&self) -> bool {
        self.active.is_empty() && self.ready.is_empty() && self.late.is_empty() && self.again.is_empty()
    }

    /// A step could be started now.
    pub fn has_ready(&self) -> bool {
        let any = !(self.ready.is_empty() && self.late.is_empty() && self.again.is_empty());
        any && (!self.one_after_another || self.active.is_empty())
    }

    /// Steps that were started and have not ended.
    pub fn active(&self) -> usize {
        self.active.len()
    }

    /// Steps that were started so far.
    pub fn started(&self) -> u32 {
        self.next_seq - 1
    }

    /// Sends what step `seq` put out along the edges, but those that `consumed` says were used before.
    fn deliver(&mut self, node: NodeIx, seq: u32, sent: &[u16], mut consumed: impl FnMut(&Target) -> bool) {
        let graph = Arc::clone(&self.graph);
        let mut woken = Vec::new();
        for target in graph.node(node).targets.iter().filter(|t| sent.contains(&t.port)) {
            if !self.follows(node, target) || consumed(target) {
                continue;
            }
            match self.gather(target, Source { seq, port: target.port }) {
                Gathered::Full(inputs) => {
                    self.nodes[target.to as usize].busy += 1;
                    woken.push((target.to, inputs));
                }
                Gathered::Partial => self.release(target.to),
            }
        }
        if self.one_after_another {
            woken.into_iter().rev().for_each(|w| self.ready.push_front(w));
        } else {
            self.ready.extend(woken);
        }
    }

    /// Whether an edge belongs to this run.
    fn follows(&self, from: NodeIx, target: &Target) -> bool {
        self.reach.live[from as usize] && self.reach.live[target.to as usize]
    }

    /// Puts a batch with those that wait at the same node.
    fn gather(&mut self, target: &Target, source: Source) -> Gathered {
        let wanted = &self.reach.open[target.to as usize];
        let input = target.input as usize;
        let full = |set: &Inputs| set.iter().zip(wanted).all(|(have, &edges)| have.is_some() || edges == 0);
        let mut fresh = vec![None; wanted.len()];
        fresh[input] = Some(source);
        if full(&fresh) {
            return Gathered::Full(fresh);
        }
        let sets = self.gathering.entry(target.to).or_default();
        let Some(place) = sets.iter().position(|set| set[input].is_none()) else {
            sets.push_back(fresh);
            return Gathered::Partial;
        };
        sets[place][input] = Some(source);
        match full(&sets[place]) {
            true => sets.remove(place).map_or(Gathered::Partial, Gathered::Full),
            false => Gathered::Partial,
        }
    }

    /// Makes those sets of `node` ready that nothing can complete any more.
    fn release(&mut self, node: NodeIx) {
        let open = &self.open[node as usize];
        let Some(sets) = self.gathering.get_mut(&node) else { return };
        while let Some(place) =
            sets.iter().position(|set| set.iter().zip(open).all(|(have, &edges)| have.is_some() || edges == 0))
        {
            let Some(inputs) = sets.remove(place) else { return };
            self.nodes[node as usize].busy += 1;
            self.late.insert((self.graph.rank[node as usize], self.late_count), (node, inputs));
            self.late_count += 1;
        }
    }

    /// Closes the edges of nodes that can't run any more, starting at `node`.
    fn close(&mut self, node: NodeIx) {
        let graph = Arc::clone(&self.graph);
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            let state = self.nodes[node as usize];
            let waiting = self.gathering.get(&node).is_some_and(|sets| !sets.is_empty());
            if state.closed || state.busy > 0 || waiting || self.open[node as usize].iter().any(|&edges| edges > 0) {
                continue;
            }
            self.nodes[node as usize].closed = true;
            for target in &graph.node(node).targets {
                if !self.follows(node, target) {
                    continue;
                }
                let edges = &mut self.open[target.to as usize][target.input as usize];
                *edges = edges.saturating_sub(1);
                if *edges == 0 {
                    self.release(target.to);
                    stack.push(target.to);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
