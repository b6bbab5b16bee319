//! What a node kind says about itself. The description *is* the form, the validation, the reference page and the API
//! documentation; the browser gets all of them from `GET /api/v1/node-kinds` and ships no node code.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::graph::{ERROR_PORT, Node, OnError};
use crate::text::Text;

/// Everything there is to know about a node kind without running it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KindDescription {
    /// Stable id in `snake_case`, for example `http_request`.
    pub kind: String,
    pub version: u32,
    /// Sentence case, for example "HTTP request".
    pub name: Text,
    /// What it does, in at most five words: the second line in the palette.
    pub summary: Text,
    pub group: Group,
    /// Name of a symbol in the icon sprite.
    pub icon: String,
    /// Further words that the palette's search finds it by.
    pub aliases: Vec<String>,
    pub inputs: Ports,
    pub outputs: Ports,
    pub effect: Effect,
    pub credentials: Vec<CredentialSlot>,
    /// JSON Schema (2020-12) of the parameters, an object. Hints beside the standard words:
    /// `title` (English label), `description` (English help), `x-pt` `{title, description}`,
    /// `x-widget` (`text`, `multiline`, `code:javascript`, `code:json`, `expression`, `select`, `switch`, `key-values`,
    /// `assignments`, `conditions`, `duration`, `cron`, `timezone`, `file-path`, `binary-property`, `color`, `json`),
    /// `x-placeholder`, `x-show-when` `{"/pointer": [values]}` (JSON pointers into the parameters, all must match),
    /// `x-options` `{value: {en, pt}}` (labels of an enum), `x-no-expression` (only a fixed value is allowed),
    /// `x-advanced` (folded away under "Options").
    pub parameters: Value,
    /// Parameters of a node that was just placed.
    pub defaults: Value,
    /// The card's second line, with `{pointer}` for parameters: `"{/method} {/path}"`. The summary when it comes out empty.
    pub subtitle: String,
}

/// Families in the palette, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Trigger,
    Flow,
    Data,
    Files,
    Pdf,
    Network,
    Database,
    Kubernetes,
    Ai,
}

/// What starting the node may change outside the run; decides what must be durable before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Depends on its input alone; may be run again without anyone noticing.
    Pure,
    /// Reads or changes the outside world.
    Outside,
}

/// One place where edges leave or arrive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Port {
    /// Stable name that edges refer to.
    pub name: String,
    /// Shown beside the port when a node has several.
    pub label: Text,
}

/// The ports of one side of a node: fixed ones first, then those that follow from parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Ports {
    pub fixed: Vec<Port>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PortRule>,
}

/// How further ports follow from the node's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum PortRule {
    /// `prefix1` … `prefixN`, N being the number at `pointer` (2 when absent), 32 at most.
    Count { pointer: String, prefix: String },
    /// One port for each element of the list at `pointer`: named by its field `name`, or by its position from 1.
    List { pointer: String, name: String },
    /// One more port when the value at `pointer` is `equals`.
    When { pointer: String, equals: Value, port: Port },
}

/// A credential that a node may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CredentialSlot {
    /// Key in [`Node::credentials`].
    pub name: String,
    pub label: Text,
    /// Credential kinds that fit, for example `pkcs12`.
    pub kinds: Vec<String>,
    /// Shown and needed only when all of these match, as in `x-show-when`; always when empty.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub show_when: serde_json::Map<String, Value>,
}

impl KindDescription {
    /// Triggers have no input and start runs.
    pub fn is_trigger(&self) -> bool {
        self.group == Group::Trigger
    }

    pub fn input_ports(&self, node: &Node) -> Vec<Port> {
        self.inputs.of(node, &self.defaults)
    }

    /// The output ports of `node`, the error port last.
    pub fn output_ports(&self, node: &Node) -> Vec<Port> {
        let mut ports = self.outputs.of(node, &self.defaults);
        if node.settings.on_error == OnError::ErrorPort && !ports.iter().any(|p| p.name == ERROR_PORT) {
            ports.push(Port::new(ERROR_PORT, "error", "erro"));
        }
        ports
    }
}

impl Port {
    pub fn new(name: impl Into<String>, en: impl Into<String>, pt: impl Into<String>) -> Self {
        Self { name: name.into(), label: Text::new(en, pt) }
    }
}

impl Ports {
    pub fn none() -> Self {
        Self::default()
    }

    pub fn one(name: &str) -> Self {
        Self { fixed: vec![Port::new(name, "", "")], rules: Vec::new() }
    }

    fn of(&self, node: &Node, defaults: &Value) -> Vec<Port> {
        let mut ports = self.fixed.clone();
        for rule in &self.rules {
            rule.add(node, defaults, &mut ports);
        }
        ports
    }
}

impl PortRule {
    fn add(&self, node: &Node, defaults: &Value, ports: &mut Vec<Port>) {
        let lookup = |pointer: &str| value_of(node, defaults, pointer);
        match self {
            Self::Count { pointer, prefix } => {
                let count = lookup(pointer).and_then(Value::as_u64).unwrap_or(2).min(32);
                ports.extend((1..=count).map(|i| Port::new(format!("{prefix}{i}"), i.to_string(), i.to_string())));
            }
            Self::List { pointer, name } => {
                let list = lookup(pointer).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (i, element) in list.iter().enumerate() {
                    let given = element.get(name).and_then(Value::as_str).unwrap_or("").trim();
                    let label = if given.is_empty() { (i + 1).to_string() } else { given.to_owned() };
                    if !ports.iter().any(|p| p.name == label) {
                        ports.push(Port::new(label.clone(), label.clone(), label));
                    }
                }
            }
            Self::When { pointer, equals, port } => {
                if lookup(pointer) == Some(equals) {
                    ports.push(port.clone());
                }
            }
        }
    }
}

/// The value at a JSON pointer into a node's parameters.
pub fn lookup<'a>(node: &'a Node, pointer: &str) -> Option<&'a Value> {
    let mut parts = pointer.strip_prefix('/')?.split('/');
    let mut value = node.parameters.get(parts.next()?)?;
    for part in parts {
        value = match value {
            Value::Object(map) => map.get(part)?,
            Value::Array(list) => list.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

/// The same; what is not written is what it is from the start, by the `defaults` of the node's kind.
fn value_of<'a>(node: &'a Node, defaults: &'a Value, pointer: &str) -> Option<&'a Value> {
    lookup(node, pointer).or_else(|| defaults.pointer(pointer))
}

/// Whether every condition of a `show_when` matches; `None` when an expression decides. `defaults` are those of the node's
/// kind.
pub fn shown(conditions: &serde_json::Map<String, Value>, node: &Node, defaults: &Value) -> Option<bool> {
    let mut certain = true;
    for (pointer, wanted) in conditions {
        let value = value_of(node, defaults, pointer).unwrap_or(&Value::Null);
        let fits = match wanted {
            Value::Array(list) => list.contains(value),
            one => one == value,
        };
        match value {
            _ if fits => {}
            Value::String(text) if text.starts_with('=') => certain = false,
            _ => return Some(false),
        }
    }
    certain.then_some(true)
}
