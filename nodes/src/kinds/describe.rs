//! What a kind's description is made of, written briefly: the schema comes from the parameter struct, the defaults from
//! its `Default`.

use flow::check::{Finding, Severity};
use flow::graph::{INPUT, OUTPUT};
use flow::{CredentialSlot, Effect, Group, KindDescription, Node, Ports, Text};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The description of a kind with one input, one output, no credentials and no effect outside; the rest is added by
/// struct update.
pub fn describe<P: JsonSchema + Default + Serialize>(
    kind: &str,
    name: [&str; 2],
    summary: [&str; 2],
    group: Group,
    icon: &str,
) -> KindDescription {
    KindDescription {
        kind: kind.to_owned(),
        version: 1,
        name: Text::new(name[0], name[1]),
        summary: Text::new(summary[0], summary[1]),
        group,
        icon: icon.to_owned(),
        aliases: Vec::new(),
        inputs: if group == Group::Trigger { Ports::none() } else { Ports::one(INPUT) },
        outputs: Ports::one(OUTPUT),
        effect: Effect::Pure,
        credentials: Vec::new(),
        parameters: schema::<P>(),
        defaults: serde_json::to_value(P::default()).unwrap_or_else(|_| json!({})),
        subtitle: String::new(),
    }
}

/// The JSON Schema of a struct, without references and names that only Rust needs.
pub fn schema<P: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<P>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.remove("title");
        root.remove("description");
    }
    tidy(&mut schema);
    schema
}

/// Joins the lines of doc comments, drops integer formats.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str).is_some_and(|f| f.contains("int") || f == "double") {
                map.shift_remove("format");
            }
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(text) if key == "description" => *text = text.replace('\n', " "),
                    _ => tidy(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// `x-pt`: label and help in Portuguese.
pub fn pt(title: &str, description: &str) -> Value {
    json!({"title": title, "description": description})
}

/// `x-show-when` with one condition.
pub fn when(pointer: &str, values: &[&str]) -> Value {
    json!({ pointer: values })
}

pub fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

/// A credential slot; shown when the parameter at `pointer` is `value`.
pub fn slot(name: &str, label: [&str; 2], kinds: &[&str], shown: Option<(&str, Value)>) -> CredentialSlot {
    let show_when = shown.map(|(pointer, value)| Map::from_iter([(pointer.to_owned(), json!([value]))]));
    CredentialSlot {
        name: name.to_owned(),
        label: Text::new(label[0], label[1]),
        kinds: words(kinds),
        show_when: show_when.unwrap_or_default(),
    }
}

/// Something wrong with a parameter.
pub fn finding(node: &Node, code: &str, pointer: &str, message: [&str; 2]) -> Finding {
    Finding {
        code: code.to_owned(),
        severity: Severity::Error,
        message: Text::new(message[0], message[1]),
        node: Some(node.id.clone()),
        pointer: Some(pointer.to_owned()),
    }
}

/// A finding when the text parameter `name` is missing or blank.
pub fn needed(node: &Node, name: &str, message: [&str; 2]) -> Option<Finding> {
    let blank = match node.parameters.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    };
    blank.then(|| finding(node, "parameter_missing", &format!("/{name}"), message))
}

/// The text parameter as drawn, `None` when it is an expression, which only a run can judge.
pub fn fixed_text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    node.parameters.get(name).and_then(Value::as_str).filter(|text| !text.starts_with('='))
}

/// An enum of fixed choices with a label in each language:
/// `choice! { /// doc enum Name { #[default] One = "one", "English", "Português"; } }`.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $( $(#[$inner:meta])* $variant:ident = $value:literal, $en:literal, $pt:literal; )+ }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $( $(#[$inner])* #[serde(rename = $value)] $variant, )+ }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "enum": [$($value),+],
                    "x-widget": "select",
                    "x-options": { $( $value: {"en": $en, "pt": $pt} ),+ },
                })
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    choice! {
        /// Not seen in the schema.
        enum Size {
            #[default]
            Small = "small", "Small", "Pequeno";
            Large = "large", "Large", "Grande";
        }
    }

    #[derive(Default, Serialize, JsonSchema)]
    #[serde(default)]
    struct Sample {
        /// How big
        /// it is.
        #[schemars(title = "Size", extend("x-pt" = pt("Tamanho", "O tamanho.")))]
        size: Size,
    }

    #[test]
    fn a_struct_becomes_a_form() {
        let expected = json!({
            "type": "object",
            "properties": {"size": {
                "title": "Size",
                "description": "How big it is.",
                "type": "string",
                "enum": ["small", "large"],
                "x-widget": "select",
                "x-options": {"small": {"en": "Small", "pt": "Pequeno"}, "large": {"en": "Large", "pt": "Grande"}},
                "default": "small",
                "x-pt": {"title": "Tamanho", "description": "O tamanho."},
            }},
        });
        assert_eq!(schema::<Sample>(), expected);
        assert_ne!(Size::Large, Size::default());
    }
}
