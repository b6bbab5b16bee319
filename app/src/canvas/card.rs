//! Size of a node's card and the places of its ports, from its kind and parameters alone: never measured.

use std::sync::Arc;

use flow::graph::{INPUT, OUTPUT};
use flow::{Group, KindDescription, Node, Port, Text};

use super::geom::{Point, Rect};

pub const WIDTH: f64 = 224.0;
pub const HEIGHT: f64 = 64.0;
/// Distance between two ports of one side.
pub const PORT_STEP: f64 = 32.0;
/// Free space between two columns when nodes are placed by the editor.
pub const COLUMN_GAP: i32 = 96;
pub const ROW_GAP: i32 = 48;

/// What of a node matters for drawing and connecting it.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub trigger: bool,
    /// Absent when the server does not know the node's kind.
    pub kind: Option<Arc<KindDescription>>,
}

impl Card {
    pub fn new(node: &Node, kind: Option<&Arc<KindDescription>>) -> Self {
        match kind {
            Some(kind) => Self {
                inputs: kind.input_ports(node),
                outputs: kind.output_ports(node),
                trigger: kind.is_trigger(),
                kind: Some(kind.clone()),
            },
            None => Self {
                inputs: vec![Port::new(INPUT, "", "")],
                outputs: vec![Port::new(OUTPUT, "", "")],
                trigger: false,
                kind: None,
            },
        }
    }

    pub fn height(&self) -> f64 {
        HEIGHT.max(PORT_STEP * self.outputs.len().max(self.inputs.len()) as f64)
    }

    pub fn rect(&self, position: [i32; 2]) -> Rect {
        Rect::new(f64::from(position[0]), f64::from(position[1]), WIDTH, self.height())
    }

    /// Centre of an input port relative to the card; a port that is gone counts as the first.
    pub fn input_at(&self, port: &str) -> Point {
        Point::new(0.0, port_y(&self.inputs, port))
    }

    /// Centre of an output port relative to the card; a port that is gone counts as the first.
    pub fn output_at(&self, port: &str) -> Point {
        Point::new(WIDTH, port_y(&self.outputs, port))
    }

    pub fn has_input(&self, port: &str) -> bool {
        self.inputs.iter().any(|p| p.name == port)
    }

    pub fn has_output(&self, port: &str) -> bool {
        self.outputs.iter().any(|p| p.name == port)
    }

    pub fn group(&self) -> Option<Group> {
        self.kind.as_ref().map(|k| k.group)
    }

    /// What an output is called on its edge; nothing when the node has only one.
    pub fn output_label(&self, port: &str) -> Option<&Text> {
        if self.outputs.len() < 2 {
            return None;
        }
        self.outputs.iter().find(|p| p.name == port).map(|p| &p.label).filter(|l| !l.en.is_empty())
    }
}

/// Vertical centre of the `index`th of `count` ports.
pub fn port_offset(index: usize, count: usize) -> f64 {
    if count < 2 { PORT_STEP } else { PORT_STEP / 2.0 + PORT_STEP * index as f64 }
}

fn port_y(ports: &[Port], name: &str) -> f64 {
    port_offset(ports.iter().position(|p| p.name == name).unwrap_or(0), ports.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kinds, node};
    use super::*;

    fn card(kind: &str) -> Card {
        Card::new(&node("n", kind, [0, 0]), kinds().get(kind))
    }

    #[test]
    fn height_follows_the_ports() {
        assert_eq!(card("set").height(), 64.0);
        assert_eq!(card("if").height(), 64.0);
        assert_eq!(card("switch").height(), 128.0, "four outputs");
    }

    #[test]
    fn one_port_sits_at_32_and_several_from_16_on() {
        assert_eq!(card("set").output_at("out"), Point::new(224.0, 32.0));
        assert_eq!(card("if").output_at("true"), Point::new(224.0, 16.0));
        assert_eq!(card("if").output_at("false"), Point::new(224.0, 48.0));
        assert_eq!(card("if").input_at("in"), Point::new(0.0, 32.0));
    }

    #[test]
    fn an_unknown_kind_still_has_a_port_on_each_side() {
        let card = card("not_there");
        assert!(card.has_input("in") && card.has_output("out") && card.kind.is_none());
    }
}
