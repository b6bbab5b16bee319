//! From a JSON Schema to what a form needs to know.

use serde_json::{Map, Value};

use crate::i18n::Lang;

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    pub key: String,
    pub title: String,
    pub help: String,
    pub placeholder: String,
    pub kind: Kind,
    /// What a new one starts with.
    pub default: Value,
    /// May be left empty, which is `null`.
    pub nullable: bool,
    /// May be an expression.
    pub expression: bool,
    /// Folded away under "Options".
    pub advanced: bool,
    /// Shown when all of these pointers into the whole value have one of these values.
    pub show_when: Vec<(String, Vec<Value>)>,
}

/// How a field is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Line,
    Multiline,
    Password,
    /// A file as base64; `accept` as in HTML.
    Upload {
        accept: String,
    },
    Cron,
    Timezone,
    FilePath,
    BinaryProperty,
    Color,
    /// Always an expression.
    Expression,
    Code {
        /// `javascript` or `json`.
        language: String,
    },
    Number {
        integer: bool,
        min: Option<f64>,
        max: Option<f64>,
    },
    Switch,
    Choice(Vec<(Value, String)>),
    /// A list of objects whose first field is a name and whose last one is a value.
    KeyValues(Vec<Spec>),
    /// The same with a type between them.
    Assignments(Vec<Spec>),
    Conditions(Box<Conditions>),
    List(Box<Spec>),
    Object(Vec<Spec>),
    /// An object of one of several shapes; `tag` names the shape.
    Variants {
        tag: String,
        variants: Vec<(String, String, Vec<Spec>)>,
    },
    /// Anything, written as JSON.
    Json,
}

/// What the conditions builder offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    pub combinators: Vec<(Value, String)>,
    pub types: Vec<(Value, String)>,
    pub operations: Vec<(Value, String)>,
    /// Type → operations that fit.
    pub by_type: Map<String, Value>,
    /// Operations without a second value.
    pub unary: Vec<Value>,
    /// Fields beside the list, such as "Ignore case".
    pub others: Vec<Spec>,
    /// A new condition.
    pub fresh: Value,
}

/// The fields of an object's schema, in their order.
pub fn parse(schema: &Value, lang: Lang) -> Vec<Spec> {
    Parser { root: schema, lang }.fields(schema)
}

struct Parser<'a> {
    root: &'a Value,
    lang: Lang,
}

impl Parser<'_> {
    fn fields(&self, schema: &Value) -> Vec<Spec> {
        let schema = self.resolve(schema);
        let defaults = schema.get("default").cloned().unwrap_or_default();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
        properties
            .iter()
            .map(|(key, node)| {
                let mut spec = self.field(key, node);
                if spec.default.is_null()
                    && let Some(default) = defaults.get(key)
                {
                    spec.default = default.clone();
                }
                spec
            })
            .collect()
    }

    /// Follows `$ref`, one-armed `allOf` and the "or null" of `anyOf`; words beside them win.
    fn resolve(&self, node: &Value) -> Value {
        let mut node = node.clone();
        // A schema may refer to itself; ours never nest this deep.
        for _ in 0..8 {
            let Some(map) = node.as_object() else { return node };
            let target = if let Some(path) = map.get("$ref").and_then(Value::as_str) {
                path.strip_prefix('#').and_then(|p| self.root.pointer(p)).cloned()
            } else if let Some([one]) = map.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
                Some(one.clone())
            } else if let Some(some) = or_null(map) {
                let mut some = some.clone();
                if let Some(some) = some.as_object_mut() {
                    some.insert("x-nullable".into(), true.into());
                }
                Some(some)
            } else {
                None
            };
            let Some(Value::Object(mut merged)) = target else { return node };
            for (key, value) in map {
                if !matches!(key.as_str(), "$ref" | "allOf" | "anyOf") {
                    merged.insert(key.clone(), value.clone());
                }
            }
            node = Value::Object(merged);
        }
        node
    }

    fn field(&self, key: &str, node: &Value) -> Spec {
        let node = self.resolve(node);
        let word = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let local = |name: &str| {
            let pt = node.get("x-pt").and_then(|pt| pt.get(name)).and_then(Value::as_str);
            match (self.lang, pt) {
                (Lang::Pt, Some(pt)) => pt.to_owned(),
                _ => word(name),
            }
        };
        let title = local("title");
        let kind = self.kind(&node);
        let expression = !flag(&node, "x-no-expression")
            && !matches!(
                kind,
                Kind::KeyValues(_)
                    | Kind::Assignments(_)
                    | Kind::Conditions(_)
                    | Kind::List(_)
                    | Kind::Object(_)
                    | Kind::Variants { .. }
                    | Kind::Password
                    | Kind::Upload { .. }
            );
        Spec {
            key: key.to_owned(),
            title: if title.is_empty() { humanise(key) } else { title },
            help: local("description"),
            placeholder: word("x-placeholder"),
            default: node.get("default").cloned().unwrap_or_default(),
            nullable: flag(&node, "x-nullable") || types(&node).contains(&"null"),
            expression,
            advanced: flag(&node, "x-advanced"),
            show_when: show_when(&node),
            kind,
        }
    }

    fn kind(&self, node: &Value) -> Kind {
        let widget = node.get("x-widget").and_then(Value::as_str).unwrap_or("");
        match widget {
            "multiline" => return Kind::Multiline,
            "password" => return Kind::Password,
            "upload" => {
                return Kind::Upload { accept: node.get("x-accept").and_then(Value::as_str).unwrap_or("").to_owned() };
            }
            "cron" => return Kind::Cron,
            "timezone" => return Kind::Timezone,
            "file-path" => return Kind::FilePath,
            "binary-property" => return Kind::BinaryProperty,
            "color" => return Kind::Color,
            "expression" => return Kind::Expression,
            "json" => return Kind::Json,
            "text" => return Kind::Line,
            "key-values" => return Kind::KeyValues(self.item_fields(node)),
            "assignments" => return Kind::Assignments(self.item_fields(node)),
            "conditions" => return Kind::Conditions(Box::new(self.conditions(node))),
            _ => {}
        }
        if let Some(language) = widget.strip_prefix("code") {
            return Kind::Code { language: language.trim_start_matches(':').to_owned() };
        }
        if let Some(choices) = self.choices(node) {
            return Kind::Choice(choices);
        }
        if let Some(variants) = self.variants(node) {
            return variants;
        }
        let types = types(node);
        match types.iter().find(|t| **t != "null") {
            Some(&"boolean") => Kind::Switch,
            Some(number @ &("integer" | "number")) => Kind::Number {
                integer: *number == "integer",
                min: node.get("minimum").and_then(Value::as_f64),
                max: node.get("maximum").and_then(Value::as_f64),
            },
            Some(&"array") => match node.get("items") {
                Some(items) => Kind::List(Box::new(self.field("", items))),
                None => Kind::Json,
            },
            Some(&"object") if node.get("properties").is_some() => Kind::Object(self.fields(node)),
            Some(&"object") => Kind::Json,
            Some(&"string") => Kind::Line,
            _ => Kind::Json,
        }
    }

    fn item_fields(&self, node: &Value) -> Vec<Spec> {
        node.get("items").map(|items| self.fields(items)).unwrap_or_default()
    }

    /// Words of an `enum`, or of a `oneOf` of constants.
    fn choices(&self, node: &Value) -> Option<Vec<(Value, String)>> {
        let label = |value: &Value, fallback: Option<&str>| {
            let key = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let words = node.get("x-options").and_then(|o| o.get(&key));
            let lang = match self.lang {
                Lang::En => "en",
                Lang::Pt => "pt",
            };
            let word = words.and_then(|w| w.get(lang)).and_then(Value::as_str);
            word.or(fallback).map_or_else(|| humanise(&key), str::to_owned)
        };
        if let Some(values) = node.get("enum").and_then(Value::as_array) {
            return Some(
                values
                    .iter()
                    .filter(|v| !v.is_null())
                    .map(|v| (v.clone(), label(v, Some(v.as_str().unwrap_or("")))))
                    .collect(),
            );
        }
        let arms = node.get("oneOf").or_else(|| node.get("anyOf"))?.as_array()?;
        let constant = |arm: &Value| {
            let value = arm.get("const").cloned()?;
            let word = label(&value, arm.get("title").and_then(Value::as_str));
            Some((value, word))
        };
        arms.iter().map(constant).collect()
    }

    /// A `oneOf` of objects that differ in a constant field.
    fn variants(&self, node: &Value) -> Option<Kind> {
        let arms: Vec<Value> =
            node.get("oneOf").or_else(|| node.get("anyOf"))?.as_array()?.iter().map(|arm| self.resolve(arm)).collect();
        let tag =
            arms.first()?.get("properties")?.as_object()?.iter().find(|(_, p)| p.get("const").is_some())?.0.clone();
        let variant = |arm: &Value| {
            let value = arm.get("properties")?.get(&tag)?.get("const")?.as_str()?.to_owned();
            let words = node.get("x-options").and_then(|o| o.get(&value));
            let word =
                words.and_then(|w| w.get(if self.lang == Lang::Pt { "pt" } else { "en" })).and_then(Value::as_str);
            let title = word
                .or_else(|| arm.get("title").and_then(Value::as_str))
                .map_or_else(|| humanise(&value), str::to_owned);
            let fields = self.fields(arm).into_iter().filter(|f| f.key != tag).collect();
            Some((value, title, fields))
        };
        let variants: Option<Vec<_>> = arms.iter().map(variant).collect();
        Some(Kind::Variants { tag, variants: variants? })
    }

    fn conditions(&self, node: &Value) -> Conditions {
        let property =
            |name: &str| node.pointer(&format!("/properties/{name}")).map(|p| self.resolve(p)).unwrap_or_default();
        let list = property("conditions");
        let item = list.get("items").map(|i| self.resolve(i)).unwrap_or_default();
        let part =
            |name: &str| item.pointer(&format!("/properties/{name}")).map(|p| self.resolve(p)).unwrap_or_default();
        let operation = part("operation");
        let fresh = |name: &str| part(name).get("default").cloned().unwrap_or_default();
        let mut new = Map::new();
        for name in ["left", "type", "operation", "right"] {
            let value = fresh(name);
            new.insert(name.into(), if value.is_null() { Value::String(String::new()) } else { value });
        }
        for (name, fallback) in [("type", "string"), ("operation", "equals")] {
            if new.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                new.insert(name.into(), fallback.into());
            }
        }
        Conditions {
            combinators: self.choices(&property("combinator")).unwrap_or_default(),
            types: self.choices(&part("type")).unwrap_or_default(),
            operations: self.choices(&operation).unwrap_or_default(),
            by_type: operation.get("x-operators").and_then(Value::as_object).cloned().unwrap_or_default(),
            unary: operation.get("x-unary").and_then(Value::as_array).cloned().unwrap_or_default(),
            others: self.fields(node).into_iter().filter(|f| f.key != "combinator" && f.key != "conditions").collect(),
            fresh: Value::Object(new),
        }
    }
}

/// `anyOf: [X, {"type": "null"}]` is X or nothing.
fn or_null(map: &Map<String, Value>) -> Option<&Value> {
    let arms = map.get("anyOf")?.as_array()?;
    let is_null = |arm: &&Value| arm.get("type").and_then(Value::as_str) == Some("null");
    let mut rest = arms.iter().filter(|arm| !is_null(arm));
    let some = rest.next()?;
    (arms.len() == 2 && rest.next().is_none()).then_some(some)
}

fn types(node: &Value) -> Vec<&str> {
    match node.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn flag(node: &Value, name: &str) -> bool {
    node.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn show_when(node: &Value) -> Vec<(String, Vec<Value>)> {
    let Some(map) = node.get("x-show-when").and_then(Value::as_object) else { return Vec::new() };
    map.iter().map(|(pointer, values)| (pointer.clone(), values.as_array().cloned().unwrap_or_default())).collect()
}

/// `max_wait_ms` → "Max wait ms".
fn humanise(key: &str) -> String {
    let words = key.replace(['_', '-'], " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Whether a field with these rules shows for `value`.
pub fn shows(rules: &[(String, Vec<Value>)], value: &Value) -> bool {
    rules.iter().all(|(pointer, wanted)| value.pointer(pointer).is_some_and(|v| wanted.contains(v)))
}

/// What a new element of this kind starts with.
pub fn fresh(spec: &Spec) -> Value {
    if !spec.default.is_null() || spec.nullable {
        return spec.default.clone();
    }
    match &spec.kind {
        Kind::Number { .. } | Kind::Json => Value::Null,
        Kind::Switch => false.into(),
        Kind::Choice(choices) => choices.first().map(|c| c.0.clone()).unwrap_or_default(),
        Kind::List(_) | Kind::KeyValues(_) | Kind::Assignments(_) => Value::Array(Vec::new()),
        Kind::Object(fields) => object(fields),
        Kind::Variants { tag, variants } => match variants.first() {
            Some((value, _, fields)) => {
                let mut map = Map::from_iter([(tag.clone(), value.clone().into())]);
                if let Value::Object(rest) = object(fields) {
                    map.extend(rest);
                }
                Value::Object(map)
            }
            None => Value::Null,
        },
        Kind::Conditions(c) => serde_json::json!({
            "combinator": c.combinators.first().map(|x| x.0.clone()).unwrap_or_default(),
            "conditions": [c.fresh.clone()],
        }),
        _ => Value::String(String::new()),
    }
}

/// A new object with these fields.
pub fn object(fields: &[Spec]) -> Value {
    Value::Object(fields.iter().map(|f| (f.key.clone(), fresh(f))).filter(|(_, v)| !v.is_null()).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(property: Value) -> Spec {
        let schema = json!({"type": "object", "properties": {"max_wait": property}});
        parse(&schema, Lang::Pt).remove(0)
    }

    #[test]
    fn standard_words_choose_the_kind() {
        let check = |property: Value, expected: Kind| assert_eq!(one(property.clone()).kind, expected, "{property}");
        check(json!({"type": "string"}), Kind::Line);
        check(json!({"type": "boolean"}), Kind::Switch);
        check(
            json!({"type": ["integer", "null"], "minimum": 1}),
            Kind::Number { integer: true, min: Some(1.0), max: None },
        );
        check(json!({"type": "object"}), Kind::Json);
        check(json!(true), Kind::Json);
        check(
            json!({"enum": ["a"], "x-options": {"a": {"en": "One", "pt": "Um"}}}),
            Kind::Choice(vec![(json!("a"), "Um".into())]),
        );
        check(json!({"oneOf": [{"const": "get", "title": "GET"}]}), Kind::Choice(vec![(json!("get"), "GET".into())]));
        check(json!({"type": "string", "x-widget": "code:javascript"}), Kind::Code { language: "javascript".into() });
    }

    #[test]
    fn references_and_nulls_are_looked_through() {
        let schema = json!({
            "type": "object",
            "properties": {"retry": {"anyOf": [{"$ref": "#/$defs/Retry"}, {"type": "null"}], "title": "Retries"}},
            "$defs": {"Retry": {"type": "object", "title": "Other", "properties": {"tries": {"type": "integer", "default": 3}}}},
        });
        let spec = parse(&schema, Lang::En).remove(0);
        assert!(spec.nullable);
        assert_eq!(spec.title, "Retries");
        let Kind::Object(fields) = &spec.kind else { panic!("{:?}", spec.kind) };
        assert_eq!(fields[0].title, "Tries");
        assert_eq!(fields[0].default, json!(3));
    }

    #[test]
    fn titles_follow_the_language() {
        let spec =
            one(json!({"type": "string", "title": "Wait", "description": "How long.", "x-pt": {"title": "Espera"}}));
        assert_eq!((spec.title.as_str(), spec.help.as_str()), ("Espera", "How long."));
        assert_eq!(one(json!({"type": "string"})).title, "Max wait");
    }

    #[test]
    fn tagged_objects_are_variants() {
        let spec = one(json!({"oneOf": [
            {"type": "object", "properties": {"kind": {"const": "none"}}},
            {"type": "object", "properties": {"kind": {"const": "basic"}, "user": {"type": "string"}}},
        ]}));
        let Kind::Variants { tag, variants } = &spec.kind else { panic!("{:?}", spec.kind) };
        assert_eq!(tag, "kind");
        assert_eq!(variants[1].2[0].key, "user");
        assert_eq!(fresh(&spec), json!({"kind": "none"}));
    }

    #[test]
    fn fields_show_when_all_rules_hold() {
        let rules = vec![("/mode".to_owned(), vec![json!("a"), json!("b")]), ("/deep/x".to_owned(), vec![json!(1)])];
        assert!(shows(&rules, &json!({"mode": "b", "deep": {"x": 1}})));
        assert!(!shows(&rules, &json!({"mode": "c", "deep": {"x": 1}})));
        assert!(!shows(&rules, &json!({"mode": "a"})));
        assert!(shows(&[], &json!({})));
    }
}
