use serde_json::{Value, json};

use super::*;
use crate::kind::{CredentialSlot, Effect, Group, Port, Ports};

fn kind(name: &str, group: Group, inputs: Ports, outputs: Ports, parameters: Value) -> KindDescription {
    KindDescription {
        kind: name.to_owned(),
        version: 1,
        name: Text::default(),
        summary: Text::default(),
        group,
        icon: String::new(),
        aliases: Vec::new(),
        inputs,
        outputs,
        effect: Effect::Pure,
        credentials: Vec::new(),
        parameters,
        defaults: json!({"mode": "simple"}),
        subtitle: String::new(),
    }
}

fn kinds() -> Vec<KindDescription> {
    let any = || json!({"type": "object"});
    let mut call = kind("call", Group::Network, Ports::one("in"), Ports::one("out"), call_schema());
    call.credentials.push(CredentialSlot {
        name: "basic".to_owned(),
        label: Text::new("User and password", "Usuário e senha"),
        kinds: vec!["http_basic".to_owned()],
        show_when: json!({"/sign_in": ["basic"]}).as_object().unwrap().clone(),
    });
    vec![
        kind("manual", Group::Trigger, Ports::none(), Ports::one("out"), any()),
        kind("webhook", Group::Trigger, Ports::none(), Ports::one("out"), any()),
        kind("respond", Group::Flow, Ports::one("in"), Ports::one("out"), any()),
        kind("set", Group::Data, Ports::one("in"), Ports::one("out"), any()),
        kind(
            "if",
            Group::Flow,
            Ports::one("in"),
            Ports { fixed: vec![Port::new("true", "", ""), Port::new("false", "", "")], rules: vec![] },
            any(),
        ),
        call,
    ]
}

/// As schemars writes it.
fn call_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "url": {"type": "string", "title": "Address", "x-pt": {"title": "Endereço"}, "minLength": 1},
            "mode": {"type": "string", "enum": ["simple", "full"], "title": "Mode", "x-no-expression": true},
            "sign_in": {"type": "string", "title": "Sign in"},
            "tries": {"type": "integer", "minimum": 1, "maximum": 5, "title": "Tries"},
            "wait": {"type": ["number", "null"], "exclusiveMinimum": 0},
            "only_full": {"type": "string", "minLength": 1, "x-show-when": {"/mode": ["full"]}, "title": "Only when full"},
            "headers": {"type": "array", "title": "Headers", "items": {"$ref": "#/$defs/Header"}, "maxItems": 2},
            "body": {"title": "Body", "oneOf": [
                {"type": "object", "properties": {"kind": {"type": "string", "const": "text"}, "text": {"type": "string"}}, "required": ["kind", "text"]},
                {"type": "object", "properties": {"kind": {"type": "string", "const": "none"}}, "required": ["kind"]}
            ]},
            "level": {"oneOf": [{"type": "string", "const": "low"}, {"type": "string", "const": "high"}]},
            "on": {"type": "boolean"}
        },
        "required": ["url", "only_full"],
        "additionalProperties": false,
        "$defs": {"Header": {"type": "object", "properties": {"name": {"type": "string", "title": "Name"}}, "required": ["name"]}}
    })
}

fn findings(flow: &Flow) -> Vec<Finding> {
    let kinds = kinds();
    check(flow, &|name| kinds.iter().find(|k| k.kind == name))
}

/// Nodes as `name:kind`, edges as `a.port>b`; `*` before the name disables the node.
fn drawn(nodes: &str, edges: &str) -> Flow {
    let node = |text: &str| {
        let (name, kind) = text.split_once(':').unwrap();
        let mut node = Node { kind: kind.to_owned(), ..Node::default() };
        node.name = name.trim_start_matches('*').to_owned();
        node.id = node.name.to_lowercase();
        node.settings.disabled = name.starts_with('*');
        node
    };
    let edge = |text: &str| {
        let (from, to) = text.split_once('>').unwrap();
        let (from, port) = from.split_once('.').unwrap_or((from, "out"));
        let (to, to_port) = to.split_once('.').unwrap_or((to, "in"));
        serde_json::from_value(json!({"from": from, "from_port": port, "to": to, "to_port": to_port})).unwrap()
    };
    Flow {
        nodes: nodes.split_whitespace().map(node).collect(),
        edges: edges.split_whitespace().map(edge).collect(),
        ..Flow::default()
    }
}

fn check_drawing(nodes: &str, edges: &str, expected: &[&str]) {
    let found = findings(&drawn(nodes, edges));
    let got: Vec<String> = found.iter().map(|f| format!("{} {}", f.code, f.node.as_deref().unwrap_or("-"))).collect();
    assert_eq!(got, expected, "{nodes} / {edges}: {found:#?}");
    for finding in &found {
        assert!(!finding.message.pt.is_empty() && finding.message.pt != finding.message.en, "{finding:?}");
    }
}

#[test]
fn drawings() {
    check_drawing("", "", &["no_trigger -"]);
    check_drawing("A:set", "", &["no_trigger -"]);
    check_drawing("*T:manual A:set", "t>a", &["no_trigger -"]);
    check_drawing("T:manual A:set B:set", "t>a a>b", &[]);
    check_drawing("T:manual A:teleport", "t>a", &["kind_missing a"]);
    check_drawing("T:manual *A:teleport", "t>a", &["kind_missing a"]);
    check_drawing("T:manual A:set A:set", "t>a", &["duplicate_id a", "duplicate_name a", "unreachable a"]);
    check_drawing("T:manual A:set", "t>a t>ghost", &["edge_dangling t"]);
    check_drawing("T:manual A:set", "t>a t>a", &["edge_duplicate t"]);
    check_drawing("T:manual A:set", "t.left>a", &["port_missing t"]);
    check_drawing("T:manual A:if B:set", "t>a a.true>b a.other>b", &["port_missing a"]);
    check_drawing("T:manual A:set", "t>a.second", &["port_missing a"]);
    check_drawing("T:manual A:set U:manual", "t>a a>u", &["port_missing u"]);
    check_drawing("T:manual A:set B:set C:set", "t>a a>b b>c c>b", &["cycle b"]);
    check_drawing("T:manual A:set", "t>a a>a", &["cycle a"]);
    check_drawing("T:manual A:set B:set", "t>a", &["unreachable b"]);
    check_drawing("T:manual *B:set", "", &[]);
    check_drawing("T:manual R:respond", "t>r", &["respond_without_webhook r"]);
    check_drawing("T:manual W:webhook R:respond", "t>r w>r", &[]);
}

#[test]
fn a_cycle_is_named() {
    let found = findings(&drawn("T:manual A:set B:set C:set", "t>a a>b b>c c>a"));
    assert!(found[0].message.en.contains("A → B → C → A"), "{}", found[0].message.en);
    assert_eq!(found[0].severity, Severity::Error);
}

fn check_call(parameters: Value, expected: &[&str]) {
    let mut flow = drawn("T:manual A:call", "t>a");
    flow.nodes[1].parameters = parameters.as_object().unwrap().clone();
    let got: Vec<String> = findings(&flow)
        .iter()
        .map(|f| format!("{} {}: {}", f.code, f.pointer.as_deref().unwrap_or("-"), f.message.en))
        .collect();
    assert_eq!(got, expected, "{parameters}");
}

#[test]
fn parameters() {
    check_call(json!({"url": "x"}), &[]);
    check_call(json!({}), &["parameter_missing /url: 'Address' is missing. Fill it in."]);
    check_call(json!({"url": ""}), &["parameter_missing /url: 'Address' is empty. Fill it in."]);
    check_call(json!({"url": ["x"]}), &["parameter_invalid /url: 'Address' must be text. Correct it."]);
    check_call(json!({"url": "={{ $json.url }}", "tries": "={{ 1 }}"}), &[]);
    check_call(json!({"url": "x", "tries": 6}), &["parameter_invalid /tries: 'Tries' must be at most 5. Correct it."]);
    check_call(json!({"url": "x", "tries": "3"}), &[]);
    check_call(
        json!({"url": "x", "tries": 1.5}),
        &["parameter_invalid /tries: 'Tries' must be a whole number. Correct it."],
    );
    check_call(json!({"url": "x", "wait": null}), &[]);
    check_call(json!({"url": "x", "wait": 0}), &["parameter_invalid /wait: 'wait' must be more than 0. Correct it."]);
    check_call(json!({"url": "x", "on": "maybe"}), &["parameter_invalid /on: 'on' must be yes or no. Correct it."]);
    check_call(
        json!({"url": "x", "mode": "half"}),
        &["parameter_invalid /mode: 'Mode' must be one of: simple, full. Choose one."],
    );
    check_call(
        json!({"url": "x", "mode": "={{ 1 }}"}),
        &["parameter_fixed /mode: 'Mode' can't be an expression. Write a fixed value."],
    );
    check_call(
        json!({"url": "x", "level": "mid"}),
        &["parameter_invalid /level: 'level' must be one of: low, high. Choose one."],
    );
    check_call(
        json!({"url": "x", "colour": 1}),
        &["parameter_unknown /colour: 'colour' is not a parameter of this node. Remove it."],
    );
    check_call(
        json!({"url": "x", "headers": [{"name": "a"}, {}]}),
        &["parameter_missing /headers/1/name: 'Headers 2 › Name' is missing. Fill it in."],
    );
    check_call(
        json!({"url": "x", "headers": [{"name": "a"}, {"name": "a"}, {"name": "a"}]}),
        &["parameter_invalid /headers: 'Headers' may have at most 2 elements or characters. Shorten it."],
    );
    check_call(json!({"url": "x", "body": {"kind": "none"}}), &[]);
    check_call(
        json!({"url": "x", "body": {"kind": "text"}}),
        &["parameter_missing /body/text: 'Body › text' is missing. Fill it in."],
    );
}

#[test]
fn what_the_form_hides_is_not_checked() {
    check_call(json!({"url": "x", "mode": "simple", "only_full": ""}), &[]);
    check_call(
        json!({"url": "x", "mode": "full"}),
        &["parameter_missing /only_full: 'Only when full' is missing. Fill it in."],
    );
}

#[test]
fn credentials_expressions_and_settings() {
    check_call(
        json!({"url": "x", "sign_in": "basic"}),
        &[
            "credential_missing /credentials/basic: No credential is chosen for 'User and password'. Choose or create one.",
        ],
    );
    check_call(json!({"url": "x", "sign_in": "={{ $json.how }}"}), &[]);
    check_call(
        json!({"url": "={{ $('Nobody').item.json.x }}"}),
        &["node_unknown /url: The expression names the node 'Nobody', which does not exist. Correct the name."],
    );
    check_call(json!({"url": "={{ $('T').item.json.x }}"}), &[]);
    let mut flow = drawn("T:manual A:set", "t>a");
    flow.nodes[1].parameters.insert("deep".into(), json!({"list": ["fine", "=a {{ $json.x "]}));
    flow.nodes[1].settings.timeout_s = Some(0);
    flow.nodes[1].settings.retry = Some(crate::Retry { tries: 0, factor: 0.5, ..Default::default() });
    let codes: Vec<_> = findings(&flow).into_iter().map(|f| (f.code, f.pointer)).collect();
    let setting = || ("setting_invalid".to_owned(), None);
    assert_eq!(
        codes,
        [("expression_invalid".to_owned(), Some("/deep/list/1".to_owned())), setting(), setting(), setting()]
    );
    flow.nodes[1].settings.disabled = true;
    assert_eq!(findings(&flow), []);
}

#[test]
fn time_limits_can_be_counted() {
    let check = |seconds: u64, expected: usize| {
        let mut flow = drawn("T:manual A:set", "t>a");
        flow.settings.timeout_s = Some(seconds);
        flow.nodes[1].settings.timeout_s = Some(seconds);
        let found: Vec<_> = findings(&flow).into_iter().filter(|f| f.code == "setting_invalid").collect();
        assert_eq!(found.len(), expected, "{seconds}: {found:?}");
    };
    check(0, 2);
    check(1, 0);
    check(MAX_TIMEOUT_S, 0);
    check(u64::MAX, 2);
}
