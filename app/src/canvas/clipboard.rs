//! Copying and pasting nodes as JSON text.

use std::collections::{HashMap, HashSet};

use flow::{Edge, Node, Note};
use serde::{Deserialize, Serialize};

use super::names;
use super::{Change, Doc, GRID, Id, Point, Rect, snap};

/// What the clipboard holds; a whole exported flow pastes too.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Clip {
    /// Says that the text is Fluxo's; the format's number.
    #[serde(default)]
    fluxo: u32,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    edges: Vec<Edge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<Note>,
}

/// The selected nodes, the edges among them and the selected notes, as readable JSON.
pub fn copy(doc: &Doc, ids: &HashSet<Id>) -> String {
    let clip = Clip {
        fluxo: 1,
        nodes: doc.nodes().filter(|(id, _)| ids.contains(*id)).map(|(_, p)| p.node.clone()).collect(),
        edges: doc
            .edges()
            .filter(|e| ids.contains(e.from.as_str()) && ids.contains(e.to.as_str()))
            .map(|e| Edge::clone(e))
            .collect(),
        notes: doc.notes().filter(|(id, _)| ids.contains(*id)).map(|(_, n)| n.clone()).collect(),
    };
    serde_json::to_string_pretty(&clip).unwrap_or_default()
}

/// Something that was read from the clipboard and can be pasted.
#[derive(Debug)]
pub struct Paste {
    pub changes: Vec<Change>,
    /// What to select afterwards.
    pub ids: HashSet<Id>,
}

/// What pasting `text` with its middle at `at` does; `None` when the text is not a flow or is empty. `new_id` gives a
/// fresh id; names are made unique and references among the pasted nodes follow.
pub fn paste(doc: &Doc, text: &str, at: Point, new_id: &mut dyn FnMut() -> String) -> Option<Paste> {
    let clip: Clip = serde_json::from_str(text.trim()).ok()?;
    if clip.nodes.is_empty() && clip.notes.is_empty() {
        return None;
    }
    let size = |p: [i32; 2], [w, h]: [i32; 2]| Rect::new(f64::from(p[0]), f64::from(p[1]), f64::from(w), f64::from(h));
    let all = Rect::around(
        clip.nodes
            .iter()
            .map(|n| size(n.position, [224, 64]))
            .chain(clip.notes.iter().map(|n| size(n.position, n.size))),
    )?;
    let mut by = [snap(at.x - all.centre().x), snap(at.y - all.centre().y)];
    // What is pasted again lies beside what was pasted before, not on it.
    let taken: HashSet<[i32; 2]> =
        doc.nodes().map(|(_, p)| p.node.position).chain(doc.notes().map(|(_, n)| n.position)).collect();
    let places = || clip.nodes.iter().map(|n| n.position).chain(clip.notes.iter().map(|n| n.position));
    while places().any(|p| taken.contains(&moved(p, by))) {
        by = by.map(|b| b + 2 * GRID);
    }
    Some(insert(doc, clip, by, new_id))
}

/// A copy of the selection a little to the right and below.
pub fn duplicate(doc: &Doc, ids: &HashSet<Id>, new_id: &mut dyn FnMut() -> String) -> Option<Paste> {
    let clip: Clip = serde_json::from_str(&copy(doc, ids)).ok()?;
    let step = 2 * GRID;
    (!clip.nodes.is_empty() || !clip.notes.is_empty()).then(|| insert(doc, clip, [step, step], new_id))
}

fn insert(doc: &Doc, clip: Clip, by: [i32; 2], new_id: &mut dyn FnMut() -> String) -> Paste {
    let mut fresh = || loop {
        let id = new_id();
        if doc.rect(&id).is_none() {
            return id;
        }
    };
    let mut taken: HashSet<String> = doc.nodes().map(|(_, p)| p.node.name.clone()).collect();
    let mut ids: HashMap<String, String> = HashMap::new();
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut nodes = clip.nodes;
    for node in &mut nodes {
        let name = names::unique(&node.name, |n| taken.contains(n));
        taken.insert(name.clone());
        if name != node.name {
            renamed.insert(std::mem::replace(&mut node.name, name.clone()), name);
        }
        let id = fresh();
        ids.insert(std::mem::replace(&mut node.id, id.clone()), id);
        node.position = moved(node.position, by);
    }
    let mut changes = Vec::new();
    for node in nodes {
        let node = names::follow(doc, &node, &renamed).unwrap_or(node);
        changes.push(Change::add_node(node));
    }
    for edge in clip.edges {
        if let (Some(from), Some(to)) = (ids.get(&edge.from), ids.get(&edge.to)) {
            changes.push(Change::add_edge(Edge { from: from.clone(), to: to.clone(), ..edge }));
        }
    }
    let mut selected: HashSet<Id> = ids.values().map(|id| Id::from(id.as_str())).collect();
    for mut note in clip.notes {
        note.id = fresh();
        note.position = moved(note.position, by);
        selected.insert(Id::from(note.id.as_str()));
        changes.push(Change::AddNote { at: super::change::LAST, note });
    }
    Paste { changes, ids: selected }
}

fn moved([x, y]: [i32; 2], [dx, dy]: [i32; 2]) -> [i32; 2] {
    [snap(f64::from(x)) + dx, snap(f64::from(y)) + dy]
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, ids};
    use super::*;
    use serde_json::json;

    fn set(ids: &[&str]) -> HashSet<Id> {
        ids.iter().map(|id| Id::from(*id)).collect()
    }

    #[test]
    fn a_copy_gets_new_ids_unique_names_and_its_references_follow() {
        let mut doc = doc();
        let mut c = doc.node("c").unwrap().clone();
        c.parameters.insert("x".into(), json!("={{ $('B').item.json.a + $('A').item }}"));
        doc.apply(Change::PatchNode { node: Box::new(c) }).unwrap();
        let text = copy(&doc, &set(&["b", "c"]));
        let paste = paste(&doc, &text, Point::new(2_000.0, 1_000.0), &mut ids()).unwrap();
        doc.apply_all(&paste.changes).unwrap();
        assert_eq!(paste.ids, set(&["new1", "new2"]));
        let copied = doc.node("new2").unwrap();
        assert_eq!(copied.name, "C 2");
        assert_eq!(copied.parameters["x"], json!("={{ $('B 2').item.json.a + $('A').item }}"), "A was not copied");
        let edges: Vec<_> = doc.leaving("new1").collect();
        assert_eq!((edges.len(), edges[0].from_port.as_str(), edges[0].to.as_str()), (1, "true", "new2"));
        let [x, y] = copied.position;
        assert_eq!((x % GRID, y % GRID), (0, 0));
    }

    #[test]
    fn a_whole_flow_pastes_and_other_text_does_not() {
        let doc = doc();
        let flow = serde_json::to_string(&doc.to_flow()).unwrap();
        assert_eq!(paste(&doc, &flow, Point::default(), &mut ids()).unwrap().ids.len(), 4);
        for text in ["", "hello", "{}", "[1]", r#"{"nodes": []}"#, r#"{"nodes": 3}"#] {
            assert!(paste(&doc, text, Point::default(), &mut ids()).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_pasted_again_lies_beside_it() {
        let mut doc = doc();
        let text = copy(&doc, &set(&["c"]));
        let mut new_id = ids();
        for _ in 0..3 {
            let paste = paste(&doc, &text, Point::new(2_000.0, 1_000.0), &mut new_id).unwrap();
            doc.apply_all(&paste.changes).unwrap();
        }
        let places: HashSet<[i32; 2]> = doc.nodes().map(|(_, p)| p.node.position).collect();
        assert_eq!(places.len(), doc.nodes().len());
    }

    #[test]
    fn a_duplicate_lies_two_steps_off() {
        let mut doc = doc();
        let paste = duplicate(&doc, &set(&["c"]), &mut ids()).unwrap();
        doc.apply_all(&paste.changes).unwrap();
        assert_eq!(doc.node("new1").unwrap().position, [672, -32]);
        assert!(duplicate(&doc, &set(&[]), &mut ids()).is_none());
    }
}
