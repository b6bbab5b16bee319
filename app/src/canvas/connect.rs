//! Which connections are allowed, why not, and where a dragged one would end.

use flow::{Edge, Text};

use super::gesture::Side;
use super::walk;
use super::{Doc, Id, Point, Rect};

/// Ports catch the pointer from this many screen pixels away.
pub const CATCH: f64 = 20.0;

/// Why two ports can't be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    ToItself,
    IntoTrigger,
    NoInput,
    NoOutput,
    Exists,
    Circle,
    Gone,
}

impl Refusal {
    /// What is wrong and what to do instead.
    pub fn text(self) -> Text {
        match self {
            Self::ToItself => Text::new(
                "A node can't feed itself. Connect it to another node.",
                "Um nó não pode alimentar a si mesmo. Conecte a outro nó.",
            ),
            Self::IntoTrigger => Text::new(
                "A trigger starts runs and takes no input. Connect from it instead.",
                "Um gatilho inicia execuções e não recebe entrada. Conecte a partir dele.",
            ),
            Self::NoInput => Text::new("This node takes no input.", "Este nó não recebe entrada."),
            Self::NoOutput => {
                Text::new("This node ends its branch and has no output.", "Este nó encerra o ramo e não tem saída.")
            }
            Self::Exists => Text::new("These ports are connected already.", "Estas portas já estão conectadas."),
            Self::Circle => Text::new(
                "This would make a circle that never ends. Connect to a node that is not before this one.",
                "Isto criaria um círculo sem fim. Conecte a um nó que não venha antes deste.",
            ),
            Self::Gone => Text::new("This port is gone.", "Esta porta não existe mais."),
        }
    }
}

/// Whether `edge` may be added.
///
/// # Errors
/// The [`Refusal`] that says why not.
pub fn check(doc: &Doc, edge: &Edge) -> Result<(), Refusal> {
    let (Some(from), Some(to)) = (doc.card(&edge.from), doc.card(&edge.to)) else { return Err(Refusal::Gone) };
    if edge.from == edge.to {
        return Err(Refusal::ToItself);
    }
    if to.trigger {
        return Err(Refusal::IntoTrigger);
    }
    if to.inputs.is_empty() {
        return Err(Refusal::NoInput);
    }
    if from.outputs.is_empty() {
        return Err(Refusal::NoOutput);
    }
    if !from.has_output(&edge.from_port) || !to.has_input(&edge.to_port) {
        return Err(Refusal::Gone);
    }
    if doc.has_edge(edge) {
        return Err(Refusal::Exists);
    }
    if walk::circle_without_loop(doc, edge) {
        return Err(Refusal::Circle);
    }
    Ok(())
}

/// Every edge that may be added from an output of `from`, in flow order of the targets.
pub fn possible(doc: &Doc, from: &str) -> Vec<Edge> {
    let Some(card) = doc.card(from) else { return Vec::new() };
    let order = walk::flow_order(doc);
    let mut edges = Vec::new();
    for output in &card.outputs {
        for to in order.iter().filter(|to| &***to != from) {
            let inputs = doc.card(to).map(|c| c.inputs.clone()).unwrap_or_default();
            edges.extend(inputs.into_iter().map(|input| Edge {
                from: from.to_owned(),
                from_port: output.name.clone(),
                to: to.to_string(),
                to_port: input.name,
            }));
        }
    }
    edges.retain(|edge| check(doc, edge).is_ok());
    edges
}

/// One end of an edge that is being drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub node: Id,
    pub side: Side,
    pub port: String,
}

/// Where the drawn edge would end: the edge and whether it is allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub edge: Edge,
    pub verdict: Result<(), Refusal>,
}

impl End {
    pub fn at(&self, doc: &Doc) -> Option<Point> {
        match self.side {
            Side::Out => doc.output_at(&self.node, &self.port),
            Side::In => doc.input_at(&self.node, &self.port),
        }
    }

    /// The edge between this end and a port of the other side.
    pub fn to(&self, node: &str, port: &str) -> Edge {
        match self.side {
            Side::Out => Edge {
                from: self.node.to_string(),
                from_port: self.port.clone(),
                to: node.to_owned(),
                to_port: port.to_owned(),
            },
            Side::In => Edge {
                from: node.to_owned(),
                from_port: port.to_owned(),
                to: self.node.to_string(),
                to_port: self.port.clone(),
            },
        }
    }

    /// What is under the pointer: the nearest port within reach, or the card below it (its first free port).
    pub fn target(&self, doc: &Doc, at: Point, zoom: f64) -> Option<Target> {
        let reach = CATCH / zoom;
        let mut best: Option<(f64, Edge)> = None;
        let mut near = doc.nodes_within(&Rect::new(at.x, at.y, 0.0, 0.0).grown(reach));
        near.sort();
        for id in &near {
            let Some(placed) = doc.placed(id) else { continue };
            let ports = if self.side == Side::Out { &placed.card.inputs } else { &placed.card.outputs };
            for port in ports {
                let centre = match self.side {
                    Side::Out => doc.input_at(id, &port.name),
                    Side::In => doc.output_at(id, &port.name),
                };
                let distance = centre.map_or(f64::MAX, |c| c.distance(at));
                if distance <= reach && best.as_ref().is_none_or(|(d, _)| distance < *d) {
                    best = Some((distance, self.to(id, &port.name)));
                }
            }
        }
        let edge = match best {
            Some((_, edge)) => edge,
            None => {
                let id = near.iter().rev().find(|id| doc.rect(id).is_some_and(|r| r.contains(at)))?;
                if **id == *self.node {
                    return None;
                }
                self.to_card(doc, id)
            }
        };
        let verdict = check(doc, &edge);
        Some(Target { edge, verdict })
    }

    /// The edge to a card as a whole: to its first port that takes it, else to its first port.
    pub fn to_card(&self, doc: &Doc, id: &str) -> Edge {
        let card = doc.card(id);
        let ports = card.map_or(&[][..], |c| if self.side == Side::Out { &c.inputs } else { &c.outputs });
        let edges = ports.iter().map(|p| self.to(id, &p.name));
        let used = |e: &Edge| match self.side {
            Side::Out => doc.arriving(id).any(|o| o.to_port == e.to_port),
            Side::In => doc.leaving(id).any(|o| o.from_port == e.from_port),
        };
        edges
            .clone()
            .find(|e| check(doc, e).is_ok() && !used(e))
            .or_else(|| edges.clone().find(|e| check(doc, e).is_ok()))
            .or_else(|| edges.clone().next())
            .unwrap_or_else(|| self.to(id, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{doc, edge, node};
    use super::super::{Change, change::LAST};
    use super::*;

    #[track_caller]
    fn refused(edge: Edge, expected: Refusal) {
        assert_eq!(check(&doc(), &edge), Err(expected));
        let text = expected.text();
        assert!(text.en.ends_with('.') && text.pt.ends_with('.') && text.en != text.pt);
    }

    #[test]
    fn what_is_refused_says_why() {
        refused(edge("b", "true", "b"), Refusal::ToItself);
        refused(edge("c", "out", "a"), Refusal::IntoTrigger);
        refused(edge("d", "out", "c"), Refusal::NoOutput);
        refused(edge("b", "true", "c"), Refusal::Exists);
        refused(edge("c", "out", "b"), Refusal::Circle);
        refused(edge("b", "maybe", "d"), Refusal::Gone);
        refused(edge("b", "true", "?"), Refusal::Gone);
        assert_eq!(check(&doc(), &edge("b", "false", "d")), Ok(()));
    }

    #[test]
    fn what_may_be_connected_is_listed() {
        let found = possible(&doc(), "b");
        assert!(found.contains(&edge("b", "false", "d")), "{found:?}");
        assert!(found.iter().all(|edge| check(&doc(), edge).is_ok()));
        assert!(possible(&doc(), "?").is_empty());
    }

    fn end(node: &str, side: Side, port: &str) -> End {
        End { node: node.into(), side, port: port.into() }
    }

    #[test]
    fn a_port_catches_the_pointer_and_so_does_the_card() {
        let doc = doc();
        let from = end("b", Side::Out, "false");
        let near_port = from.target(&doc, Point::new(945.0, 120.0), 1.0).unwrap();
        assert_eq!((near_port.edge, near_port.verdict), (edge("b", "false", "d"), Ok(())));
        let on_card = from.target(&doc, Point::new(1_100.0, 120.0), 1.0).unwrap();
        assert_eq!(on_card.edge, edge("b", "false", "d"));
        assert_eq!(from.target(&doc, Point::new(1_100.0, 600.0), 1.0), None);
        assert_eq!(from.target(&doc, Point::new(400.0, 30.0), 1.0), None, "its own card means nothing");
    }

    #[test]
    fn drawing_backwards_works_from_an_input() {
        let doc = doc();
        let target = end("d", Side::In, "in").target(&doc, Point::new(650.0, -40.0), 1.0).unwrap();
        assert_eq!(target.edge, edge("c", "out", "d"));
    }

    #[test]
    fn a_card_with_several_inputs_takes_the_free_one() {
        let mut doc = doc();
        doc.apply(Change::AddNode { at: LAST, node: Box::new(node("m", "merge", [1_280, 0])) }).unwrap();
        let mut first = edge("c", "out", "m");
        first.to_port = "1".into();
        doc.apply(Change::add_edge(first)).unwrap();
        assert_eq!(end("b", Side::Out, "false").to_card(&doc, "m").to_port, "2");
    }
}
