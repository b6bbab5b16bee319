//! Parameters against the kind's JSON Schema: the words that schemas made from Rust types use. Values that are
//! expressions are skipped, and so is what the form hides.

use serde_json::{Map, Value};

use super::Finding;
use crate::graph::Node;
use crate::kind::{KindDescription, shown};
use crate::text::Text;

pub(super) fn check(node: &Node, kind: &KindDescription) -> Vec<Finding> {
    let mut checker = Checker { node, kind, found: Vec::new() };
    let parameters = Value::Object(node.parameters.clone());
    checker.value(&kind.parameters, &parameters, &Place::root());
    checker.found
}

struct Checker<'a> {
    node: &'a Node,
    kind: &'a KindDescription,
    found: Vec<Finding>,
}

/// Where a value stands, and what people call the place.
#[derive(Clone)]
struct Place {
    pointer: String,
    label: Text,
}

impl Place {
    fn root() -> Self {
        Self { pointer: String::new(), label: Text::default() }
    }

    /// A field; its label is the schema's title.
    fn field(&self, key: &str, schema: &Value) -> Self {
        let en = schema.get("title").and_then(Value::as_str).unwrap_or(key);
        let pt = schema.pointer("/x-pt/title").and_then(Value::as_str).unwrap_or(en);
        let label =
            |outer: &str, own: &str| if outer.is_empty() { own.to_owned() } else { format!("{outer} › {own}") };
        Self {
            pointer: format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1")),
            label: Text::new(label(&self.label.en, en), label(&self.label.pt, pt)),
        }
    }

    fn element(&self, index: usize) -> Self {
        let label = |outer: &str| format!("{outer} {}", index + 1).trim().to_owned();
        Self {
            pointer: format!("{}/{index}", self.pointer),
            label: Text::new(label(&self.label.en), label(&self.label.pt)),
        }
    }
}

impl Checker<'_> {
    fn value(&mut self, schema: &Value, value: &Value, place: &Place) {
        let Value::Object(words) = schema else { return };
        if let Value::String(text) = value
            && text.starts_with('=')
        {
            if words.get("x-no-expression") == Some(&Value::Bool(true)) {
                self.say(
                    place,
                    "parameter_fixed",
                    "can't be an expression. Write a fixed value",
                    "não pode ser uma expressão. Escreva um valor fixo",
                );
            }
            return;
        }
        if let Some(target) = words.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|p| self.kind.parameters.pointer(p)).cloned();
            if let Some(target) = target {
                self.value(&target, value, place);
            }
        }
        if !self.kind_of_value(words, value, place) {
            return;
        }
        self.choices(words, value, place);
        self.numbers(words, value, place);
        self.lengths(words, value, place);
        self.fields(words, value, place);
        if let (Some(items), Value::Array(list)) = (words.get("items"), value) {
            for (i, element) in list.iter().enumerate() {
                self.value(items, element, &place.element(i));
            }
        }
    }

    /// The word `type`. As lenient as nodes are when they read: `"5"` is a number.
    fn kind_of_value(&mut self, words: &Map<String, Value>, value: &Value, place: &Place) -> bool {
        let names: Vec<&str> = match words.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => return true,
        };
        let number = || match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let fits = |name: &&str| match *name {
            "null" => value.is_null(),
            "boolean" => value.is_boolean() || matches!(value.as_str(), Some("true" | "false")),
            "integer" => number().is_some_and(|n: f64| n.fract() == 0.0),
            "number" => number().is_some(),
            "string" => matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => true,
        };
        if names.iter().any(fits) {
            return true;
        }
        let (en, pt) = match names.iter().find(|n| **n != "null").copied().unwrap_or("null") {
            "boolean" => ("must be yes or no", "deve ser sim ou não"),
            "integer" => ("must be a whole number", "deve ser um número inteiro"),
            "number" => ("must be a number", "deve ser um número"),
            "string" => ("must be text", "deve ser texto"),
            "array" => ("must be a list", "deve ser uma lista"),
            _ => ("must be an object", "deve ser um objeto"),
        };
        self.say(place, "parameter_invalid", &format!("{en}. Correct it"), &format!("{pt}. Corrija"));
        false
    }

    fn choices(&mut self, words: &Map<String, Value>, value: &Value, place: &Place) {
        if let Some(Value::Array(allowed)) = words.get("enum") {
            self.one_of(&allowed.iter().collect::<Vec<_>>(), value, place);
        }
        if let Some(only) = words.get("const") {
            self.one_of(&[only], value, place);
        }
        for all in words.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(all, value, place);
        }
        let Some(Value::Array(forms)) = words.get("oneOf").or_else(|| words.get("anyOf")) else { return };
        let constants: Vec<&Value> = forms.iter().flat_map(constants).collect();
        if forms.iter().all(|f| f.get("const").is_some() || f.get("enum").is_some()) {
            self.one_of(&constants, value, place);
            return;
        }
        let trial = |form: &Value| {
            let mut checker = Checker { node: self.node, kind: self.kind, found: Vec::new() };
            checker.value(form, value, place);
            checker.found
        };
        let trials: Vec<Vec<Finding>> = forms.iter().map(trial).collect();
        if trials.iter().any(Vec::is_empty) {
            return;
        }
        // The form whose tag fits tells best what is wrong.
        let meant = forms.iter().position(|form| tag_fits(form, value)).unwrap_or(0);
        self.found.extend(trials.into_iter().nth(meant).unwrap_or_default());
    }

    fn one_of(&mut self, allowed: &[&Value], value: &Value, place: &Place) {
        if allowed.contains(&value) {
            return;
        }
        let list: Vec<String> =
            allowed.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
        let list = list.join(", ");
        self.say(
            place,
            "parameter_invalid",
            &format!("must be one of: {list}. Choose one"),
            &format!("deve ser um destes: {list}. Escolha um"),
        );
    }

    fn numbers(&mut self, words: &Map<String, Value>, value: &Value, place: &Place) {
        let Some(number) = value.as_f64() else { return };
        let bound = |word: &str| words.get(word).and_then(Value::as_f64);
        if let Some(least) = bound("minimum").filter(|least| number < *least) {
            self.say(
                place,
                "parameter_invalid",
                &format!("must be at least {least}. Correct it"),
                &format!("deve ser pelo menos {least}. Corrija"),
            );
        }
        if let Some(most) = bound("maximum").filter(|most| number > *most) {
            self.say(
                place,
                "parameter_invalid",
                &format!("must be at most {most}. Correct it"),
                &format!("deve ser no máximo {most}. Corrija"),
            );
        }
        if let Some(limit) = bound("exclusiveMinimum").filter(|limit| number <= *limit) {
            self.say(
                place,
                "parameter_invalid",
                &format!("must be more than {limit}. Correct it"),
                &format!("deve ser mais que {limit}. Corrija"),
            );
        }
        if let Some(limit) = bound("exclusiveMaximum").filter(|limit| number >= *limit) {
            self.say(
                place,
                "parameter_invalid",
                &format!("must be less than {limit}. Correct it"),
                &format!("deve ser menos que {limit}. Corrija"),
            );
        }
    }

    fn lengths(&mut self, words: &Map<String, Value>, value: &Value, place: &Place) {
        let (count, least, most) = match value {
            Value::String(text) => (text.chars().count(), "minLength", "maxLength"),
            Value::Array(list) => (list.len(), "minItems", "maxItems"),
            _ => return,
        };
        let bound = |word: &str| words.get(word).and_then(Value::as_u64).map(|n| n as usize);
        if let Some(least) = bound(least).filter(|least| count < *least) {
            match count {
                0 => self.say(place, "parameter_missing", "is empty. Fill it in", "está vazio. Preencha"),
                _ => self.say(
                    place,
                    "parameter_invalid",
                    &format!("must have at least {least} elements or characters. Correct it"),
                    &format!("deve ter pelo menos {least} elementos ou caracteres. Corrija"),
                ),
            }
        }
        if let Some(most) = bound(most).filter(|most| count > *most) {
            self.say(
                place,
                "parameter_invalid",
                &format!("may have at most {most} elements or characters. Shorten it"),
                &format!("pode ter no máximo {most} elementos ou caracteres. Encurte"),
            );
        }
    }

    fn fields(&mut self, words: &Map<String, Value>, value: &Value, place: &Place) {
        let Value::Object(map) = value else { return };
        let properties = words.get("properties").and_then(Value::as_object);
        let schema_of = |key: &str| properties.and_then(|p| p.get(key)).unwrap_or(&Value::Null);
        for key in words.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(key) && self.is_shown(schema_of(key)) {
                self.say(
                    &place.field(key, schema_of(key)),
                    "parameter_missing",
                    "is missing. Fill it in",
                    "está faltando. Preencha",
                );
            }
        }
        for (key, element) in map {
            match properties.and_then(|p| p.get(key)) {
                Some(schema) if self.is_shown(schema) => self.value(schema, element, &place.field(key, schema)),
                Some(_) => {}
                None => match words.get("additionalProperties") {
                    Some(Value::Bool(false)) => {
                        self.say(
                            &place.field(key, &Value::Null),
                            "parameter_unknown",
                            "is not a parameter of this node. Remove it",
                            "não é um parâmetro deste nó. Remova",
                        );
                    }
                    Some(schema @ Value::Object(_)) => self.value(schema, element, &place.field(key, &Value::Null)),
                    _ => {}
                },
            }
        }
    }

    fn is_shown(&self, schema: &Value) -> bool {
        match schema.get("x-show-when") {
            Some(Value::Object(conditions)) => shown(conditions, self.node, &self.kind.defaults) == Some(true),
            _ => true,
        }
    }

    /// `en` and `pt` follow the place's name: "'URL' is missing. Fill it in."
    fn say(&mut self, place: &Place, code: &str, en: &str, pt: &str) {
        let named = |label: &str, words: &str, whole: &str| match label {
            "" => format!("{whole} {words}."),
            label => format!("'{label}' {words}."),
        };
        let finding = Finding::error(
            code,
            named(&place.label.en, en, "The node's parameters: the value"),
            named(&place.label.pt, pt, "Os parâmetros do nó: o valor"),
        );
        self.found.push(finding.of(self.node).at(place.pointer.clone()));
    }
}

fn constants(form: &Value) -> impl Iterator<Item = &Value> {
    form.get("const").into_iter().chain(form.get("enum").and_then(Value::as_array).into_iter().flatten())
}

/// Some field of `form` is a constant, and `value` has it.
fn tag_fits(form: &Value, value: &Value) -> bool {
    let fields = form.get("properties").and_then(Value::as_object);
    fields.is_some_and(|fields| {
        fields.iter().any(|(key, schema)| schema.get("const").is_some_and(|c| value.get(key) == Some(c)))
    })
}
