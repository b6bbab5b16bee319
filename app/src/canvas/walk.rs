//! Walking along the edges: what comes before and after, in which order, and where the arrow keys lead.

use std::collections::{HashMap, HashSet};

use flow::Edge;

use super::{Doc, Id};

/// Kind of the node that makes a circle legal.
const LOOP: &str = "loop";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Left,
    Right,
    Up,
    Down,
}

/// `id` and everything that its items can reach.
pub fn downstream(doc: &Doc, id: &str) -> HashSet<Id> {
    reach(doc, id, |doc, id| doc.leaving(id).map(|e| Id::from(e.to.as_str())).collect())
}

/// `id` and everything whose items can reach it.
pub fn upstream(doc: &Doc, id: &str) -> HashSet<Id> {
    reach(doc, id, |doc, id| doc.arriving(id).map(|e| Id::from(e.from.as_str())).collect())
}

fn reach(doc: &Doc, id: &str, next: impl Fn(&Doc, &str) -> Vec<Id>) -> HashSet<Id> {
    let mut seen: HashSet<Id> = HashSet::new();
    let mut waiting: Vec<Id> = vec![id.into()];
    while let Some(id) = waiting.pop() {
        if doc.node(&id).is_some() && seen.insert(id.clone()) {
            waiting.extend(next(doc, &id));
        }
    }
    seen
}

/// Whether `edge` would close a circle that no Loop node is part of.
pub fn circle_without_loop(doc: &Doc, edge: &Edge) -> bool {
    let is_loop = |id: &str| doc.node(id).is_some_and(|n| n.kind == LOOP);
    if is_loop(&edge.from) || is_loop(&edge.to) {
        return false;
    }
    let mut seen = HashSet::new();
    let mut waiting = vec![edge.to.as_str()];
    while let Some(id) = waiting.pop() {
        if id == edge.from {
            return true;
        }
        if !is_loop(id) && seen.insert(id) {
            waiting.extend(doc.leaving(id).map(|e| e.to.as_str()));
        }
    }
    false
}

/// All nodes in the order a reader follows: each after what feeds it, one branch after another, from the top.
/// Nodes of a circle come where they are entered first.
pub fn flow_order(doc: &Doc) -> Vec<Id> {
    let place = |id: &str| doc.position(id).map_or((0, 0), |[x, y]| (y, x));
    let mut open: HashMap<&str, usize> = HashMap::new();
    for id in doc.ids() {
        open.insert(id, doc.arriving(id).count());
    }
    let mut all: Vec<&Id> = doc.ids().collect();
    all.sort_by_key(|id| place(id));
    let mut order = Vec::with_capacity(all.len());
    let mut seen: HashSet<&str> = HashSet::new();
    // First from the nodes that nothing feeds; what is left then is fed by circles only.
    let roots = all.iter().filter(|id| open.get::<str>(id) == Some(&0)).chain(all.iter());
    for root in roots.copied().collect::<Vec<_>>() {
        let mut waiting = vec![root.clone()];
        while let Some(id) = waiting.pop() {
            let Some((id, _)) = doc.nodes.get_key_value(&id) else { continue };
            if !seen.insert(id) {
                continue;
            }
            order.push(id.clone());
            let mut next: Vec<&str> = Vec::new();
            for edge in doc.leaving(id) {
                if let Some(left) = open.get_mut(edge.to.as_str()) {
                    *left = left.saturating_sub(1);
                    if *left == 0 {
                        next.push(edge.to.as_str());
                    }
                }
            }
            next.sort_by_key(|id| std::cmp::Reverse(place(id)));
            waiting.extend(next.into_iter().map(Id::from));
        }
    }
    order
}

/// Where an arrow key leads from `id`: along an edge, else to the nearest card that way.
pub fn neighbour(doc: &Doc, id: &str, direction: Direction) -> Option<Id> {
    let here = doc.rect(id)?.centre();
    let y_of = |id: &str| doc.rect(id).map_or(f64::MAX, |r| (r.centre().y - here.y).abs());
    let along = match direction {
        Direction::Right => doc.leaving(id).map(|e| e.to.as_str()).min_by(|a, b| y_of(a).total_cmp(&y_of(b))),
        Direction::Left => doc.arriving(id).map(|e| e.from.as_str()).min_by(|a, b| y_of(a).total_cmp(&y_of(b))),
        Direction::Up | Direction::Down => None,
    };
    if let Some(id) = along {
        return Some(id.into());
    }
    let cost = |other: &Id| {
        let c = doc.rect(other)?.centre();
        let (dx, dy) = (c.x - here.x, c.y - here.y);
        let (ahead, aside) = match direction {
            Direction::Right => (dx, dy),
            Direction::Left => (-dx, dy),
            Direction::Up => (-dy, dx),
            Direction::Down => (dy, dx),
        };
        // Within 45 degrees to either side, the straighter the better.
        (ahead > 0.0 && aside.abs() <= ahead * 3.0).then_some(ahead + 2.0 * aside.abs())
    };
    doc.ids()
        .filter(|o| ***o != *id)
        .filter_map(|o| Some((cost(o)?, o)))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, o)| o.clone())
}

#[cfg(test)]
mod tests {
    use super::super::Change;
    use super::super::testing::{doc, edge};
    use super::*;

    fn sorted(set: HashSet<Id>) -> Vec<Id> {
        let mut list: Vec<Id> = set.into_iter().collect();
        list.sort();
        list
    }

    #[test]
    fn reach_follows_the_edges_in_one_direction() {
        assert_eq!(sorted(downstream(&doc(), "b")), ["b".into(), "c".into()]);
        assert_eq!(sorted(upstream(&doc(), "c")), ["a".into(), "b".into(), "c".into()]);
        assert!(upstream(&doc(), "?").is_empty());
    }

    #[test]
    fn order_puts_each_node_after_what_feeds_it() {
        let mut doc = doc();
        assert_eq!(flow_order(&doc), ["a", "b", "c", "d"].map(Id::from));
        doc.apply(Change::add_edge(edge("b", "false", "d"))).unwrap();
        doc.apply(Change::Move { id: "d".into(), to: [960, -500] }).unwrap();
        assert_eq!(flow_order(&doc), ["a", "b", "d", "c"].map(Id::from), "the upper branch first");
        doc.apply(Change::add_edge(edge("c", "out", "d"))).unwrap();
        assert_eq!(flow_order(&doc), ["a", "b", "c", "d"].map(Id::from), "both feed it");
    }

    #[test]
    fn order_holds_every_node_once_even_in_a_circle() {
        let mut doc = doc();
        doc.apply(Change::add_edge(edge("c", "out", "b"))).unwrap();
        let mut order = flow_order(&doc);
        order.sort();
        assert_eq!(order, ["a", "b", "c", "d"].map(Id::from));
    }

    #[track_caller]
    fn leads(from: &str, direction: Direction, to: Option<&str>) {
        assert_eq!(neighbour(&doc(), from, direction).as_deref(), to);
    }

    #[test]
    fn arrow_keys_walk_along_edges_and_else_to_what_is_near() {
        leads("a", Direction::Right, Some("b"));
        leads("b", Direction::Left, Some("a"));
        leads("c", Direction::Right, Some("d"));
        leads("d", Direction::Up, Some("c"));
        leads("a", Direction::Left, None);
    }
}
