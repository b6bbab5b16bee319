//! Tidying up: layers from left to right, few crossings, chains in a straight line.

use std::collections::{HashMap, HashSet};

use super::card::{COLUMN_GAP, ROW_GAP, WIDTH};
use super::{Change, Doc, Id, snap, walk};

/// Sweeps over the layers; more hardly change the order.
const SWEEPS: usize = 6;

/// Moves the given nodes (all when `None`) into layers; the upper left corner stays. Parts that are not connected are
/// put below each other.
pub fn tidy(doc: &Doc, only: Option<&HashSet<Id>>) -> Vec<Change> {
    let order: Vec<Id> =
        walk::flow_order(doc).into_iter().filter(|id| only.is_none_or(|only| only.contains(id))).collect();
    let index: HashMap<&str, usize> = order.iter().enumerate().map(|(i, id)| (&**id, i)).collect();
    let rects: Vec<_> = order.iter().filter_map(|id| doc.rect(id)).collect();
    let (Some(left), Some(top)) =
        (rects.iter().map(|r| r.x).min_by(f64::total_cmp), rects.iter().map(|r| r.y).min_by(f64::total_cmp))
    else {
        return Vec::new();
    };
    let mut graph = Graph::new(doc, &order, &index);
    let parts = graph.parts();
    let mut changes = Vec::new();
    let mut below = snap(top);
    for part in parts {
        let placed = graph.place(&part);
        let highest = placed.iter().map(|(_, _, y)| *y).min().unwrap_or(0);
        let mut bottom = below;
        for (node, layer, y) in placed {
            let to = [snap(left) + layer as i32 * (WIDTH as i32 + COLUMN_GAP), below + y - highest];
            bottom = bottom.max(to[1] + graph.height[node]);
            if doc.position(&order[node]) != Some(to) {
                changes.push(Change::Move { id: order[node].clone(), to });
            }
        }
        below = bottom + 2 * ROW_GAP;
    }
    changes
}

/// The nodes by number, in flow order; edges that lead back are left out.
struct Graph {
    /// For each node: (other node, y of the port here, y of the port there).
    before: Vec<Vec<(usize, f64, f64)>>,
    after: Vec<Vec<(usize, f64, f64)>>,
    /// Including edges that lead back: what belongs together.
    beside: Vec<Vec<usize>>,
    layer: Vec<usize>,
    height: Vec<i32>,
}

impl Graph {
    fn new(doc: &Doc, order: &[Id], index: &HashMap<&str, usize>) -> Self {
        let n = order.len();
        let mut graph = Self {
            before: vec![Vec::new(); n],
            after: vec![Vec::new(); n],
            beside: vec![Vec::new(); n],
            layer: vec![0; n],
            height: order.iter().map(|id| doc.card(id).map_or(64, |c| snap(c.height()))).collect(),
        };
        for (from, id) in order.iter().enumerate() {
            let card = doc.card(id);
            for edge in doc.leaving(id) {
                let Some(&to) = index.get(edge.to.as_str()) else { continue };
                graph.beside[from].push(to);
                graph.beside[to].push(from);
                if to > from {
                    let out = card.map_or(32.0, |c| c.output_at(&edge.from_port).y);
                    let into = doc.card(&edge.to).map_or(32.0, |c| c.input_at(&edge.to_port).y);
                    graph.after[from].push((to, out, into));
                    graph.before[to].push((from, into, out));
                }
            }
        }
        // Flow order puts each node after what feeds it, so one pass finds the longest way to each.
        for node in 0..n {
            graph.layer[node] = graph.before[node].iter().map(|(b, ..)| graph.layer[*b] + 1).max().unwrap_or(0);
        }
        graph
    }

    /// Connected parts, each in flow order, ordered by their first node.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.layer.len()];
        let mut parts = Vec::new();
        for start in 0..self.layer.len() {
            let mut part = Vec::new();
            let mut waiting = vec![start];
            while let Some(node) = waiting.pop() {
                if !std::mem::replace(&mut seen[node], true) {
                    part.push(node);
                    waiting.extend(&self.beside[node]);
                }
            }
            if !part.is_empty() {
                part.sort_unstable();
                parts.push(part);
            }
        }
        parts
    }

    /// (node, layer, y) for one connected part.
    fn place(&mut self, part: &[usize]) -> Vec<(usize, usize, i32)> {
        let first = part.iter().map(|n| self.layer[*n]).min().unwrap_or(0);
        let depth = part.iter().map(|n| self.layer[*n]).max().unwrap_or(0) - first + 1;
        let mut layers: Vec<Vec<usize>> = vec![Vec::new(); depth];
        for &node in part {
            layers[self.layer[node] - first].push(node);
        }
        let mut y: HashMap<usize, f64> = HashMap::new();
        for layer in &layers {
            let mut at = 0.0;
            for &node in layer {
                y.insert(node, at);
                at += f64::from(self.height[node] + ROW_GAP);
            }
        }
        for sweep in 0..SWEEPS {
            let forward = sweep % 2 == 0;
            let links = if forward { &self.before } else { &self.after };
            let numbers: Vec<usize> = if forward { (0..depth).collect() } else { (0..depth).rev().collect() };
            for number in numbers {
                let wanted = |node: usize, y: &HashMap<usize, f64>| {
                    let linked = links[node].iter().filter_map(|(o, here, there)| Some(y.get(o)? + there - here));
                    let (sum, count) = linked.fold((0.0, 0.0), |(s, c), v| (s + v, c + 1.0));
                    if count > 0.0 { sum / count } else { y.get(&node).copied().unwrap_or(0.0) }
                };
                let layer = &mut layers[number];
                let mut goals: Vec<(f64, usize)> = layer.iter().map(|&n| (wanted(n, &y), n)).collect();
                // Stable: equal wishes keep flow order, which is the order of the ports.
                goals.sort_by(|a, b| a.0.total_cmp(&b.0));
                *layer = goals.iter().map(|(_, n)| *n).collect();
                let steps: Vec<f64> = layer.iter().map(|n| f64::from(self.height[*n] + ROW_GAP)).collect();
                let goals: Vec<f64> = goals.iter().map(|(g, _)| *g).collect();
                for (node, at) in layer.iter().zip(spread(&goals, &steps)) {
                    y.insert(*node, at);
                }
            }
        }
        part.iter().map(|n| (*n, self.layer[*n] - first, snap(y.get(n).copied().unwrap_or(0.0)))).collect()
    }
}

/// Places in the given order that are as near to `goals` as possible (least squares) with `steps[i]` between the `i`th
/// and the next: isotonic regression by pooling neighbours that are too close.
fn spread(goals: &[f64], steps: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    // (sum of what is wanted, members)
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (goal, step) in goals.iter().zip(steps) {
        pools.push((goal - offset, 1));
        offset += step;
        while let [.., (a, m), (b, n)] = pools[..] {
            if a / m as f64 <= b / n as f64 {
                break;
            }
            pools.truncate(pools.len() - 2);
            pools.push((a + b, m + n));
        }
    }
    let mut offset = 0.0;
    let mut steps = steps.iter();
    let mut places = Vec::with_capacity(goals.len());
    for (sum, members) in pools {
        for _ in 0..members {
            places.push(sum / members as f64 + offset);
            offset += steps.next().copied().unwrap_or(0.0);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, kinds, node};
    use super::*;
    use flow::Flow;

    #[test]
    fn spread_keeps_distances_and_stays_near() {
        assert_eq!(spread(&[0.0, 0.0], &[112.0, 112.0]), [-56.0, 56.0]);
        assert_eq!(spread(&[0.0, 500.0], &[112.0, 112.0]), [0.0, 500.0]);
    }

    #[track_caller]
    fn tidied(doc: &Doc) -> Doc {
        let mut doc = doc.clone();
        doc.apply_all(&tidy(&doc.clone(), None)).unwrap();
        let rects: Vec<_> = doc.ids().filter_map(|id| doc.rect(id)).collect();
        for (i, a) in rects.iter().enumerate() {
            assert!(a.x % 16.0 == 0.0 && a.y % 16.0 == 0.0, "on the grid");
            assert!(rects[i + 1..].iter().all(|b| !a.touches(b)), "no card covers another");
        }
        for edge in doc.edges() {
            assert!(doc.rect(&edge.from).unwrap().right() + 64.0 <= doc.rect(&edge.to).unwrap().x, "left to right");
        }
        doc
    }

    #[test]
    fn layers_from_left_to_right_without_overlaps() {
        let mut messy = doc();
        for (id, to) in [("a", [48, 16]), ("b", [16, 16]), ("c", [0, 0]), ("d", [16, 0])] {
            messy.apply(Change::Move { id: id.into(), to }).unwrap();
        }
        messy.apply(Change::add_edge(edge("b", "false", "d"))).unwrap();
        let doc = tidied(&messy);
        assert!(doc.position("c").unwrap()[1] < doc.position("d").unwrap()[1], "`true` is above `false`");
        assert!(tidy(&doc, None).is_empty(), "tidy twice changes nothing");
    }

    #[test]
    fn a_chain_is_straight() {
        let nodes = (0..6).map(|i| node(&format!("n{i}"), "set", [i * 16, i * 160])).collect();
        let edges = (0..5).map(|i| edge(&format!("n{i}"), "out", &format!("n{}", i + 1))).collect();
        let doc = tidied(&Doc::new(Flow { nodes, edges, ..Flow::default() }, kinds()));
        assert!(doc.ids().all(|id| doc.position(id).unwrap()[1] == 0));
    }

    #[test]
    fn only_the_selection_moves() {
        let doc = doc();
        let only = HashSet::from(["c".into(), "d".into()]);
        for change in tidy(&doc, Some(&only)) {
            assert!(matches!(change, Change::Move { id, .. } if only.contains(&id)));
        }
    }

    #[test]
    fn a_large_net_is_laid_out() {
        let nodes = (0..1_000).map(|i| node(&format!("n{i}"), "if", [0, i * 16])).collect();
        let edges = (1..1_000)
            .flat_map(|i| {
                [(i / 3, "true"), (i / 7, "false")].map(|(p, port)| edge(&format!("n{p}"), port, &format!("n{i}")))
            })
            .collect();
        let mut doc = Doc::new(Flow { nodes, edges, ..Flow::default() }, kinds());
        doc.apply_all(&tidy(&doc.clone(), None)).unwrap();
        let overlapping = doc.ids().filter(|id| doc.nodes_within(&doc.rect(id).unwrap()).len() > 1).count();
        assert_eq!(overlapping, 0);
    }
}
