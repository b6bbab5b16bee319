use std::collections::BTreeMap;

use flow::{Edge, Flow, Node};
use proptest::prelude::*;

use super::*;

/// `"a>b b:yes>c c>m:1"`: edges with ports; nodes whose name starts with `m` have the inputs `1` and `2` (`3` …), `if`
/// nodes (starting with `i`) have the outputs `yes` and `no`. The node named first is the trigger.
fn graph(edges: &str) -> (Arc<Graph>, Vec<String>) {
    let mut flow = Flow::default();
    let add = |flow: &mut Flow, name: &str| {
        if flow.node(name).is_none() {
            let y = flow.nodes.len() as i32 * 16;
            flow.nodes.push(Node { id: name.into(), position: [0, y], ..Node::default() });
        }
    };
    for edge in edges.split_whitespace() {
        let (from, to) = edge.split_once('>').unwrap_or((edge, ""));
        let (from, from_port) = from.split_once(':').unwrap_or((from, "out"));
        add(&mut flow, from);
        if !to.is_empty() {
            let (to, to_port) = to.split_once(':').unwrap_or((to, "in"));
            add(&mut flow, to);
            let [from, from_port, to, to_port] = [from, from_port, to, to_port].map(str::to_owned);
            flow.edges.push(Edge { from, from_port, to, to_port });
        }
    }
    let names = flow.nodes.iter().map(|n| n.id.clone()).collect();
    (Arc::new(Graph::new(&flow, |node| Some(ports(&node.id)))), names)
}

fn ports(name: &str) -> (Vec<String>, Vec<String>) {
    let list = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    match name.as_bytes()[0] {
        b'm' => (list(&["1", "2", "3"]), list(&["out"])),
        b'i' => (list(&["in"]), list(&["yes", "no"])),
        _ => (list(&["in"]), list(&["out"])),
    }
}

fn plan(graph: &Arc<Graph>, order: Order, until: Option<&str>) -> Plan {
    let until = until.map(|id| graph.index(id).unwrap());
    Plan::new(Arc::clone(graph), Arc::new(Reach::new(graph, 0, until)), order)
}

/// Runs a plan one step at a time; `silent` names the ports (`i:no`) that send nothing.
/// Gives the steps as `node(input sources)`.
fn run(plan: &mut Plan, graph: &Graph, names: &[String], silent: &[&str]) -> Vec<String> {
    let mut steps = Vec::new();
    let mut label = BTreeMap::new();
    while let Some(next) = plan.next() {
        let inputs: Vec<String> = next
            .inputs
            .iter()
            .map(|s| s.map_or("-".to_owned(), |s: Source| label.get(&s.seq).cloned().unwrap_or_default()))
            .collect();
        let name = &names[next.node as usize];
        label.insert(next.seq, format!("{name}{}", next.run_index));
        steps.push(format!("{name}({})", inputs.join(",")));
        let sent: Vec<u16> = (0..graph.node(next.node).outputs.len() as u16)
            .filter(|&p| {
                let port = &graph.node(next.node).outputs[p as usize];
                !silent.contains(&format!("{name}:{port}").as_str()) && !silent.contains(&name.as_str())
            })
            .collect();
        plan.ended(next.seq, &sent);
    }
    assert!(plan.is_done(), "stalled after {steps:?}");
    steps
}

fn check(edges: &str, silent: &[&str], expected: &str) {
    check_order(edges, silent, Order::Parallel, expected);
}

fn check_order(edges: &str, silent: &[&str], order: Order, expected: &str) {
    let (graph, names) = graph(edges);
    let steps = run(&mut plan(&graph, order, None), &graph, &names, silent);
    assert_eq!(steps.join(" "), expected, "{edges} without {silent:?}");
}

#[test]
fn chains_and_branches() {
    check("t", &[], "t(-)");
    check("t>a a>b", &[], "t(-) a(t0) b(a0)");
    check("t>a a>b", &["a"], "t(-) a(t0)");
    check("t>a t>b a>c b>d", &[], "t(-) a(t0) b(t0) c(a0) d(b0)");
    check("t>i i:yes>a i:no>b", &["i:no"], "t(-) i(t0) a(i0)");
    // A node with one input runs once for each batch.
    check("t>a t>b a>c b>c c>d", &[], "t(-) a(t0) b(t0) c(a0) c(b0) d(c0) d(c1)");
    // Both ports of one node to one input.
    check("t>i i:yes>a i:no>a", &[], "t(-) i(t0) a(i0) a(i0)");
}

#[test]
fn one_branch_after_another() {
    let order = Order::OneBranchAfterAnother;
    check_order("t>a t>b a>c b>d", &[], order, "t(-) a(t0) c(a0) b(t0) d(b0)");
    check_order("t>a t>b a>m:1 b>m:2 m>z", &[], order, "t(-) a(t0) b(t0) m(a0,b0,-) z(m0)");
    // A node that goes on with what it has comes after everything else.
    check_order("t>a t>b a>m:1 t>i i:yes>m:2 m>z", &["i"], order, "t(-) a(t0) b(t0) i(t0) m(a0,-,-) z(m0)");
    check_order("t>i i:yes>m:1 i:no>m:2 t>b b>c", &["i:no"], order, "t(-) i(t0) b(t0) c(b0) m(i0,-,-)");
}

#[test]
fn several_inputs() {
    check("t>a t>b a>m:1 b>m:2", &[], "t(-) a(t0) b(t0) m(a0,b0,-)");
    check("t>m:1 t>m:2", &[], "t(-) m(t0,t0,-)");
    // Waits for the longer branch.
    check("t>m:1 t>a a>b b>m:2 m>z", &[], "t(-) a(t0) b(a0) m(t0,b0,-) z(m0)");
    // What can't come any more is not waited for.
    check("t>i i:yes>a i:no>b a>m:1 b>m:2", &["i:no"], "t(-) i(t0) a(i0) m(a0,-,-)");
    check("t>i i:yes>a i:no>b a>m:1 b>m:2", &["i:yes"], "t(-) i(t0) b(i0) m(-,b0,-)");
    check("t>i i:yes>a i:no>b a>m:1 b>m:2", &["i"], "t(-) i(t0)");
    // A port that another trigger feeds stays silent.
    check("t>a a>m:1 x>m:2", &[], "t(-) a(t0) m(a0,-,-)");
    // Two batches on one port make two runs, first with first.
    check("t>a t>b t>c a>m:1 b>m:1 c>m:2", &[], "t(-) a(t0) b(t0) c(t0) m(a0,c0,-) m(b0,-,-)");
    // One after another, the second waits for the first.
    check("t>a t>i a>m:1 i:yes>m:2 m>m2:1 i:no>m2:2", &["i:yes"], "t(-) a(t0) i(t0) m(a0,-,-) m2(m0,i0,-)");
}

#[test]
fn until_a_node() {
    let (graph, names) = graph("t>a t>b a>c c>d b>m:1 c>m:2");
    let steps = run(&mut plan(&graph, Order::Parallel, Some("c")), &graph, &names, &[]);
    assert_eq!(steps.join(" "), "t(-) a(t0) c(a0)");
    let steps = run(&mut plan(&graph, Order::Parallel, Some("m")), &graph, &names, &[]);
    assert_eq!(steps.join(" "), "t(-) a(t0) b(t0) c(a0) m(b0,c0,-)");
    let steps = run(&mut plan(&graph, Order::Parallel, Some("t")), &graph, &names, &[]);
    assert_eq!(steps.join(" "), "t(-)");
}

#[test]
fn cycles_are_seen() {
    assert!(graph("t>a a>b b>a").0.cyclic);
    assert!(graph("t>a a>a").0.cyclic);
    assert!(!graph("t>a t>b a>b").0.cyclic);
}

/// A graph without cycles of nodes with one to three inputs, which ports are silent, and an order.
fn graphs() -> impl Strategy<Value = (Vec<(usize, usize, u8)>, usize, u64, bool)> {
    (2usize..14).prop_flat_map(|count| {
        let edge = (0..count - 1, 1..count, 0u8..6).prop_map(|(a, b, ports)| {
            let (from, to) = if a < b { (a, b) } else { (b - 1, a + 1) };
            (from.min(to - 1), to, ports)
        });
        (prop::collection::vec(edge, 1..24), Just(count), any::<u64>(), any::<bool>())
    })
}

fn drawn(edges: &[(usize, usize, u8)], count: usize) -> (Arc<Graph>, Vec<String>) {
    let name = |i: usize| match i % 3 {
        0 if i > 0 => format!("m{i}"),
        1 => format!("i{i}"),
        _ => format!("a{i}"),
    };
    let mut text = name(0);
    for &(from, to, ports) in edges.iter().filter(|e| e.1 < count) {
        let out = if from % 3 == 1 { [":yes", ":no"][usize::from(ports % 2)] } else { "" };
        let into = if to % 3 == 0 { [":1", ":2", ":3"][usize::from(ports % 3)] } else { "" };
        text += &format!(" {}{out}>{}{into}", name(from), name(to));
    }
    graph(&text)
}

/// Whether a port sends in this world: the same for the same step, whatever its number.
fn sends(world: u64, node: NodeIx, run_index: u32, port: u16) -> bool {
    let mixed = (world ^ (u64::from(node) << 32 | u64::from(run_index) << 8 | u64::from(port)))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(29)
        .wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed >> 62 != 0
}

fn sent(graph: &Graph, world: u64, next: &Next) -> Vec<u16> {
    (0..graph.node(next.node).outputs.len() as u16).filter(|&p| sends(world, next.node, next.run_index, p)).collect()
}

type Log = Vec<Past>;

/// Runs on to the end, adding to `log`.
fn finish(plan: &mut Plan, graph: &Graph, world: u64, log: &mut Log) {
    while let Some(next) = plan.next() {
        assert!(log.len() < 100_000, "does not end");
        let sent = sent(graph, world, &next);
        plan.ended(next.seq, &sent);
        let Next { seq, node, run_index, inputs } = next;
        log.push(Past { seq, node, run_index, inputs, sent: Some(sent) });
    }
    assert!(plan.is_done());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every run ends; each node with one input runs once for every batch; every batch is used exactly once.
    #[test]
    fn every_batch_is_used_once((edges, count, world, order) in graphs()) {
        let (graph, _) = drawn(&edges, count);
        prop_assume!(graph.nodes.iter().map(|n| n.targets.len()).product::<usize>() < 2_000);
        let order = if order { Order::Parallel } else { Order::OneBranchAfterAnother };
        let mut log = Log::new();
        finish(&mut plan(&graph, order, None), &graph, world, &mut log);
        let mut sent_batches = Vec::new();
        for step in &log {
            for target in &graph.node(step.node).targets {
                if step.sent.as_ref().unwrap().contains(&target.port) {
                    sent_batches.push((target.to, target.input, Source { seq: step.seq, port: target.port }));
                }
            }
        }
        let mut used: Vec<_> = log
            .iter()
            .flat_map(|s| s.inputs.iter().zip(0u16..).filter_map(move |(i, p)| i.map(|i| (s.node, p, i))))
            .collect();
        sent_batches.sort();
        used.sort();
        prop_assert_eq!(used, sent_batches);
    }

    /// With everything sending, every node that the trigger reaches runs, and a set is never cut short while a batch
    /// for its silent input is still to come.
    #[test]
    fn every_reachable_node_runs((edges, count, _, order) in graphs()) {
        let (graph, _) = drawn(&edges, count);
        prop_assume!(graph.nodes.iter().map(|n| n.targets.len()).product::<usize>() < 2_000);
        let order = if order { Order::Parallel } else { Order::OneBranchAfterAnother };
        let mut plan = plan(&graph, order, None);
        let mut ran = vec![false; graph.nodes.len()];
        while let Some(next) = plan.next() {
            ran[next.node as usize] = true;
            let all: Vec<u16> = (0..graph.node(next.node).outputs.len() as u16).collect();
            plan.ended(next.seq, &all);
        }
        prop_assert_eq!(ran, Reach::new(&graph, 0, None).live);
    }

    /// A plan restored from any checkpoint, also with a step in the middle, goes on exactly as the one that was never interrupted.
    #[test]
    fn restored_anywhere_ends_the_same((edges, count, world, order) in graphs(), cut in 0.0f64..1.0, started in any::<bool>()) {
        let (graph, _) = drawn(&edges, count);
        prop_assume!(graph.nodes.iter().map(|n| n.targets.len()).product::<usize>() < 2_000);
        let order = if order { Order::Parallel } else { Order::OneBranchAfterAnother };
        let mut whole = Log::new();
        finish(&mut plan(&graph, order, None), &graph, world, &mut whole);
        let keep = (whole.len() as f64 * cut) as usize;
        let mut log = whole[..keep].to_vec();
        let mut past = log.clone();
        if started && keep < whole.len() {
            past.push(Past { sent: None, ..whole[keep].clone() });
        }
        let reach = Arc::new(Reach::new(&graph, 0, None));
        finish(&mut Plan::restore(Arc::clone(&graph), reach, order, &past), &graph, world, &mut log);
        let same = |log: &Log| {
            let mut steps: Vec<_> = log.iter().map(|s| (s.node, s.run_index, s.inputs.clone())).collect();
            steps.sort();
            steps
        };
        prop_assert_eq!(same(&log), same(&whole));
    }

    /// Steps that end in any order give every batch a step, too.
    #[test]
    fn side_by_side_uses_every_batch((edges, count, world, _) in graphs(), picks in prop::collection::vec(any::<u8>(), 64)) {
        let (graph, _) = drawn(&edges, count);
        prop_assume!(graph.nodes.iter().map(|n| n.targets.len()).product::<usize>() < 500);
        let mut plan = plan(&graph, Order::Parallel, None);
        let (mut active, mut turn, mut delivered, mut used) = (Vec::new(), 0usize, 0, 0);
        loop {
            while let Some(next) = plan.next() {
                used += next.inputs.iter().flatten().count();
                active.push(next);
            }
            if active.is_empty() {
                break;
            }
            let next = active.remove(usize::from(picks[turn % picks.len()]) % active.len());
            turn += 1;
            let sent = sent(&graph, world, &next);
            delivered += graph.node(next.node).targets.iter().filter(|t| sent.contains(&t.port)).count();
            plan.ended(next.seq, &sent);
        }
        prop_assert!(plan.is_done());
        prop_assert_eq!(used, delivered);
    }
}
