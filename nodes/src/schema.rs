//! Checking values against a form: the part of JSON Schema that our forms use. For credentials before they are stored;
//! drawn nodes are checked by [`flow::check`].

use flow::Text;
use serde_json::{Map, Value};

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit {
    /// JSON pointer.
    pub pointer: String,
    pub message: Text,
}

/// What of `value` does not fit `schema`. Texts that start with `=` are expressions, which only a run can judge; they are
/// wrong only where the schema allows none.
pub fn check(schema: &Value, value: &Value) -> Vec<Misfit> {
    let mut found = Vec::new();
    visit(schema, value, "", &mut found);
    found
}

fn visit(schema: &Value, value: &Value, pointer: &str, found: &mut Vec<Misfit>) {
    let mut wrong = |en: String, pt: String| {
        found.push(Misfit { pointer: pointer.to_owned(), message: Text::new(en, pt) });
    };
    if let Value::String(text) = value
        && text.starts_with('=')
        && is_template(text)
    {
        if schema.get("x-no-expression") == Some(&Value::Bool(true)) {
            wrong(
                "An expression is not possible here. Write a fixed value.".into(),
                "Aqui não é possível usar uma expressão. Escreva um valor fixo.".into(),
            );
        }
        return;
    }
    if let Some(types) = schema.get("type")
        && !fits_type(types, value)
    {
        let (en, pt) = type_names(types);
        wrong(format!("The value must be {en}."), format!("O valor deve ser {pt}."));
        return;
    }
    if let Some(options) = schema.get("enum").and_then(Value::as_array)
        && !options.contains(value)
    {
        let list = options.iter().map(|o| o.as_str().map_or_else(|| o.to_string(), str::to_owned)).collect::<Vec<_>>();
        let list = list.join(", ");
        wrong(format!("The value must be one of: {list}."), format!("O valor deve ser um destes: {list}."));
        return;
    }
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let (size, unit) = match value {
        Value::Number(n) => (n.as_f64(), ("minimum", "maximum", "", "")),
        Value::String(text) => {
            (Some(text.chars().count() as f64), ("minLength", "maxLength", " characters", " caracteres"))
        }
        Value::Array(list) => (Some(list.len() as f64), ("minItems", "maxItems", " entries", " entradas")),
        _ => (None, ("", "", "", "")),
    };
    if let Some(size) = size {
        if let Some(min) = limit(unit.0).filter(|min| size < *min) {
            wrong(
                format!("At least {min}{} are needed.", unit.2),
                format!("São necessários ao menos {min}{}.", unit.3),
            );
        }
        if let Some(max) = limit(unit.1).filter(|max| size > *max) {
            wrong(
                format!("At most {max}{} are possible.", unit.2),
                format!("São possíveis no máximo {max}{}.", unit.3),
            );
        }
    }
    match value {
        Value::Object(map) => object(schema, map, pointer, found),
        Value::Array(list) => {
            if let Some(items) = schema.get("items") {
                for (i, element) in list.iter().enumerate() {
                    visit(items, element, &format!("{pointer}/{i}"), found);
                }
            }
        }
        _ => {}
    }
}

fn object(schema: &Value, map: &Map<String, Value>, pointer: &str, found: &mut Vec<Misfit>) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in map {
        if let Some(inner) = properties.and_then(|p| p.get(name)) {
            let name = name.replace('~', "~0").replace('/', "~1");
            visit(inner, value, &format!("{pointer}/{name}"), found);
        }
    }
    let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for name in required.iter().filter_map(Value::as_str).filter(|name| !map.contains_key(*name)) {
        found.push(Misfit {
            pointer: format!("{pointer}/{name}"),
            message: Text::new("A value is missing. Give one.", "Falta um valor. Informe um."),
        });
    }
}

/// `==` and the like at the start of a code or a text are no expressions.
fn is_template(text: &str) -> bool {
    text.contains("{{")
}

fn fits_type(types: &Value, value: &Value) -> bool {
    let fits = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|f| f.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    match types {
        Value::String(name) => fits(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(fits),
        _ => true,
    }
}

fn type_names(types: &Value) -> (String, String) {
    let name = |name: &str| match name {
        "boolean" => ("true or false", "verdadeiro ou falso"),
        "string" => ("a text", "um texto"),
        "number" => ("a number", "um número"),
        "integer" => ("a whole number", "um número inteiro"),
        "array" => ("a list", "uma lista"),
        "object" => ("an object", "um objeto"),
        _ => ("empty", "vazio"),
    };
    let names: Vec<_> = match types {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(name).collect(),
        single => single.as_str().map(name).into_iter().collect(),
    };
    let (en, pt): (Vec<_>, Vec<_>) = names.into_iter().unzip();
    (en.join(" or "), pt.join(" ou "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_fit_or_not() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "integer", "minimum": 1, "maximum": 5},
            "b": {"type": "string", "enum": ["x", "y"], "x-no-expression": true},
            "c": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"d": {"type": ["string", "null"]}}}},
        }});
        let check = |value: Value, expected: &[(&str, &str)]| {
            let found = check(&schema, &value);
            let found: Vec<(&str, &str)> = found.iter().map(|f| (f.pointer.as_str(), f.message.en.as_str())).collect();
            assert_eq!(found, expected, "{value}");
        };
        check(json!({"a": 1, "b": "x", "c": [{"d": null}], "other": 1}), &[]);
        check(json!({"a": "={{ $json.a }}"}), &[]);
        check(json!({}), &[("/a", "A value is missing. Give one.")]);
        check(json!({"a": 0}), &[("/a", "At least 1 are needed.")]);
        check(json!({"a": 6.0}), &[("/a", "At most 5 are possible.")]);
        check(json!({"a": 1.5}), &[("/a", "The value must be a whole number.")]);
        check(json!({"a": 1, "b": "z"}), &[("/b", "The value must be one of: x, y.")]);
        let fixed = "An expression is not possible here. Write a fixed value.";
        check(json!({"a": 1, "b": "={{ 1 }}"}), &[("/b", fixed)]);
        check(json!({"a": 1, "c": []}), &[("/c", "At least 1 entries are needed.")]);
        check(json!({"a": 1, "c": [{"d": 1}]}), &[("/c/0/d", "The value must be a text or empty.")]);
        check(json!([]), &[("", "The value must be an object.")]);
    }
}
