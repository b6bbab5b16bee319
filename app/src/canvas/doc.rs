//! The flow as the editor holds it: fast to look up, indexed by place, changed only through [`Change`](super::Change)s.

use std::collections::HashMap;
use std::sync::Arc;

use flow::{Edge, Flow, FlowSettings, KindDescription, Node, Note};
use indexmap::{IndexMap, IndexSet};

use super::Id;
use super::card::Card;
use super::geom::{Point, Rect};
use super::grid::Grid;
use super::path::EdgePath;

/// What the server knows of every node kind, by kind.
pub type Kinds = Arc<HashMap<String, Arc<KindDescription>>>;

/// A node and what follows from its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub node: Node,
    pub card: Card,
    /// Parameters that are not written, but shown with the kind's own values. They stay unwritten until somebody changes
    /// them: to open a flow is not to change it.
    unwritten: Vec<String>,
}

impl Placed {
    /// The node as it is written.
    fn written(&self, kinds: &Kinds) -> Node {
        let mut node = self.node.clone();
        let defaults = kinds.get(&node.kind).map(|kind| &kind.defaults);
        for name in &self.unwritten {
            if node.parameters.get(name) == defaults.and_then(|defaults| defaults.get(name)) {
                node.parameters.remove(name);
            }
        }
        node
    }
}

#[derive(Clone, Debug, Default)]
pub struct Doc {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) settings: FlowSettings,
    pub(super) nodes: IndexMap<Id, Placed>,
    pub(super) notes: IndexMap<Id, Note>,
    pub(super) edges: IndexSet<Arc<Edge>>,
    /// The edges of each node, arriving and leaving.
    touching: HashMap<Id, Vec<Arc<Edge>>>,
    node_grid: Grid<Id>,
    edge_grid: Grid<Arc<Edge>>,
    kinds: Kinds,
}

impl Doc {
    /// Edges whose nodes do not exist and repeated ids are left out: they can't be drawn.
    pub fn new(flow: Flow, kinds: Kinds) -> Self {
        let mut doc =
            Self { name: flow.name, description: flow.description, settings: flow.settings, kinds, ..Self::default() };
        for node in flow.nodes {
            let at = doc.nodes.len();
            doc.insert_node(at, node);
        }
        for edge in flow.edges {
            if doc.node(&edge.from).is_some() && doc.node(&edge.to).is_some() {
                let at = doc.edges.len();
                doc.insert_edge(at, Arc::new(edge));
            }
        }
        doc.notes = flow.notes.into_iter().map(|n| (Id::from(n.id.as_str()), n)).collect();
        doc
    }

    pub fn to_flow(&self) -> Flow {
        Flow {
            name: self.name.clone(),
            description: self.description.clone(),
            nodes: self.nodes.values().map(|placed| placed.written(&self.kinds)).collect(),
            edges: self.edges.iter().map(|e| Edge::clone(e)).collect(),
            notes: self.notes.values().cloned().collect(),
            settings: self.settings.clone(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn description(&self) -> &str {
        &self.description
    }

    pub fn settings(&self) -> &FlowSettings {
        &self.settings
    }

    pub fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub fn placed(&self, id: &str) -> Option<&Placed> {
        self.nodes.get(id)
    }

    /// A node with the id that the document keeps.
    pub fn entry(&self, id: &str) -> Option<(&Id, &Placed)> {
        self.nodes.get_key_value(id)
    }

    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id).map(|p| &p.node)
    }

    pub fn node_named(&self, name: &str) -> Option<&Node> {
        self.nodes.values().map(|p| &p.node).find(|n| n.name == name)
    }

    pub fn card(&self, id: &str) -> Option<&Card> {
        self.nodes.get(id).map(|p| &p.card)
    }

    pub fn ids(&self) -> impl ExactSizeIterator<Item = &Id> {
        self.nodes.keys()
    }

    pub fn nodes(&self) -> impl ExactSizeIterator<Item = (&Id, &Placed)> {
        self.nodes.iter()
    }

    pub fn notes(&self) -> impl ExactSizeIterator<Item = (&Id, &Note)> {
        self.notes.iter()
    }

    pub fn note(&self, id: &str) -> Option<&Note> {
        self.notes.get(id)
    }

    pub fn edges(&self) -> impl ExactSizeIterator<Item = &Arc<Edge>> {
        self.edges.iter()
    }

    pub fn has_edge(&self, edge: &Edge) -> bool {
        self.edges.contains(edge)
    }

    /// All edges of a node.
    pub fn edges_of(&self, id: &str) -> &[Arc<Edge>] {
        self.touching.get(id).map_or(&[], Vec::as_slice)
    }

    pub fn leaving(&self, id: &str) -> impl Iterator<Item = &Arc<Edge>> {
        self.edges_of(id).iter().filter(move |e| e.from == *id)
    }

    pub fn arriving(&self, id: &str) -> impl Iterator<Item = &Arc<Edge>> {
        self.edges_of(id).iter().filter(move |e| e.to == *id)
    }

    /// Box of a node or a note on the board.
    pub fn rect(&self, id: &str) -> Option<Rect> {
        self.nodes.get(id).map(|p| p.card.rect(p.node.position)).or_else(|| self.notes.get(id).map(note_rect))
    }

    /// Box around all nodes and notes.
    pub fn bounds(&self) -> Option<Rect> {
        let nodes = self.nodes.values().map(|p| p.card.rect(p.node.position));
        Rect::around(nodes.chain(self.notes.values().map(note_rect)))
    }

    pub fn position(&self, id: &str) -> Option<[i32; 2]> {
        self.nodes.get(id).map(|p| p.node.position).or_else(|| self.notes.get(id).map(|n| n.position))
    }

    pub fn output_at(&self, id: &str, port: &str) -> Option<Point> {
        self.nodes.get(id).map(|p| p.card.output_at(port) + corner(p.node.position))
    }

    pub fn input_at(&self, id: &str, port: &str) -> Option<Point> {
        self.nodes.get(id).map(|p| p.card.input_at(port) + corner(p.node.position))
    }

    pub fn edge_path(&self, edge: &Edge) -> Option<EdgePath> {
        let (from, to) = (self.nodes.get(edge.from.as_str())?, self.nodes.get(edge.to.as_str())?);
        let (a, b) = (from.card.rect(from.node.position), to.card.rect(to.node.position));
        let start = from.card.output_at(&edge.from_port) + corner(from.node.position);
        let end = to.card.input_at(&edge.to_port) + corner(to.node.position);
        Some(EdgePath::new(start, end, a.bottom().max(b.bottom())))
    }

    /// Nodes that touch `area`, in no order.
    pub fn nodes_within(&self, area: &Rect) -> Vec<Id> {
        self.node_grid.within(area)
    }

    /// Edges whose box touches `area`, in no order.
    pub fn edges_within(&self, area: &Rect) -> Vec<Arc<Edge>> {
        self.edge_grid.within(area)
    }

    pub fn notes_within(&self, area: &Rect) -> Vec<Id> {
        self.notes.iter().filter(|(_, n)| note_rect(n).touches(area)).map(|(id, _)| id.clone()).collect()
    }

    // What follows is for `change` only: it keeps the indexes true.

    pub(super) fn insert_node(&mut self, at: usize, mut node: Node) -> bool {
        let id = Id::from(node.id.as_str());
        if self.nodes.contains_key(&id) {
            return false;
        }
        let unwritten = self.fill(&mut node);
        let card = Card::new(&node, self.kinds.get(&node.kind));
        self.node_grid.set(&id, card.rect(node.position));
        self.nodes.shift_insert(at.min(self.nodes.len()), id, Placed { node, card, unwritten });
        true
    }

    /// Parameters that are not written, as in flows made by hand, are what they are when the flow runs: forms, cards and
    /// ports show them. Gives their names.
    fn fill(&self, node: &mut Node) -> Vec<String> {
        let kind = self.kinds.get(&node.kind).filter(|kind| kind.version == node.kind_version);
        let mut unwritten = Vec::new();
        for (name, value) in kind.and_then(|kind| kind.defaults.as_object()).into_iter().flatten() {
            if !node.parameters.contains_key(name) {
                node.parameters.insert(name.clone(), value.clone());
                unwritten.push(name.clone());
            }
        }
        unwritten
    }

    pub(super) fn remove_node(&mut self, id: &str) -> Option<(usize, Node)> {
        let (at, id, placed) = self.nodes.shift_remove_full(id)?;
        self.node_grid.remove(&id);
        self.touching.remove(&id);
        Some((at, placed.node))
    }

    pub(super) fn insert_edge(&mut self, at: usize, edge: Arc<Edge>) -> bool {
        if self.edges.contains(&edge) {
            return false;
        }
        for end in [&edge.from, &edge.to] {
            let list = self.touching.entry(Id::from(end.as_str())).or_default();
            if !list.contains(&edge) {
                list.push(edge.clone());
            }
        }
        self.edges.shift_insert(at.min(self.edges.len()), edge.clone());
        self.place_edge(&edge);
        true
    }

    pub(super) fn remove_edge(&mut self, edge: &Edge) -> Option<(usize, Arc<Edge>)> {
        let (at, edge) = self.edges.shift_remove_full(edge)?;
        for end in [&edge.from, &edge.to] {
            if let Some(list) = self.touching.get_mut(end.as_str()) {
                list.retain(|e| *e != edge);
            }
        }
        self.edge_grid.remove(&edge);
        Some((at, edge))
    }

    /// Puts another node in the place of the one with the same id; gives back the former one.
    pub(super) fn swap_node(&mut self, node: Node) -> Option<Node> {
        let kind = self.kinds.get(&node.kind).cloned();
        let (_, id, placed) = self.nodes.get_full_mut(node.id.as_str())?;
        let id = id.clone();
        placed.card = Card::new(&node, kind.as_ref());
        let former = std::mem::replace(&mut placed.node, node);
        self.place(&id);
        Some(former)
    }

    /// Moves a node or a note; gives back where it was.
    pub(super) fn shift(&mut self, id: &Id, to: [i32; 2]) -> Option<[i32; 2]> {
        if let Some(placed) = self.nodes.get_mut(id) {
            let from = std::mem::replace(&mut placed.node.position, to);
            self.place(id);
            return Some(from);
        }
        self.notes.get_mut(id).map(|note| std::mem::replace(&mut note.position, to))
    }

    fn place(&mut self, id: &Id) {
        if let Some(placed) = self.nodes.get(id) {
            self.node_grid.set(id, placed.card.rect(placed.node.position));
        }
        for edge in self.touching.get(id).cloned().unwrap_or_default() {
            self.place_edge(&edge);
        }
    }

    fn place_edge(&mut self, edge: &Arc<Edge>) {
        if let Some(path) = self.edge_path(edge) {
            self.edge_grid.set(edge, path.bounds().grown(1.0));
        }
    }
}

pub fn corner(position: [i32; 2]) -> Point {
    Point::new(f64::from(position[0]), f64::from(position[1]))
}

pub fn note_rect(note: &Note) -> Rect {
    let [w, h] = note.size;
    Rect::new(f64::from(note.position[0]), f64::from(note.position[1]), f64::from(w), f64::from(h))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::Doc;
    use serde_json::json;

    #[test]
    fn parameters_that_are_not_written_are_the_kinds_own() {
        let mut doc = testing::doc();
        assert_eq!(json!(doc.node("c").unwrap().parameters), json!({ "keep": true }));
        let mut other = testing::node("e", "set", [0, 320]);
        other.parameters.insert("keep".into(), json!(false));
        doc.insert_node(9, other);
        assert_eq!(json!(doc.node("e").unwrap().parameters), json!({ "keep": false }));
        let mut newer = testing::node("f", "set", [0, 640]);
        newer.kind_version = 2;
        doc.insert_node(9, newer);
        assert!(doc.node("f").unwrap().parameters.is_empty());

        // They are written once they are something else.
        let written = |doc: &Doc| {
            let node = doc.to_flow().nodes.into_iter().find(|n| n.id == "c").unwrap();
            json!(node.parameters)
        };
        assert_eq!(written(&doc), json!({}));
        let mut other = doc.node("c").unwrap().clone();
        other.parameters.insert("keep".into(), json!(false));
        doc.swap_node(other);
        assert_eq!(written(&doc), json!({ "keep": false }));
    }
}
