//! What differs between two states of a document, in words that people know: names of nodes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::graph::{Edge, Flow, Node};

/// What one or several saves changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Changes {
    /// Names of nodes that were added, changed or deleted, or whose edges were.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub nodes: BTreeSet<String>,
    /// Notes were added, changed or deleted.
    pub notes: bool,
    /// The flow's name, description or settings were changed.
    pub settings: bool,
}

impl Changes {
    /// From `base` to `now`.
    pub fn between(base: &Flow, now: &Flow) -> Self {
        let before: std::collections::HashMap<&str, &Node> = base.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let after: std::collections::HashMap<&str, &Node> = now.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
        let changed = now.nodes.iter().filter(|n| before.get(n.id.as_str()) != Some(n));
        let gone = base.nodes.iter().filter(|n| !after.contains_key(n.id.as_str()));
        let mut nodes: BTreeSet<String> = changed.chain(gone).map(|n| n.name.clone()).collect();
        let (old, new): (BTreeSet<&Edge>, BTreeSet<&Edge>) = (base.edges.iter().collect(), now.edges.iter().collect());
        for edge in old.symmetric_difference(&new) {
            let ends = [&edge.from, &edge.to].into_iter();
            nodes.extend(
                ends.filter_map(|id| after.get(id.as_str()).or(before.get(id.as_str()))).map(|n| n.name.clone()),
            );
        }
        let head = |flow: &Flow| (flow.name.clone(), flow.description.clone());
        Self {
            nodes,
            notes: base.notes != now.notes,
            settings: head(base) != head(now) || base.settings != now.settings,
        }
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        self.nodes.extend(other.nodes);
        Self { nodes: self.nodes, notes: self.notes || other.notes, settings: self.settings || other.settings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Note;

    fn flow(names: &[&str], edges: &[(&str, &str)]) -> Flow {
        let node = |name: &&str| Node { id: name.to_lowercase(), name: (*name).into(), ..Node::default() };
        let edge = |(from, to): &(&str, &str)| Edge { from: (*from).into(), to: (*to).into(), ..Edge::default() };
        Flow { nodes: names.iter().map(node).collect(), edges: edges.iter().map(edge).collect(), ..Flow::default() }
    }

    #[test]
    fn what_changed_is_named() {
        let base = flow(&["A", "B", "C"], &[("a", "b")]);
        let check = |now: &Flow, nodes: &[&str], notes: bool, settings: bool| {
            let expected = Changes { nodes: nodes.iter().map(|n| (*n).to_owned()).collect(), notes, settings };
            assert_eq!(Changes::between(&base, now), expected, "{now:?}");
        };
        check(&base, &[], false, false);
        check(&flow(&["A", "B"], &[("a", "b")]), &["C"], false, false);
        check(&flow(&["A", "B", "C", "D"], &[("a", "b")]), &["D"], false, false);
        check(&flow(&["A", "B", "C"], &[("a", "c")]), &["A", "B", "C"], false, false);
        let mut moved = base.clone();
        moved.nodes[1].position = [16, 0];
        check(&moved, &["B"], false, false);
        let noted = Flow { notes: vec![Note::default()], ..base.clone() };
        check(&noted, &[], true, false);
        check(&Flow { description: "x".into(), ..base.clone() }, &[], false, true);
        // The order in which nodes are listed is nobody's change.
        let mut turned = base.clone();
        turned.nodes.reverse();
        check(&turned, &[], false, false);
        let both = Changes::between(&base, &noted).and(Changes::between(&base, &moved));
        assert_eq!(both, Changes { nodes: ["B".to_owned()].into(), notes: true, settings: false });
    }
}
