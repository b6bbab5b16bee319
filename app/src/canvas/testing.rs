//! A small world for the tests of the canvas: four kinds and a flow `a → b ⇉ c, d`.

use std::collections::HashMap;
use std::sync::Arc;

use flow::kind::{PortRule, Ports};
use flow::{Edge, Effect, Flow, Group, KindDescription, Node, Port, Text};
use serde_json::json;

use super::{Doc, Kinds};

pub fn kinds() -> Kinds {
    let none = Ports::none();
    let one_in = Ports::one("in");
    let out = Ports::one("out");
    let two =
        Ports { fixed: vec![Port::new("true", "true", "sim"), Port::new("false", "false", "não")], rules: vec![] };
    let counted =
        Ports { fixed: vec![], rules: vec![PortRule::Count { pointer: "/ways".into(), prefix: String::new() }] };
    let list = [
        kind("webhook", Group::Trigger, none.clone(), out.clone()),
        KindDescription { defaults: json!({ "keep": true }), ..kind("set", Group::Data, one_in.clone(), out.clone()) },
        kind("if", Group::Flow, one_in.clone(), two),
        kind("switch", Group::Flow, one_in.clone(), counted.clone()),
        kind("merge", Group::Flow, Ports { fixed: vec![], rules: counted.rules }, out),
        kind("respond", Group::Flow, one_in, none),
    ];
    Arc::new(list.into_iter().map(|k| (k.kind.clone(), Arc::new(k))).collect::<HashMap<_, _>>())
}

fn kind(kind: &str, group: Group, inputs: Ports, outputs: Ports) -> KindDescription {
    let name = kind[..1].to_uppercase() + &kind[1..];
    KindDescription {
        kind: kind.into(),
        version: 1,
        name: Text::new(name.clone(), name),
        summary: Text::default(),
        group,
        icon: "circle".into(),
        aliases: vec![],
        inputs,
        outputs,
        effect: Effect::Pure,
        credentials: vec![],
        parameters: json!({ "properties": { "code": { "type": "string", "x-widget": "code:javascript" } } }),
        defaults: json!({}),
        subtitle: String::new(),
    }
}

pub fn node(id: &str, kind: &str, position: [i32; 2]) -> Node {
    let mut node = Node { id: id.into(), name: id.to_uppercase(), kind: kind.into(), position, ..Node::default() };
    node.kind_version = 1;
    if kind == "switch" {
        node.parameters.insert("ways".into(), json!(4));
    }
    node
}

pub fn edge(from: &str, port: &str, to: &str) -> Edge {
    Edge { from: from.into(), from_port: port.into(), to: to.into(), to_port: "in".into() }
}

/// `a` (webhook) → `b` (if), whose `true` goes to `c` (set) and whose `false` goes nowhere; `d` (respond) stands alone.
pub fn doc() -> Doc {
    let flow = Flow {
        name: "Test".into(),
        nodes: vec![
            node("a", "webhook", [0, 0]),
            node("b", "if", [320, 0]),
            node("c", "set", [640, -64]),
            node("d", "respond", [960, 96]),
        ],
        edges: vec![edge("a", "out", "b"), edge("b", "true", "c")],
        ..Flow::default()
    };
    Doc::new(flow, kinds())
}

/// Ids `new1`, `new2`, …
pub fn ids() -> impl FnMut() -> String {
    let mut n = 0;
    move || {
        n += 1;
        format!("new{n}")
    }
}
