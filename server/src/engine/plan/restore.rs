//! A plan made again from the steps that were kept.

use std::collections::HashMap;
use std::sync::Arc;

use flow::graph::Order;

use super::{Graph, Inputs, Next, NodeIx, Plan, Reach, Source};

/// A step of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub seq: u32,
    pub node: NodeIx,
    pub run_index: u32,
    pub inputs: Inputs,
    /// The output ports that sent something; `None` for a step that was started and has not ended.
    pub sent: Option<Vec<u16>>,
}

impl Plan {
    /// The plan after `past`: ended steps in the order of their end, unfinished ones anywhere. Unfinished steps come
    /// first from [`Plan::next`], with the number that they had.
    pub fn restore(graph: Arc<Graph>, reach: Arc<Reach>, order: Order, past: &[Past]) -> Self {
        if past.is_empty() {
            return Self::new(graph, reach, order);
        }
        let mut plan = Self::empty(graph, reach, order);
        let mut used: HashMap<(NodeIx, u16, Source), u32> = HashMap::new();
        for step in past {
            let state = &mut plan.nodes[step.node as usize];
            state.runs = state.runs.max(step.run_index + 1);
            plan.next_seq = plan.next_seq.max(step.seq + 1);
            for (source, input) in step.inputs.iter().zip(0u16..) {
                if let Some(source) = source {
                    *used.entry((step.node, input, *source)).or_default() += 1;
                }
            }
            if step.sent.is_none() {
                state.busy += 1;
                plan.again.push_back(Next {
                    seq: step.seq,
                    node: step.node,
                    run_index: step.run_index,
                    inputs: step.inputs.clone(),
                });
            }
        }
        plan.again.make_contiguous().sort_by_key(|next| next.seq);
        for step in past {
            let Some(sent) = &step.sent else { continue };
            plan.deliver(step.node, step.seq, sent, |target| {
                let key = (target.to, target.input, Source { seq: step.seq, port: target.port });
                used.get_mut(&key).is_some_and(|count| std::mem::replace(count, count.saturating_sub(1)) > 0)
            });
        }
        plan.close(plan.reach.trigger);
        plan
    }
}
